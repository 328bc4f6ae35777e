"""Outputs of others' connectors as plain values."""

from datetime import UTC, datetime, timedelta

import pytest
from flyteidl2.core.literals_pb2 import Literal
from flyteidl2.task.common_pb2 import NamedLiteral

from fairlead import Blob, Opaque
from fairlead_flyte.bridge.values import from_outputs, is_plain
from fairlead_flyte.literals import to_literal, to_literals


@pytest.mark.parametrize(
    "value",
    [1, 1.5, "a", None, True, [1, [2]], {"a": [1]}, Blob(uri="s3://x"), datetime(2026, 1, 2, tzinfo=UTC), timedelta(1)],
)
def test_plain_values_stay_plain(value):
    """A literal that its plain value gives back is that value."""
    assert from_outputs(to_literals({"x": value}, None)) == {"x": value}


@pytest.mark.parametrize(
    ("literal", "kind"),
    [
        (Literal(map={"literals": {"a": to_literal(1, None, "")}}), "map"),
        (Literal(scalar={"union": {"value": to_literal(1, None, "")}}), "union"),
        (Literal(scalar={"primitive": {"integer": 1}}, hash="h"), "primitive"),
        (Literal(scalar={"primitive": {"integer": 1}}, metadata={"a": "b"}), "primitive"),
        (Literal(), "literal"),
    ],
)
def test_nothing_is_lost(literal, kind):
    """A literal that its plain value would not give back is kept as it is."""
    outputs = from_outputs([NamedLiteral(name="x", value=literal)])
    assert outputs == {"x": Opaque(kind=kind, data=literal.SerializeToString(deterministic=True))}
    assert to_literal(outputs["x"], None, "") == literal


def test_where_the_data_is():
    """An opaque value says where its data is."""
    literal = Literal(scalar={"blob": {"uri": "s3://x"}}, hash="h")
    assert from_outputs([NamedLiteral(name="x", value=literal)])["x"].uri == "s3://x"


def test_what_is_plain():
    """Values of JSON and times are plain; objects, also inside of others, are not."""
    assert is_plain({"a": [1, None, datetime(2026, 1, 2, tzinfo=UTC)]})
    assert not is_plain([object()])
    assert not is_plain({1: 2})
    assert not is_plain({"a": {3}})
