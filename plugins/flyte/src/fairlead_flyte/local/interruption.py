"""Wait for a job such that Ctrl-C and SIGTERM end it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from concurrent.futures import wait
from typing import TYPE_CHECKING, TypeVar

from fairlead_flyte.local.background import background, say

if TYPE_CHECKING:
    from fairlead_flyte.local.background import Job

T = TypeVar("T")


def wait_for(job: Job[T]) -> T:
    """Return what a job returns, or raise what it raises.

    When the wait is interrupted (`KeyboardInterrupt`, or `SystemExit` as a signal handler may raise it), the job is
    cancelled and waited for, and the interruption goes on. A second interruption goes on at once.
    """
    try:
        return job.future.result()
    except (KeyboardInterrupt, SystemExit):
        if not job.future.done():
            _end(job)
        raise


async def join(job: Job[T]) -> T:
    """Await what a job returns; when this is cancelled, the job is cancelled and waited for first."""
    waiting = asyncio.wrap_future(job.future)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        background.cancel(job)
        await asyncio.gather(waiting, return_exceptions=True)
        raise


def _end(job: Job[T]) -> None:
    try:
        say("interrupted: ending the job; once more to stop at once")
        background.cancel(job)
        wait([job.future])
    except (KeyboardInterrupt, SystemExit):
        background.abandon(job)
        say(job.last_words())
        raise


def end_jobs_on_sigterm() -> None:
    """Let SIGTERM end the program as `SystemExit` while jobs run, so that they are deleted.

    Does nothing outside of the main thread, and where somebody else handles the signal already.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _on_sigterm)


def _on_sigterm(number: int, _frame: object) -> None:
    if background.is_busy:
        raise SystemExit(128 + number)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
