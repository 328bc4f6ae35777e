"""A server from its start to its end by a signal: in this process, or shared by several."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from fairlead_flyte.logs import configure, get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fairlead_flyte.options import ServerOptions

_ENDING = (signal.SIGTERM, signal.SIGINT)

_logger = get_logger(__name__)


def serve(options: ServerOptions) -> int:
    """Serve until a signal ends it, and return the exit code."""
    configure(level=options.log_level, as_json=options.log_json)
    if options.workers == 1:
        return run(lambda: serve_here(options))
    from fairlead_flyte.processes import supervise

    return run(lambda: supervise(options))


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


async def serve_here(options: ServerOptions, *, ready: Callable[[int], None] = lambda _: None) -> int:
    """Serve in this process until SIGTERM or SIGINT, then drain; a second signal ends at once."""
    from fairlead import ConnectorRegistry
    from fairlead_flyte.metrics import serve_metrics
    from fairlead_flyte.modules import ModuleError, import_modules
    from fairlead_flyte.server import Server

    registry = ConnectorRegistry()
    signals = EndSignals()
    try:
        import_modules(options.modules, registry)
        async with Server(options, registry) as server:
            metrics = None
            if options.metrics_port is not None:
                metrics = serve_metrics(server.metrics.registry, host=options.host, port=options.metrics_port)
                _logger.info("metrics on port %d", metrics.server_port)
            ready(server.port)
            await signals.first.wait()
            _logger.info("ending; running calls have %g s", options.grace)
            draining = asyncio.ensure_future(server.drain(grace=options.grace))
            await asyncio.wait([draining, asyncio.ensure_future(signals.second.wait())], return_when="FIRST_COMPLETED")
            if metrics is not None:
                metrics.shutdown()
    except (OSError, ValueError, ModuleError) as error:
        _logger.error("%s", error)  # noqa: TRY400 - a user's mistake needs no traceback
        return 1
    return 0


class EndSignals:
    """SIGTERM and SIGINT, as events of the loop that is running."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in _ENDING:
            loop.add_signal_handler(number, self._came)

    def _came(self) -> None:
        (self.second if self.first.is_set() else self.first).set()
