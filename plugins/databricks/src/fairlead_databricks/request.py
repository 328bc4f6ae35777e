"""The body of `runs/submit`, and what is wrong with one before it is sent.

The fields are those of version 2.2 of the Jobs API (https://docs.databricks.com/api/workspace/jobs/submit);
a test compares them with databricks-sdk. What Databricks would refuse for a reason that is known here is
refused with the path of the fault.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from fairlead import InvalidTask
from fairlead.validation import convert

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[\w\-]+$")]
Object = dict[str, Any]

COMPUTE = ("existing_cluster_id", "new_cluster", "job_cluster_key", "environment_key", "compute")
"""The fields that say what a task runs on; at most one may be given."""

_NEEDS_COMPUTE = ("spark_python_task", "python_wheel_task", "spark_jar_task", "spark_submit_task")
_SUFFIX = "_task"


class TaskDependency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A task that must come first, and for a condition task its outcome."""

    task_key: str
    outcome: str | None = None


class NotebookTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Runs a notebook."""

    notebook_path: str
    base_parameters: dict[str, str] | None = None
    source: str | None = None
    warehouse_id: str | None = None


class SparkPythonTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Runs a Python file."""

    python_file: str
    parameters: list[str] | None = None
    source: str | None = None


class PythonWheelTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Runs an entry point of a package."""

    package_name: str
    entry_point: str
    parameters: list[str] | None = None
    named_parameters: dict[str, str] | None = None


class SubmitTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One task of a run."""

    task_key: Key
    ai_runtime_task: Object | None = None
    alert_task: Object | None = None
    clean_rooms_notebook_task: Object | None = None
    compute: Object | None = None
    condition_task: Object | None = None
    dashboard_task: Object | None = None
    dbt_cloud_task: Object | None = None
    dbt_platform_task: Object | None = None
    dbt_task: Object | None = None
    depends_on: list[TaskDependency] | None = None
    description: str | None = None
    disable_auto_optimization: bool | None = None
    disabled: bool | None = None
    email_notifications: Object | None = None
    environment_key: str | None = None
    environment_variables_key: str | None = None
    existing_cluster_id: str | None = None
    for_each_task: Object | None = None
    gen_ai_compute_task: Object | None = None
    health: Object | None = None
    job_cluster_key: str | None = None
    libraries: list[Object] | None = None
    max_retries: int | None = None
    min_retry_interval_millis: int | None = None
    new_cluster: Object | None = None
    notebook_task: NotebookTask | None = None
    notification_settings: Object | None = None
    pipeline_task: Object | None = None
    power_bi_task: Object | None = None
    python_operator_task: Object | None = None
    python_wheel_task: PythonWheelTask | None = None
    retry_on_timeout: bool | None = None
    run_if: str | None = None
    run_job_task: Object | None = None
    spark_jar_task: Object | None = None
    spark_python_task: SparkPythonTask | None = None
    spark_submit_task: Object | None = None
    sql_task: Object | None = None
    timeout_seconds: int | None = None
    webhook_notifications: Object | None = None


class SubmitRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole body."""

    tasks: Annotated[list[SubmitTask], msgspec.Meta(min_length=1, max_length=1000)]
    access_control_list: list[Object] | None = None
    budget_policy_id: str | None = None
    duration_target: str | None = None
    email_notifications: Object | None = None
    environment_variables: list[Object] | None = None
    environments: list[Object] | None = None
    git_source: Object | None = None
    health: Object | None = None
    idempotency_token: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    notification_settings: Object | None = None
    performance_target: str | None = None
    queue: Object | None = None
    run_as: Object | None = None
    run_name: str | None = None
    timeout_seconds: int | None = None
    usage_policy_id: str | None = None
    webhook_notifications: Object | None = None


TASK_FIELDS = frozenset(SubmitTask.__struct_fields__)
RUN_FIELDS = frozenset(SubmitRun.__struct_fields__)
TASK_KINDS = frozenset(field for field in TASK_FIELDS if field.endswith(_SUFFIX))


def check(body: Object, where: str) -> None:
    """Raise `InvalidTask` that names the path below `where` of what Databricks would refuse."""
    run = convert(body, SubmitRun, where)
    environments = {str(environment.get("environment_key")) for environment in run.environments or ()}
    seen: set[str] = set()
    for index, task in enumerate(run.tasks):
        path = f"{where}.tasks[{index}]"
        if task.task_key in seen:
            _refuse(f"{path}.task_key", f"`{task.task_key}` is the key of two tasks")
        seen.add(task.task_key)
        _check_kind(task, path)
        _check_compute(task, path, environments)
    _check_order(run, where, seen)


def _check_kind(task: SubmitTask, path: str) -> None:
    kinds = sorted(kind for kind in TASK_KINDS if getattr(task, kind) is not None)
    if len(kinds) != 1:
        found = f"found {' and '.join(kinds)}" if kinds else "found none"
        _refuse(path, f"a task needs one of {', '.join(sorted(TASK_KINDS))}; {found}")


def _check_compute(task: SubmitTask, path: str, environments: set[str]) -> None:
    given = [field for field in COMPUTE if getattr(task, field) is not None]
    if len(given) > 1:
        _refuse(path, f"a task runs on one kind of compute; found {' and '.join(given)}")
    if not given and any(getattr(task, kind) is not None for kind in _NEEDS_COMPUTE):
        _refuse(path, "no compute is given; name one of existing_cluster_id, new_cluster or environment_key")
    if task.environment_key is not None and task.environment_key not in environments:
        _refuse(f"{path}.environment_key", f"`{task.environment_key}` is not among `environments`")
    if task.libraries and task.environment_key is not None:
        _refuse(f"{path}.libraries", "serverless tasks take their libraries as `dependencies` of the environment")


def _check_order(run: SubmitRun, where: str, keys: set[str]) -> None:
    for index, task in enumerate(run.tasks):
        for position, dependency in enumerate(task.depends_on or ()):
            if dependency.task_key not in keys:
                path = f"{where}.tasks[{index}].depends_on[{position}].task_key"
                _refuse(path, f"there is no task `{dependency.task_key}`")


def _refuse(path: str, what: str) -> None:
    message = f"`{path}`: {what}"
    raise InvalidTask(message)
