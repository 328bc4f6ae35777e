"""What is served: the answers to the listing calls, made once, so that they are given at once under any load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl2.connector.connector_pb2 import GetConnectorRequest, ListConnectorsRequest

from fairlead import ConnectorNotFound, ConnectorRegistry
from fairlead_flyte import flyte1, flyte2

if TYPE_CHECKING:
    from fairlead import ConnectorMetadata, TaskCategory


class Catalog:
    """The connectors of a server, all of them loaded; those that fail are in `registry.failures`, and nowhere here."""

    def __init__(self, registry: ConnectorRegistry) -> None:
        self.connectors = registry.list_connectors()
        self._by_name = {connector.name: connector for connector in self.connectors}
        self._agents = flyte1.list_response(self.connectors)
        self._connectors = flyte2.list_response(self.connectors)

    @property
    def categories(self) -> set[TaskCategory]:
        """The task categories that are served."""
        return {category for connector in self.connectors for category in connector.categories}

    def list_agents(self, request: bytes) -> bytes:
        """Return the answer to ListAgents."""
        ListConnectorsRequest.FromString(request)  # ListAgentsRequest is the same message, without fields
        return self._agents

    def list_connectors(self, request: bytes) -> bytes:
        """Return the answer to ListConnectors."""
        ListConnectorsRequest.FromString(request)
        return self._connectors

    def get_agent(self, request: bytes) -> bytes:
        """Return the answer to GetAgent; raise `ConnectorNotFound`."""
        return flyte1.get_response(self._find(request))

    def get_connector(self, request: bytes) -> bytes:
        """Return the answer to GetConnector; raise `ConnectorNotFound`."""
        return flyte2.get_response(self._find(request))

    def _find(self, request: bytes) -> ConnectorMetadata:
        name = GetConnectorRequest.FromString(request).name  # GetAgentRequest is the same message
        if name in self._by_name:
            return self._by_name[name]
        message = f"no connector is named {name!r}; served are {', '.join(sorted(self._by_name)) or 'none'}"
        raise ConnectorNotFound(message)
