"""The routes below `jobs/runs`, and `jobs/run-now`."""

from typing import Annotated, Any

import msgspec
from litestar import get, post

from fairlead_databricks_emulator.api.output_view import output_view
from fairlead_databricks_emulator.api.paging import page_of
from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.api.run_view import PAGE
from fairlead_databricks_emulator.errors import ApiError, invalid_parameter
from fairlead_databricks_emulator.runs.run import Run, TaskRun
from fairlead_databricks_emulator.runs.states import CANCELED
from fairlead_databricks_emulator.runs.store import FoundTask


class RunId(msgspec.Struct, kw_only=True):
    """The arguments of routes that need no more than a run."""

    run_id: int
    page_token: str = ""


class GetRun(RunId, kw_only=True):
    """The arguments of `runs/get`."""

    include_history: bool = False


class CancelAll(msgspec.Struct, kw_only=True):
    """The arguments of `runs/cancel-all`."""

    job_id: int | None = None
    all_queued_runs: bool = False


class ListRuns(msgspec.Struct, kw_only=True):
    """The arguments of `runs/list`."""

    active_only: bool = False
    completed_only: bool = False
    job_id: int | None = None
    run_type: str = ""
    start_time_from: int = 0
    start_time_to: Annotated[int, msgspec.Meta(ge=0)] = 2**62
    expand_tasks: bool = False
    limit: int = 20
    offset: int = 0
    page_token: str = ""


@post("/runs/submit", status_code=200)
async def submit(request: ApiRequest) -> dict[str, Any]:
    """Start a run without a job."""
    return {"run_id": request.workspace.submit(await request.arguments()).run_id}


@post("/run-now", status_code=200)
async def run_now(request: ApiRequest) -> dict[str, Any]:
    """Start a run of a job."""
    run = request.workspace.run_now(await request.arguments())
    return {"run_id": run.run_id, "number_in_job": run.run_id}


@get("/runs/get")
async def get_run(request: ApiRequest) -> dict[str, Any]:
    """Show a run with a page of its tasks, or a task attempt."""
    wanted = await request.read(GetRun)
    found = request.workspace.runs.get(wanted.run_id)
    if isinstance(found, FoundTask):
        return request.parts.views.task_run(found.run, found.task)
    if len(found.tasks) > PAGE and not request.is_current:
        message = "Resources with more than 100 tasks can only be handled by API 2.2 and above"
        raise invalid_parameter(message)
    return request.parts.views.run(found, page_token=wanted.page_token, with_history=wanted.include_history)


@get("/runs/get-output")
async def get_output(request: ApiRequest) -> dict[str, Any]:
    """Show what a task attempt has left; refuse a run with `tasks[]`, even of one task."""
    found = request.workspace.runs.get((await request.read(RunId)).run_id)
    if isinstance(found, FoundTask):
        return {"metadata": request.parts.views.task_run(found.run, found.task), **_output(request, found.task)}
    return {"metadata": request.parts.views.run(found), **_output(request, _only_task(found, request.url.path))}


@get("/runs/list")
async def list_runs(request: ApiRequest) -> dict[str, Any]:
    """List runs, the newest first."""
    wanted = await request.read(ListRuns)
    _check(wanted)
    runs = [run for run in reversed(list(request.workspace.runs)) if _is_wanted(run, wanted)][wanted.offset :]
    page = page_of(wanted.page_token, total=len(runs), size=wanted.limit or 24)
    shown = [
        request.parts.views.run(run) if wanted.expand_tasks else request.parts.views.summary(run)
        for run in page.of(runs)
    ]
    view: dict[str, Any] = {"runs": shown} if shown else {}
    tokens = {"next_page_token": page.next_token, "prev_page_token": page.previous_token}
    view |= {name: token for name, token in tokens.items() if token}
    return view if request.is_current else {**view, "has_more": bool(page.next_token)}


@post("/runs/cancel", status_code=200)
async def cancel(request: ApiRequest) -> dict[str, Any]:
    """Begin to end a run or a task attempt; nothing happens to one that has ended."""
    found = request.workspace.runs.get((await request.read(RunId)).run_id)
    (found.task if isinstance(found, FoundTask) else found).request_stop(CANCELED)
    return {}


@post("/runs/cancel-all", status_code=200)
async def cancel_all(request: ApiRequest) -> dict[str, Any]:
    """Begin to end all runs of a job, or of all jobs."""
    wanted = await request.read(CancelAll)
    if wanted.job_id is None and not wanted.all_queued_runs:
        message = "job_id or all_queued_runs is needed"
        raise invalid_parameter(message)
    request.workspace.cancel_all(wanted.job_id, only_queued=wanted.all_queued_runs)
    return {}


@post("/runs/delete", status_code=200)
async def delete(request: ApiRequest) -> dict[str, Any]:
    """Forget a run that has ended."""
    request.workspace.runs.delete((await request.read(RunId)).run_id)
    return {}


@post("/runs/repair", status_code=200)
async def repair(request: ApiRequest) -> dict[str, Any]:
    """Run tasks of an ended run again."""
    return {"repair_id": request.workspace.repair(await request.arguments()).id}


@get("/runs/export")
async def export(request: ApiRequest) -> dict[str, Any]:
    """Show the result of a notebook as HTML."""
    found = request.workspace.runs.get((await request.read(RunId)).run_id)
    task = found.task if isinstance(found, FoundTask) else _only_task(found, request.url.path)
    if not task.spec.notebook_task:
        message = "Only runs of notebooks can be exported"
        raise invalid_parameter(message)
    result = request.workspace.secrets.redact(task.output.notebook_result or "")
    content = f"<!DOCTYPE html><html><body><pre>{result}</pre></body></html>"
    return {"views": [{"content": content, "name": task.spec.task_key, "type": "NOTEBOOK"}]}


def _output(request: ApiRequest, task: TaskRun) -> dict[str, Any]:
    view: dict[str, Any] = request.workspace.secrets.redact(output_view(task, request.parts.host))
    return view


def _only_task(run: Run, path: str) -> TaskRun:
    """Return the task of a run that has one at the top level, or (in API 2.0) only one."""
    if run.settings.is_legacy or (len(run.tasks) == 1 and path.startswith("/api/2.0/")):
        return run.tasks[-1]
    message = (
        "Retrieving the output of runs with multiple tasks is not supported. "
        "Please retrieve the output of each individual task run instead."
    )
    raise invalid_parameter(message)


def _check(wanted: ListRuns) -> None:
    if wanted.active_only and wanted.completed_only:
        message = "Only one of active_only and completed_only can be set"
        raise invalid_parameter(message)
    if not 0 <= wanted.limit <= 24:
        raise ApiError(400, "INVALID_PARAMETER_VALUE", "limit must be greater than 0 and less than 25")


def _is_wanted(run: Run, wanted: ListRuns) -> bool:
    return (
        not (wanted.active_only and run.progress.is_terminal)
        and not (wanted.completed_only and not run.progress.is_terminal)
        and wanted.job_id in {None, run.job_id}
        and wanted.run_type in {"", run.run_type}
        and wanted.start_time_from <= run.start_time <= wanted.start_time_to
    )


RUN_ROUTES = (
    submit,
    run_now,
    get_run,
    get_output,
    list_runs,
    cancel,
    cancel_all,
    delete,
    repair,
    export,
)
