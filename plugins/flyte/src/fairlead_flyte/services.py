"""The gRPC services of both versions of Flyte, all on one implementation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from flyteidl2.connector.connector_pb2 import DeleteTaskRequest, GetTaskLogsRequest, GetTaskMetricsRequest

from fairlead import Operation
from fairlead_flyte.requests import read_create, read_poll, reader

if TYPE_CHECKING:
    from fairlead_flyte.catalog import Catalog
    from fairlead_flyte.operations import Operations
    from fairlead_flyte.rpc import Calls, Handler

FLYTE1_ASYNC = "flyteidl.service.AsyncAgentService"
FLYTE1_SYNC = "flyteidl.service.SyncAgentService"
FLYTE1_METADATA = "flyteidl.service.AgentMetadataService"
FLYTE2_ASYNC = "flyteidl2.connector.AsyncConnectorService"
FLYTE2_METADATA = "flyteidl2.connector.ConnectorMetadataService"

SERVICES = (FLYTE1_ASYNC, FLYTE1_SYNC, FLYTE1_METADATA, FLYTE2_ASYNC, FLYTE2_METADATA)


def handlers(calls: Calls, operations: Operations, catalog: Catalog) -> list[grpc.GenericRpcHandler]:
    """Return the handlers of all services."""
    return [
        _async_service(FLYTE1_ASYNC, calls, operations, is_flyte1=True),
        _async_service(FLYTE2_ASYNC, calls, operations, is_flyte1=False),
        _service(FLYTE1_SYNC, {"ExecuteTaskSync": calls.sync(f"/{FLYTE1_SYNC}/ExecuteTaskSync", operations.do)}),
        _service(
            FLYTE1_METADATA,
            {
                "GetAgent": calls.metadata(f"/{FLYTE1_METADATA}/GetAgent", catalog.get_agent),
                "ListAgents": calls.metadata(f"/{FLYTE1_METADATA}/ListAgents", catalog.list_agents),
            },
        ),
        _service(
            FLYTE2_METADATA,
            {
                "GetConnector": calls.metadata(f"/{FLYTE2_METADATA}/GetConnector", catalog.get_connector),
                "ListConnectors": calls.metadata(f"/{FLYTE2_METADATA}/ListConnectors", catalog.list_connectors),
            },
        ),
    ]


def _async_service(name: str, calls: Calls, operations: Operations, *, is_flyte1: bool) -> grpc.GenericRpcHandler:
    def unary(method: str, read: Any, act: Any, operation: Operation) -> Handler:
        return calls.unary(f"/{name}/{method}", read, act, operation, is_flyte1=is_flyte1)

    logs = calls.streaming(
        f"/{name}/GetTaskLogs", reader(GetTaskLogsRequest), operations.logs, Operation.GET_LOGS, is_flyte1=is_flyte1
    )
    return _service(
        name,
        {
            "CreateTask": unary("CreateTask", read_create, operations.create, Operation.CREATE),
            "GetTask": unary("GetTask", read_poll, operations.get, Operation.GET),
            "DeleteTask": unary("DeleteTask", reader(DeleteTaskRequest), operations.delete, Operation.DELETE),
            "GetTaskMetrics": unary(
                "GetTaskMetrics", reader(GetTaskMetricsRequest), operations.metrics, Operation.GET_METRICS
            ),
            "GetTaskLogs": logs,
        },
    )


def _service(name: str, methods: dict[str, Handler]) -> grpc.GenericRpcHandler:
    handler: grpc.GenericRpcHandler = grpc.method_handlers_generic_handler(name, methods)
    return handler
