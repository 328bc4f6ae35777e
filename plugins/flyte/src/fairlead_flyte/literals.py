"""Flyte's literals as plain Python values, and back by the declared type.

The messages are those of Flyte 2. Flyte 1's have the same fields under the same numbers, so its bytes are read as Flyte 2's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import msgspec
from flyteidl2.core.literals_pb2 import (
    Binary,
    Literal,
    LiteralCollection,
    LiteralMap,
    Primitive,
    Scalar,
    Union,
    Void,
)
from flyteidl2.core.literals_pb2 import Blob as FlyteBlob
from flyteidl2.core.literals_pb2 import StructuredDataset as FlyteStructuredDataset
from flyteidl2.core.types_pb2 import BlobType, LiteralType, SimpleType, StructuredDatasetType
from flyteidl2.task.common_pb2 import NamedLiteral
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import Error as JsonError
from google.protobuf.message import Error as MessageError
from google.protobuf.timestamp_pb2 import Timestamp

from fairlead import Blob, Column, Opaque, StructuredDataset
from fairlead_flyte.literal_types import from_literal_type, to_literal_type
from fairlead_flyte.plain import from_struct
from fairlead_flyte.unions import nearest_first

MSGPACK = "msgpack"

_decode_msgpack = msgspec.msgpack.Decoder().decode
_encode_msgpack = msgspec.msgpack.Encoder().encode

T = TypeVar("T")


class LiteralError(ValueError):
    """A value does not fit its declared type; the message names its path, what is there and what is declared."""


def from_literals(literals: Iterable[NamedLiteral]) -> dict[str, Any]:
    """Return named literals as plain Python values."""
    return {named.name: from_literal(named.value) for named in literals}


def from_literal(literal: Literal) -> Any:
    """Return a literal as a plain Python value.

    Files and tables become `Blob` and `StructuredDataset`; what has no plain form becomes `Opaque`.
    """
    primitive = literal.scalar.primitive  # what most are; an empty one, where this is something else
    kind = primitive.WhichOneof("value")
    if kind in _AS_THEY_ARE:
        return getattr(primitive, kind)
    kind = literal.WhichOneof("value")
    if kind == "scalar":
        return _from_scalar(literal.scalar, literal)
    if kind == "collection":
        return [from_literal(item) for item in literal.collection.literals]
    if kind == "map":
        return {key: from_literal(item) for key, item in literal.map.literals.items()}
    if kind is None:
        return None
    return _opaque(kind, literal, uri=literal.offloaded_metadata.uri)


_AS_THEY_ARE = frozenset({"integer", "float_value", "string_value", "boolean"})


def _from_scalar(scalar: Scalar, literal: Literal) -> Any:
    kind = scalar.WhichOneof("value")
    if kind is None:
        return None
    read = _SCALARS.get(kind)
    return read(scalar, literal) if read else _opaque(kind, literal, uri=scalar.schema.uri)


def _from_primitive(scalar: Scalar, literal: Literal) -> Any:
    primitive = scalar.primitive
    kind = primitive.WhichOneof("value")
    if kind is None:
        return None
    value = getattr(primitive, kind)
    try:
        return value.ToDatetime(UTC) if kind == "datetime" else value.ToTimedelta()
    except (ValueError, OverflowError):  # beyond what Python's own types can hold
        return _opaque(kind, literal)


def _from_binary(scalar: Scalar, literal: Literal) -> Any:
    binary = scalar.binary
    if binary.tag != MSGPACK:
        return _opaque(binary.tag or "binary", literal)
    try:
        return _decode_msgpack(binary.value)
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError):
        return _opaque(MSGPACK, literal)


def _from_blob(scalar: Scalar, _: Literal) -> Blob:
    blob = scalar.blob
    type_ = blob.metadata.type
    return Blob(uri=blob.uri, format=type_.format, multipart=type_.dimensionality == BlobType.MULTIPART)


def _from_structured_dataset(scalar: Scalar, _: Literal) -> StructuredDataset:
    dataset = scalar.structured_dataset
    type_ = dataset.metadata.structured_dataset_type
    return StructuredDataset(
        uri=dataset.uri,
        format=type_.format,
        columns=tuple(Column(column.name, from_literal_type(column.literal_type)) for column in type_.columns),
        external_schema_type=type_.external_schema_type,
        external_schema=type_.external_schema_bytes,
    )


_SCALARS: dict[str, Callable[[Scalar, Literal], Any]] = {
    "primitive": _from_primitive,
    "none_type": lambda _scalar, _literal: None,
    "union": lambda scalar, _: from_literal(scalar.union.value),
    "generic": lambda scalar, _: from_struct(scalar.generic),
    "binary": _from_binary,
    "blob": _from_blob,
    "structured_dataset": _from_structured_dataset,
}


def _opaque(kind: str, literal: Literal, *, uri: str = "") -> Opaque:
    return Opaque(kind=kind, uri=uri, data=literal.SerializeToString(deterministic=True))


def to_literals(values: Mapping[str, Any], declared: Mapping[str, LiteralType] | None) -> list[NamedLiteral]:
    """Return plain values as named literals of the declared types; without a declaration, by what they are.

    With one, values that it does not name are left out. Raises `LiteralError` for one that is missing or does not fit.
    """
    _fitting(values, Mapping, "a dict of values by name", "outputs")
    if declared is None:
        for name in values:
            _fitting(name, str, "a text", f"the name {name!r}")
        return [NamedLiteral(name=name, value=to_literal(value, None, name)) for name, value in values.items()]
    if missing := [name for name in declared if name not in values]:
        message = f"{', '.join(f'`{name}`' for name in missing)} declared, but not there; there are {', '.join(f'`{name}`' for name in values) or 'none'}"
        raise LiteralError(message)
    return [NamedLiteral(name=name, value=to_literal(values[name], type_, name)) for name, type_ in declared.items()]


def to_literal(value: Any, declared: LiteralType | None, path: str) -> Literal:
    """Return a plain value as a literal of the declared type; without one, by what it is."""
    try:
        return _literal(value, declared, path)
    except LiteralError:
        raise
    except (ValueError, TypeError, ArithmeticError, RecursionError, MessageError, JsonError) as error:
        message = f"`{path}`: {error}"
        raise LiteralError(message) from error


def _literal(value: Any, declared: LiteralType | None, path: str) -> Literal:
    if isinstance(value, Opaque):
        return Literal.FromString(value.data)
    if isinstance(value, Enum):
        value = value.value
    kind = declared.WhichOneof("type") if declared is not None else None
    if declared is None or kind is None:
        return _guessed(value, path)
    if kind not in _TYPES:
        message = (
            f"`{path}`: {type(value).__name__} cannot be given as {kind}; only the same value that came as an input can"
        )
        raise LiteralError(message)
    return _TYPES[kind](value, declared, path)


def _to_simple(value: Any, declared: LiteralType, path: str) -> Literal:
    write = _SIMPLE_TYPES.get(declared.simple, _msgpack)
    return write(value, path)


def _to_integer(value: Any, path: str) -> Literal:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _primitive(integer=_fitting(value, int, "an integer", path, but=bool))


def _to_float(value: Any, path: str) -> Literal:
    return _primitive(float_value=_fitting(value, int | float, "a float", path, but=bool))


def _to_string(value: Any, path: str) -> Literal:
    return _primitive(string_value=_fitting(value, str, "a string", path))


def _to_boolean(value: Any, path: str) -> Literal:
    return _primitive(boolean=_fitting(value, bool, "a boolean", path))


def _to_datetime(value: Any, path: str) -> Literal:
    return _primitive(datetime=_timestamp(_converted(value, datetime, "a datetime", path)))


def _to_duration(value: Any, path: str) -> Literal:
    return _primitive(duration=_duration(_converted(value, timedelta, "a duration", path)))


def _to_none(value: Any, path: str) -> Literal:
    _fitting(value, type(None), "None", path)
    return Literal(scalar=Scalar(none_type=Void()))


def _to_collection(value: Any, declared: LiteralType, path: str) -> Literal:
    items = _fitting(value, list | tuple, "a list", path)
    literals = [to_literal(item, declared.collection_type, f"{path}[{n}]") for n, item in enumerate(items)]
    return Literal(collection=LiteralCollection(literals=literals))


def _to_map(value: Any, declared: LiteralType, path: str) -> Literal:
    pairs = _fitting(value, Mapping, "a dict", path).items()
    literals = {str(key): to_literal(item, declared.map_value_type, f"{path}.{key}") for key, item in pairs}
    return Literal(map=LiteralMap(literals=literals))


def _to_union(value: Any, declared: LiteralType, path: str) -> Literal:
    """Return a union of the variant that is nearest to the value's own type; of several, the first that it fits."""
    for variant in nearest_first(value, declared.union_type.variants):
        try:
            literal = to_literal(value, variant, path)
        except LiteralError:
            continue
        return Literal(scalar=Scalar(union=Union(value=literal, type=variant)))
    expected = ", ".join(str(from_literal_type(variant)) for variant in declared.union_type.variants)
    message = f"`{path}`: {type(value).__name__} fits none of the declared types: {expected}"
    raise LiteralError(message)


def _to_enum(value: Any, declared: LiteralType, path: str) -> Literal:
    names = declared.enum_type.values
    if value not in names:
        message = f"`{path}`: {value!r} is none of {', '.join(names)}"
        raise LiteralError(message)
    return _primitive(string_value=value)


def _to_blob(value: Any, declared: LiteralType, path: str) -> Literal:
    default = declared.blob
    blob = Blob(uri=value) if isinstance(value, str) else _converted(value, Blob, "a Blob or its URI", path)
    multipart = blob.multipart or default.dimensionality == BlobType.MULTIPART
    type_ = BlobType(
        format=blob.format or default.format,
        dimensionality=BlobType.MULTIPART if multipart else BlobType.SINGLE,
    )
    return Literal(scalar=Scalar(blob=FlyteBlob(uri=blob.uri, metadata={"type": type_})))


def _to_structured_dataset(value: Any, declared: LiteralType, path: str) -> Literal:
    default = declared.structured_dataset_type
    expected = "a StructuredDataset or its URI"
    given = StructuredDataset(uri=value) if isinstance(value, str) else value
    dataset = _converted(given, StructuredDataset, expected, path)
    columns = [
        StructuredDatasetType.DatasetColumn(name=column.name, literal_type=to_literal_type(column.type))
        for column in dataset.columns
    ]
    type_ = StructuredDatasetType(
        columns=columns or default.columns,
        format=dataset.format or default.format,
        external_schema_type=dataset.external_schema_type or default.external_schema_type,
        external_schema_bytes=dataset.external_schema or default.external_schema_bytes,
    )
    message = FlyteStructuredDataset(uri=dataset.uri, metadata={"structured_dataset_type": type_})
    return Literal(scalar=Scalar(structured_dataset=message))


_TYPES: dict[str, Callable[[Any, LiteralType, str], Literal]] = {
    "simple": _to_simple,
    "collection_type": _to_collection,
    "map_value_type": _to_map,
    "union_type": _to_union,
    "enum_type": _to_enum,
    "blob": _to_blob,
    "structured_dataset_type": _to_structured_dataset,
}

_SIMPLE_TYPES: dict[int, Callable[[Any, str], Literal]] = {
    SimpleType.INTEGER: _to_integer,
    SimpleType.FLOAT: _to_float,
    SimpleType.STRING: _to_string,
    SimpleType.BOOLEAN: _to_boolean,
    SimpleType.DATETIME: _to_datetime,
    SimpleType.DURATION: _to_duration,
    SimpleType.NONE: _to_none,
}


def _guessed(value: Any, path: str) -> Literal:
    """Return the literal that a value has by its Python type."""
    for type_, write in _GUESSES:
        if isinstance(value, type_):
            return write(value, path)
    return _msgpack(value, path)


def _guessed_list(value: Any, path: str) -> Literal:
    return _to_collection(value, LiteralType(collection_type=LiteralType()), path)


_GUESSES: list[tuple[Any, Callable[[Any, str], Literal]]] = [
    (type(None), _to_none),
    (bool, _to_boolean),
    (int, _to_integer),
    (float, _to_float),
    (str, _to_string),
    (date, _to_datetime),
    (timedelta, _to_duration),
    (list | tuple, _guessed_list),
    (Blob, lambda value, path: _to_blob(value, LiteralType(), path)),
    (StructuredDataset, lambda value, path: _to_structured_dataset(value, LiteralType(), path)),
]


def _msgpack(value: Any, path: str) -> Literal:
    try:
        return Literal(scalar=Scalar(binary=Binary(value=_encode_msgpack(value), tag=MSGPACK)))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        message = f"`{path}`: {type(value).__name__} cannot be given as msgpack: {error}"
        raise LiteralError(message) from error


def _primitive(**value: Any) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(**value)))


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return timestamp


def _duration(delta: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(delta)
    return duration


def _fitting(value: Any, types: Any, expected: str, path: str, *, but: type | None = None) -> Any:
    if not isinstance(value, types) or (but is not None and isinstance(value, but)):
        message = f"`{path}`: expected {expected}, got {type(value).__name__}"
        raise LiteralError(message)
    return value


def _converted(value: Any, type_: type[T], expected: str, path: str) -> T:
    """Return the value as that type, which it may also have been before it went through JSON."""
    if isinstance(value, type_):
        return value
    if type_ is datetime and type(value) is date:
        value = f"{value.isoformat()}T00:00:00Z"
    try:
        return msgspec.convert(value, type_, strict=type_ is not timedelta)  # a number is a duration in seconds
    except msgspec.ValidationError as error:
        message = f"`{path}`: expected {expected}, got {type(value).__name__}: {error}"
        raise LiteralError(message) from error
