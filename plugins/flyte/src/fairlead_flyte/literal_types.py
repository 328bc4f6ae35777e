"""Flyte's declared types and interfaces as fairlead's, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from flyteidl2.core.interface_pb2 import VariableMap
from flyteidl2.core.types_pb2 import LiteralType, SimpleType
from google.protobuf.json_format import MessageToJson, ParseDict

from fairlead import Variable
from fairlead_flyte.remembering import remembered

_ANY = "any"
_NAMES = {number: name.lower() for name, number in SimpleType.items()}
_PARSED: dict[str, LiteralType] = {name: LiteralType(simple=name.upper()) for name in _NAMES.values()}


def from_variables(variables: VariableMap) -> dict[str, Variable]:
    """Return declared inputs or outputs by name."""
    return {
        entry.key: Variable(from_literal_type(entry.value.type), entry.value.description)
        for entry in variables.variables
    }


def from_literal_type(type_: LiteralType) -> str | dict[str, Any]:
    """Return a type as `fairlead.Variable` has it: the name of a simple type, else Flyte's JSON form of it."""
    kind = type_.WhichOneof("type")
    if kind == "simple":
        return _NAMES.get(type_.simple, _ANY)
    return _ANY if kind is None else msgspec.json.decode(_json_form(type_.SerializeToString(deterministic=True)))


@remembered
def _json_form(serialized: bytes) -> bytes:
    """Return the JSON of a type, of which each caller gets its own dict, because a connector may change that."""
    return MessageToJson(LiteralType.FromString(serialized), indent=None).encode()


def to_literal_type(type_: str | dict[str, Any]) -> LiteralType:
    """Return the message of a type; for `any`, one that says nothing."""
    if isinstance(type_, str):
        return _PARSED.get(type_.lower(), LiteralType())
    return ParseDict(type_, LiteralType(), ignore_unknown_fields=True)


Declared = Mapping[str, LiteralType]
"""Declared inputs or outputs: the type of each by name."""


def declared(variables: VariableMap) -> Declared:
    """Return the types of declared inputs or outputs by name."""
    return {entry.key: entry.value.type for entry in variables.variables}
