"""Whether what a plugin names is a connector, and what it lacks to be one."""

from __future__ import annotations

import inspect
from collections.abc import Collection

import msgspec

from fairlead.category import TaskCategory
from fairlead.connector import AsyncConnector, Connector, SyncConnector
from fairlead.discovery import PluginEntry
from fairlead.errors import PluginError
from fairlead.loading import described, disable_hint, failure, load
from fairlead.resource import ResourceMeta, uses_own_decode


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
    return next(filter(None, (check(class_) for check in _CHECKS)), "")


def _kind_problem(class_: type[Connector]) -> str:
    if not issubclass(class_, AsyncConnector | SyncConnector):
        return "is neither an AsyncConnector nor a SyncConnector"
    if inspect.isabstract(class_):
        return f"does not define {', '.join(sorted(class_.__abstractmethods__))}"
    return ""


def _category_problem(class_: type[Connector]) -> str:
    task_type, version = getattr(class_, "task_type", None), class_.task_type_version
    if not isinstance(task_type, str) or not task_type:
        return "has no `task_type`"
    try:
        category = TaskCategory.parse(task_type)
    except ValueError as error:
        return f"has the wrong `task_type`: {error}"
    if category.name != task_type:
        return f'has the `task_type` `{task_type}`: write `task_type = "{category.name}"` and `task_type_version = {category.version}`'
    if not _is_whole(version, least=0):
        return f"has the `task_type_version` {version!r}; it must be an int that is at least 0"
    return ""


def _types_problem(class_: type[Connector]) -> str:
    meta, custom = getattr(class_, "metadata_type", None), class_.custom_type
    if issubclass(class_, AsyncConnector):
        if not (isinstance(meta, type) and issubclass(meta, ResourceMeta)):
            return "has no `metadata_type`: write `class …(AsyncConnector[YourResourceMeta])`"
        if not uses_own_decode(meta) and (problem := _struct_problem(meta)):
            return f"has a `metadata_type` that {problem}"
    if custom is None:
        return ""
    problem = _struct_problem(custom)
    return f"has a `custom_type` that {problem}" if problem else ""


def _struct_problem(type_: object) -> str:
    """Return why nothing can be decoded as a type, or an empty text."""
    if not (isinstance(type_, type) and issubclass(type_, msgspec.Struct)):
        return "is not a msgspec.Struct"
    try:
        msgspec.json.Decoder(type_)
    except NameError as error:
        return f"cannot be decoded: `{type_.__qualname__}` has an annotation with a name that is not there ({error}). Import it at run time, not under `if TYPE_CHECKING:`"
    except Exception as error:
        return f"cannot be decoded: `{type_.__qualname__}` raised {described(error)}"
    return ""


def _settings_problem(class_: type[Connector]) -> str:
    secrets: object = class_.secrets
    if isinstance(secrets, str):
        return f'has `secrets` that are one text: write `secrets = ("{secrets}",)`'
    if not isinstance(secrets, Collection) or not all(isinstance(name, str) for name in secrets):
        return f"has the `secrets` {secrets!r}; they must be a tuple of names"
    if not _is_whole(class_.max_threads, least=1):
        return f"has the `max_threads` {class_.max_threads!r}; it must be an int that is at least 1"
    return ""


def _is_whole(number: object, *, least: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= least


_CHECKS = (_kind_problem, _category_problem, _types_problem, _settings_problem)
