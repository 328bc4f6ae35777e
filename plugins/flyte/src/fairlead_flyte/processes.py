"""Several processes that share one port: started, watched, started again, and ended together."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from prometheus_client import REGISTRY
from prometheus_client.multiprocess import mark_process_dead

from fairlead import Backoff
from fairlead_flyte.listening import reserved
from fairlead_flyte.logs import get_logger
from fairlead_flyte.metrics import MULTIPROCESS_FOLDER, serve_metrics
from fairlead_flyte.server_end import EndSignals, ExitCode

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Iterator, Sequence

    from fairlead_flyte.options import ServerOptions

_STDERR = 2
_AFTER_GRACE = 5.0
_IS_STABLE = 60.0
_BACKOFF = Backoff(initial=0.5, maximum=30.0)

_logger = get_logger(__name__)


async def supervise(options: ServerOptions) -> int:
    """Serve in `options.workers` processes until SIGTERM or SIGINT, and return the exit code.

    A process that ends by itself is started again. Where not even the first one starts, that is the end. Raises `OSError`
    where a port is taken.
    """
    signals = EndSignals()
    with ExitStack() as stack:
        port = stack.enter_context(reserved(options.host, options.port))
        stack.enter_context(_shared_metrics(options))
        own = msgspec.structs.replace(options, port=port, workers=1, metrics_port=None, reuse_port=True)
        workers = [_Worker(number, own) for number in range(1, options.workers + 1)]
        serving = asyncio.ensure_future(_serve(workers, port))
        try:
            await _first_of(serving, signals.first)
            if serving.done():
                return serving.result()
        finally:
            serving.cancel()
            await asyncio.wait([serving])
            await asyncio.gather(*(worker.end(options.grace, signals) for worker in workers))
    return ExitCode.CUT_OFF if signals.second.is_set() else ExitCode.DRAINED


async def _serve(workers: Sequence[_Worker], port: int) -> int:
    """Start the processes and keep them running; return an exit code only where the first does not start.

    That one is started alone, so that what keeps all from starting is told once.
    """
    first, *others = workers
    if (code := await first.start()) is not None:
        return code
    await asyncio.gather(*(worker.start() for worker in others))
    _logger.info("%d processes serve on port %d", len(workers), port)
    await asyncio.gather(*(worker.watch() for worker in workers))
    return ExitCode.DRAINED


async def _first_of(future: asyncio.Future[int], event: asyncio.Event) -> None:
    waiting = asyncio.ensure_future(event.wait())
    both: list[asyncio.Future[Any]] = [future, waiting]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


@contextmanager
def _shared_metrics(options: ServerOptions) -> Iterator[None]:
    """Give the processes a folder for their metrics, and serve the sum of them."""
    folder = tempfile.mkdtemp(prefix="fairlead-flyte-")
    os.environ[MULTIPROCESS_FOLDER] = folder
    try:
        if options.metrics_port is None:
            yield
            return
        server = serve_metrics(REGISTRY, host=options.host, port=options.metrics_port)
        _logger.info("metrics on port %d", server.server_port)
        yield
        server.shutdown()
    finally:
        del os.environ[MULTIPROCESS_FOLDER]
        shutil.rmtree(folder, ignore_errors=True)


class _Worker:
    """One process, in a session of its own: Ctrl-C on a terminal reaches the parent only, which ends it."""

    def __init__(self, number: int, options: ServerOptions) -> None:
        self._number = number
        self._options = msgspec.json.encode(options).decode()
        self._process: Process | None = None

    async def start(self) -> int | None:
        """Start the process, and return None when it serves, else the exit code with which it ended."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "fairlead_flyte.worker",
                    self._options,
                    str(theirs.fileno()),
                    pass_fds=[theirs.fileno()],  # for nothing but its word: on stdout, others may write before it
                    stdin=asyncio.subprocess.PIPE,  # never written to; it ends with this process, and the worker with it
                    stdout=_STDERR,
                    start_new_session=True,
                )
            if await asyncio.get_running_loop().sock_recv(ours, 1):
                return None
        return await self._process.wait() or ExitCode.CANNOT_START

    async def watch(self) -> None:
        """Start the process again, whenever it ends; later and later where that does not help."""
        delays, started_at = _BACKOFF.delays(), time.monotonic()
        while self._process is not None:
            code = await self._process.wait()
            mark_process_dead(self._process.pid)  # type: ignore[no-untyped-call]
            if time.monotonic() - started_at > _IS_STABLE:
                delays = _BACKOFF.delays()
            delay = next(delays)
            _logger.error("process %d ended with %d; it is started again in %.1f s", self._number, code, delay)
            await asyncio.sleep(delay)
            started_at = time.monotonic()
            await self.start()

    async def end(self, grace: float, signals: EndSignals) -> None:
        """Pass the signal on and let the process drain; kill it after `grace`, or when the second signal comes."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signals.number)
        ended, hurry = asyncio.ensure_future(process.wait()), asyncio.ensure_future(signals.second.wait())
        await asyncio.wait([ended, hurry], timeout=grace + _AFTER_GRACE, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not ended.done():
            process.kill()
            await ended
