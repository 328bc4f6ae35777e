"""An event loop in a thread of its own, on which the jobs of local workflows are driven."""

from __future__ import annotations

import asyncio
import atexit
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_GRACE_SECONDS = 40.0
_CLOSE_SECONDS = 10.0


class Job(Generic[T]):
    """A coroutine that runs on the background loop.

    `last_words` are what somebody must know who does not wait for its end.
    """

    def __init__(self, last_words: Callable[[], str] = str) -> None:
        self.future: Future[T] = Future()
        self.last_words = last_words
        self._task: asyncio.Task[T] | None = None
        self._cancelled = False

    def start(self, work: Coroutine[Any, Any, T]) -> None:
        """Begin; called on the loop."""
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._finish)

    def cancel(self) -> None:
        """Ask the coroutine to end; called on the loop. `future` is done when it has ended.

        Only the first time: what it does to end, such as deleting the job, must not be cancelled too.
        """
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()

    def _finish(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.future.cancel()
            self.future.set_running_or_notify_cancel()
        elif error := task.exception():
            self.future.set_exception(error)
        else:
            self.future.set_result(task.result())


class BackgroundLoop:
    """Runs coroutines in one thread, whichever thread asks, so that connectors can keep their connections.

    When the program ends, what still runs is cancelled and waited for: a job that nobody follows is deleted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._jobs: set[Job[Any]] = set()
        self._closers: list[Callable[[], Coroutine[Any, Any, None]]] = []

    @property
    def is_busy(self) -> bool:
        """Whether anything runs that somebody waits for."""
        return bool(self._jobs)

    def submit(self, work: Coroutine[Any, Any, T], last_words: Callable[[], str] = str) -> Job[T]:
        """Begin a coroutine, in the context variables of the caller."""
        job: Job[T] = Job(last_words)
        loop = self._running_loop()
        self._jobs.add(job)
        job.future.add_done_callback(lambda _: self._jobs.discard(job))
        loop.call_soon_threadsafe(job.start, work)
        return job

    def cancel(self, job: Job[Any]) -> None:
        """Ask a job to end; its future is done when it has."""
        self.call(job.cancel)

    def call(self, function: Callable[[], object]) -> None:
        """Call a function on the loop, and do not wait for it."""
        self._running_loop().call_soon_threadsafe(function)

    def abandon(self, job: Job[Any]) -> None:
        """Do not wait for a job when the program ends."""
        self._jobs.discard(job)

    def close_at_exit(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Call and await `close` on the loop when the program ends, after the jobs."""
        self._closers.append(close)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="fairlead-local", daemon=True).start()
                atexit.register(self._end)
            return self._loop

    def _end(self) -> None:
        jobs = list(self._jobs)
        try:
            if jobs:
                say("the program ends: ending its jobs; Ctrl-C to stop at once")
                for job in jobs:
                    self.cancel(job)
                wait([job.future for job in jobs], timeout=_GRACE_SECONDS)
            for close in self._closers:
                with suppress(Exception):
                    self.submit(close()).future.result(_CLOSE_SECONDS)
        except (KeyboardInterrupt, SystemExit):
            for job in jobs:
                say(job.last_words())


def say(text: str) -> None:
    """Write a line to stderr."""
    if text:
        print(text, file=sys.stderr, flush=True)


background = BackgroundLoop()
"""The one of this process."""
