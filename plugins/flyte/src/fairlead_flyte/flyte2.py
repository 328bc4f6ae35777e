"""What only Flyte 2 has: the connection, and the list of connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl2.connector.connector_pb2 import (
    Connector,
    GetConnectorResponse,
    ListConnectorsResponse,
    TaskCategory,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead import ConnectorMetadata


def list_response(connectors: Sequence[ConnectorMetadata]) -> bytes:
    """Return the answer to ListConnectors; sync connectors are among them, because Flyte 2 has only the async calls."""
    return ListConnectorsResponse(connectors=[_connector(connector) for connector in connectors]).SerializeToString()


def get_response(connector: ConnectorMetadata) -> bytes:
    """Return the answer to GetConnector."""
    return GetConnectorResponse(connector=_connector(connector)).SerializeToString()


def _connector(connector: ConnectorMetadata) -> Connector:
    return Connector(
        name=connector.name,
        supported_task_categories=[TaskCategory(name=name, version=version) for name, version in connector.categories],
    )
