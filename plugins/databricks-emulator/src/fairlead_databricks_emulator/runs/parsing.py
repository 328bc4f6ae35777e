"""From the JSON of a request to settings, with the errors that the service answers."""

from typing import Any, TypeVar

import msgspec

from fairlead_databricks_emulator.errors import invalid_parameter
from fairlead_databricks_emulator.runs.specs import RunSettings, TaskSpec

T = TypeVar("T")

TASK_KINDS = (
    "spark_python_task",
    "notebook_task",
    "python_wheel_task",
    "sql_task",
    "condition_task",
    "run_job_task",
    "for_each_task",
)
UNSUPPORTED_KINDS = (
    "spark_jar_task",
    "spark_submit_task",
    "dbt_task",
    "pipeline_task",
    "dashboard_task",
)
_TASK_FIELDS = (
    *TASK_KINDS,
    *UNSUPPORTED_KINDS,
    "existing_cluster_id",
    "new_cluster",
    "environment_key",
    "libraries",
)


def parse_settings(body: dict[str, Any]) -> RunSettings:
    """Return the settings in the body of submit, create or reset; raise `ApiError` where they are wrong.

    A task at the top level (the shape before `tasks[]`) becomes the only task of a legacy run.
    """
    is_legacy = "tasks" not in body and any(kind in body for kind in (*TASK_KINDS, *UNSUPPORTED_KINDS))
    tasks = [_legacy_task(body)] if is_legacy else body.get("tasks", [])
    name = body.get("run_name") or body.get("name") or "Untitled"
    settings = convert({**body, "name": name, "tasks": [], "is_legacy": is_legacy, "raw": body}, RunSettings)
    specs = [parse_task(task, where=f"tasks[{index}]") for index, task in enumerate(tasks)]
    _check_graph(specs)
    return msgspec.structs.replace(settings, tasks=specs)


def parse_task(raw: Any, *, where: str) -> TaskSpec:
    """Return one task; `where` names it in errors."""
    if not isinstance(raw, dict):
        message = f"{where} must be an object"
        raise invalid_parameter(message)
    try:
        spec = msgspec.convert({**raw, "raw": raw}, TaskSpec, strict=False)
    except msgspec.ValidationError as error:
        message = f"{where}: {error}"
        raise invalid_parameter(message) from error
    kinds = [kind for kind in (*TASK_KINDS, *UNSUPPORTED_KINDS) if kind in raw]
    if len(kinds) != 1:
        message = f"{where}: one kind of task is needed, found {', '.join(kinds) or 'none'}"
        raise invalid_parameter(message)
    return spec


def convert(value: Any, type_: type[T]) -> T:
    """Return a value as `type_`, numbers from strings too; raise `ApiError` 400 where it cannot be."""
    try:
        return msgspec.convert(value, type_, strict=False)
    except msgspec.ValidationError as error:
        raise invalid_parameter(str(error)) from error


def _legacy_task(body: dict[str, Any]) -> dict[str, Any]:
    return {"task_key": "main", **{field: body[field] for field in _TASK_FIELDS if field in body}}


def _check_graph(tasks: list[TaskSpec]) -> None:
    """Raise `ApiError` for doubled keys, unknown dependencies and cycles."""
    keys = [task.task_key for task in tasks]
    if doubled := {key for key in keys if keys.count(key) > 1}:
        message = f"Task keys must be unique: {', '.join(sorted(doubled))}"
        raise invalid_parameter(message)
    waiting = {task.task_key: {dependency.task_key for dependency in task.depends_on} for task in tasks}
    for key, upstream in waiting.items():
        if unknown := upstream - waiting.keys():
            message = f"Task {key} depends on unknown tasks: {', '.join(sorted(unknown))}"
            raise invalid_parameter(message)
    while ready := {key for key, upstream in waiting.items() if not upstream & waiting.keys()}:
        waiting = {key: upstream for key, upstream in waiting.items() if key not in ready}
    if waiting:
        message = f"The dependencies of these tasks form a cycle: {', '.join(sorted(waiting))}"
        raise invalid_parameter(message)
