"""What only Flyte 1 has: fields that Flyte 2 dropped, sync calls, and the list of agents.

All else is read and written as Flyte 2's messages, which have the same fields under the same numbers; a test compares the
two descriptions field by field. Bytes of two messages one after the other are the two merged (protobuf's encoding), and
so the fields that only Flyte 1 has are appended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.admin.agent_pb2 import (
    Agent,
    AgentError,
    ExecuteTaskSyncRequest,
    ExecuteTaskSyncResponse,
    ExecuteTaskSyncResponseHeader,
    GetAgentResponse,
    GetTaskRequest,
    GetTaskResponse,
    ListAgentsResponse,
    Resource,
    State,
    TaskCategory,
)
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl2.connector.connector_pb2 import CreateTaskRequest

from fairlead import ErrorKind, InvalidTask, Phase
from fairlead_flyte.texts import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead import ConnectorMetadata, TaskError

_STATES = {
    Phase.QUEUED: State.PENDING,
    Phase.WAITING_FOR_RESOURCES: State.PENDING,
    Phase.INITIALIZING: State.PENDING,
    Phase.RETRYABLE_FAILED: State.RETRYABLE_FAILURE,
    Phase.FAILED: State.PERMANENT_FAILURE,
    Phase.ABORTED: State.PERMANENT_FAILURE,
    Phase.SUCCEEDED: State.SUCCEEDED,
    Phase.RUNNING: State.RUNNING,
    Phase.UNDEFINED: State.RUNNING,
}


def legacy_task_type(request: bytes) -> str:
    """Return the deprecated `task_type`, which is field 1 of GetTask's and of all other requests about a job."""
    return GetTaskRequest.FromString(request).task_type


_EXTRA = {
    phase: GetTaskResponse(resource=Resource(state=state)).SerializeToString() for phase, state in _STATES.items()
}


def extra_of_resource(phase: Phase, error: TaskError | None) -> bytes:
    """Return, as a GetTaskResponse, the fields of a resource that Flyte 2 does not have."""
    if error is None:
        return _EXTRA[phase]
    return _EXTRA[phase] + GetTaskResponse(resource=Resource(agent_error=_agent_error(error))).SerializeToString()


def _agent_error(error: TaskError) -> AgentError:
    return AgentError(
        code=whole(error.code),
        kind=AgentError.RECOVERABLE if error.recoverable else AgentError.NON_RECOVERABLE,
        origin=ExecutionError.USER if error.kind is ErrorKind.USER else ExecutionError.SYSTEM,
    )


def part_of(frame: bytes) -> str | None:
    """Return which part of an ExecuteTaskSync a frame is: `header`, or `inputs`, the last that a client has to send."""
    part: str | None = ExecuteTaskSyncRequest.FromString(frame).WhichOneof("part")
    return part


def create_request(frames: Sequence[bytes]) -> CreateTaskRequest:
    """Return what the frames of an ExecuteTaskSync say as one request: a header, then inputs, of which there may be none.

    Raises `InvalidTask` where there is no header, and protobuf's `DecodeError`.
    """
    request = CreateTaskRequest()
    seen = False
    for frame in map(ExecuteTaskSyncRequest.FromString, frames):
        if frame.HasField("header"):
            seen = True
            request.template.MergeFromString(frame.header.template.SerializeToString())
            request.task_execution_metadata.MergeFromString(frame.header.task_execution_metadata.SerializeToString())
            request.output_prefix = frame.header.output_prefix
        else:
            request.inputs.MergeFromString(frame.inputs.SerializeToString())
    if not seen:
        message = "the stream has no header; send one with the task template, then the inputs"
        raise InvalidTask(message)
    return request


def sync_response(get_task_response: bytes) -> bytes:
    """Return an ExecuteTaskSyncResponse with the same resource."""
    resource = GetTaskResponse.FromString(get_task_response).resource
    return ExecuteTaskSyncResponse(header=ExecuteTaskSyncResponseHeader(resource=resource)).SerializeToString()


def list_response(connectors: Sequence[ConnectorMetadata]) -> bytes:
    """Return the answer to ListAgents."""
    return ListAgentsResponse(agents=[_agent(connector) for connector in connectors]).SerializeToString()


def get_response(connector: ConnectorMetadata) -> bytes:
    """Return the answer to GetAgent."""
    return GetAgentResponse(agent=_agent(connector)).SerializeToString()


def _agent(connector: ConnectorMetadata) -> Agent:
    return Agent(
        name=connector.name,
        is_sync=connector.is_sync,
        supported_task_types=sorted({category.name for category in connector.categories}),
        supported_task_categories=[TaskCategory(name=name, version=version) for name, version in connector.categories],
    )
