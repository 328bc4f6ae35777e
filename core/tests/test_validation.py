"""What is said of values that are not of their type."""

from enum import Enum
from typing import Annotated, Literal

import msgspec
import pytest

from fairlead import InvalidTask
from fairlead.validation import convert


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    transient_gets: Annotated[int, msgspec.Meta(ge=0)] = 0
    kind: Literal["slow", "lost"] = "slow"
    tags: dict[str, str] = {}


class Custom(msgspec.Struct, forbid_unknown_fields=True):
    faults: Faults | None = None
    many: list[Faults] = []
    named: dict[str, Annotated[Faults, msgspec.Meta(description="by name")]] = {}
    pairs: tuple[Faults, ...] = ()
    size: Size = Size.SMALL
    other: Faults | int | None = msgspec.field(default=None, name="another")


UNKNOWN = "unknown field `transient`. Did you mean `transient_gets`? Known fields: transient_gets, kind, tags"
ENUM = "invalid enum value 'slwo'. Did you mean `slow`? Valid: slow, lost"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"fault": {}}, "`custom`: unknown field `fault`. Did you mean `faults`? Known fields: faults, many, named"),
        ({"faults": {"transient": 1}}, f"`custom.faults`: {UNKNOWN}"),
        ({"many": [{}, {"transient": 1}]}, f"`custom.many[1]`: {UNKNOWN}"),
        ({"named": {"a": {"transient": 1}}}, f"`custom.named[...]`: {UNKNOWN}"),
        ({"pairs": [{"transient": 1}]}, f"`custom.pairs[0]`: {UNKNOWN}"),
        ({"another": {"transient": 1}}, f"`custom.another`: {UNKNOWN}"),
        ({"faults": {"kind": "slwo"}}, f"`custom.faults.kind`: {ENUM}"),
        ({"size": "lrge"}, "`custom.size`: invalid enum value 'lrge'. Did you mean `large`? Valid: small, large"),
        ({"size": 5}, "`custom.size`: expected `str`, got `int`"),
        ({"faults": {"tags": {1: "a"}}}, "`custom.faults.tags`: in a name: expected `str`, got `int`"),
        ({"faults": {"transient_gets": -1}}, "`custom.faults.transient_gets`: expected `int` >= 0"),
    ],
)
def test_a_fault_is_explained_where_it_is(value, message):
    """At any depth: the path, what is wrong, what would be right and the closest name."""
    with pytest.raises(InvalidTask) as caught:
        convert(value, Custom, "custom")
    assert str(caught.value).startswith(message)
