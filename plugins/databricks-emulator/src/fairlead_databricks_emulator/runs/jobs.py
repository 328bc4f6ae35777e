"""The saved jobs of the workspace."""

from typing import Any

import msgspec

from fairlead_databricks_emulator.errors import invalid_parameter
from fairlead_databricks_emulator.runs.parsing import parse_settings
from fairlead_databricks_emulator.runs.run import new_id
from fairlead_databricks_emulator.runs.specs import RunSettings
from fairlead_databricks_emulator.runs.states import now_ms

_KEYED_ARRAYS = {
    "tasks": "task_key",
    "job_clusters": "job_cluster_key",
    "environments": "environment_key",
    "parameters": "name",
}


class Job(msgspec.Struct, kw_only=True):
    """A saved job."""

    job_id: int
    created_time: int
    settings: RunSettings


class JobStore:
    """All jobs, the oldest first."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}

    def create(self, body: dict[str, Any]) -> Job:
        """Save a job."""
        job = Job(job_id=new_id(), created_time=now_ms(), settings=parse_settings(body))
        self._jobs[job.job_id] = job
        return job

    def get(self, job_id: int) -> Job:
        """Return a job; raise `ApiError` 400 where there is none."""
        if job_id not in self._jobs:
            message = f"Job {job_id} does not exist."
            raise invalid_parameter(message)
        return self._jobs[job_id]

    def newest_first(self, name: str | None) -> list[Job]:
        """Return all jobs, or those of a name in any case."""
        jobs = list(reversed(self._jobs.values()))
        return [job for job in jobs if name is None or job.settings.name.lower() == name.lower()]

    def reset(self, job_id: int, settings: dict[str, Any]) -> None:
        """Replace all settings of a job."""
        self.get(job_id).settings = parse_settings(settings)

    def update(self, job_id: int, changes: dict[str, Any], removed: list[str]) -> None:
        """Change and remove some settings of a job; of arrays with keys, the elements that are given."""
        job = self.get(job_id)
        settings = {key: value for key, value in job.settings.raw.items() if key not in removed}
        for field, value in changes.items():
            settings[field] = _merged(settings.get(field, []), value, _KEYED_ARRAYS.get(field))
        job.settings = parse_settings(settings)

    def delete(self, job_id: int) -> None:
        """Forget a job; its runs stay."""
        self.get(job_id)
        del self._jobs[job_id]

    def clear(self) -> None:
        """Forget all jobs."""
        self._jobs.clear()


def _merged(before: Any, after: Any, key: str | None) -> Any:
    if key is None:
        return after
    return list({item[key]: item for item in [*before, *after]}.values())
