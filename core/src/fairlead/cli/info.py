"""`fairlead info`: what one connector is and takes."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
import msgspec

from fairlead.category import TaskCategory
from fairlead.cli.completion import complete_task
from fairlead.cli.document import print_json
from fairlead.cli.streams import keep_for_results, results
from fairlead.connector import AsyncConnector, Connector, optional_methods
from fairlead.discovery import PluginEntry, owner_of
from fairlead.errors import InvalidTask
from fairlead.registry import ConnectorRegistry

_DEEPEST = 8


@click.command
@click.argument("task_type", shell_complete=complete_task)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def info(*, task_type: str, as_json: bool) -> None:
    """Load one connector and show what it is and takes.

    TASK_TYPE is one that `fairlead list --verify` shows; `name.v2` is version 2 of it.

    \b
    Example:
      fairlead info dummy
    """
    try:
        category = TaskCategory.parse(task_type)
    except ValueError as error:
        raise InvalidTask(str(error)) from error
    keep_for_results()
    registry = ConnectorRegistry()
    connector = registry.get_connector(*category)
    record = _record(registry, connector)
    if as_json:
        print_json({"schema_version": 1, **record})
    else:
        _print(record)


def _record(registry: ConnectorRegistry, connector: Connector) -> dict[str, Any]:
    class_ = type(connector)
    entry = origin(registry, connector)
    return {
        "task_type": connector.task_type,
        "version": connector.task_type_version,
        "name": connector.display_name,
        "kind": "sync" if connector.is_sync else "async",
        "description": connector.description,
        "package": entry.distribution if entry else None,
        "package_version": entry.version if entry else None,
        "class": f"{class_.__module__}:{class_.__qualname__}",
        "location": _location(class_),
        "optional_methods": optional_methods(connector),
        "secrets": list(connector.secrets),
        "meta_schema": _schema(connector.metadata_type) if isinstance(connector, AsyncConnector) else None,
        "custom_schema": _schema(connector.custom_type) if connector.custom_type else None,
    }


def origin(registry: ConnectorRegistry, connector: Connector) -> PluginEntry | None:
    """Return the entry point that a connector comes from; for one that a hook registers, one of the same distribution."""
    if entry := registry.entry(connector.category):
        return entry
    owners = (owner_of(class_.__module__) for class_ in type(connector).__mro__)  # a bridge's class may be a base alone
    return next(filter(None, owners), None)


def _location(class_: type) -> str | None:
    return getattr(sys.modules.get(class_.__module__), "__file__", None)


def _schema(type_: type) -> dict[str, Any]:
    return msgspec.json.schema(type_, schema_hook=_without_word)


def _without_word(type_: Any) -> dict[str, Any]:
    """Return the schema of a type that JSON Schema has no word for, such as `Path`: its name, and no rule."""
    return {"title": getattr(type_, "__name__", str(type_))}


def _print(record: dict[str, Any]) -> None:
    for name, value in record.items():
        if not name.endswith("_schema") and value not in (None, [], ""):
            text = ", ".join(value) if isinstance(value, list) else str(value)
            click.echo(f"{name.replace('_', ' ')}: {text}", file=results())
    for name in ("meta", "custom"):
        if schema := record[f"{name}_schema"]:
            click.echo(f"{name}:", file=results())
            _print_fields(schema, schema, indent=2)


def _print_fields(schema: dict[str, Any], part: dict[str, Any], indent: int) -> None:
    """Print the fields of a struct, one a line, and below a field the fields of its struct."""
    struct = _resolved(schema, part)
    for name, field in struct.get("properties", {}).items():
        default = f" = {json.dumps(field['default'])}" if "default" in field else ""
        required = ", required" if name in struct.get("required", ()) else ""
        click.echo(f"{' ' * indent}{name}: {_type(schema, field)}{default}{required}", file=results())
        if "$ref" in field and indent < _DEEPEST:  # a struct may contain itself
            _print_fields(schema, field, indent + 2)


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref", "").rpartition("/")[2]
    return schema["$defs"][reference] if reference else part


def _type(schema: dict[str, Any], field: dict[str, Any]) -> str:
    """Return the type of a field in a few words."""
    field = _resolved(schema, field)
    if "anyOf" in field:
        return " or ".join(_type(schema, option) for option in field["anyOf"])
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if "prefixItems" in field:
        return f"array of {', '.join(_type(schema, item) for item in field['prefixItems'])}"
    if "items" in field:
        return f"array of {_type(schema, field['items'])}"
    return str(field.get("type", "any"))
