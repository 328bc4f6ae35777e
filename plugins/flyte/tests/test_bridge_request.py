"""What others' connectors are asked for."""

import pytest
from flyteidl2.connector.connector_pb2 import CreateTaskRequest
from google.protobuf.json_format import MessageToDict

from fairlead import Blob, Context, InvalidTask, StructuredDataset, TaskTemplate, TypedInterface, Variable
from fairlead_flyte.bridge.request import create_request


def test_the_hosts_own_message_counts():
    """A host that has Flyte's message gives it on as it is."""
    native = CreateTaskRequest(output_prefix="x")
    assert create_request(TaskTemplate(type="t", native=native), {}, Context()) is native


def test_declared_inputs():
    """Without one, inputs are literals of their declared types."""
    interface = TypedInterface(inputs={"x": Variable("float")})
    request = create_request(TaskTemplate(type="t", interface=interface), {"x": 1}, Context(output_prefix="p"))
    assert request.inputs.literals[0].value.scalar.primitive.float_value == 1.0
    assert (request.template.type, request.output_prefix) == ("t", "p")


def test_wrong_inputs():
    """An input that does not fit is the task's fault."""
    interface = TypedInterface(inputs={"x": Variable("integer")})
    with pytest.raises(InvalidTask, match="`x`: expected an integer, got str"):
        create_request(TaskTemplate(type="t", interface=interface), {"x": "a"}, Context())


@pytest.mark.parametrize(
    ("value", "declared"),
    [
        (1, {"simple": "INTEGER"}),
        ("a", {"simple": "STRING"}),
        ([1], {"collectionType": {"simple": "INTEGER"}}),
        ([], {"collectionType": {"simple": "NONE"}}),
        (None, {"simple": "NONE"}),
        ({"a": 1}, {"simple": "STRUCT"}),
        (Blob(uri="s3://x", format="csv"), {"blob": {"format": "csv"}}),
        (StructuredDataset(uri="s3://x"), {"structuredDatasetType": {}}),
    ],
)
def test_undeclared_inputs_are_declared(value, declared):
    """A task that declares no inputs gets a declaration of what it is given."""
    (entry,) = create_request(TaskTemplate(type="t"), {"x": value}, Context()).template.interface.inputs.variables
    assert (entry.key, MessageToDict(entry.value.type)) == ("x", declared)
