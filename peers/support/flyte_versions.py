"""What the two versions of Flyte call the same things."""

from typing import Any, NamedTuple

from flyteidl.admin import agent_pb2
from flyteidl2.connector import connector_pb2

JOBS = ["CreateTask", "GetTask", "DeleteTask", "GetTaskLogs", "GetTaskMetrics"]


class FlyteVersion(NamedTuple):
    """The messages and the full names of the methods of a version."""

    messages: Any
    methods: dict[str, str]
    services: list[str]

    def listing(self, message):
        """Return the connectors of a list."""
        return message.get("agents") or message["connectors"]

    def outputs(self, message):
        """Return the outputs of a job by name, None where there are none at all."""
        outputs = message["resource"].get("outputs")
        if outputs is None or self is FLYTE1:
            return outputs and outputs.get("literals", {})
        return {one["name"]: one["value"] for one in outputs.get("literals", [])}

    def interface(self, **types):
        """Return an interface with these outputs, as JSON."""
        if self is FLYTE1:
            return {"outputs": {"variables": {name: {"type": {"simple": type_}} for name, type_ in types.items()}}}
        entries = [{"key": name, "value": {"type": {"simple": type_}}} for name, type_ in types.items()]
        return {"outputs": {"variables": entries}}


def _methods(services):
    return {name: f"/{service}/{method}" for service, names in services.items() for name, method in names.items()}


def _own(*names):
    return {name: name for name in names}


FLYTE1 = FlyteVersion(
    agent_pb2,
    _methods(
        {
            "flyteidl.service.AsyncAgentService": _own(*JOBS),
            "flyteidl.service.SyncAgentService": _own("ExecuteTaskSync"),
            "flyteidl.service.AgentMetadataService": {"List": "ListAgents", "Find": "GetAgent"},
        }
    ),
    [
        "flyteidl.service.AsyncAgentService",
        "flyteidl.service.SyncAgentService",
        "flyteidl.service.AgentMetadataService",
    ],
)
FLYTE2 = FlyteVersion(
    connector_pb2,
    _methods(
        {
            "flyteidl2.connector.AsyncConnectorService": _own(*JOBS),
            "flyteidl2.connector.ConnectorMetadataService": {"List": "ListConnectors", "Find": "GetConnector"},
        }
    ),
    ["flyteidl2.connector.AsyncConnectorService", "flyteidl2.connector.ConnectorMetadataService"],
)
