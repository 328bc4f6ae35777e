"""A server from its start to its end by a signal: in this process, or shared by several."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from fairlead_flyte.logs import configure, get_logger
from fairlead_flyte.server_end import EndSignals, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fairlead_flyte.options import ServerOptions
    from fairlead_flyte.server import Server

_logger = get_logger(__name__)


def serve(options: ServerOptions) -> int:
    """Serve until a signal ends it, and return the exit code."""
    configure(level=options.log_level, as_json=options.log_json)
    _check_grace(options)
    if options.workers == 1:
        return reported(lambda: serve_here(options))
    from fairlead_flyte.processes import supervise

    return reported(lambda: run(lambda: supervise(options)))


def _check_grace(options: ServerOptions) -> None:
    """Warn of a grace that is over before the connections are gone, so that calls are cut off at the end."""
    parts = {"--drain-delay": options.drain_delay, "--max-connection-age": options.max_connection_age}
    least = sum(parts.values())
    if least and options.grace <= least:
        others = " or ".join(f"{name} ({seconds:g} s)" for name, seconds in parts.items() if seconds)
        _logger.warning(
            "--grace of %g s is too short to end without cutting calls off: give more than %g s, or lower %s",
            options.grace,
            least,
            others,
        )


def reported(start: Callable[[], int]) -> int:
    """Return the exit code of a server; what the user can mend ends in one line of the log."""
    from fairlead import PluginError

    try:
        return start()
    except PluginError as error:
        _logger.error("%s", error)  # noqa: TRY400 - its traceback tells a user nothing more
        return ExitCode.PLUGIN
    except (OSError, ValueError) as error:
        _logger.error("%s", error)  # noqa: TRY400
        return ExitCode.CANNOT_START


def run(main: Callable[[], Coroutine[None, None, int]]) -> int:
    """Run a coroutine on uvloop, where there is one."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


def serve_here(options: ServerOptions, *, ready: Callable[[EndSignals], None] = lambda _: None) -> int:
    """Load the connectors, serve them in this process until SIGTERM or SIGINT, then drain, and return the exit code.

    While they are loaded, a signal ends the process as it does any other. Raises `OSError` and `ValueError` where the
    server cannot start, and `PluginError` for a module that was asked for.
    """
    from fairlead_flyte.modules import import_modules
    from fairlead_flyte.server import Server

    server = Server(options)
    import_modules(options.modules, server.registry)
    server.registry.list_connectors()
    return run(lambda: _serve_until_signal(server, ready))


async def _serve_until_signal(server: Server, ready: Callable[[EndSignals], None]) -> int:
    from fairlead_flyte.metrics import serve_metrics

    options = server.options
    signals = EndSignals()
    metrics = None
    if options.metrics_port is not None:
        metrics = serve_metrics(server.metrics.registry, host=options.host, port=options.metrics_port)
        _logger.info("metrics on port %d", metrics.server_port)
    async with server:
        ready(signals)
        await signals.first.wait()
        is_drained = await _drain(server, signals)
    if metrics is not None:
        metrics.shutdown()
    return ExitCode.DRAINED if is_drained else ExitCode.CUT_OFF


async def _drain(server: Server, signals: EndSignals) -> bool:
    """Drain until that is done or the second signal comes, and return whether it was done.

    Nothing can be balanced while a person at a terminal waits, so Ctrl-C leaves out the delay.
    """
    options = server.options
    delay = 0.0 if signals.number is signal.SIGINT else options.drain_delay
    _logger.info("ending; running calls have %g s", options.grace)
    draining = asyncio.ensure_future(server.drain(grace=options.grace, delay=delay))
    hurry = asyncio.ensure_future(signals.second.wait())
    await asyncio.wait([draining, hurry], return_when=asyncio.FIRST_COMPLETED)
    if draining.done():
        hurry.cancel()
        draining.result()
        return True
    draining.cancel()
    return False
