"""The logs that `runs/get-output` returns: what Python, wheel and jar tasks have written, at most the last 5 MB.

Each call returns all of that again, so the place up to which it was read is a position. Where the beginning is left out,
nothing says how much of it was, so the place is found by what stood before it: as much as stood nowhere else, at least
256 bytes and at most 512 KB. A log that has repeated itself for longer than that fits in several places. Of these the last
one that is possible is taken, because no line is to be shown twice: how often the same lines were written again since then
cannot be told, and what stands between them may be left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from fairlead import Deadline, LogLine, LogOriginator, LogPage, Phase, ResourceNotFound
from fairlead_databricks import jobs
from fairlead_databricks.cutting import cuts
from fairlead_databricks.log_token import MOST_TAIL, LogToken, TaskPlace
from fairlead_databricks.verdict import never_began, verdict_of_task

if TYPE_CHECKING:
    from fairlead_databricks.model import Run, RunOutput, RunTask
    from fairlead_databricks.workspace import Workspace

_AT_ONCE = 8
_LEAST_TAIL = 256
_LONGER = 8
_LOST = "the lines before this one are lost: Databricks returns only the last 5 MB of a log"


async def returned_pages(
    run: Run, workspace: Workspace, token: LogToken, *, deadline: Deadline
) -> AsyncIterator[LogPage]:
    """Yield what all attempts of all tasks have written since the token, in the order in which they started."""
    several = len(run.tasks) > 1
    left = [task for task in run.attempts() if _has_log(task) and not token.tasks.get(str(task.run_id), _NEW).ended]
    for first in range(0, len(left), _AT_ONCE):
        group = left[first : first + _AT_ONCE]
        outputs = await asyncio.gather(*(_output(task, workspace, deadline) for task in group))
        for task, output in zip(group, outputs, strict=True):
            for page in _pages(task, output, token, _label(task) if several else "") if output else ():
                yield page
                await asyncio.sleep(0)  # others have their turn


_NEW = TaskPlace()


def _has_log(task: RunTask) -> bool:
    """Whether a task's kind has a log at all, and it has begun."""
    return not task.is_without_log and verdict_of_task(task).phase in _BEGUN and not never_began(task)


_BEGUN = {Phase.RUNNING, *(phase for phase in Phase if phase.is_terminal)}


async def _output(task: RunTask, workspace: Workspace, deadline: Deadline) -> RunOutput | None:
    try:
        return await jobs.get_output(workspace, task.run_id, deadline=deadline)
    except ResourceNotFound:
        return None


def _label(task: RunTask) -> str:
    return f"[{task.task_key}, attempt {task.attempt_number + 1}] " if task.attempt_number else f"[{task.task_key}] "


def _pages(task: RunTask, output: RunOutput, token: LogToken, label: str) -> Iterator[LogPage]:
    key, content, ended = str(task.run_id), (output.logs or "").encode(), verdict_of_task(task).phase.is_terminal
    start = _start(content, token.tasks.get(key, _NEW), is_whole=not output.logs_truncated)
    if start is None:
        start = 0
        yield token.page(LogLine(label + _LOST, originator=LogOriginator.SYSTEM))
    for cut in cuts(content[start:], ended=ended):
        end = start + cut.end
        is_whole = ended and end == len(content)
        token.tasks[key] = TaskPlace.after(end, b"" if is_whole else _tail(content[:end]), ended=is_whole)
        yield token.page(*(LogLine(label + line, originator=LogOriginator.USER) for line in cut.lines))


def _tail(content: bytes) -> bytes:
    """Return the end of a content, as much of it as stands nowhere else in it."""
    size = _LEAST_TAIL
    while size < min(len(content), MOST_TAIL) and content.find(content[-size:], 0, len(content) - 1) >= 0:
        size *= _LONGER
    return content[-min(size, MOST_TAIL) :]


def _start(content: bytes, place: TaskPlace, *, is_whole: bool) -> int | None:
    """Return where to go on in a log; None where that is not among what was returned."""
    if is_whole:
        return place.offset
    possible, tail = content[: place.offset], place.tail  # what has stood there since can only have moved to the front
    if not tail:
        return None
    if len(tail) < MOST_TAIL and (position := possible.find(tail)) >= 0:
        return position + len(tail)
    return _last_end(possible, tail)


def _last_end(content: bytes, tail: bytes) -> int | None:
    """Return the last position in a content after a tail, or after the longest part of its end that is found.

    Both are reversed, because `find` takes time in proportion to their lengths, and `rfind` to their product.
    """
    backwards, wanted = content[::-1], tail[::-1]
    while (position := backwards.find(wanted)) < 0:
        if len(wanted) <= _LEAST_TAIL:
            return None
        wanted = wanted[: max(_LEAST_TAIL, len(wanted) // _LONGER)]
    return len(content) - position
