"""How far the logs of a run have been read: the token with which `get_logs` goes on."""

from __future__ import annotations

from typing import Self

import msgspec

from fairlead import InvalidHandle, LogLine, LogPage


class TaskPlace(msgspec.Struct, array_like=True, frozen=True):
    """How much of what Databricks returns of a task's log was read.

    `offset` is the position in the bytes that were returned, `tail` the checksum of the last of those before it.
    """

    offset: int = 0
    tail: int = 0
    ended: bool = False
    """Whether the task has ended, and all was read."""


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
            message = f"the token of a log cannot be read: {error}; begin without one"
            raise InvalidHandle(message) from None

    def page(self, *lines: LogLine) -> LogPage:
        """Return a page that goes up to here."""
        return LogPage(lines, msgspec.json.encode(self).decode())
