"""Why a run failed: which task, the exception, its trace, the last log lines, the code and the page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fairlead import Deadline, FairleadError, Phase
from fairlead_databricks import jobs
from fairlead_databricks.links import run_page
from fairlead_databricks.verdict import Verdict, verdict_of_task

if TYPE_CHECKING:
    from fairlead_databricks.model import Run, RunOutput, RunTask
    from fairlead_databricks.workspace import Workspace

_MOST_TASKS = 3
_TRACE_LINES = 12
_LOG_LINES = 10
_OUTPUT_SECONDS = 10.0


async def explain(run: Run, verdict: Verdict, workspace: Workspace, *, deadline: Deadline) -> str:
    """Return the whole story of a run that has not succeeded.

    Outputs that cannot be fetched, or not within ten seconds, are left out: they never hide the verdict.
    """
    head = f"{verdict.code}: {verdict.message}" if verdict.message else verdict.code
    failed = [task for task in run.latest_tasks() if _has_failed(task)]
    stories = await asyncio.gather(*(_story(task, workspace, deadline) for task in failed[:_MOST_TASKS]))
    more = [f"and {len(failed) - _MOST_TASKS} more tasks"] if len(failed) > _MOST_TASKS else []
    return "\n".join([head, *stories, *more, run_page(run, workspace.instance)])


def _has_failed(task: RunTask) -> bool:
    return verdict_of_task(task).phase in {Phase.FAILED, Phase.RETRYABLE_FAILED}


async def _story(task: RunTask, workspace: Workspace, deadline: Deadline) -> str:
    verdict = verdict_of_task(task)
    try:
        output = await jobs.get_output(workspace, task.run_id, deadline=_soon(deadline))
    except FairleadError as error:
        return f"task {task.task_key} ({verdict.code}): {verdict.message}\n  its output could not be fetched: {error}"
    return "\n".join([f"task {task.task_key} ({verdict.code}): {output.error or verdict.message}", *_details(output)])


def _details(output: RunOutput) -> list[str]:
    lines = []
    if output.error_trace:
        lines += ["  trace:", *_last(output.error_trace, _TRACE_LINES)]
    logs = (output.logs or "").replace((output.error_trace or "").strip(), "").strip()
    if logs:
        lines += ["  last log lines:", *_last(logs, _LOG_LINES)]
    return lines


def _last(text: str, count: int) -> list[str]:
    return [f"    {line}" for line in text.rstrip().splitlines()[-count:]]


def _soon(deadline: Deadline) -> Deadline:
    return Deadline.after(min(_OUTPUT_SECONDS, deadline.remaining))
