"""A log in parts: as many lines as were asked for, in messages of a size that clients take."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from fairlead import InvalidHandle
from fairlead_flyte.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fairlead import LogLine, LogPage

_LINES_A_MESSAGE = 1000
_LONGEST_SKIP = 18  # digits
_LONGEST_SHOWN = 100
_CHARACTERS_A_MESSAGE = 256 * 1024


def join_token(token: str, skip: int) -> str:
    """Return the token of the place `skip` lines after that of a connector's own token."""
    return f"{skip}:{token}"


def split_token(token: str) -> tuple[str, int]:
    """Return the connector's own token, and how many lines to skip after it."""
    if not token:
        return "", 0
    skip, colon, own = token.partition(":")
    if not colon or not skip.isdecimal() or len(skip) > _LONGEST_SKIP:
        message = f"the token {shortened(token, _LONGEST_SHOWN)!r} is none that this server gave; give none to read the log from its beginning"
        raise InvalidHandle(message)
    return own, int(skip)


class Reading:
    """How far a log has been read: `given` lines of what its connector has for the token `anchor`.

    At most `most` lines are given, all of them for 0. A page without a token, or with the same one again, says nothing of what comes
    after it; so the anchor stays where it is, and what was given since is left out when the connector is asked again.
    """

    def __init__(self, token: str, most: int) -> None:
        self._anchor, self._given = split_token(token)
        self._seen = 0
        self._left = most or sys.maxsize
        self.has_begun = False
        """Whether there was a page."""
        self.is_cut = False
        """Whether there are more lines than were asked for."""

    @property
    def token(self) -> str:
        """The token with which to go on."""
        return join_token(self._anchor, self._given)

    def begin(self) -> str:
        """Return the connector's own token, when it is asked from there."""
        self._seen = 0
        return self._anchor

    def take(self, page: LogPage) -> Sequence[LogLine]:
        """Return the lines of the next page that are to be given."""
        self.has_begun = True
        skip = self._given - self._seen
        lines = page.lines[skip : skip + self._left]
        self.is_cut = skip + len(lines) < len(page.lines)
        self._left -= len(lines)
        self._given += len(lines)
        self._seen += len(page.lines)
        if not self.is_cut:
            self._go_on(page.token)
        return lines

    def _go_on(self, token: str) -> None:
        if token not in {"", self._anchor}:
            self._anchor, self._given, self._seen = token, self._given - self._seen, 0


def in_messages(lines: Sequence[LogLine]) -> Iterator[Sequence[LogLine]]:
    """Yield the lines in groups that each fit one message; a line that is too long for one comes in parts, as lines."""
    group: list[LogLine] = []
    size = 0
    for line in _parts(lines):
        if group and (len(group) >= _LINES_A_MESSAGE or size + len(line.message) > _CHARACTERS_A_MESSAGE):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line.message)
    if group:
        yield group


def _parts(lines: Sequence[LogLine]) -> Iterator[LogLine]:
    for line in lines:
        if len(line.message) <= _CHARACTERS_A_MESSAGE:
            yield line
            continue
        for start in range(0, len(line.message), _CHARACTERS_A_MESSAGE):
            yield msgspec.structs.replace(line, message=line.message[start : start + _CHARACTERS_A_MESSAGE])
