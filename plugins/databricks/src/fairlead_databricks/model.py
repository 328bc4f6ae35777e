"""What is read of the Jobs API's answers.

Every field may be absent or null, unknown fields are ignored, and enumerations are plain strings, so that an
answer of a newer service is read as far as it is known. Source: the API reference of `runs/get`, `runs/list`
and `runs/get-output` (https://docs.databricks.com/api/workspace/jobs/getrun), version 2.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")

if TYPE_CHECKING:
    OrNull = Annotated[T, "null counts as absent"]
else:
    OrNull = T | None

_EMPTY = {
    "job_cluster_key": str,
    "job_clusters": list,
    "repair_history": list,
    "run_id": int,
    "task_key": str,
    "tasks": list,
}


class _Answer(msgspec.Struct, frozen=True):
    """An object of which some fields are read as empty where they are null."""

    def __post_init__(self) -> None:
        """Put what is empty in the place of null."""
        for name, empty in _EMPTY.items():
            if getattr(self, name, empty) is None:
                msgspec.structs.force_setattr(self, name, empty())


class RunState(msgspec.Struct, frozen=True):
    """The older form of a run's state (`RunState`)."""

    life_cycle_state: str | None = None
    result_state: str | None = None
    state_message: str | None = None
    queue_reason: str | None = None


class QueueDetails(msgspec.Struct, frozen=True):
    """Why a run is queued."""

    code: str | None = None
    message: str | None = None


class TerminationDetails(msgspec.Struct, frozen=True):
    """How a run ended, and whose fault that was."""

    code: str | None = None
    type: str | None = None
    message: str | None = None


class RunStatus(msgspec.Struct, frozen=True):
    """The form of a run's state since version 2.2 (`RunStatus`)."""

    state: str | None = None
    queue_details: QueueDetails | None = None
    termination_details: TerminationDetails | None = None


class ClusterInstance(msgspec.Struct, frozen=True):
    """The classic compute of a task; serverless tasks have none."""

    cluster_id: str | None = None
    spark_context_id: str | None = None


class LogDestination(msgspec.Struct, frozen=True):
    """A path of DBFS, of a volume or of S3."""

    destination: str | None = None


class ClusterLogConf(msgspec.Struct, frozen=True):
    """Where a cluster delivers its logs: one of these."""

    dbfs: LogDestination | None = None
    s3: LogDestination | None = None
    volumes: LogDestination | None = None


class NewCluster(msgspec.Struct, frozen=True):
    """Where the logs of a new cluster go.

    Nothing else of it is read: it repeats credentials and variables that the request has brought.
    """

    cluster_log_conf: ClusterLogConf | None = None


class JobCluster(_Answer, frozen=True):
    """A cluster that tasks of a job share."""

    job_cluster_key: OrNull[str] = ""
    new_cluster: NewCluster | None = None


class ClusterSpec(msgspec.Struct, frozen=True):
    """The cluster of a run in the older form, without `tasks`."""

    new_cluster: NewCluster | None = None


class Present(msgspec.Struct, frozen=True):
    """Something of which only counts that it is there."""


class RunTask(_Answer, frozen=True):
    """One attempt of one task: retries and repairs add entries with the same `task_key`."""

    task_key: OrNull[str] = ""
    run_id: OrNull[int] = 0
    attempt_number: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    state: RunState | None = None
    status: RunStatus | None = None
    run_page_url: str | None = None
    cluster_instance: ClusterInstance | None = None
    existing_cluster_id: str | None = None
    job_cluster_key: str | None = None
    new_cluster: NewCluster | None = None
    condition_task: Present | None = None
    dbt_task: Present | None = None
    for_each_task: Present | None = None
    notebook_task: Present | None = None
    pipeline_task: Present | None = None
    run_job_task: Present | None = None
    sql_task: Present | None = None

    @property
    def is_without_log(self) -> bool:
        """Whether the task is of a kind of which `runs/get-output` never returns a log."""
        cells = self.notebook_task or self.pipeline_task or self.sql_task
        return bool(cells or self.condition_task or self.for_each_task or self.run_job_task)

    @property
    def may_give_result(self) -> bool:
        """Whether the task is of a kind of which `runs/get-output` returns a result that is read."""
        return bool(self.notebook_task or self.sql_task or self.dbt_task or self.run_job_task)


class RepairHistoryItem(msgspec.Struct, frozen=True):
    """The original run, or a repair of it."""

    id: int | None = None
    type: str | None = None


class Run(_Answer, frozen=True):
    """A run, as `runs/get` and `runs/list` describe it; times are milliseconds since the epoch."""

    run_id: OrNull[int] = 0
    job_id: int | None = None
    run_name: str | None = None
    run_page_url: str | None = None
    start_time: int | None = None
    end_time: int | None = None
    state: RunState | None = None
    status: RunStatus | None = None
    tasks: OrNull[list[RunTask]] = []
    cluster_instance: ClusterInstance | None = None
    cluster_spec: ClusterSpec | None = None
    job_clusters: OrNull[list[JobCluster]] = []
    repair_history: OrNull[list[RepairHistoryItem]] = []
    next_page_token: str | None = None

    def attempts(self) -> list[RunTask]:
        """Return all attempts of all tasks, in the order in which they started."""
        return sorted(self.tasks, key=lambda task: (task.start_time or 0, task.task_key, _age(task)))

    def latest_tasks(self) -> list[RunTask]:
        """Return the latest attempt of each task, in the order in which they started."""
        latest: dict[str, RunTask] = {}
        for task in self.tasks:
            known = latest.get(task.task_key)
            if known is None or _age(task) > _age(known):
                latest[task.task_key] = task
        return sorted(latest.values(), key=lambda task: (task.start_time or 0, task.task_key))


class NotebookOutput(msgspec.Struct, frozen=True):
    """What a notebook passed to `dbutils.notebook.exit`, at most its first 5 MB."""

    result: str | None = None
    truncated: bool | None = None


class RunJobOutput(msgspec.Struct, frozen=True):
    """The run that a task started of another job."""

    run_id: int | None = None


class RunOutput(msgspec.Struct, frozen=True):
    """The output of one task's run (`runs/get-output`)."""

    error: str | None = None
    error_trace: str | None = None
    info: str | None = None
    logs: str | None = None
    logs_truncated: bool | None = None
    notebook_output: NotebookOutput | None = None
    run_job_output: RunJobOutput | None = None
    sql_output: dict[str, Any] | None = None
    dbt_output: dict[str, Any] | None = None


def _age(task: RunTask) -> tuple[int, int]:
    return (task.attempt_number or 0, task.run_id)
