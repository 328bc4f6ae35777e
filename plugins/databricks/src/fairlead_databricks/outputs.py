"""What a run gives back: the results of its tasks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead import Deadline, ResourceNotFound
from fairlead_databricks import jobs
from fairlead_databricks.model import Run, RunOutput, RunTask

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace

_AT_ONCE = 8


async def outputs_of(
    run: Run, declared: tuple[str, ...], workspace: Workspace, *, deadline: Deadline
) -> dict[str, Any] | None:
    """Return the declared outputs of a run; None where none are declared or given back, so that the host reads what the job wrote.

    An output is the result of the task of that key: what a notebook passed to `dbutils.notebook.exit`, read as
    JSON where it is JSON, or what a SQL or dbt task gives. Of a run with one task, it may also be a field of that
    task's result, and `result` is the whole of it.
    """
    if not declared:
        return None
    tasks = run.latest_tasks()
    asked = tasks if len(tasks) == 1 else [task for task in tasks if task.task_key in declared]
    results = {task.task_key: _result(output) for task, output in await _all(asked, workspace, deadline)}
    if len(tasks) == len(results) == 1:
        (only,) = results.values()
        results |= {"result": only, **(only if isinstance(only, dict) else {})}
    return {name: results[name] for name in declared if results.get(name) is not None} or None


async def _all(tasks: list[RunTask], workspace: Workspace, deadline: Deadline) -> list[tuple[RunTask, RunOutput]]:
    """Return tasks with their outputs, which are fetched a few at a time; those without one are left out."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def fetch(task_run_id: int) -> RunOutput | None:
        async with places:
            try:
                return await jobs.get_output(workspace, task_run_id, deadline=deadline)
            except ResourceNotFound:
                return None

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
