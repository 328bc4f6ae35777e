"""`fairlead serve flyte`."""

from __future__ import annotations

import os
from typing import Any

import click

from fairlead.cli.values import duration_option, parse_duration

_DEFAULTS = {"GRPC_VERBOSITY": "ERROR", "GRPC_ENABLE_FORK_SUPPORT": "0"}
_FILE = click.Path(exists=True, dir_okay=False)
_MOST_BYTES = 2**31 - 1  # gRPC's own numbers are not larger
_VARIABLES = "FAIRLEAD_SERVE_FLYTE"


@click.command(context_settings={"show_default": True, "auto_envvar_prefix": _VARIABLES})
@click.option("--host", default="[::]", help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, help="Port of the gRPC services; 0 takes a free one."
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    default=9090,
    help="Port of the Prometheus metrics, on the same address; 0 takes a free one.",
)
@click.option("--no-metrics", is_flag=True, help="Serve no metrics.")
@click.option("--workers", type=click.IntRange(1), default=1, help="Processes that share the port.")
@click.option("--tls-cert", type=_FILE, help="Certificate chain (PEM); read again when it changes.")
@click.option("--tls-key", type=_FILE, help="Private key (PEM).")
@click.option("--client-ca", type=_FILE, help="Take only clients with a certificate of this authority (PEM).")
@click.option("--token-file", type=_FILE, help="Take only calls with the bearer token in this file.")
@click.option(
    "--modules", "-m", multiple=True, metavar="MODULE", help="Import MODULE and serve the connectors in it; repeatable."
)
@click.option("--reflection", is_flag=True, help="Serve gRPC reflection, for grpcurl and the like.")
@click.option(
    "--grace",
    callback=duration_option,
    metavar="DURATION",
    default="30s",
    help="Time from SIGTERM to the end, for calls that run. Longer than --drain-delay and --max-connection-age together.",
)
@click.option(
    "--drain-delay",
    callback=duration_option,
    metavar="DURATION",
    default="5s",
    help="Time after SIGTERM in which new connections are still taken, while balancers find out.",
)
@click.option(
    "--max-connection-age",
    callback=duration_option,
    metavar="DURATION",
    default="10s",
    help="Time after which clients are asked to connect anew, so that none is left when the server ends; 0 is never.",
)
@click.option(
    "--max-message-size",
    type=click.IntRange(1024, _MOST_BYTES),
    default=4 * 1024 * 1024,
    help="Largest request, in bytes.",
)
@click.option("--max-concurrency", type=click.IntRange(1), default=1000, help="Calls that run at once; others wait.")
@click.option(
    "--create-timeout",
    callback=duration_option,
    metavar="DURATION",
    default="5m",
    help="Time for a create, also when its caller has gone.",
)
@click.option(
    "--poll-interval",
    multiple=True,
    metavar="[TYPE=]TIME",
    help="Least time between two questions about one job; `databricks=10s` for one task type. Repeatable.  [default: 1s]",
)
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text")
def flyte(**values: Any) -> int:
    """Serve the installed connectors to Flyte 1 and Flyte 2, on one port.

    \b
    Example:
      fairlead serve flyte --port 8000 --poll-interval databricks=10s

    SIGTERM drains the server, as Ctrl-C does; a second one ends it at once. Each option can also stand in the environment,
    as --poll-interval in FAIRLEAD_SERVE_FLYTE_POLL_INTERVAL, where those that are repeatable are separated by spaces.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    options = _options(values)
    from fairlead_flyte.serving import serve

    return serve(options)


def _options(values: dict[str, Any]) -> Any:
    from fairlead_flyte.options import ServerOptions

    if bool(values["tls_cert"]) != bool(values["tls_key"]):
        message = "--tls-cert and --tls-key belong together"
        raise click.UsageError(message)
    if values["client_ca"] and not values["tls_cert"]:
        message = "--client-ca needs --tls-cert and --tls-key"
        raise click.UsageError(message)
    if not values["create_timeout"]:
        message = "--create-timeout must be more than 0"
        raise click.UsageError(message)
    values["log_json"] = values.pop("log_format") == "json"
    if values.pop("no_metrics"):
        values["metrics_port"] = None
    default, by_type = _poll_intervals(values.pop("poll_interval"))
    return ServerOptions(poll_interval=default, poll_intervals=by_type, **values)


def _poll_intervals(given: tuple[str, ...]) -> tuple[float, dict[str, float]]:
    default: float = 1.0
    by_type: dict[str, float] = {}
    for text in given:
        task_type, equals, time = text.rpartition("=")
        try:
            seconds = parse_duration(time)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--poll-interval") from error
        if equals and not task_type:
            message = f"{text!r} names no task type before the `=`"
            raise click.BadParameter(message, param_hint="--poll-interval")
        if equals:
            by_type[task_type] = seconds
        else:
            default = seconds
    return default, by_type
