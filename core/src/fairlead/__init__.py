"""Write a connector to an external system once; run it from the command line, behind Flyte and over HTTP.

What plugin authors and applications use is here; it is loaded when it is first used, so that importing
this package, and with it `fairlead --version`, costs next to nothing.
"""

from fairlead._version import __version__

TYPE_CHECKING = False  # what type checkers take as true; importing typing would take longer than all the rest

if TYPE_CHECKING:
    from fairlead.backoff import Backoff
    from fairlead.category import TaskCategory
    from fairlead.connector import AsyncConnector, Connector, ConnectorMetadata, SyncConnector
    from fairlead.context import Context, Deadline, ExecutionMetadata
    from fairlead.errors import (
        AuthenticationError,
        ConnectorBug,
        ConnectorNotFound,
        DeadlineExceeded,
        FairleadError,
        InvalidHandle,
        InvalidTask,
        OperationNotSupported,
        PluginError,
        QuotaExceeded,
        ResourceNotFound,
        TransientError,
    )
    from fairlead.events import Operation, OperationEvent
    from fairlead.handle import Handle
    from fairlead.hooks import Hooks
    from fairlead.hookspecs import hookimpl
    from fairlead.lifecycle import Lifecycle
    from fairlead.local import LocalBackend
    from fairlead.references import Blob, Column, Opaque, StructuredDataset
    from fairlead.registry import ConnectorRegistry
    from fairlead.resource import (
        ErrorKind,
        LinkType,
        LogLine,
        LogLink,
        LogOriginator,
        LogPage,
        Metric,
        MetricsQuery,
        Phase,
        Resource,
        ResourceMeta,
        TaskError,
    )
    from fairlead.runner import Progress, Runner
    from fairlead.task import TaskMetadata, TaskTemplate, TypedInterface, Variable

_MODULES = {
    "backoff": ["Backoff"],
    "category": ["TaskCategory"],
    "connector": ["AsyncConnector", "Connector", "ConnectorMetadata", "SyncConnector"],
    "context": ["Context", "Deadline", "ExecutionMetadata"],
    "errors": [
        "AuthenticationError",
        "ConnectorBug",
        "ConnectorNotFound",
        "DeadlineExceeded",
        "FairleadError",
        "InvalidHandle",
        "InvalidTask",
        "OperationNotSupported",
        "PluginError",
        "QuotaExceeded",
        "ResourceNotFound",
        "TransientError",
    ],
    "events": ["Operation", "OperationEvent"],
    "handle": ["Handle"],
    "hooks": ["Hooks"],
    "hookspecs": ["hookimpl"],
    "lifecycle": ["Lifecycle"],
    "local": ["LocalBackend"],
    "references": ["Blob", "Column", "Opaque", "StructuredDataset"],
    "registry": ["ConnectorRegistry"],
    "resource": [
        "ErrorKind",
        "LinkType",
        "LogLine",
        "LogLink",
        "LogOriginator",
        "LogPage",
        "Metric",
        "MetricsQuery",
        "Phase",
        "Resource",
        "ResourceMeta",
        "TaskError",
    ],
    "runner": ["Progress", "Runner"],
    "task": ["TaskMetadata", "TaskTemplate", "TypedInterface", "Variable"],
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AsyncConnector",
    "AuthenticationError",
    "Backoff",
    "Blob",
    "Column",
    "Connector",
    "ConnectorBug",
    "ConnectorMetadata",
    "ConnectorNotFound",
    "ConnectorRegistry",
    "Context",
    "Deadline",
    "DeadlineExceeded",
    "ErrorKind",
    "ExecutionMetadata",
    "FairleadError",
    "Handle",
    "Hooks",
    "InvalidHandle",
    "InvalidTask",
    "Lifecycle",
    "LinkType",
    "LocalBackend",
    "LogLine",
    "LogLink",
    "LogOriginator",
    "LogPage",
    "Metric",
    "MetricsQuery",
    "Opaque",
    "Operation",
    "OperationEvent",
    "OperationNotSupported",
    "Phase",
    "PluginError",
    "Progress",
    "QuotaExceeded",
    "Resource",
    "ResourceMeta",
    "ResourceNotFound",
    "Runner",
    "StructuredDataset",
    "SyncConnector",
    "TaskCategory",
    "TaskError",
    "TaskMetadata",
    "TaskTemplate",
    "TransientError",
    "TypedInterface",
    "Variable",
    "__version__",
    "hookimpl",
]


def __getattr__(name: str) -> object:
    """Load a public name at its first use (PEP 562)."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value: object = getattr(import_module(f"fairlead.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
