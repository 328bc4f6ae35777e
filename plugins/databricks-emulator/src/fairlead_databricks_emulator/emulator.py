"""The emulator from Python: a workspace in a thread of this process."""

from __future__ import annotations

import errno
import socket
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from fairlead_databricks_emulator.faults import FaultBook
from fairlead_databricks_emulator.tokens import Tokens, new_credentials
from fairlead_databricks_emulator.traffic import RequestLog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from litestar.types import ASGIApp

    from fairlead_databricks_emulator.certificates import Certificate
    from fairlead_databricks_emulator.runs.run import Run
    from fairlead_databricks_emulator.workspace import Workspace


class Emulator:
    """A local Databricks workspace, from `start` (or the beginning of `with`) to `stop` (or its end).

    `data` is where it keeps files, logs, tables and environments; without it, a temporary folder that goes with it.
    With `tls`, it makes a certificate that clients trust through `ca_file`, or uses the given `certificate`.
    `secrets` are those of the workspace, by scope and key.
    A cancelled process has `grace` seconds to end by itself; OAuth tokens are good for `token_lifetime`
    seconds.
    """

    def __init__(
        self,
        *,
        data: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        certificate: Certificate | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        grace: float = 2.0,
        token_lifetime: float = 3600.0,
    ) -> None:
        credentials = new_credentials()
        self.token = credentials.token
        self.client_id = credentials.client_id
        self.client_secret = credentials.client_secret
        self.faults = FaultBook()
        self.requests = RequestLog()
        self.tokens = Tokens(credentials, lifetime=token_lifetime)
        self.host = ""
        self._address = (host, port)
        self._data = data
        self._tls = tls
        self._certificate = certificate
        self._secrets = secrets or {}
        self._grace = grace
        self._workspace: Workspace | None = None
        self._stack = ExitStack()

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs that there are, the oldest first, as they stand."""
        return tuple(self._workspace.runs) if self._workspace else ()

    @property
    def ca_file(self) -> str | None:
        """The PEM file that clients have to trust, with TLS."""
        return self._certificate.ca_file if self._certificate else None

    def start(self) -> Self:
        """Listen, and return when requests are answered.

        Raises `OSError` where it cannot listen or has no folder, and `ValueError` for files that are no certificate.
        """
        from fairlead_databricks_emulator.serving import ServerThread

        with ExitStack() as stack:
            data = Path(self._data or stack.enter_context(tempfile.TemporaryDirectory(prefix="databricks-emulator-")))
            _make_folder(data)
            if self._tls and self._certificate is None:
                self._certificate = _make_certificate(data, self._address[0])
            listener = stack.enter_context(_listen(*self._address))
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
            scheme = "https" if self._certificate else "http"
            self.host = f"{scheme}://{self._address[0]}:{listener.getsockname()[1]}"
            make_app, opened = partial(self._make_app, data.resolve()), self.requests.count_connection
            server = ServerThread(make_app, listener, self._certificate, opened=opened)
            server.start()
            stack.callback(server.stop)
            stack.callback(self.faults.release)
            self._stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """End all runs and the server."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _make_app(self, data: Path) -> ASGIApp:
        from fairlead_databricks_emulator.api.request import Parts
        from fairlead_databricks_emulator.api.run_view import RunViews
        from fairlead_databricks_emulator.app import make_app
        from fairlead_databricks_emulator.workspace import Workspace

        self._workspace = Workspace(data, secrets=self._secrets, grace=self._grace)
        return make_app(
            Parts(
                host=self.host,
                workspace=self._workspace,
                tokens=self.tokens,
                faults=self.faults,
                requests=self.requests,
                views=RunViews(self.host, self._workspace.id, self.faults),
            )
        )


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"--data: the folder {data} cannot be made: {error.strerror}"
        raise OSError(message) from error


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except (OSError, UnicodeError) as error:  # the latter for what can be no name, such as `..`
        is_port = isinstance(error, OSError) and error.errno in {errno.EADDRINUSE, errno.EACCES}
        advice = "choose another port with --port" if is_port else "choose an address of this machine with --host"
        message = f"cannot listen on {host}:{port}: {_reason(error)}; {advice}"
        raise OSError(message) from error


def _make_certificate(data: Path, host: str) -> Certificate:
    from fairlead_databricks_emulator.certificates import self_signed

    return self_signed(data / "tls", host)


def _reason(error: OSError | UnicodeError) -> str:
    """Return why, without the address, which `socket.create_server` adds."""
    return (getattr(error, "strerror", None) or str(error)).partition(" (while")[0]
