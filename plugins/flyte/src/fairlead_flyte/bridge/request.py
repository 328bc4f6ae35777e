"""What a connector of flytekit or flyte 2 is asked for: the host's own message, or one made of fairlead's values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl2.connector.connector_pb2 import CreateTaskRequest
from flyteidl2.core.interface_pb2 import VariableEntry
from flyteidl2.core.literals_pb2 import Literal
from flyteidl2.core.types_pb2 import BlobType, LiteralType, SimpleType, StructuredDatasetType
from flyteidl2.task.common_pb2 import Inputs, NamedLiteral

from fairlead import InvalidTask
from fairlead_flyte.literal_types import to_literal_type
from fairlead_flyte.literals import LiteralError, to_literals
from fairlead_flyte.template_message import to_execution, to_template

if TYPE_CHECKING:
    from fairlead import Context, TaskTemplate


def create_request(task: TaskTemplate, inputs: dict[str, Any], context: Context) -> CreateTaskRequest:
    """Return the message for a task; raise `InvalidTask` where an input does not fit its declared type.

    A task that declares no inputs gets a declaration of those that are given: the connectors of others rely on it.
    """
    if isinstance(task.native, CreateTaskRequest):
        return task.native
    template = to_template(task)
    declared = (
        {name: to_literal_type(variable.type) for name, variable in task.interface.inputs.items()}
        if task.interface
        else {}
    )
    try:
        literals = to_literals(inputs, declared or None)
    except LiteralError as error:
        message = f"inputs: {error}"
        raise InvalidTask(message) from error
    if not declared:
        template.interface.inputs.variables.extend(map(_declared, literals))
    return CreateTaskRequest(
        inputs=Inputs(literals=literals),
        template=template,
        output_prefix=context.output_prefix,
        task_execution_metadata=to_execution(context.execution),
    )


def _declared(named: NamedLiteral) -> VariableEntry:
    return VariableEntry(key=named.name, value={"type": type_of(named.value)})


def type_of(literal: Literal) -> LiteralType:
    """Return the type of a literal that was made of a plain value."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        items = literal.collection.literals
        return LiteralType(collection_type=type_of(items[0]) if items else LiteralType(simple=SimpleType.NONE))
    if kind != "scalar":
        return LiteralType(simple=SimpleType.STRUCT)
    scalar = literal.scalar
    target = scalar.WhichOneof("value")
    if target == "blob":
        return LiteralType(blob=BlobType(format=scalar.blob.metadata.type.format))
    if target == "structured_dataset":
        return LiteralType(structured_dataset_type=StructuredDatasetType())
    if target == "none_type":
        return LiteralType(simple=SimpleType.NONE)
    return LiteralType(simple=_SIMPLE.get(scalar.primitive.WhichOneof("value") or "", SimpleType.STRUCT))


_SIMPLE = {
    "integer": SimpleType.INTEGER,
    "float_value": SimpleType.FLOAT,
    "string_value": SimpleType.STRING,
    "boolean": SimpleType.BOOLEAN,
    "datetime": SimpleType.DATETIME,
    "duration": SimpleType.DURATION,
}
