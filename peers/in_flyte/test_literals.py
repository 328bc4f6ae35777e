"""flyte 2's type engine as the judge of our literals: whatever it writes, it must read back from us as it was."""

import asyncio
import dataclasses
import datetime as dt
import enum

import pydantic
import pytest
from flyte.io import DataFrame, Dir, File
from flyte.types import TypeEngine
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead import Blob, StructuredDataset
from fairlead_flyte.literals import from_literal, to_literal


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Shape(pydantic.BaseModel):
    name: str
    points: list[int]
    attributes: dict[str, int]
    closed: bool | None = None


async def written(value, python_type):
    """Return the literal that flyte writes, and the declared type."""
    type_ = TypeEngine.to_literal_type(python_type)
    return await TypeEngine.to_literal(value, python_type, type_), type_


async def round_trip(value, python_type):
    """Return what comes back when a value has been one of our plain ones in between."""
    literal, declared = await written(value, python_type)
    return await TypeEngine.to_python_value(to_literal(from_literal(literal), declared, "value"), python_type)


integers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
floats = st.floats(allow_nan=False)
moments = st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 28), timezones=st.just(dt.UTC))  # noqa: DTZ001
century = dt.timedelta(days=36_525)
json_values = st.recursive(
    integers | texts | floats | st.booleans() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
)
LEAVES = {
    int: integers,
    float: floats,
    str: texts,
    bool: st.booleans(),
    dt.datetime: moments,
    dt.date: st.dates(dt.date(1, 1, 3), dt.date(9999, 12, 28)),
    dt.timedelta: st.timedeltas(-century, century),
    Colour: st.sampled_from(Colour),
    dict: st.dictionaries(texts, json_values, max_size=4),
    Point: st.builds(Point, x=integers, y=floats),
    Shape: st.builds(
        Shape,
        name=texts,
        points=st.lists(integers, max_size=3),
        attributes=st.dictionaries(texts, integers, max_size=3),
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
    assert asyncio.run(round_trip(value, python_type)) == value


@pytest.mark.parametrize(("python_type", "multipart"), [(File, False), (Dir, True)])
async def test_files_and_directories(python_type, multipart):
    """A file or directory elsewhere is a Blob, and comes back."""
    value = python_type(path="s3://bucket/data", format="csv")
    literal, declared = await written(value, python_type)
    blob = from_literal(literal)
    assert blob == Blob(uri="s3://bucket/data", format="csv", multipart=multipart)
    back = await TypeEngine.to_python_value(to_literal(blob, declared, "value"), python_type)
    assert (back.path, back.format) == ("s3://bucket/data", "csv")


async def test_data_frames():
    """A table elsewhere is a StructuredDataset, and comes back."""
    literal, declared = await written(DataFrame(uri="bq://project:set.table", format="bigquery"), DataFrame)
    dataset = from_literal(literal)
    assert isinstance(dataset, StructuredDataset)
    assert (dataset.uri, dataset.format) == ("bq://project:set.table", "bigquery")
    back = await TypeEngine.to_python_value(to_literal(dataset, declared, "value"), DataFrame)
    assert back.uri == dataset.uri
