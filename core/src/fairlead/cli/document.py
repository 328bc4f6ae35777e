"""What the commands write to stdout about a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import msgspec

from fairlead.category import TaskCategory
from fairlead.cli.streams import results
from fairlead.errors import ConnectorBug
from fairlead.handle import Handle
from fairlead.resource import Phase, Resource

SCHEMA_VERSION = 1


class ErrorDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Why a task failed, or why a command could not be carried out."""

    code: str
    message: str
    kind: str | None = None
    recoverable: bool | None = None


class TaskDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The one JSON document that `--json` prints; new fields may come, a change of one raises the version."""

    schema_version: int = SCHEMA_VERSION
    task_type: str | None = None
    handle: str | None = None
    phase: str | None = None
    message: str = ""
    outputs: dict[str, Any] | None = None
    log_links: list[dict[str, Any]] = []
    custom_info: dict[str, Any] | None = None
    error: ErrorDocument | None = None


def document(
    category: TaskCategory | None, handle: Handle | None, resource: Resource | None, error: Exception | None = None
) -> TaskDocument:
    """Return the document about a task: what is known of it, and the error with which a command ended."""
    resource = resource or Resource(phase=Phase.UNDEFINED)
    return TaskDocument(
        task_type=_encodable(str(category)) if category else None,
        handle=str(handle) if handle else None,
        phase=resource.phase.name if resource.phase else None,
        message=_encodable(resource.message),
        outputs=resource.outputs,
        log_links=_plain(resource.log_links),
        custom_info=_plain(resource.custom_info),
        error=ErrorDocument(code=type(error).__name__, message=_encodable(str(error)))
        if error
        else _task_error(resource),
    )


def print_json(value: object) -> None:
    """Print a value as indented JSON; what JSON cannot hold is printed as text."""
    click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=_text), indent=2), file=results())


def unprintable(category: TaskCategory | None, resource: Resource) -> ConnectorBug | None:
    """Return the error for a connector whose outputs cannot be printed as JSON, and None where they can."""
    try:
        msgspec.json.encode((resource.outputs, _plain(resource.custom_info)), enc_hook=_text)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"connector for task type `{category}`: its outputs are no plain values: {error}. This is a bug in the connector; report it to its author."
        return ConnectorBug(message, plugin=str(category), stage="call")
    return None


def _text(value: object) -> str:
    if type(value).__str__ is object.__str__ and type(value).__repr__ is object.__repr__:
        message = f"`{type(value).__qualname__}` has no text"
        raise TypeError(message)
    return str(value)


def _plain(value: object) -> Any:
    """Return a value as JSON has it."""
    return _encodable(msgspec.to_builtins(value, str_keys=True, enc_hook=_text))


def _encodable(value: Any) -> Any:
    """Return a plain value with what is no Unicode in its texts, such as bytes of a file name, escaped."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_encodable(name): _encodable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value


def _task_error(resource: Resource) -> ErrorDocument | None:
    if resource.phase not in {Phase.FAILED, Phase.RETRYABLE_FAILED, Phase.ABORTED}:
        return None
    if resource.error is None:
        return ErrorDocument(code=resource.phase.name, message=_encodable(resource.message))
    cause = resource.error
    return ErrorDocument(
        code=_encodable(cause.code),
        message=_encodable(resource.message),
        kind=cause.kind.value,
        recoverable=cause.recoverable,
    )
