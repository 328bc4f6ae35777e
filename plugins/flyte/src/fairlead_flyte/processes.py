"""Several processes that share one port: started, watched, started again, and ended together."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import msgspec
from prometheus_client import REGISTRY
from prometheus_client.multiprocess import mark_process_dead

from fairlead import Backoff
from fairlead_flyte.logs import get_logger
from fairlead_flyte.metrics import MULTIPROCESS_FOLDER, serve_metrics
from fairlead_flyte.serving import EndSignals

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Iterator

    from fairlead_flyte.options import ServerOptions

READY = b"ready\n"

_AFTER_GRACE = 5.0

_logger = get_logger(__name__)


async def supervise(options: ServerOptions) -> int:
    """Serve in `options.workers` processes until SIGTERM or SIGINT, and return the exit code.

    A process that ends by itself is started again. Where one does not even start the first time, all end.
    """
    signals = EndSignals()
    with ExitStack() as stack:
        try:
            port = stack.enter_context(_reserved_port(options))
            stack.enter_context(_shared_metrics(options))
        except OSError as error:
            _logger.error("%s", error)  # noqa: TRY400 - a user's mistake needs no traceback
            return 1
        own = msgspec.structs.replace(options, port=port, workers=1, metrics_port=None, reuse_port=True)
        workers = [_Worker(number, own) for number in range(1, options.workers + 1)]
        try:
            started = await asyncio.gather(*(worker.start() for worker in workers))
            if not all(started):
                return 1
            _logger.info("%d processes serve on port %d", len(workers), port)
            watching = [asyncio.ensure_future(worker.watch()) for worker in workers]
            await signals.first.wait()
            for watch in watching:
                watch.cancel()
        finally:
            await asyncio.gather(*(worker.end(options.grace, signals.second) for worker in workers))
    return 0


@contextmanager
def _reserved_port(options: ServerOptions) -> Iterator[int]:
    """Hold the port for the processes that will share it, without listening on it; raise `OSError` where it is taken."""
    host = options.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            holder.bind((host, options.port))
        except OSError as error:
            message = f"cannot listen on {options.address}: {error}"
            raise OSError(message) from error
        yield holder.getsockname()[1]


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
    """One process."""

    def __init__(self, number: int, options: ServerOptions) -> None:
        self._number = number
        self._options = msgspec.json.encode(options).decode()
        self._process: Process | None = None

    async def start(self) -> bool:
        """Start the process, and return whether it serves."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fairlead_flyte.worker", self._options, stdout=asyncio.subprocess.PIPE
        )
        stdout = self._process.stdout
        return stdout is not None and await stdout.readline() == READY

    async def watch(self) -> None:
        """Start the process again, whenever it ends."""
        delays = Backoff(initial=0.5, maximum=30.0).delays()
        while self._process is not None:
            code = await self._process.wait()
            mark_process_dead(self._process.pid)  # type: ignore[no-untyped-call]
            delay = next(delays)
            _logger.error("process %d ended with %d; it is started again in %.1f s", self._number, code, delay)
            await asyncio.sleep(delay)
            await self.start()

    async def end(self, grace: float, at_once: asyncio.Event) -> None:
        """Let the process drain; kill it when that takes longer than `grace`, or `at_once` is set."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        ended, hurry = asyncio.ensure_future(process.wait()), asyncio.ensure_future(at_once.wait())
        await asyncio.wait([ended, hurry], timeout=grace + _AFTER_GRACE, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not ended.done():
            process.kill()
            await ended
