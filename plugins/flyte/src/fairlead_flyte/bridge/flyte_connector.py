"""flyte 2's connectors as fairlead's. Imports flyte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyte.connectors import AsyncConnector, ConnectorRegistry
from flyte.types import TypeEngine
from flyteidl2.core.execution_pb2 import TaskLog
from flyteidl2.task.common_pb2 import NamedLiteral

from fairlead import LinkType, LogLink, Phase, Resource
from fairlead_flyte.bridge.meta import meta_type
from fairlead_flyte.bridge.peer_connector import PeerConnector, adapter
from fairlead_flyte.bridge.values import from_outputs, is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl2.connector.connector_pb2 import CreateTaskRequest

    from fairlead import Context
    from fairlead.connector import Connector

_LINK_TYPES = {TaskLog.EXTERNAL: LinkType.EXTERNAL, TaskLog.DASHBOARD: LinkType.DASHBOARD, TaskLog.IDE: LinkType.IDE}


def adapted_connectors() -> Iterator[type[Connector]]:
    """Yield a connector class for each connector in flyte's registry."""
    for peer in ConnectorRegistry._REGISTRY.values():  # noqa: SLF001 - flyte has no way to get at them all
        yield adapter(
            FlyteConnector,
            peer,
            own=AsyncConnector,
            task_type=peer.task_type_name,
            task_type_version=peer.task_type_version,
            metadata_type=meta_type(peer.metadata_type),
        )


class FlyteConnector(PeerConnector):
    """An `AsyncConnector` of flyte 2."""

    def _extra(self, context: Context) -> dict[str, Any]:
        """Return the request's secrets and configs, which flyte gives to connectors as keyword arguments."""
        return {**context.secrets, **context.configs}

    async def _arguments(self, request: CreateTaskRequest) -> dict[str, Any]:
        types = {
            entry.key: TypeEngine.guess_python_type(entry.value.type)
            for entry in request.template.interface.inputs.variables
        }
        inputs = {
            named.name: await TypeEngine.to_python_value(named.value, types[named.name])
            for named in request.inputs.literals
            if named.name in types
        }
        return {
            "task_template": request.template,
            "inputs": inputs,
            "output_prefix": request.output_prefix,
            "task_execution_metadata": request.task_execution_metadata,
        }

    async def _resource(self, resource: Any) -> Resource:
        return Resource(
            phase=Phase(resource.phase),
            message=resource.message or "",
            log_links=tuple(map(_log_link, resource.log_links or ())),
            outputs=None if resource.outputs is None else await _outputs(resource.outputs),
            custom_info=resource.custom_info,
        )


def _log_link(link: TaskLog) -> LogLink:
    return LogLink(link.name, link.uri, _LINK_TYPES.get(link.link_type, LinkType.EXTERNAL), ready=link.ready)


async def _outputs(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return native values, those that are not plain as flyte converts them."""
    converted = from_outputs([await _named(name, value) for name, value in outputs.items() if not is_plain(value)])
    return {name: converted.get(name, value) for name, value in outputs.items()}


async def _named(name: str, value: Any) -> NamedLiteral:
    type_ = type(value)
    return NamedLiteral(name=name, value=await TypeEngine.to_literal(value, type_, TypeEngine.to_literal_type(type_)))
