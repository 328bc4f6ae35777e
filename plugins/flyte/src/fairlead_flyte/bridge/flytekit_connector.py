"""flytekit's connectors as fairlead's. Imports flytekit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.admin.agent_pb2 import TaskExecutionMetadata as ExecutionMessage
from flyteidl.core.literals_pb2 import LiteralMap as LiteralMapMessage
from flyteidl.core.tasks_pb2 import TaskTemplate as TemplateMessage
from flyteidl2.task.common_pb2 import Outputs
from flytekit import FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.extend.backend.base_connector import (
    AsyncConnectorBase,
    ConnectorRegistry,
    SyncConnectorBase,
)
from flytekit.models.literals import LiteralMap
from flytekit.models.task import TaskExecutionMetadata
from flytekit.models.task import TaskTemplate as FlytekitTemplate

from fairlead import LogLink, Phase, Resource, SyncConnector
from fairlead_flyte.bridge.meta import meta_type
from fairlead_flyte.bridge.peer_connector import PeerCaller, PeerConnector, adapter
from fairlead_flyte.bridge.request import create_request
from fairlead_flyte.bridge.values import from_outputs, is_plain
from fairlead_flyte.wire import reread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl2.connector.connector_pb2 import CreateTaskRequest

    from fairlead import Context, TaskTemplate
    from fairlead.connector import Connector


def adapted_connectors() -> Iterator[type[Connector]]:
    """Yield a connector class for each connector in flytekit's registry."""
    for peer in ConnectorRegistry._REGISTRY.values():  # noqa: SLF001 - flytekit has no way to get at them all
        base = FlytekitSyncConnector if isinstance(peer, SyncConnectorBase) else FlytekitConnector
        category = {"task_type": peer.task_category.name, "task_type_version": peer.task_category.version}
        if base is FlytekitConnector:
            category["metadata_type"] = meta_type(peer.metadata_type)
        yield adapter(base, peer, own=AsyncConnectorBase, **category)


class FlytekitConnector(PeerConnector):
    """An `AsyncConnectorBase` of flytekit."""

    async def _arguments(self, request: CreateTaskRequest) -> dict[str, Any]:
        execution = TaskExecutionMetadata.from_flyte_idl(reread(request.task_execution_metadata, ExecutionMessage))
        return {**_arguments(request), "task_execution_metadata": execution}

    async def _resource(self, resource: Any) -> Resource:
        return await _resource(resource)


class FlytekitSyncConnector(PeerCaller, SyncConnector):
    """A `SyncConnectorBase` of flytekit."""

    async def do(self, task: TaskTemplate, inputs: dict[str, Any], context: Context) -> Resource:
        """Run the task."""
        return await _resource(
            await self._call(self.peer.do, context, **_arguments(create_request(task, inputs, context)))
        )


def _arguments(request: CreateTaskRequest) -> dict[str, Any]:
    return {
        "task_template": FlytekitTemplate.from_flyte_idl(reread(request.template, TemplateMessage)),
        "inputs": LiteralMap.from_flyte_idl(reread(request.inputs, LiteralMapMessage)),
        "output_prefix": request.output_prefix,
    }


async def _resource(resource: Any) -> Resource:
    return Resource(
        phase=Phase(resource.phase),
        message=resource.message or "",
        log_links=tuple(LogLink(link.name, link.uri) for link in resource.log_links or ()),
        outputs=None if resource.outputs is None else await _outputs(resource.outputs),
        custom_info=resource.custom_info,
    )


async def _outputs(outputs: Any) -> dict[str, Any]:
    """Return what a connector gave, literals or native values; of the latter, those that are not plain as literals."""
    if isinstance(outputs, LiteralMap):
        return _from_literals(outputs.to_flyte_idl())
    native = {name: value for name, value in outputs.items() if not is_plain(value)}
    context = FlyteContextManager.current_context()
    converted = _from_literals(await TypeEngine.dict_to_literal_map_pb(context, native)) if native else {}
    return {name: converted.get(name, value) for name, value in outputs.items()}


def _from_literals(literals: LiteralMapMessage) -> dict[str, Any]:
    return from_outputs(reread(literals, Outputs).literals)
