"""protobuf's `Struct` as plain Python values, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from google.protobuf.struct_pb2 import Struct, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXACT_FLOAT_INTEGERS = 2.0**53


def from_struct(struct: Struct) -> dict[str, Any]:
    """Return a `Struct` as a dict. Whole numbers become ints, because a `Struct` carries every number as a double."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) <= _EXACT_FLOAT_INTEGERS else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "struct_value":
        return from_struct(value.struct_value)
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    return None


def to_struct(values: Mapping[str, Any]) -> Struct:
    """Return plain values as a `Struct`; what JSON cannot hold becomes its text."""
    struct = Struct()
    struct.update(msgspec.to_builtins(values, str_keys=True, enc_hook=str))
    return struct
