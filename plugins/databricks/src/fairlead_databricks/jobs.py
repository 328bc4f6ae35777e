"""The endpoints of the Jobs API that the connectors use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from fairlead import Deadline, InvalidTask
from fairlead_databricks.model import Run, RunOutput

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace

T = TypeVar("T")

_MOST_JOBS = 100
"""The most jobs that a page of `jobs/list` holds."""


class _Submitted(msgspec.Struct):
    run_id: int


class _Started(msgspec.Struct):
    run_id: int | None = None  # none for a continuous job that is running already


class _Settings(msgspec.Struct):
    name: str | None = None


class _Job(msgspec.Struct):
    job_id: int
    settings: _Settings = msgspec.field(default_factory=_Settings)


class _Jobs(msgspec.Struct):
    jobs: list[_Job] = []
    next_page_token: str | None = None


class _Nothing(msgspec.Struct):
    """An answer that says no more than that it worked."""


async def submit(workspace: Workspace, body: dict[str, Any], *, deadline: Deadline) -> int:
    """Start a run of its own and return its id. The body carries an idempotency token, so it may be sent again."""
    return (await _start(workspace, "jobs/runs/submit", _Submitted, body, deadline)).run_id


async def run_now(workspace: Workspace, body: dict[str, Any], *, deadline: Deadline) -> int:
    """Start a run of an existing job and return its id. The body carries an idempotency token."""
    started = await _start(workspace, "jobs/run-now", _Started, body, deadline)
    if started.run_id is None:
        message = f"{workspace.instance} started no run: the job is running continuously"
        raise InvalidTask(message)
    return started.run_id


async def find_job(workspace: Workspace, name: str, *, deadline: Deadline) -> int:
    """Return the id of the only job with exactly that name; Databricks looks for it in any case."""
    query = {"name": name, "limit": _MOST_JOBS}
    page = await workspace.read("jobs/list", _Jobs, query, deadline=deadline)
    like_it = page.jobs
    while token := page.next_page_token:
        page = await workspace.read("jobs/list", _Jobs, {**query, "page_token": token}, deadline=deadline)
        like_it += page.jobs
    found = [job.job_id for job in like_it if job.settings.name == name]
    if len(found) == 1:
        return found[0]
    what = "no job is" if not found else "several jobs are"
    message = f"`custom.jobName`: {what} named {name!r} in {workspace.instance}"
    raise InvalidTask(message)


async def get(workspace: Workspace, run_id: str, *, deadline: Deadline, with_history: bool = False) -> Run:
    """Return a run with the entries of all its lists, from as many pages as there are.

    Only where it is asked for, the history of repairs is among them.
    """
    query = {"run_id": run_id, "include_history": "true" if with_history else ""}
    run = page = await workspace.read("jobs/runs/get", Run, query, deadline=deadline)
    while token := page.next_page_token:
        page = await workspace.read("jobs/runs/get", Run, {**query, "page_token": token}, deadline=deadline)
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


async def _start(workspace: Workspace, endpoint: str, answer: type[T], body: dict[str, Any], deadline: Deadline) -> T:
    if not body.get("idempotency_token"):
        message = "a run is started only with an idempotency token"
        raise ValueError(message)
    return await workspace.write(endpoint, answer, body, deadline=deadline, resend=True)
