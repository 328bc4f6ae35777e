"""Why a run failed: which task, the exception, its trace, the last log lines, the code and the page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fairlead import Deadline, FairleadError, Phase
from fairlead_databricks import jobs
from fairlead_databricks.links import run_page
from fairlead_databricks.verdict import Verdict, never_began, verdict_of_task

if TYPE_CHECKING:
    from fairlead_databricks.model import Run, RunOutput, RunTask
    from fairlead_databricks.workspace import Workspace

_MOST_TASKS = 3
_TRACE_LINES = 12
_LOG_LINES = 10
_OUTPUT_SECONDS = 10.0


async def explain(run: Run, verdict: Verdict, workspace: Workspace, *, deadline: Deadline) -> str:
    """Return the whole story of a run that has not succeeded; where a task has run another job, also that of the job's run.

    Outputs that cannot be fetched, or not within ten seconds, are left out: they never hide the verdict.
    """
    head = f"{verdict.code}: {verdict.message}" if verdict.message else verdict.code
    soon = Deadline.after(min(_OUTPUT_SECONDS, deadline.remaining))
    stories = await _stories(run, workspace, soon, levels=1)
    return "\n".join([head, *stories, run_page(run, workspace.instance)])


async def _stories(run: Run, workspace: Workspace, deadline: Deadline, *, levels: int) -> list[str]:
    """Return the lines about the tasks that failed; those that never began, because of them, come last."""
    failed = sorted((task for task in run.latest_tasks() if _has_failed(task)), key=never_began)
    shown = (_story(task, workspace, deadline, levels=levels) for task in failed[:_MOST_TASKS])
    more = [f"and {len(failed) - _MOST_TASKS} more tasks"] if len(failed) > _MOST_TASKS else []
    return [line for story in await asyncio.gather(*shown) for line in story] + more


def _has_failed(task: RunTask) -> bool:
    return verdict_of_task(task).phase in {Phase.FAILED, Phase.RETRYABLE_FAILED}


async def _story(task: RunTask, workspace: Workspace, deadline: Deadline, *, levels: int) -> list[str]:
    verdict = verdict_of_task(task)
    head = f"task {task.task_key} ({verdict.code}): "
    if never_began(task):
        return [head + verdict.message]
    try:
        output = await jobs.get_output(workspace, task.run_id, deadline=deadline)
    except FairleadError as error:
        return [head + verdict.message, f"  its output could not be fetched: {error}"]
    inner = await _inner(output, workspace, deadline, levels=levels)
    return [head + (output.error or verdict.message), *_details(output), *(f"  {line}" for line in inner)]


async def _inner(output: RunOutput, workspace: Workspace, deadline: Deadline, *, levels: int) -> list[str]:
    """Return the lines about the run that a task has started of another job, so many levels deep."""
    run_id = output.run_job_output.run_id if output.run_job_output else None
    if not run_id or not levels:
        return []
    try:
        run = await jobs.get(workspace, str(run_id), deadline=deadline)
    except FairleadError as error:
        return [f"its run {run_id} could not be fetched: {error}"]
    return [*await _stories(run, workspace, deadline, levels=levels - 1), run_page(run, workspace.instance)]


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
