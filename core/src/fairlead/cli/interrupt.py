"""SIGINT and SIGTERM: the first one asks, the second one ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = "\x1b[?25h"


class Interrupted(Exception):
    """The user asked to stop, and what was running has been cancelled and has ended."""

    def __str__(self) -> str:
        return "interrupted"


def run_interruptibly(work: Coroutine[Any, Any, T], *, asked: str, last_words: Callable[[], str]) -> T:
    """Run a coroutine to its end; a first signal cancels it, a second one ends the process with 130.

    `asked` is printed at the first signal, what `last_words` returns at the second one. Raises
    `Interrupted` when the cancelled coroutine has ended.

    The handlers are Python's own, not the event loop's: they also run while a connector blocks the loop.
    """
    interrupted = False

    async def supervised() -> T:
        task = asyncio.create_task(work)
        loop = asyncio.get_running_loop()

        def on_signal(_number: int, _frame: object) -> None:
            nonlocal interrupted
            if interrupted:
                _end_at_once(last_words())
            interrupted = True
            _write(f"{asked}\n")
            loop.call_soon_threadsafe(task.cancel)

        with _handling(on_signal):
            return await task

    try:
        return asyncio.run(supervised())
    except asyncio.CancelledError:
        raise Interrupted from None


@contextmanager
def _handling(handler: Callable[[int, Any], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _end_at_once(words: str) -> None:
    _write((_SHOW_CURSOR if os.isatty(2) else "") + f"{words}\n")
    os._exit(130)


def _write(text: str) -> None:
    """Write to stderr without its buffer, which the interrupted code may be holding; if it can be written."""
    with suppress(OSError):
        os.write(2, text.encode())
