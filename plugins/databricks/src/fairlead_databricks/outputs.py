"""What a run gives back: the results of its tasks."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from fairlead import Deadline, FairleadError, Phase, QuotaExceeded, TransientError
from fairlead_databricks import jobs
from fairlead_databricks.verdict import Verdict, never_began

if TYPE_CHECKING:
    from fairlead_databricks.metadata import DatabricksJobMetadata
    from fairlead_databricks.model import Run, RunOutput, RunTask
    from fairlead_databricks.workspace import Workspace

_AT_ONCE = 8
_MOST_TASKS = 20
_PATIENCE_SECONDS = 600.0


class _Result(NamedTuple):
    """What a task gave: `value`, read as JSON where it is JSON, `text` as it was, and what went wrong with it."""

    value: Any = None
    text: str | None = None
    troubles: tuple[str, ...] = ()


async def concluded(
    run: Run, verdict: Verdict, meta: DatabricksJobMetadata, workspace: Workspace, *, deadline: Deadline
) -> tuple[Verdict, dict[str, Any] | None]:
    """Return the verdict and the declared outputs of a run that has succeeded.

    The outputs are None where none are declared or given back, so that the host reads what the job wrote. An output
    is the result of the task of that key: what a notebook passed to `dbutils.notebook.exit`, what a SQL or dbt task
    gives, or of a task that runs another job the result of that job's only task, or the results of its tasks by key.
    Of a run with one task, it may also be a field of that task's result, and `result` is the whole of it.

    What a notebook gives is read as Python's `json` reads it, also with NaN, but stays as it is where the output is
    declared as a string, where it is no JSON, and where Databricks has cut it; then the message says so.
    Where declared outputs are missing because a result was cut or cannot be read, the run counts as failed. Passing
    faults are raised until ten minutes after the run's end, and after that count as lasting.
    """
    if not meta.outputs:
        return verdict, None
    tasks = run.latest_tasks()
    asked = tasks if len(tasks) == 1 else [task for task in tasks if task.task_key in meta.outputs]
    reader = _Reader(workspace, deadline, is_patient=_has_just_ended(run))
    try:
        results = await reader.results(asked, levels=1)
    except (TransientError, QuotaExceeded) as error:
        message = f"the run has succeeded, but its outputs cannot be read: {error}"
        raise error.with_message(message) from None
    troubles = [trouble for result in results.values() for trouble in result.troubles]
    if len(tasks) == len(results) == 1:
        (only,) = results.values()
        fields = only.value if isinstance(only.value, dict) else {}
        results |= {"result": only, **{name: _Result(value) for name, value in fields.items()}}
    outputs = {name: _typed(results[name], name, meta) for name in meta.outputs if name in results}
    given = {name: value for name, value in outputs.items() if value is not None}
    return _judged(verdict, troubles, [name for name in meta.outputs if name not in given]), given or None


def _typed(result: _Result, name: str, meta: DatabricksJobMetadata) -> Any:
    """Return a result as its output is declared."""
    return result.text if name in meta.text_outputs and result.text is not None else result.value


def _judged(verdict: Verdict, troubles: list[str], missing: list[str]) -> Verdict:
    """Return the verdict with what went wrong; a failure where outputs are missing because of that."""
    if not troubles:
        return verdict
    if not missing:
        return verdict._replace(message="; ".join(filter(None, [verdict.message, *troubles])))
    names = ", ".join(f"`{name}`" for name in missing)
    message = f"the run has succeeded, but its outputs {names} are missing: {'; '.join(troubles)}"
    return Verdict(Phase.FAILED, "OUTPUTS_MISSING", message)


def _has_just_ended(run: Run) -> bool:
    """Whether a run ended a short time ago; Databricks advises to go on for ten minutes where it answers with 5xx."""
    return not run.end_time or time.time() - run.end_time / 1000 < _PATIENCE_SECONDS


class _Reader:
    """Fetches the results of tasks; `is_patient` is whether passing faults are raised."""

    def __init__(self, workspace: Workspace, deadline: Deadline, *, is_patient: bool) -> None:
        self._workspace = workspace
        self._deadline = deadline
        self._is_patient = is_patient
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def results(self, tasks: list[RunTask], *, levels: int) -> dict[str, _Result]:
        """Return the results of those tasks that may have one, a few at a time, by task key.

        `levels` is how deep the runs are followed that tasks have started of other jobs.
        """
        asked = [task for task in tasks if task.may_give_result and not never_began(task)]
        found = await asyncio.gather(*(self._result(task, levels) for task in asked))
        return {task.task_key: result for task, result in zip(asked, found, strict=True)}

    async def _result(self, task: RunTask, levels: int) -> _Result:
        try:
            async with self._places:
                output = await jobs.get_output(self._workspace, task.run_id, deadline=self._deadline)
            child = output.run_job_output.run_id if output.run_job_output and levels else None
            return await self._inner(task, child, levels - 1) if child else _result(task, output)
        except FairleadError as error:
            if self._is_patient and isinstance(error, TransientError | QuotaExceeded):
                raise
            return _Result(troubles=(f"the output of task `{task.task_key}` cannot be read: {error}",))

    async def _inner(self, task: RunTask, run_id: int, levels: int) -> _Result:
        """Return the result of a task that has run another job."""
        run = await jobs.get(self._workspace, str(run_id), deadline=self._deadline)
        tasks = run.latest_tasks()
        results = await self.results(tasks[:_MOST_TASKS], levels=levels)
        if len(tasks) == len(results) == 1:
            return next(iter(results.values()))
        troubles = [trouble for result in results.values() for trouble in result.troubles]
        if len(tasks) > _MOST_TASKS:
            troubles.append(f"of the job that task `{task.task_key}` runs, only the first {_MOST_TASKS} tasks are read")
        given = {key: result.value for key, result in results.items() if result.value is not None}
        return _Result(given or None, troubles=tuple(troubles))


def _result(task: RunTask, output: RunOutput) -> _Result:
    notebook = output.notebook_output
    text = notebook.result if notebook else None
    if notebook is None or text is None:
        return _Result(output.sql_output or output.dbt_output)
    if notebook.truncated:
        return _Result(text, text, (f"Databricks has cut the result of task `{task.task_key}` after 5 MB",))
    return _Result(_json_or_text(text), text)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
