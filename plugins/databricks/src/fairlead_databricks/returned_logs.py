"""The logs that `runs/get-output` returns: what Python, wheel and jar tasks have written, at most the last 5 MB.

Each call returns all of that again, so the place up to which it was read is a position; where the beginning is
left out, it is the place whose last bytes before it are the same.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from fairlead import Deadline, LogLine, LogOriginator, LogPage, Phase, ResourceNotFound
from fairlead_databricks import jobs
from fairlead_databricks.cutting import cuts
from fairlead_databricks.log_token import LogToken, TaskPlace
from fairlead_databricks.verdict import verdict_of_task

if TYPE_CHECKING:
    from fairlead_databricks.model import Run, RunOutput, RunTask
    from fairlead_databricks.workspace import Workspace

_AT_ONCE = 8
_TAIL = 1024
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


_NEW = TaskPlace()


def _has_log(task: RunTask) -> bool:
    """Whether a task's kind has a log at all, and it has begun."""
    return not task.is_without_log and verdict_of_task(task).phase in _BEGUN


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
        tail = zlib.crc32(content[max(0, end - _TAIL) : end])
        token.tasks[key] = TaskPlace(end, tail, ended and end == len(content))
        yield token.page(*(LogLine(label + line, originator=LogOriginator.USER) for line in cut.lines))


def _start(content: bytes, place: TaskPlace, *, is_whole: bool) -> int | None:
    """Return where to go on in a log; None where that is not among what was returned."""
    if is_whole:
        return place.offset
    size = min(_TAIL, place.offset)
    position = content.find(b"\n") + 1
    while size and position:
        if position >= size and zlib.crc32(content[position - size : position]) == place.tail:
            return position
        position = content.find(b"\n", position) + 1
    return None
