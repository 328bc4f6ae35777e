"""The end of a server: the signals that ask for it, and the exit codes that tell of it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_LAST_SECONDS = 2.0  # for a process that has been told twice to end


class ExitCode(IntEnum):
    """How a server ends; wrong usage is 2, as for all commands."""

    DRAINED = 0
    CANNOT_START = 1
    PLUGIN = 3
    CUT_OFF = 130


class EndSignals:
    """SIGTERM and SIGINT, as events of the loop that is running; `number` is the first that came."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        self.number = signal.SIGTERM
        self._handled = 0
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.came, number)
            signal.signal(number, self._counting(signal.getsignal(number)))

    def _counting(self, handler: Any) -> Callable[[int, Any], None]:
        """Return a handler that also runs while a connector blocks the loop, and then ends the process the second time."""

        def count(number: int, frame: Any) -> None:
            handler(number, frame)
            self._handled += 1
            if self._handled == 2:
                last = threading.Timer(_LAST_SECONDS, os._exit, [ExitCode.CUT_OFF])
                last.daemon = True
                last.start()

        return count

    def came(self, number: signal.Signals) -> None:
        """Note a signal."""
        if self.first.is_set():
            self.second.set()
        else:
            self.number = number
            self.first.set()
