"""The command line: an emulator until a signal ends it."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from fairlead_databricks_emulator.certificates import Certificate
from fairlead_databricks_emulator.emulator import Emulator


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Where to keep files, logs, environments."
)
@click.option("--tls", is_flag=True, help="Serve HTTPS, with a certificate made for it (needs the extra `tls`).")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False), help="Serve HTTPS with this certificate.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False), help="The key of --tls-cert.")
def main(*, host: str, port: int, data: Path | None, tls: bool, tls_cert: str | None, tls_key: str | None) -> None:
    """Run a local Databricks workspace, which really runs the submitted Python.

    Prints one line of JSON when it is ready: host, token, client_id, client_secret.
    """
    if bool(tls_cert) != bool(tls_key):
        message = "--tls-cert and --tls-key need one another"
        raise click.UsageError(message)
    given = Certificate(certificate_file=tls_cert, key_file=tls_key, ca_file=tls_cert) if tls_cert and tls_key else None
    emulator = Emulator(data=data, host=host, port=port, tls=tls, certificate=given)
    with _end_signals() as signals, _started(emulator):
        click.echo(json.dumps(_ready(emulator)))
        signals.recv(1)


@contextmanager
def _end_signals() -> Iterator[socket.socket]:
    """Give a socket from which a byte can be read once a signal has come.

    The kernel may give a signal to any thread; Python then writes that byte, but does not wake its main thread.
    """
    signals, written = socket.socketpair()
    with signals, written:
        written.setblocking(False)
        signal.set_wakeup_fd(written.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        try:
            yield signals
        finally:
            signal.set_wakeup_fd(-1)


@contextmanager
def _started(emulator: Emulator) -> Iterator[None]:
    """Start an emulator, and stop it in the end; what keeps it from starting is one line for the user."""
    try:
        emulator.start()
    except (OSError, ValueError, ImportError) as error:
        raise click.ClickException(str(error)) from error
    try:
        yield
    finally:
        emulator.stop()


def _ready(emulator: Emulator) -> dict[str, str]:
    facts = {
        "host": emulator.host,
        "token": emulator.token,
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
    }
    return {**facts, "ca_file": emulator.ca_file} if emulator.ca_file else facts
