"""How far the logs of a run have been read: the token with which `get_logs` goes on."""

from __future__ import annotations

import zlib
from typing import Self

import msgspec

from fairlead import InvalidHandle, LogLine, LogPage

MOST_TAIL = 512 * 1024
"""The most bytes that a place remembers of what stood before it."""


class TaskPlace(msgspec.Struct, array_like=True, frozen=True):
    """How much of what Databricks returns of a task's log was read.

    `offset` is the position in the bytes that were returned, `packed` what stood before it, compressed.
    """

    offset: int = 0
    packed: bytes = b""
    ended: bool = False
    """Whether the task has ended, and all was read."""

    @classmethod
    def after(cls, offset: int, tail: bytes, *, ended: bool) -> Self:
        """Return the place at a position, and after these bytes."""
        return cls(offset, zlib.compress(tail) if tail else b"", ended)

    @property
    def tail(self) -> bytes:
        """The bytes that stood before the place, as far as they are known; raise `InvalidHandle` where they cannot be read."""
        try:
            return zlib.decompressobj().decompress(self.packed, MOST_TAIL) if self.packed else b""
        except zlib.error as error:
            raise _unreadable(error) from None


class StreamPlace(msgspec.Struct, array_like=True, frozen=True):
    """How much of a delivered log was read: a position in one of the files that it consists of."""

    file: int = 0
    offset: int = 0


class LogToken(msgspec.Struct, omit_defaults=True):
    """The places up to which logs were read: by task run, and by cluster and stream. `told` is what is said only once."""

    tasks: dict[str, TaskPlace] = {}
    streams: dict[str, StreamPlace] = {}
    told: list[str] = []

    @classmethod
    def read(cls, token: str) -> Self:
        """Read what a page had as its token; an empty one stands for the beginning."""
        try:
            return msgspec.json.decode(token or "{}", type=cls)
        except msgspec.DecodeError as error:
            raise _unreadable(error) from None

    def page(self, *lines: LogLine) -> LogPage:
        """Return a page that goes up to here."""
        return LogPage(lines, msgspec.json.encode(self).decode())


def _unreadable(error: Exception) -> InvalidHandle:
    return InvalidHandle(f"the token of a log cannot be read: {error}; begin without one")
