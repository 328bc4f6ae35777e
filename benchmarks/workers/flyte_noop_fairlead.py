"""A connector of fairlead that does nothing, for `fairlead serve flyte --modules`."""

import itertools
from typing import Any

from fairlead import AsyncConnector, Context, LogLink, Phase, Resource, ResourceMeta, TaskTemplate

_asked = itertools.count(1)


class NoopJob(ResourceMeta):
    """A job that is nowhere."""

    job_id: str
    host: str


class NoopConnector(AsyncConnector[NoopJob]):
    """Says at once that a job runs, and how often that has been asked for."""

    name = "No-op"
    task_type = "noop"

    async def create(self, task: TaskTemplate, inputs: dict[str, Any], context: Context) -> NoopJob:
        """Return a job."""
        return NoopJob(job_id="877342190441522", host="noop.example")

    async def get(self, meta: NoopJob, context: Context) -> Resource:
        """Say that the job runs."""
        link = LogLink("Console", f"https://{meta.host}/jobs/{meta.job_id}")
        return Resource(phase=Phase.RUNNING, message=f"asked {next(_asked)}", log_links=(link,))

    async def delete(self, meta: NoopJob, context: Context) -> None:
        """Do nothing."""
