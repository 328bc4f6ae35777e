"""The routes of saved jobs."""

from typing import Annotated, Any

import msgspec
from litestar import get, post

from fairlead_databricks_emulator.api.paging import page_of
from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.api.run_view import CREATOR
from fairlead_databricks_emulator.runs.jobs import Job


class JobId(msgspec.Struct, kw_only=True):
    """The arguments of routes that need no more than a job."""

    job_id: int


class NewSettings(msgspec.Struct, kw_only=True):
    """The arguments of `update` and `reset`."""

    job_id: int
    new_settings: dict[str, Any] = {}
    fields_to_remove: list[str] = []


class ListJobs(msgspec.Struct, kw_only=True):
    """The arguments of `list`."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    name: str | None = None
    expand_tasks: bool = False
    page_token: str = ""


@post("/create", status_code=200)
async def create(request: ApiRequest) -> dict[str, Any]:
    """Save a job."""
    return {"job_id": request.workspace.jobs.create(await request.arguments()).job_id}


@get("/get")
async def get_job(request: ApiRequest) -> dict[str, Any]:
    """Show a job."""
    job = request.workspace.jobs.get((await request.read(JobId)).job_id)
    return _view(job, with_tasks=True)


@get("/list")
async def list_jobs(request: ApiRequest) -> dict[str, Any]:
    """List jobs, the newest first."""
    wanted = await request.read(ListJobs)
    jobs = request.workspace.jobs.newest_first(wanted.name)
    page = page_of(wanted.page_token, total=len(jobs), size=wanted.limit)
    view: dict[str, Any] = {"jobs": [_view(job, with_tasks=wanted.expand_tasks) for job in page.of(jobs)]}
    return {**view, "next_page_token": page.next_token} if page.next_token else view


@post("/update", status_code=200)
async def update(request: ApiRequest) -> dict[str, Any]:
    """Change some settings of a job."""
    wanted = await request.read(NewSettings)
    request.workspace.jobs.update(wanted.job_id, wanted.new_settings, wanted.fields_to_remove)
    return {}


@post("/reset", status_code=200)
async def reset(request: ApiRequest) -> dict[str, Any]:
    """Replace all settings of a job."""
    wanted = await request.read(NewSettings)
    request.workspace.jobs.reset(wanted.job_id, wanted.new_settings)
    return {}


@post("/delete", status_code=200)
async def delete(request: ApiRequest) -> dict[str, Any]:
    """Forget a job."""
    request.workspace.jobs.delete((await request.read(JobId)).job_id)
    return {}


def _view(job: Job, *, with_tasks: bool) -> dict[str, Any]:
    hidden = set() if with_tasks else {"tasks", "job_clusters", "environments"}
    settings = {
        "name": job.settings.name,
        "format": "MULTI_TASK",
        "max_concurrent_runs": job.settings.max_concurrent_runs,
        "timeout_seconds": job.settings.timeout_seconds,
        **{name: value for name, value in job.settings.raw.items() if name not in hidden},
    }
    return {
        "job_id": job.job_id,
        "creator_user_name": CREATOR,
        "created_time": job.created_time,
        "settings": settings,
    }


JOB_ROUTES = (create, get_job, list_jobs, update, reset, delete)
