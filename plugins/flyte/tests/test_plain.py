"""protobuf's `Struct` as plain values, and texts that it can hold."""

import enum
import math
from datetime import UTC, datetime

import msgspec
import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from fairlead_flyte.plain import from_struct, to_struct
from fairlead_flyte.texts import shortened, whole

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        texts,
        st.integers(-(2**53), 2**53),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=10,
)


class Color(enum.Enum):
    RED = "red"


class Point(msgspec.Struct):
    x: int


@given(st.dictionaries(texts, values, max_size=4))
def test_there_and_back(plain):
    """Plain values come back as they were, also after a trip over the wire."""
    assert from_struct(Struct.FromString(to_struct(plain).SerializeToString())) == plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00Z"),
        (b"\x00\xff", "AP8="),
        (Color.RED, "red"),
        (Point(3), {"x": 3}),
        ((1, 2), [1, 2]),
        (frozenset({1}), [1]),
        ({None: 1, (1, 2): 2, True: 3}, {"None": 1, "(1, 2)": 2, "True": 3}),
        ({1.5: {2: object}}, {"1.5": {"2": "<class 'object'>"}}),
        (10**400, str(10**400)),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
        ([], []),
        ({}, {}),
        ("\udcff", "?"),
    ],
)
def test_what_json_does_not_have(value, expected):
    """Other values become what comes nearest, down to their text; none is an error."""
    assert from_struct(to_struct({"a": value})) == {"a": expected}


@pytest.mark.parametrize("wrap", [lambda value: {"a": value}, lambda value: [value]])
@pytest.mark.parametrize("depth", [20, 100, 5000])
def test_what_is_nested_deeply(wrap, depth):
    """Readers of protobuf stop at a hundred messages within each other, so what is deeper becomes a text."""
    value = "the core"
    for _ in range(depth):
        value = wrap(value)
    struct = to_struct({"custom": value})
    assert Struct.FromString(struct.SerializeToString()) == struct
    assert from_struct(struct) == {"custom": value} or depth > 20


@given(st.text(), st.integers(10, 100))
def test_shortened_texts(text, most):
    """A text is shortened to about so many bytes, and one that is short enough is left as it is."""
    short = shortened(text, most)
    assert len(short.encode()) <= most + len(" … ".encode())
    if len(text.encode(errors="replace")) <= most:
        assert short == whole(text)
    else:
        assert " … " in short


@given(st.text())
def test_whole_texts(text):
    """A text that UTF-8 can hold is left as it is; of another one, the half characters are `?`."""
    assert len(whole(text)) == len(text)
    assert all(
        kept == given or (kept == "?" and 0xD800 <= ord(given) < 0xE000)
        for kept, given in zip(whole(text), text, strict=True)
    )
