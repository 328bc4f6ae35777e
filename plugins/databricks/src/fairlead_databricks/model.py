"""What is read of the Jobs API's answers.

Every field may be absent or null, unknown fields are ignored, and enumerations are plain strings, so that an
answer of a newer service is read as far as it is known. Source: the API reference of `runs/get`, `runs/list`
and `runs/get-output` (https://docs.databricks.com/api/workspace/jobs/getrun), version 2.2.
"""

from __future__ import annotations

from typing import Any

import msgspec


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


class RunTask(msgspec.Struct, frozen=True):
    """One attempt of one task: retries and repairs add entries with the same `task_key`.

    Its `new_cluster` is not read: it repeats credentials and variables that the request has brought.
    """

    task_key: str = ""
    run_id: int = 0
    attempt_number: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    state: RunState | None = None
    status: RunStatus | None = None
    run_page_url: str | None = None
    cluster_instance: ClusterInstance | None = None


class RepairHistoryItem(msgspec.Struct, frozen=True):
    """The original run, or a repair of it."""

    id: int | None = None
    type: str | None = None


class Run(msgspec.Struct, frozen=True):
    """A run, as `runs/get` and `runs/list` describe it; times are milliseconds since the epoch."""

    run_id: int = 0
    job_id: int | None = None
    run_name: str | None = None
    run_page_url: str | None = None
    start_time: int | None = None
    end_time: int | None = None
    state: RunState | None = None
    status: RunStatus | None = None
    tasks: list[RunTask] = []
    cluster_instance: ClusterInstance | None = None
    repair_history: list[RepairHistoryItem] = []
    next_page_token: str | None = None

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


class RunOutput(msgspec.Struct, frozen=True):
    """The output of one task's run (`runs/get-output`)."""

    error: str | None = None
    error_trace: str | None = None
    info: str | None = None
    logs: str | None = None
    logs_truncated: bool | None = None
    notebook_output: NotebookOutput | None = None
    sql_output: dict[str, Any] | None = None
    dbt_output: dict[str, Any] | None = None


def _age(task: RunTask) -> tuple[int, int]:
    return (task.attempt_number or 0, task.run_id)
