"""The outputs of a task, as the connector gave them or as the job wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.literals_pb2 import LiteralMap as LiteralMapMessage
from flyteidl2.core.types_pb2 import LiteralType
from flyteidl2.task.common_pb2 import Inputs
from flytekit import FlyteContext
from flytekit.core.utils import load_proto_from_file
from flytekit.exceptions.user import FlyteUserException
from flytekit.models.literals import LiteralMap

from fairlead_flyte.literals import LiteralError, to_literals
from fairlead_flyte.wire import reread

if TYPE_CHECKING:
    from flytekit.core.base_task import PythonTask

    from fairlead import Resource


def outputs_of(task: PythonTask[Any], resource: Resource, output_prefix: str) -> LiteralMap:
    """Return the outputs by the task's declared interface.

    A resource without outputs says that the job wrote them, as `{output_prefix}/outputs.pb`. Raises
    `FlyteUserException` where outputs are missing or do not fit.
    """
    declared = {
        name: reread(variable.type.to_flyte_idl(), LiteralType) for name, variable in task.interface.outputs.items()
    }
    if not declared:
        return LiteralMap(literals={})
    if resource.outputs is None:
        return LiteralMap.from_flyte_idl(_written(task.name, output_prefix))
    try:
        literals = to_literals(resource.outputs, declared)
    except LiteralError as error:
        message = f"The task {task.name} succeeded, but its outputs do not fit its interface: {error}"
        raise FlyteUserException(message) from error
    return LiteralMap.from_flyte_idl(reread(Inputs(literals=literals), LiteralMapMessage))


def _written(name: str, output_prefix: str) -> LiteralMapMessage:
    """Return what the job has written; a job that ended well may have written of an error instead."""
    files = FlyteContext.current_context().file_access
    for file, message_type in (("outputs.pb", LiteralMapMessage), ("error.pb", ErrorDocument)):
        if not files.exists(f"{output_prefix}/{file}"):
            continue
        path = files.get_random_local_path()
        files.get_data(f"{output_prefix}/{file}", path)
        message = load_proto_from_file(message_type, path)
        if isinstance(message, LiteralMapMessage):
            return message
        failure = f"The task {name} failed: {message.error.message}"
        raise FlyteUserException(failure)
    failure = f"The task {name} succeeded, but neither the connector nor the job gave outputs; expected {output_prefix}/outputs.pb"
    raise FlyteUserException(failure)
