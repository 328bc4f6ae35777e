"""Read a task and its inputs from a YAML, TOML or JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from fairlead.category import TaskCategory
from fairlead.cli.parsing import SUFFIXES, parse
from fairlead.cli.values import parse_duration, positive
from fairlead.errors import InvalidTask
from fairlead.spelling import suggestion
from fairlead.task import TaskTemplate
from fairlead.validation import convert, refuse_unknown, unknown_field

NAME_RULE = f"the name of a task file, or of a file of inputs, must end in one of {', '.join(SUFFIXES)}"

_FIELDS = [field for field in TaskTemplate.__struct_fields__ if field != "native"] + ["inputs"]
_TYPE_NAMES = ["any", "integer", "float", "string", "boolean", "datetime", "duration", "binary", "struct", "none"]


def read_task(path: Path) -> tuple[TaskTemplate, dict[str, Any]]:
    """Return the task of a file, and the inputs that stand in it.

    The file holds the fields of `TaskTemplate`, and `inputs`. Raises `InvalidTask` that names the file
    and the path of the fault in it.
    """
    data = read_mapping(path)
    try:
        return task_of(data), convert(data.get("inputs") or {}, dict[str, Any], "inputs")
    except InvalidTask as error:
        message = f"{path}: {error}"
        raise InvalidTask(message) from error


def read_mapping(path: Path) -> dict[str, Any]:
    """Return what a YAML, TOML or JSON file holds, which must be a mapping; raise `InvalidTask` otherwise."""
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
        raise InvalidTask(message) from error
    if path.suffix not in SUFFIXES:
        message = f"{path}: {NAME_RULE}"
        raise InvalidTask(message)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path} cannot be read: it is not UTF-8 text (byte {error.start})"
        raise InvalidTask(message) from error
    try:
        data = parse(path.suffix, text)
    except ValueError as error:
        message = f"{path} is not valid {path.suffix.lstrip('.').upper()}: {error}"
        raise InvalidTask(message) from error
    if not isinstance(data, dict):
        message = f"{path}: expected a mapping of names to values, got {_described(data)}"
        raise InvalidTask(message)
    return data


def task_of(data: dict[str, Any]) -> TaskTemplate:
    """Return the task that the contents of a task file mean; raise `InvalidTask` where they mean none."""
    for name in data:
        if name not in _FIELDS:
            raise InvalidTask(unknown_field(name, _FIELDS))
    fields = {name: value for name, value in data.items() if name != "inputs"}
    refuse_unknown(fields, TaskTemplate, "")
    fields["interface"] = _interface(fields.get("interface"))
    fields["metadata"] = _metadata(fields.get("metadata"))
    task = convert({name: value for name, value in fields.items() if value is not None}, TaskTemplate, "")
    task = _with_version(task, fields.get("task_type_version"))
    if not isinstance(task.custom, dict):
        message = f"`custom`: expected a mapping, got {_described(task.custom)}"
        raise InvalidTask(message)
    return task


def _with_version(task: TaskTemplate, declared: int | None) -> TaskTemplate:
    """Return the task with the version that its type names, `name.v2`, which must be the declared one, if there is one."""
    try:
        category = TaskCategory.parse(task.type)
    except ValueError as error:
        message = f"`type`: {error}"
        raise InvalidTask(message) from error
    if category.name == task.type:
        return task
    if declared not in {None, category.version}:
        message = f"`task_type_version`: {declared}, but the `type` is `{task.type}`; leave one of the two out"
        raise InvalidTask(message)
    return msgspec.structs.replace(task, type=category.name, task_type_version=category.version)


def _interface(interface: object) -> object:
    """Allow `name: integer` for `name: {type: integer}`, and check the names of the types."""
    if not isinstance(interface, dict):
        return interface
    return {side: _variables(side, variables) for side, variables in interface.items()}


def _variables(side: str, variables: object) -> object:
    if not isinstance(variables, dict):
        return variables
    full = {name: {"type": value} if isinstance(value, str) else value for name, value in variables.items()}
    for name, variable in full.items():
        type_ = variable.get("type", "any") if isinstance(variable, dict) else "any"
        if isinstance(type_, str) and type_ not in _TYPE_NAMES:
            message = f"`interface.{side}.{name}`: unknown type `{type_}`.{suggestion(type_, _TYPE_NAMES)} Known types: {', '.join(_TYPE_NAMES)}"
            raise InvalidTask(message)
    return full


def _metadata(metadata: object) -> object:
    """Allow `timeout: 10m` for `timeout: 600`, and check that it is more than 0."""
    if not isinstance(metadata, dict) or not isinstance(timeout := metadata.get("timeout"), str | int | float):
        return metadata
    try:
        return {**metadata, "timeout": positive(parse_duration(timeout) if isinstance(timeout, str) else timeout)}
    except ValueError as error:
        message = f"`metadata.timeout`: {error}"
        raise InvalidTask(message) from error


def _described(value: object) -> str:
    names = {type(None): "nothing", list: "a list", str: "a text"}
    return names.get(type(value), f"a {type(value).__name__}")
