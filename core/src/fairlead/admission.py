"""Whether what a plugin names is a connector, and what it lacks to be one."""

from __future__ import annotations

import inspect

import msgspec

from fairlead.connector import AsyncConnector, Connector, SyncConnector
from fairlead.discovery import PluginEntry
from fairlead.errors import PluginError
from fairlead.loading import described, disable_hint, failure, load
from fairlead.resource import ResourceMeta


def load_connector(entry: PluginEntry) -> Connector:
    """Return the connector that an entry point names; raise `PluginError` with the stage that failed."""
    loaded = load(entry)
    try:
        connector = check_connector(loaded)
    except PluginError as error:
        raise failure(entry, error.stage, str(error), hint=disable_hint(entry)) from error
    if connector.category != entry.category:
        what = f"the entry point is named `{entry.name}`, but the connector's task type is `{connector.category}`"
        raise failure(entry, "check", what, hint="The author must give both the same name")
    return connector


def check_connector(candidate: object) -> Connector:
    """Return a connector instance; raise `PluginError` that says what a candidate lacks to be one."""
    if isinstance(candidate, type) and issubclass(candidate, Connector):
        _check_class(candidate)
        try:
            return candidate()
        except (Exception, SystemExit) as error:
            message = f"{candidate.__qualname__}() raised {described(error)}"
            raise PluginError(message, stage="construct") from error
    if isinstance(candidate, Connector):
        _check_class(type(candidate))
        return candidate
    message = f"{candidate!r} is neither an AsyncConnector nor a SyncConnector"
    raise PluginError(message, stage="check")


def _check_class(class_: type[Connector]) -> None:
    if problem := _problem(class_):
        message = f"{class_.__qualname__} {problem}"
        raise PluginError(message, stage="check")


def _problem(class_: type[Connector]) -> str:
    """Return what keeps a class from being a connector, or an empty text."""
    if not issubclass(class_, AsyncConnector | SyncConnector):
        return "is neither an AsyncConnector nor a SyncConnector"
    if inspect.isabstract(class_):
        return f"does not define {', '.join(sorted(class_.__abstractmethods__))}"
    if not isinstance(task_type := getattr(class_, "task_type", None), str) or not task_type:
        return "has no `task_type`"
    if issubclass(class_, AsyncConnector):
        meta = getattr(class_, "metadata_type", None)
        if not (isinstance(meta, type) and issubclass(meta, ResourceMeta)):
            return "has no `metadata_type`: write `class …(AsyncConnector[YourResourceMeta])`"
    custom: object = class_.custom_type
    if custom is not None and not (isinstance(custom, type) and issubclass(custom, msgspec.Struct)):
        return "has a `custom_type` that is not a msgspec.Struct"
    return ""
