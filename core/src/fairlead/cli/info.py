"""`fairlead info`: what one connector is and takes."""

from __future__ import annotations

import click
import msgspec

from fairlead.category import TaskCategory
from fairlead.cli.completion import complete_task
from fairlead.cli.document import print_json
from fairlead.connector import AsyncConnector, Connector, optional_methods
from fairlead.errors import InvalidTask
from fairlead.registry import ConnectorRegistry


@click.command
@click.argument("task_type", shell_complete=complete_task)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def info(*, task_type: str, as_json: bool) -> None:
    """Load one connector and show what it is and takes.

    TASK_TYPE is one that `fairlead list` shows; `name.v2` is version 2 of it.

    \b
    Example:
      fairlead info dummy
    """
    try:
        category = TaskCategory.parse(task_type)
    except ValueError as error:
        raise InvalidTask(str(error)) from error
    registry = ConnectorRegistry()
    connector = registry.get_connector(*category)
    record = _record(registry, connector)
    if as_json:
        print_json({"schema_version": 1, **record})
    else:
        _print(record)


def _record(registry: ConnectorRegistry, connector: Connector) -> dict[str, object]:
    class_ = type(connector)
    entry = registry.entry(connector.category)
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


def _location(class_: type) -> str | None:
    import sys

    return getattr(sys.modules[class_.__module__], "__file__", None)


def _schema(type_: type) -> dict[str, object]:
    return msgspec.json.schema(type_)


def _print(record: dict[str, object]) -> None:
    schemas = {name: record[name] for name in ("meta_schema", "custom_schema") if record[name]}
    for name, value in record.items():
        if name not in schemas and value not in (None, [], ""):
            text = ", ".join(value) if isinstance(value, list) else str(value)
            click.echo(f"{name.replace('_', ' ')}: {text}")
    for name, schema in schemas.items():
        click.echo(f"{name.replace('_', ' ')}:")
        print_json(schema)
