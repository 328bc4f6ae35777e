"""What starts runs: the bodies of `runs/submit` and `run-now`, and what follows from them."""

from typing import Any

import msgspec

from fairlead_databricks_emulator.errors import invalid_parameter
from fairlead_databricks_emulator.runs.specs import Queue, RunSettings, TaskSpec


class RunNowRequest(msgspec.Struct, kw_only=True):
    """The body of `run-now`, as far as it matters here."""

    job_id: int
    idempotency_token: str = ""
    job_parameters: dict[str, str] = {}
    notebook_params: dict[str, str] = {}
    python_params: list[str] = []
    python_named_params: dict[str, str] = {}
    sql_params: dict[str, str] = {}
    only: list[str] = []
    queue: Queue | None = None


class Overrides(msgspec.Struct, kw_only=True):
    """The parameters before there were job parameters: they replace those of all tasks of a kind."""

    notebook_params: dict[str, str] = {}
    python_params: list[str] = []
    python_named_params: dict[str, str] = {}
    sql_params: dict[str, str] = {}


def job_parameters(settings: RunSettings, given: dict[str, str]) -> dict[str, str]:
    """Return the parameters of a run: the defaults of the job, and what is given."""
    return {**{parameter.name: parameter.default for parameter in settings.parameters}, **given}


def overridden(settings: RunSettings, overrides: Overrides) -> RunSettings:
    """Return settings whose tasks have the overriding parameters."""
    return msgspec.structs.replace(settings, tasks=[_overridden(task, overrides) for task in settings.tasks])


def selected(settings: RunSettings, only: list[str]) -> RunSettings:
    """Return settings with only the tasks asked for: `key`, `+key` with those above, `key+` with those below."""
    if not only:
        return settings
    keys = {key for selector in only for key in _selection(settings, selector)}
    tasks = [
        msgspec.structs.replace(task, depends_on=[item for item in task.depends_on if item.task_key in keys])
        for task in settings.tasks
        if task.task_key in keys
    ]
    return msgspec.structs.replace(settings, tasks=tasks)


def _overridden(task: TaskSpec, overrides: Overrides) -> TaskSpec:
    changes: dict[str, Any] = {}
    if task.notebook_task and overrides.notebook_params:
        merged = {**task.notebook_task.base_parameters, **overrides.notebook_params}
        changes["notebook_task"] = msgspec.structs.replace(task.notebook_task, base_parameters=merged)
    if task.spark_python_task and overrides.python_params:
        replaced = msgspec.structs.replace(task.spark_python_task, parameters=overrides.python_params)
        changes["spark_python_task"] = replaced
    if task.python_wheel_task and (overrides.python_params or overrides.python_named_params):
        changes["python_wheel_task"] = msgspec.structs.replace(
            task.python_wheel_task,
            parameters=overrides.python_params or task.python_wheel_task.parameters,
            named_parameters={**task.python_wheel_task.named_parameters, **overrides.python_named_params},
        )
    if task.sql_task and overrides.sql_params:
        merged = {**task.sql_task.parameters, **overrides.sql_params}
        changes["sql_task"] = msgspec.structs.replace(task.sql_task, parameters=merged)
    return msgspec.structs.replace(task, **changes)


def _selection(settings: RunSettings, selector: str) -> set[str]:
    key = selector.strip("+")
    above = {task.task_key: {item.task_key for item in task.depends_on} for task in settings.tasks}
    if key not in above:
        message = f"only names the unknown task {key!r}"
        raise invalid_parameter(message)
    below = {name: {other for other, names in above.items() if name in names} for name in above}
    keys = {key}
    if selector.startswith("+"):
        keys |= _reachable(key, above)
    if selector.endswith("+"):
        keys |= _reachable(key, below)
    return keys


def _reachable(start: str, steps: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = {start}
    while waiting:
        step = {name for key in waiting for name in steps[key]} - found
        found |= step
        waiting = step
    return found
