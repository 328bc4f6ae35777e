"""The declared outputs of a task, kept beside the connector's own meta."""

import json

import pytest
from flyteidl2.core.interface_pb2 import VariableMap
from flyteidl2.core.types_pb2 import LiteralType
from hypothesis import given
from hypothesis import strategies as st

from fairlead_flyte.envelope import pack, unpack

INTEGER = LiteralType(simple="INTEGER")


def declared(**types):
    return VariableMap(variables=[{"key": name, "value": {"type": type_}} for name, type_ in types.items()])


@given(st.one_of(st.binary(), st.builds(lambda d: json.dumps(d).encode(), st.dictionaries(st.text(), st.text()))))
def test_any_meta_there_and_back(meta):
    """Whatever bytes a connector's meta is, they come back unchanged, beside the declared outputs."""
    assert unpack(pack(meta, declared(n=INTEGER))) == (meta, {"n": INTEGER})


@given(st.binary())
def test_any_meta_without_a_declaration(meta):
    """Without declared outputs the meta is the connector's own."""
    assert pack(meta, VariableMap()) == meta
    assert unpack(meta) == (meta, None)


@pytest.mark.parametrize("meta", [{"job_id": "a"}, {}, {"a": {"b": []}}])
def test_still_json(meta):
    """A meta that is JSON stays JSON, with one more field, so that the connector itself could read it."""
    packed = json.loads(pack(json.dumps(meta, separators=(",", ":")).encode(), declared(n=INTEGER)))
    assert packed.pop("flyte_outputs")
    assert packed == meta


@pytest.mark.parametrize(
    "meta",
    [
        b'{"a":1,"flyte_outputs":"not base64!"}',
        b'{"a":1,"flyte_outputs":"AAAA"}',
        b',"flyte_outputs":"',
        b'"flyte_outputs":""}',
    ],
)
def test_what_was_not_packed(meta):
    """What only looks packed is the connector's own."""
    assert unpack(meta)[0] == meta


def test_inside_a_value():
    """A value inside the meta that looks packed is left alone."""
    meta = json.dumps({"inputs": {"a": 1, "flyte_outputs": "AAAA"}}, separators=(",", ":")).encode()
    assert unpack(meta) == (meta, None)
    assert unpack(pack(meta, declared(n=INTEGER))) == (meta, {"n": INTEGER})


def test_long_schemas_are_not_kept():
    """The JSON schema of a dataclass, from which no literal is made, is left out, also inside of other types."""
    schema = LiteralType(simple="STRUCT", metadata={"$schema": "x" * 10_000}, annotation={"annotations": {"a": "b"}})
    many = LiteralType(collection_type=schema)
    either = LiteralType(union_type={"variants": [{"map_value_type": many}, INTEGER]})
    packed = pack(b"{}", declared(a=schema, b=many, c=either))
    assert len(packed) < 300
    assert unpack(packed)[1]["c"].union_type.variants[0].map_value_type.collection_type == LiteralType(simple="STRUCT")


def test_the_same_bytes_for_the_same_task():
    """A meta is the same bytes each time, because the kept state of a job is found by them."""
    assert pack(b"{}", declared(a=INTEGER, b=INTEGER)) == pack(b"{}", declared(a=INTEGER, b=INTEGER))
