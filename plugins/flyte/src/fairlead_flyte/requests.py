"""What Flyte asks, read from its bytes; the call is told what it is about, for the log and the metrics."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec
from flyteidl2.connector.connector_pb2 import (
    CreateTaskRequest,
    DeleteTaskRequest,
    GetTaskLogsRequest,
    GetTaskMetricsRequest,
    GetTaskRequest,
)

from fairlead import TaskCategory
from fairlead_flyte import flyte1
from fairlead_flyte.logs import surround
from fairlead_flyte.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Callable

    from fairlead_flyte.call import Call

JobRequest = GetTaskRequest | DeleteTaskRequest | GetTaskMetricsRequest | GetTaskLogsRequest

R = TypeVar("R", DeleteTaskRequest, GetTaskMetricsRequest, GetTaskLogsRequest)

Key = tuple[TaskCategory, bytes, bytes]
"""The task category and the `resource_meta` of a job, and the encoded connection that it is asked for with."""


class Poll(msgspec.Struct, frozen=True):
    """What a GetTask asks: about which job, and where its outputs belong."""

    job: Key
    output_prefix: str

    def __repr__(self) -> str:
        """Show what is safe to show: the connection holds secrets, and the meta may."""
        return f"Poll(category={self.job[0]})"


def read_create(data: bytes, call: Call) -> CreateTaskRequest:
    """Return a request that begins a job."""
    request = CreateTaskRequest.FromString(data)
    call.input_bytes = request.inputs.ByteSize()
    return request


def read_poll(data: bytes, call: Call) -> Poll:
    """Return a GetTask; those of one job are all the same, so what was read is remembered."""
    poll = (_flyte1_poll if call.is_flyte1 else _flyte2_poll)(data)
    call.category = poll.job[0]
    return poll


def reader(message_type: type[R]) -> Callable[[bytes, Call], R]:
    """Return what reads a further request about a job."""

    def read(data: bytes, call: Call) -> R:
        request = message_type.FromString(data)
        call.category = _category(request, data, is_flyte1=call.is_flyte1)
        surround(call.category)
        return request

    return read


def key(request: DeleteTaskRequest | GetTaskRequest | GetTaskLogsRequest, category: TaskCategory) -> Key:
    """Return what the state of a job is kept under; the secrets that it is asked for with are part of that."""
    if isinstance(request, GetTaskLogsRequest) or not request.HasField("connection"):
        return category, request.resource_meta, b""
    return category, request.resource_meta, request.connection.SerializeToString(deterministic=True)


def _category(request: JobRequest, data: bytes, *, is_flyte1: bool) -> TaskCategory:
    category = request.task_category
    return TaskCategory(category.name or (flyte1.legacy_task_type(data) if is_flyte1 else ""), category.version)


def _poll(data: bytes, *, is_flyte1: bool) -> Poll:
    request = GetTaskRequest.FromString(data)
    return Poll(key(request, _category(request, data, is_flyte1=is_flyte1)), request.output_prefix)


_flyte1_poll = remembered(partial(_poll, is_flyte1=True))
_flyte2_poll = remembered(partial(_poll, is_flyte1=False))
