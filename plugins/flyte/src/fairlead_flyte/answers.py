"""What a connector says of a job, as Flyte's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from flyteidl2.connector.connector_pb2 import (
    GetTaskLogsResponse,
    GetTaskLogsResponseBody,
    GetTaskLogsResponseHeader,
    GetTaskResponse,
)
from flyteidl2.connector.connector_pb2 import Resource as FlyteResource
from flyteidl2.core.execution_pb2 import TaskExecution, TaskLog
from flyteidl2.core.metrics_pb2 import ExecutionMetricResult
from flyteidl2.logs.dataplane.payload_pb2 import LogLine as FlyteLogLine
from flyteidl2.logs.dataplane.payload_pb2 import LogLineOriginator
from flyteidl2.task.common_pb2 import Outputs

from fairlead import LinkType, LogLine, LogLink, LogOriginator, Metric, Phase, Resource, TaskError
from fairlead_flyte.literals import LiteralError, to_literals
from fairlead_flyte.logs import get_logger
from fairlead_flyte.plain import to_struct
from fairlead_flyte.texts import shortened, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead_flyte.literal_types import Declared

_LONGEST_MESSAGE = 64 * 1024

_LINK_TYPES = {
    LinkType.EXTERNAL: TaskLog.EXTERNAL,
    LinkType.DASHBOARD: TaskLog.DASHBOARD,
    LinkType.IDE: TaskLog.IDE,
}
_PHASES = {phase: TaskExecution.Phase.Name(phase) for phase in Phase}
_ORIGINATORS = {
    LogOriginator.UNKNOWN: LogLineOriginator.UNKNOWN,
    LogOriginator.USER: LogLineOriginator.USER,
    LogOriginator.SYSTEM: LogLineOriginator.SYSTEM,
}

_logger = get_logger(__name__)


def with_known_phase(resource: Resource) -> Resource:
    """Return the resource; in a phase that is not defined, the job counts as running, because it has not ended."""
    return resource if resource.phase else msgspec.structs.replace(resource, phase=Phase.RUNNING)


def typed(resource: Resource, declared: Declared | None) -> tuple[Resource, Outputs | None]:
    """Return the resource and its outputs as literals; where they do not fit what is declared, the task has failed.

    No outputs at all means that the job wrote its own; Flyte then reads them where it told the job to put them. Outputs of
    a task that has not succeeded are left out, because Flyte does not read them.
    """
    if resource.outputs is None or resource.phase is not Phase.SUCCEEDED:
        return resource, None
    try:
        return resource, Outputs(literals=to_literals(resource.outputs, declared))
    except LiteralError as error:
        if declared is None:
            _logger.warning("the outputs are left out, their types are not known: %s", error)
            return resource, None
        failed = msgspec.structs.replace(
            resource, phase=Phase.FAILED, message=f"output {error}", error=TaskError(code="InvalidOutputs")
        )
        return failed, None


def get_task_response(resource: Resource, outputs: Outputs | None) -> bytes:
    """Return the GetTaskResponse of both versions; what only Flyte 1 has is added by `flyte1`."""
    message = FlyteResource(
        phase=_PHASES[resource.phase],
        message=_message(resource),
        log_links=[_link(link) for link in resource.log_links or ()],
        outputs=outputs,
    )
    custom_info = dict(resource.custom_info or {})
    if resource.error is not None:
        custom_info.setdefault("error", msgspec.to_builtins(resource.error))
    if custom_info:
        message.custom_info.CopyFrom(to_struct(custom_info))
    return GetTaskResponse(resource=message).SerializeToString()


def _message(resource: Resource) -> str:
    """Return the message, with the error's kind and code before it: Flyte 2, and the async calls of Flyte 1, have no field for them."""
    error, message = resource.error, resource.message or ""
    if error is not None and error.code not in message:
        message = f"{error.kind.upper()}:{error.code}: {message}"
    return shortened(message, _LONGEST_MESSAGE)


def _link(link: LogLink) -> TaskLog:
    return TaskLog(name=whole(link.name), uri=whole(link.uri), link_type=_LINK_TYPES[link.link_type], ready=link.ready)


def logs_body(lines: Sequence[LogLine]) -> bytes:
    """Return a part of a log, the lines as texts and as structures."""
    structured = [_log_line(line) for line in lines]
    body = GetTaskLogsResponseBody(results=[line.message for line in structured], lines=structured)
    return GetTaskLogsResponse(body=body).SerializeToString()


def logs_header(token: str) -> bytes:
    """Return the token with which a log goes on."""
    return GetTaskLogsResponse(header=GetTaskLogsResponseHeader(token=token)).SerializeToString()


def _log_line(line: LogLine) -> FlyteLogLine:
    message = FlyteLogLine(message=whole(line.message), originator=_ORIGINATORS[line.originator])
    if line.timestamp is not None:
        message.timestamp.FromDatetime(line.timestamp)
    return message


def metric_results(metrics: Sequence[Metric]) -> list[ExecutionMetricResult]:
    """Return metrics as Flyte has them."""
    return [ExecutionMetricResult(metric=metric.name, data=to_struct(metric.data)) for metric in metrics]
