"""The two kinds of connectors that authors write."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

import msgspec

from fairlead.category import TaskCategory
from fairlead.context import Context
from fairlead.errors import OperationNotSupported
from fairlead.resource import LogPage, Metric, MetricsQuery, Resource, ResourceMeta
from fairlead.task import TaskTemplate

MetaT = TypeVar("MetaT", bound=ResourceMeta)


class Connector(ABC):
    """What both kinds of connectors declare, as class attributes.

    A connector is stateless: it is made once per process, without arguments, and all calls share it.
    Its methods may be `async def`, which run on the event loop and must not block it, or plain `def`,
    which run on at most `max_threads` threads of their own.
    """

    name: ClassVar[str] = ""
    """The name for people. Without one, the class name."""

    task_type: ClassVar[str]
    """The task type that the connector serves; the entry point has the same name."""

    task_type_version: ClassVar[int] = 0

    custom_type: ClassVar[type[msgspec.Struct] | None] = None
    """A msgspec Struct as which `task.custom` is decoded and validated."""

    secrets: ClassVar[Sequence[str]] = ()
    """The names of the secrets that the connector may ask for, for `fairlead info`."""

    max_threads: ClassVar[int] = 8
    """How many calls of plain methods may run at once; further ones wait."""

    is_sync: ClassVar[bool]
    """Whether the connector answers at once (`do`), or starts jobs that are polled."""

    @property
    def category(self) -> TaskCategory:
        """The task category that the connector serves."""
        return TaskCategory(self.task_type, self.task_type_version)

    @property
    def display_name(self) -> str:
        """The name for people."""
        return self.name or type(self).__name__

    @property
    def description(self) -> str:
        """The docstring of the connector class, as `inspect.cleandoc` leaves it."""
        return inspect.cleandoc(type(self).__doc__ or "")

    async def close(self) -> None:  # noqa: B027 - most have nothing to close
        """Let go of connections. Called when a host ends, on the event loop that has used the connector."""


class AsyncConnector(Connector, Generic[MetaT]):
    """A connector that starts jobs, follows them and ends them.

    The type parameter is the job's `ResourceMeta`; it is also what `metadata_type` is set to.
    """

    is_sync = False
    metadata_type: ClassVar[type[ResourceMeta]]

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Read `metadata_type` off the type parameter, unless the class sets it itself."""
        super().__init_subclass__(**kwargs)
        if "metadata_type" in cls.__dict__:
            return
        for base in getattr(cls, "__orig_bases__", ()):
            origin, parameters = get_origin(base), get_args(base)
            if isinstance(origin, type) and issubclass(origin, AsyncConnector) and isinstance(parameters[0], type):
                cls.metadata_type = parameters[0]

    @abstractmethod
    def create(self, task: TaskTemplate, inputs: dict[str, Any], context: Context) -> Awaitable[MetaT] | MetaT:
        """Submit the job and return its meta; with the same `context.idempotency_key`, that of the same job.

        Raises `InvalidTask` for what only a change of the task can mend, `AuthenticationError`,
        `QuotaExceeded`, `TransientError`.
        """

    @abstractmethod
    def get(self, meta: MetaT, context: Context) -> Awaitable[Resource] | Resource:
        """Return the state of the job. Raises `ResourceNotFound` where there is no such job."""

    @abstractmethod
    def delete(self, meta: MetaT, context: Context) -> Awaitable[None] | None:
        """End the job. Harmless on one that has ended; `ResourceNotFound` counts as success."""

    def get_logs(self, meta: MetaT, context: Context, *, token: str = "") -> AsyncIterator[LogPage]:
        """Yield the pages of the log that exist now, those after `token` if one is given; optional."""
        message = f"{self.display_name} has no logs"
        raise OperationNotSupported(message)

    def get_metrics(
        self, meta: MetaT, query: MetricsQuery, context: Context
    ) -> Awaitable[Sequence[Metric]] | Sequence[Metric]:
        """Return metrics of the job; optional."""
        message = f"{self.display_name} has no metrics"
        raise OperationNotSupported(message)


class SyncConnector(Connector):
    """A connector that answers at once."""

    is_sync = True

    @abstractmethod
    def do(self, task: TaskTemplate, inputs: dict[str, Any], context: Context) -> Awaitable[Resource] | Resource:
        """Run the task and return its resource, in a terminal phase."""


class ConnectorMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a host tells others of a connector, as Flyte's `Agent` message.

    Connectors of the same name and kind, such as the versions of one task type, share one.
    """

    name: str
    is_sync: bool
    categories: tuple[TaskCategory, ...]
    description: str = ""
    hidden: bool = False


OPTIONAL_METHODS: Mapping[str, object] = {
    "get_logs": AsyncConnector.get_logs,
    "get_metrics": AsyncConnector.get_metrics,
}


def optional_methods(connector: Connector) -> list[str]:
    """Return the names of the optional methods that a connector implements."""
    return [
        name for name, default in OPTIONAL_METHODS.items() if getattr(type(connector), name, default) is not default
    ]
