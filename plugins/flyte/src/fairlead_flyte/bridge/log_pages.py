"""The log responses of others' connectors as pages of lines."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from fairlead import LogLine, LogOriginator, LogPage

if TYPE_CHECKING:
    from collections.abc import Iterator

_ORIGINATORS = {1: LogOriginator.USER, 2: LogOriginator.SYSTEM}

Fetch = Callable[[str], Awaitable[Any]]


class _Position(NamedTuple):
    """How many lines of the peer's page `token` have been read.

    The peers' tokens lead only to the next page. With the offset, a log that is still growing can be read on.
    """

    offset: int
    token: str

    @classmethod
    def parse(cls, text: str) -> Self:
        offset, separator, token = text.partition(".")
        return cls(int(offset), token) if separator and offset.isdecimal() else cls(0, text)

    def __str__(self) -> str:
        return f"{self.offset}.{self.token}"


async def log_pages(fetch: Fetch, token: str) -> AsyncIterator[LogPage]:
    """Yield the pages that exist now, those after `token`.

    `fetch` gets the peer's token of a page, and returns what the peer's `get_logs` returns: a `GetTaskLogsResponse`,
    or several of them, plain or asynchronous. A response with a `header` names the page after.
    """
    position = _Position.parse(token)
    while True:
        lines, following = await _read(await fetch(position.token))
        unread = tuple(lines[position.offset :])
        position = _Position(len(lines), position.token)
        if following and following != position.token:
            position = _Position(0, following)
            yield LogPage(unread, str(position))
            continue
        if unread:
            yield LogPage(unread, str(position))
        return


async def _read(answer: Any) -> tuple[list[LogLine], str]:
    """Return the lines of one page of the peer, and the token of the page after, if it names one."""
    lines: list[LogLine] = []
    token = ""
    async for response in _responses(answer):
        token = response.header.token or token
        lines.extend(_lines(response.body))
    return lines, token


async def _responses(answer: Any) -> AsyncIterator[Any]:
    if hasattr(answer, "__aiter__"):
        async for response in answer:
            yield response
    elif hasattr(answer, "__iter__"):
        for response in answer:
            yield response
    elif answer is not None:
        yield answer


def _lines(body: Any) -> Iterator[LogLine]:
    """Yield the lines of a response; the fields are `lines` in Flyte 2, `structured_lines` or `results` in Flyte 1."""
    structured = body.lines if hasattr(body, "lines") else body.structured_lines
    for line in structured:
        timestamp = line.timestamp.ToDatetime(UTC) if line.HasField("timestamp") else None
        yield LogLine(line.message, timestamp, _ORIGINATORS.get(line.originator, LogOriginator.UNKNOWN))
    if not structured:
        yield from map(LogLine, getattr(body, "results", ()))


def is_generator(method: object) -> bool:
    """Whether a method gives its responses one by one when it is called, without being awaited."""
    return inspect.isasyncgenfunction(method)
