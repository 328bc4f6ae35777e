"""flytekit's type engine as the judge of our literals: whatever it writes, it must read back from us as it was."""

import dataclasses
import datetime as dt
import enum

import pytest
from flyteidl.core.literals_pb2 import Literal as FlytekitLiteral
from flyteidl2.core.literals_pb2 import Literal
from flyteidl2.core.types_pb2 import LiteralType
from flytekit import FlyteContextManager, StructuredDataset
from flytekit.core.type_engine import TypeEngine
from flytekit.models import literals as models
from flytekit.models.types import SchemaType
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead import Blob, Opaque
from fairlead import StructuredDataset as OurDataset
from fairlead_flyte.literals import from_literal, to_literal
from fairlead_flyte.wire import reread


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


@dataclasses.dataclass
class Point:
    x: int
    y: float


@dataclasses.dataclass
class Shape:
    name: str
    points: list[Point]
    attributes: dict[str, int]
    colour: Colour
    closed: bool | None = None


def written(value, python_type):
    """Return the literal that flytekit writes, as our message, and the declared type."""
    context = FlyteContextManager.current_context()
    type_ = TypeEngine.to_literal_type(python_type)
    literal = TypeEngine.to_literal(context, value, python_type, type_)
    return reread(literal.to_flyte_idl(), Literal), reread(type_.to_flyte_idl(), LiteralType)


def read(literal, python_type):
    """Return what flytekit reads from our message."""
    context = FlyteContextManager.current_context()
    return TypeEngine.to_python_value(
        context, models.Literal.from_flyte_idl(reread(literal, FlytekitLiteral)), python_type
    )


def round_trip(value, python_type):
    """Return what comes back when a value has been one of our plain ones in between."""
    literal, declared = written(value, python_type)
    return read(to_literal(from_literal(literal), declared, "value"), python_type)


integers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
floats = st.floats(allow_nan=False)
days = st.dates(dt.date(1, 1, 3), dt.date(9999, 12, 28))
moments = st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 28), timezones=st.just(dt.UTC))  # noqa: DTZ001
century = dt.timedelta(days=36_525)
points = st.builds(Point, x=integers, y=floats)
json_values = st.recursive(
    integers | texts | floats | st.booleans() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
)
LEAVES = {
    int: integers,
    float: floats,
    str: texts,
    bool: st.booleans(),
    dt.datetime: moments,
    dt.date: days,
    dt.timedelta: st.timedeltas(-century, century),
    Colour: st.sampled_from(Colour),
    dict: st.dictionaries(texts, json_values, max_size=4),
    Point: points,
    Shape: st.builds(
        Shape,
        name=texts,
        points=st.lists(points, max_size=3),
        attributes=st.dictionaries(texts, integers, max_size=3),
        colour=st.sampled_from(Colour),
        closed=st.none() | st.booleans(),
    ),
    int | str: integers | texts,
    int | float | bool | None: integers | floats | st.booleans() | st.none(),
    list[int] | str: st.lists(integers) | texts,
}


def in_containers(pairs):
    """Return pairs of a type and the strategy of its values, inside a list, a dict or an Optional."""
    return pairs.flatmap(
        lambda pair: st.sampled_from(
            [
                (list[pair[0]], st.lists(pair[1], max_size=4)),
                (dict[str, pair[0]], st.dictionaries(texts, pair[1], max_size=4)),
                (pair[0] | None, st.none() | pair[1]),
            ]
        )
    )


kinds = st.sampled_from(list(LEAVES.items()))
typed_values = (kinds | in_containers(kinds) | in_containers(in_containers(kinds))).flatmap(
    lambda pair: st.tuples(st.just(pair[0]), pair[1])
)


@settings(max_examples=400, deadline=None)
@given(typed_values)
def test_values_of_any_type_come_back(typed_value):
    """A value of any type, in lists, dicts and Optionals, is the same after it was a plain one."""
    python_type, value = typed_value
    assert round_trip(value, python_type) == value


@given(days)
def test_legacy_structs(day):
    """A dict or dataclass in the older form of a protobuf Struct is read with its integers as integers."""
    struct = {"day": day.isoformat(), "n": day.toordinal(), "deep": [{"x": 1.5, "nothing": None}]}
    literal = Literal()
    literal.scalar.generic.update(struct)
    assert from_literal(literal) == struct
    declared = reread(TypeEngine.to_literal_type(dict).to_flyte_idl(), LiteralType)
    assert read(to_literal(from_literal(literal), declared, "value"), dict) == struct


@pytest.mark.parametrize(("python_type", "multipart"), [(FlyteFile["csv"], False), (FlyteDirectory["csv"], True)])
def test_files_and_directories(python_type, multipart):
    """A file or directory elsewhere is a Blob, and comes back with its URI and format."""
    value = (FlyteDirectory if multipart else FlyteFile)("https://example.com/data")
    literal, declared = written(value, python_type)
    blob = from_literal(literal)
    assert blob == Blob(uri="https://example.com/data", format="csv", multipart=multipart)
    assert to_literal(blob, declared, "value") == literal
    assert read(to_literal(blob.uri, declared, "value"), python_type).remote_source == "https://example.com/data"


def test_structured_datasets():
    """A table elsewhere is a StructuredDataset, and comes back with all that it had."""
    value = StructuredDataset(uri="bq://project:set.table", file_format="parquet")
    literal, declared = written(value, StructuredDataset)
    dataset = from_literal(literal)
    assert isinstance(dataset, OurDataset)
    assert (dataset.uri, dataset.format) == ("bq://project:set.table", "parquet")
    assert to_literal(dataset, declared, "value") == literal
    assert read(literal, StructuredDataset).literal.uri == dataset.uri


def test_what_has_no_plain_form_stays_as_it_is():
    """A schema, which fairlead does not know, is opaque, and comes back byte by byte."""
    theirs = models.Literal(scalar=models.Scalar(schema=models.Schema("s3://bucket/schema", SchemaType([]))))
    literal = reread(theirs.to_flyte_idl(), Literal)
    opaque = from_literal(literal)
    assert isinstance(opaque, Opaque)
    assert (opaque.kind, opaque.uri) == ("schema", "s3://bucket/schema")
    assert to_literal(opaque, None, "value") == literal


def test_not_a_number():
    """The float that is not equal to itself comes back too."""
    assert str(round_trip(float("nan"), float)) == "nan"
