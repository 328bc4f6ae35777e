"""What a run gives back: the results of its tasks, and their logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead import Deadline, LogLine, LogOriginator, LogPage, ResourceNotFound
from fairlead_databricks import jobs
from fairlead_databricks.model import Run, RunOutput

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace

_AT_ONCE = 8


async def outputs_of(
    run: Run, declared: tuple[str, ...], workspace: Workspace, *, deadline: Deadline
) -> dict[str, Any] | None:
    """Return the declared outputs of a run; None where none are declared, so that the host reads what the job wrote.

    An output is the result of the task of that key: what a notebook passed to `dbutils.notebook.exit`, read as
    JSON where it is JSON, or what a SQL or dbt task gives. Of a run with one task, it may also be a field of that
    task's result, and `result` is the whole of it.
    """
    if not declared:
        return None
    results = {task.task_key: _result(output) for task, output in await _all(run, workspace, deadline)}
    if len(results) == 1:
        (only,) = results.values()
        results |= {"result": only, **(only if isinstance(only, dict) else {})}
    return {name: results[name] for name in declared if results.get(name) is not None}


async def log_pages(run: Run, workspace: Workspace, *, token: str, deadline: Deadline) -> AsyncIterator[LogPage]:
    """Yield a page for each task that has written something since `token`.

    Databricks returns the logs of Python, wheel and jar tasks, at most their last 5 MB, and no notebook's.
    """
    seen: dict[str, int] = msgspec.json.decode(token, type=dict[str, int]) if token else {}
    several = len(run.latest_tasks()) > 1
    for task, output in await _all(run, workspace, deadline):
        lines = (output.logs or "").splitlines()
        start = seen.get(str(task.run_id), 0)
        if len(lines) > start:
            seen[str(task.run_id)] = len(lines)
            prefix = f"[{task.task_key}] " if several else ""
            page = tuple(LogLine(prefix + line, originator=LogOriginator.USER) for line in lines[start:])
            yield LogPage(page, msgspec.json.encode(seen).decode())


async def _all(run: Run, workspace: Workspace, deadline: Deadline) -> list[tuple[Any, RunOutput]]:
    """Return the latest attempt of each task with its output, a few at a time; those without one are left out."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def fetch(task_run_id: int) -> RunOutput | None:
        async with places:
            try:
                return await jobs.get_output(workspace, task_run_id, deadline=deadline)
            except ResourceNotFound:
                return None

    tasks = run.latest_tasks()
    outputs = await asyncio.gather(*(fetch(task.run_id) for task in tasks))
    return [(task, output) for task, output in zip(tasks, outputs, strict=True) if output is not None]


def _result(output: RunOutput) -> Any:
    if output.notebook_output is not None and output.notebook_output.result is not None:
        return _json_or_text(output.notebook_output.result)
    return output.sql_output or output.dbt_output


def _json_or_text(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
