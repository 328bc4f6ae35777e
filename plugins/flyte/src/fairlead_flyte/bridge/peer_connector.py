"""What the adapters of both peers have in common."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from types import new_class
from typing import TYPE_CHECKING, Any, ClassVar

from fairlead import AsyncConnector, LogPage, Metric, MetricsQuery, OperationNotSupported, Resource
from fairlead.workers import Workers
from fairlead_flyte.bridge.calls import accepted, call
from fairlead_flyte.bridge.log_pages import is_generator, log_pages
from fairlead_flyte.bridge.meta import PeerMeta
from fairlead_flyte.bridge.request import create_request
from fairlead_flyte.plain import from_struct

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from flyteidl2.connector.connector_pb2 import CreateTaskRequest

    from fairlead import Context, TaskTemplate
    from fairlead.connector import Connector


class PeerCaller:
    """Has the connector of somebody else, and calls it."""

    peer: ClassVar[Any]
    task_type: ClassVar[str]
    max_threads: ClassVar[int]

    @cached_property
    def _workers(self) -> Workers:
        return Workers(f"fairlead-{self.task_type}", self.max_threads)

    async def _call(self, method: Callable[..., Any], context: Context, **arguments: Any) -> Any:
        return await call(self._workers, method, **{**self._extra(context), **arguments})

    def _extra(self, context: Context) -> dict[str, Any]:
        """Return what the peer's methods get besides what they are called for."""
        return {}


class PeerConnector(PeerCaller, AsyncConnector[PeerMeta]):
    """Somebody else's async connector; `metadata_type`, `task_type` and `peer` are those of the subclass made for it."""

    metadata_type: ClassVar[type[PeerMeta]]

    async def create(self, task: TaskTemplate, inputs: dict[str, Any], context: Context) -> PeerMeta:
        """Submit the job with the values as the peer knows them."""
        request = create_request(task, inputs, context)
        arguments = await self._arguments(request)
        return self.metadata_type(await self._call(self.peer.create, context, **arguments))

    async def get(self, meta: PeerMeta, context: Context) -> Resource:
        """Return the state of the job."""
        return await self._resource(await self._call(self.peer.get, context, resource_meta=meta.peer))

    async def delete(self, meta: PeerMeta, context: Context) -> None:
        """End the job."""
        await self._call(self.peer.delete, context, resource_meta=meta.peer)

    @abstractmethod
    async def _arguments(self, request: CreateTaskRequest) -> dict[str, Any]:
        """Return what the peer's `create` gets."""

    @abstractmethod
    async def _resource(self, resource: Any) -> Resource:
        """Return the peer's resource as fairlead's."""

    async def read_logs(self, meta: PeerMeta, context: Context, *, token: str = "") -> AsyncIterator[LogPage]:
        """Yield the pages of the log; `get_logs` of the connectors that have it."""

        async def fetch(page: str) -> Any:
            arguments = {"resource_meta": meta.peer, "token": page}
            if is_generator(self.peer.get_logs):
                return self.peer.get_logs(**accepted(self.peer.get_logs, arguments))
            return await self._call(self.peer.get_logs, context, **arguments)

        try:
            async for page in log_pages(fetch, token):
                yield page
        except NotImplementedError as error:
            message = f"{self.display_name} has no logs"
            raise OperationNotSupported(message) from error

    async def read_metrics(self, meta: PeerMeta, query: MetricsQuery, context: Context) -> Sequence[Metric]:
        """Return all metrics of the job: the peers' connectors are not told what is asked for."""
        try:
            response = await self._call(self.peer.get_metrics, context, resource_meta=meta.peer)
        except NotImplementedError as error:
            message = f"{self.display_name} has no metrics"
            raise OperationNotSupported(message) from error
        return [Metric(result.metric, from_struct(result.data)) for result in response.results]


def adapter(base: type[Connector], peer: Any, *, own: type, **attributes: Any) -> type[Connector]:
    """Return the connector class for a peer's connector, which goes by the peer's own names.

    `own` is the peer's base class: what the peer has not overridden of its optional methods, the class does not have.
    """
    peer_class = type(peer)
    names = ("__doc__", "__module__", "__qualname__")
    namespace = {name: getattr(peer_class, name) for name in names} | {"peer": peer, "name": peer.name} | attributes
    for method, reader in (("get_logs", PeerConnector.read_logs), ("get_metrics", PeerConnector.read_metrics)):
        if getattr(peer_class, method, None) is not getattr(own, method, None):
            namespace[method] = reader
    return new_class(peer_class.__name__, (base,), exec_body=lambda body: body.update(namespace))
