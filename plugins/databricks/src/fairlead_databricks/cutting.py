"""Cut what was written so far into whole lines, a bounded number of bytes at a time."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple

MOST_BYTES = 64 * 1024
"""The most bytes of a log that one page holds; longer lines are cut."""


class Cut(NamedTuple):
    """Some lines, without their ends, and the position in the content after them."""

    lines: tuple[str, ...]
    end: int


def cuts(content: bytes, *, ended: bool) -> Iterator[Cut]:
    """Yield the lines of a content; the last one, where it has no end, only if nothing more is written: `ended`."""
    start = 0
    while (end := _end(content, start, ended=ended)) > start:
        lines = content[start:end].removesuffix(b"\n").split(b"\n")
        yield Cut(tuple(line.removesuffix(b"\r").decode(errors="replace") for line in lines), end)
        start = end


def _end(content: bytes, start: int, *, ended: bool) -> int:
    """Return the position after the last line that fits; `start` where no line is whole yet."""
    newline = content.rfind(b"\n", start, start + MOST_BYTES)
    is_last = start + MOST_BYTES >= len(content)
    if ended and is_last:
        return len(content)
    if newline >= 0:
        return newline + 1
    return start if is_last else start + _whole_characters(content[start : start + MOST_BYTES])


def _whole_characters(content: bytes) -> int:
    """Return how many bytes make whole characters of UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(content)
    return len(content) - len(decoder.getstate()[0])
