"""The outputs of a task, as the connector gave them or as the job wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flyte.storage
from flyte._internal.runtime import convert, io
from flyte.errors import NonRecoverableError
from flyteidl2.task.common_pb2 import Outputs

from fairlead_flyte.literals import LiteralError, to_literals

if TYPE_CHECKING:
    from flyte.extend import TaskTemplate
    from flyteidl2.connector.connector_pb2 import CreateTaskRequest

    from fairlead import Resource


async def outputs_of(task: TaskTemplate[..., Any, Any], request: CreateTaskRequest, resource: Resource) -> Any:
    """Return the native outputs, one or a tuple, by the task's declared interface.

    A resource without outputs says that the job wrote them, as `{output_prefix}/outputs.pb`. Raises
    `NonRecoverableError` where outputs are missing or do not fit.
    """
    types = {entry.key: entry.value.type for entry in request.template.interface.outputs.variables}
    if not types:
        return None
    if resource.outputs is None:
        outputs = await _written(task.name, request.output_prefix)
    else:
        try:
            outputs = convert.Outputs(proto_outputs=Outputs(literals=to_literals(resource.outputs, types)))
        except LiteralError as error:
            message = f"The task {task.name} succeeded, but its outputs do not fit its interface: {error}"
            raise NonRecoverableError(message, "InvalidOutputs") from error
    return await convert.convert_outputs_to_native(task.native_interface, outputs)


async def _written(name: str, output_prefix: str) -> convert.Outputs:
    path = io.outputs_path(output_prefix)
    if not await flyte.storage.exists(path):
        message = f"The task {name} succeeded, but neither the connector nor the job gave outputs; expected {path}"
        raise NonRecoverableError(message, "MissingOutputs")
    return await io.load_outputs(path)
