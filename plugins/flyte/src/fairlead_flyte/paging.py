"""A log in parts: as many lines as were asked for, in messages of a size that clients take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fairlead import InvalidHandle
from fairlead_flyte.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fairlead import LogLine

_LINES_A_MESSAGE = 1000
_LONGEST_SKIP = 18  # digits
_LONGEST_SHOWN = 100
_CHARACTERS_A_MESSAGE = 256 * 1024


def join_token(token: str, skip: int) -> str:
    """Return the token of the place `skip` lines after that of a connector's own token."""
    return f"{skip}:{token}" if skip or token else ""


def split_token(token: str) -> tuple[str, int]:
    """Return the connector's own token, and how many lines to skip after it."""
    if not token:
        return "", 0
    skip, colon, own = token.partition(":")
    if not colon or not skip.isdecimal() or len(skip) > _LONGEST_SKIP:
        message = f"the token {shortened(token, _LONGEST_SHOWN)!r} is none that this server gave; give none to read the log from its beginning"
        raise InvalidHandle(message)
    return own, int(skip)


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
