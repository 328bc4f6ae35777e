"""A connector of flytekit that does nothing, for `pyflyte serve connector --modules`."""

import itertools
from dataclasses import dataclass
from typing import Any

from flyteidl.core.execution_pb2 import TaskExecution, TaskLog
from flytekit.extend.backend.base_connector import AsyncConnectorBase, ConnectorRegistry, Resource, ResourceMeta

_asked = itertools.count(1)


@dataclass
class NoopJob(ResourceMeta):
    """A job that is nowhere."""

    job_id: str
    host: str


class NoopConnector(AsyncConnectorBase):
    """Says at once that a job runs, and how often that has been asked for."""

    name = "No-op"

    def __init__(self) -> None:
        super().__init__(task_type_name="noop", metadata_type=NoopJob)

    async def create(self, task_template: Any, output_prefix: str, inputs: Any, **options: Any) -> NoopJob:
        """Return a job."""
        return NoopJob(job_id="877342190441522", host="noop.example")

    async def get(self, resource_meta: NoopJob, **options: Any) -> Resource:
        """Say that the job runs."""
        link = TaskLog(name="Console", uri=f"https://{resource_meta.host}/jobs/{resource_meta.job_id}")
        return Resource(phase=TaskExecution.RUNNING, message=f"asked {next(_asked)}", log_links=[link])

    async def delete(self, resource_meta: NoopJob, **options: Any) -> None:
        """Do nothing."""


ConnectorRegistry.register(NoopConnector())
