"""The endpoints of the Jobs API that the connectors use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fairlead import Deadline, InvalidTask
from fairlead_databricks.model import Run, RunOutput

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace


class _Started(msgspec.Struct):
    run_id: int | None = None


class _Job(msgspec.Struct):
    job_id: int


class _Jobs(msgspec.Struct):
    jobs: list[_Job] = []


class _Nothing(msgspec.Struct):
    """An answer that says no more than that it worked."""


async def submit(workspace: Workspace, body: dict[str, Any], *, deadline: Deadline) -> int:
    """Start a run of its own and return its id. The body carries an idempotency token, so it may be sent again."""
    return await _start(workspace, "jobs/runs/submit", body, deadline)


async def run_now(workspace: Workspace, body: dict[str, Any], *, deadline: Deadline) -> int:
    """Start a run of an existing job and return its id. The body carries an idempotency token."""
    return await _start(workspace, "jobs/run-now", body, deadline)


async def find_job(workspace: Workspace, name: str, *, deadline: Deadline) -> int:
    """Return the id of the only job with that name."""
    found = await workspace.read("jobs/list", _Jobs, {"name": name, "limit": 2}, deadline=deadline)
    if len(found.jobs) == 1:
        return found.jobs[0].job_id
    what = "no job is" if not found.jobs else "several jobs are"
    message = f"`custom.jobName`: {what} named {name!r} in {workspace.instance}"
    raise InvalidTask(message)


async def get(workspace: Workspace, run_id: str, *, deadline: Deadline) -> Run:
    """Return a run with the entries of all its lists, from as many pages as there are."""
    run = page = await workspace.read("jobs/runs/get", Run, {"run_id": run_id}, deadline=deadline)
    while token := page.next_page_token:
        query = {"run_id": run_id, "page_token": token}
        page = await workspace.read("jobs/runs/get", Run, query, deadline=deadline)
        run = _joined(run, page)
    return run


async def get_output(workspace: Workspace, task_run_id: int, *, deadline: Deadline) -> RunOutput:
    """Return the output of one task's run; that of a whole run cannot be asked for."""
    return await workspace.read("jobs/runs/get-output", RunOutput, {"run_id": task_run_id}, deadline=deadline)


async def cancel(workspace: Workspace, run_id: str, *, deadline: Deadline) -> None:
    """Ask for the end of a run; nothing happens to one that has ended."""
    body = {"run_id": int(run_id)}
    await workspace.write("jobs/runs/cancel", _Nothing, body, deadline=deadline, resend=True)


def _joined(run: Run, page: Run) -> Run:
    """Return a run with the entries of one more page; those that stand in both count once."""
    return msgspec.structs.replace(
        run,
        tasks=[*run.tasks, *page.tasks],
        job_clusters=list(dict.fromkeys([*run.job_clusters, *page.job_clusters])),
        repair_history=list(dict.fromkeys([*run.repair_history, *page.repair_history])),
        next_page_token=page.next_page_token,
    )


async def _start(workspace: Workspace, endpoint: str, body: dict[str, Any], deadline: Deadline) -> int:
    if not body.get("idempotency_token"):
        message = "a run is started only with an idempotency token"
        raise ValueError(message)
    started = await workspace.write(endpoint, _Started, body, deadline=deadline, resend=True)
    if started.run_id is None:  # what run-now answers for a continuous job that is running already
        message = f"{workspace.instance} started no run: the job is running continuously"
        raise InvalidTask(message)
    return started.run_id
