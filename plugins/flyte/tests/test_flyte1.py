"""Flyte 1's messages are Flyte 2's on the wire: compared field by field, and with random messages."""

import pytest
from flyteidl.admin import agent_pb2 as flyte1
from flyteidl.core import literals_pb2 as literals1
from flyteidl2.connector import connector_pb2 as flyte2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st

from fairlead import ErrorKind, InvalidTask, Phase, TaskError
from fairlead_flyte.flyte1 import create_request, extra_of_resource, legacy_task_type, part_of
from fairlead_flyte.literals import from_literals
from fairlead_flyte.template import execution_key, from_execution, from_template, idempotency_key

PAIRS = [
    *((name, name) for name in ("CreateTaskRequest", "CreateTaskResponse", "DeleteTaskRequest", "DeleteTaskResponse")),
    *((name, name) for name in ("GetTaskRequest", "GetTaskResponse")),
    *((name, name) for name in ("GetTaskMetricsRequest", "GetTaskMetricsResponse")),
    *((name, name) for name in ("GetTaskLogsRequest", "GetTaskLogsResponse")),
    ("GetAgentRequest", "GetConnectorRequest"),
    ("ListAgentsRequest", "ListConnectorsRequest"),
    ("Agent", "Connector"),
]

HANDLED_BY_FLYTE1 = {
    "flyteidl.admin.GetTaskRequest.task_type",
    "flyteidl.admin.DeleteTaskRequest.task_type",
    "flyteidl.admin.GetTaskMetricsRequest.task_type",
    "flyteidl.admin.GetTaskLogsRequest.task_type",
    "flyteidl.admin.Resource.state",
    "flyteidl.admin.Resource.agent_error",
    "flyteidl.admin.Agent.supported_task_types",
    "flyteidl.admin.Agent.is_sync",
}
NOT_USED = {"flyteidl.admin.TaskExecutionMetadata.overrides"}

OTHER_NAMES = {
    "flyteidl.core.LiteralMap.LiteralsEntry.key": "name",
    "flyteidl.admin.GetTaskLogsResponseBody.structured_lines": "lines",
}

ENTRIES = {
    "flyteidl.core.LiteralMap.LiteralsEntry": "flyteidl2.task.NamedLiteral",
    "flyteidl.core.VariableMap.VariablesEntry": "flyteidl2.core.VariableEntry",
}


def every_field():
    """Return each field of Flyte 1's messages with that of Flyte 2 under the same number, or None."""
    waiting = [(getattr(flyte1, one).DESCRIPTOR, getattr(flyte2, two).DESCRIPTOR) for one, two in PAIRS]
    seen, fields = set(), []
    while waiting:
        one, two = waiting.pop()
        if (one.full_name, two.full_name) in seen:
            continue
        seen.add((one.full_name, two.full_name))
        for field in one.fields:
            counterpart = two.fields_by_number.get(field.number)
            fields.append((field, counterpart))
            if counterpart is not None and field.message_type and counterpart.message_type:
                waiting.append((field.message_type, counterpart.message_type))
    return fields


FIELDS = every_field()
COMMON = [pytest.param(one, two, id=one.full_name) for one, two in FIELDS if two is not None]


def test_what_only_flyte1_has():
    """Flyte 2 has all fields of Flyte 1 but those that are handled apart, and one that nobody uses."""
    only = {one.full_name for one, two in FIELDS if two is None}
    assert only == HANDLED_BY_FLYTE1 | NOT_USED
    assert len(FIELDS) > 200


@pytest.mark.parametrize(("one", "two"), COMMON)
def test_common_fields(one, two):
    """A field that both have is the same on the wire, and means the same."""
    assert (one.type, one.is_repeated) == (two.type, two.is_repeated)
    assert two.name in {one.name, OTHER_NAMES.get(one.full_name)}
    assert _oneof(one) == _oneof(two)
    if one.type == FieldDescriptor.TYPE_ENUM:
        numbers = {value.number: value.name for value in two.enum_type.values}
        assert {value.number: value.name for value in one.enum_type.values}.items() <= numbers.items()


def _oneof(field):
    return field.containing_oneof.name if field.containing_oneof else None


def test_maps_and_lists_of_entries():
    """Where Flyte 1 has a map and Flyte 2 none, Flyte 2 has a list of entries with the same two fields."""
    differing = {
        one.message_type.full_name: two.message_type.full_name
        for one, two in FIELDS
        if two is not None
        and one.message_type
        and one.message_type.GetOptions().map_entry != two.message_type.GetOptions().map_entry
    }
    assert differing == ENTRIES


def test_the_requests_of_a_sync_call():
    """The header of a sync call has the fields of a create, of the same types."""
    header, create = flyte1.CreateRequestHeader.DESCRIPTOR, flyte1.CreateTaskRequest.DESCRIPTOR
    for name in ("template", "output_prefix", "task_execution_metadata"):
        assert header.fields_by_name[name].message_type is create.fields_by_name[name].message_type


def test_the_old_task_type_is_field_1_everywhere():
    """All requests about a job have the deprecated task type under one number, so that one reader serves them."""
    for name in ("GetTaskRequest", "DeleteTaskRequest", "GetTaskMetricsRequest", "GetTaskLogsRequest"):
        request = getattr(flyte1, name)(task_type="spark", resource_meta=b"meta", task_category={"version": 3})
        assert legacy_task_type(request.SerializeToString()) == "spark"


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
primitives = st.one_of(
    st.builds(lambda value: {"integer": value}, st.integers(-(2**63), 2**63 - 1)),
    st.builds(lambda value: {"float_value": value}, st.floats(allow_nan=False)),
    st.builds(lambda value: {"string_value": value}, names),
    st.builds(lambda value: {"boolean": value}, st.booleans()),
    st.builds(lambda value: {"datetime": {"seconds": value}}, st.integers(-(10**10), 10**10)),
    st.builds(lambda value: {"duration": {"seconds": value, "nanos": 1000}}, st.integers(0, 10**9)),
)
scalars = st.one_of(
    st.builds(lambda value: {"scalar": {"primitive": value}}, primitives),
    st.just({"scalar": {"none_type": {}}}),
    st.builds(lambda uri: {"scalar": {"blob": {"uri": uri, "metadata": {"type": {"dimensionality": 1}}}}}, names),
    st.builds(lambda value: {"scalar": {"binary": {"value": value, "tag": "other"}}}, st.binary(max_size=8)),
    st.builds(lambda text: {"scalar": {"generic": {"key": text}}}, names),
)
literals = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda items: {"collection": {"literals": items}}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"map": {"literals": items}}, st.dictionaries(names, inner, max_size=3)),
        st.builds(lambda value: {"scalar": {"union": {"value": value, "type": {"simple": 1}}}}, inner),
    ),
    max_leaves=6,
)
strings = st.dictionaries(names, names, max_size=3)
requests = st.fixed_dictionaries(
    {
        "template": st.fixed_dictionaries(
            {
                "type": names,
                "task_type_version": st.integers(-(2**31), 2**31 - 1),
                "id": st.fixed_dictionaries({"name": names, "version": names, "resource_type": st.integers(0, 4)}),
                "config": strings,
                "custom": strings,
                "container": st.fixed_dictionaries({"image": names, "args": st.lists(names, max_size=3)}),
                "metadata": st.fixed_dictionaries(
                    {
                        "timeout": st.fixed_dictionaries({"seconds": st.integers(0, 10**6)}),
                        "interruptible": st.booleans(),
                    }
                ),
            }
        ),
        "output_prefix": names,
        "task_execution_metadata": st.fixed_dictionaries(
            {
                "task_execution_id": st.fixed_dictionaries(
                    {
                        "node_execution_id": st.fixed_dictionaries({"node_id": names}),
                        "retry_attempt": st.integers(0, 2**32 - 1),
                    }
                ),
                "namespace": names,
                "labels": strings,
                "max_attempts": st.integers(0, 2**31 - 1),
            }
        ),
    }
)


@given(requests, st.dictionaries(names, literals, max_size=4), st.dictionaries(names, st.integers(1, 9), max_size=3))
def test_any_request(fields, inputs, outputs):
    """A request of Flyte 1 and the same of Flyte 2, read as Flyte 2's, give the same task and the same plain values."""
    one = flyte1.CreateTaskRequest(inputs={"literals": inputs}, **fields)
    two = flyte2.CreateTaskRequest(
        inputs={"literals": [{"name": name, "value": value} for name, value in inputs.items()]}, **fields
    )
    for name, simple in outputs.items():
        one.template.interface.outputs.variables[name].type.simple = simple
        two.template.interface.outputs.variables.add(key=name).value.type.simple = simple
    read = flyte2.CreateTaskRequest.FromString(one.SerializeToString())
    assert from_literals(read.inputs.literals) == from_literals(two.inputs.literals)
    assert from_template(read.template, native=None) == from_template(two.template, native=None)
    assert from_execution(read.task_execution_metadata) == from_execution(two.task_execution_metadata)
    ids = [request.task_execution_metadata.task_execution_id for request in (read, two)]
    assert idempotency_key(ids[0]) == idempotency_key(ids[1])
    assert len(idempotency_key(ids[0])) <= 64
    assert execution_key(ids[0]) == execution_key(ids[1])


@given(st.dictionaries(names, literals, max_size=4))
def test_any_outputs(values):
    """Outputs of Flyte 2 arrive in Flyte 1 as the same literals by name."""
    two = flyte2.GetTaskResponse(
        resource={"outputs": {"literals": [{"name": name, "value": value} for name, value in values.items()]}}
    )
    one = flyte1.GetTaskResponse.FromString(two.SerializeToString())
    assert one.resource.outputs == literals1.LiteralMap(literals=values)


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("error", [None, TaskError(code="x", kind=ErrorKind.SYSTEM)])
def test_fields_that_are_appended(phase, error):
    """The fields that only Flyte 1 has are added to an answer of Flyte 2 and change nothing else in it."""
    answer = flyte2.GetTaskResponse(resource={"phase": int(phase), "message": "m", "custom_info": {"a": 1}})
    read = flyte1.GetTaskResponse.FromString(answer.SerializeToString() + extra_of_resource(phase, error))
    read.resource.ClearField("state")
    read.resource.ClearField("agent_error")
    assert MessageToDict(read) == MessageToDict(answer)


def frame(**fields):
    return flyte1.ExecuteTaskSyncRequest(**fields).SerializeToString()


def test_frames_of_a_sync_call():
    """Header and inputs of a sync call are one request, whose inputs may come in several frames."""
    header = frame(header={"template": {"type": "echo"}, "output_prefix": "s3://b"})
    inputs = [frame(inputs={"literals": {name: {"scalar": {"none_type": {}}}}}) for name in "ab"]
    request = create_request([header, *inputs])
    assert (request.template.type, request.output_prefix) == ("echo", "s3://b")
    assert sorted(named.name for named in request.inputs.literals) == ["a", "b"]
    assert [part_of(data) for data in (header, *inputs, b"")] == ["header", "inputs", "inputs", None]


def test_frames_without_a_header():
    """Without a header there is no task."""
    with pytest.raises(InvalidTask, match="no header"):
        create_request([frame(inputs={})])
