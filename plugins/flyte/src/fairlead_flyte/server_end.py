"""The end of a server: the signals that ask for it, and the exit codes that tell of it."""

from __future__ import annotations

import asyncio
import signal
from enum import IntEnum


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
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.came, number)

    def came(self, number: signal.Signals) -> None:
        """Note a signal."""
        if self.first.is_set():
            self.second.set()
        else:
            self.number = number
            self.first.set()
