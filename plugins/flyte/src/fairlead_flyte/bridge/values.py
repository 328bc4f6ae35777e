"""Outputs of others' connectors as plain values, without losing anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fairlead import Opaque
from fairlead_flyte.literals import LiteralError, from_literal, to_literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyteidl2.core.literals_pb2 import Literal
    from flyteidl2.task.common_pb2 import NamedLiteral

_PLAIN = (bool, int, float, str, bytes, datetime, timedelta, type(None))


def is_plain(value: object) -> bool:
    """Whether a Python value is one that every host of fairlead can give to its user as it is."""
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    return type(value) in _PLAIN


def from_outputs(literals: Iterable[NamedLiteral]) -> dict[str, Any]:
    """Return outputs by name; a literal that its plain value would not give back becomes an `Opaque`."""
    return {named.name: _from_output(named.value) for named in literals}


def _from_output(literal: Literal) -> Any:
    value = from_literal(literal)
    try:
        is_same = to_literal(value, None, "") == literal
    except LiteralError:
        is_same = False
    return value if is_same else _opaque(literal)


def _opaque(literal: Literal) -> Opaque:
    kind = literal.WhichOneof("value") or "literal"
    if kind == "scalar":
        kind = literal.scalar.WhichOneof("value") or kind
    elsewhere = getattr(literal.scalar, kind, None) if kind in {"blob", "schema", "structured_dataset"} else None
    return Opaque(kind=kind, uri=elsewhere.uri if elsewhere else "", data=literal.SerializeToString(deterministic=True))
