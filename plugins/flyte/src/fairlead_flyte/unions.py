"""Which variant of a union a value is meant as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from types import NoneType
from typing import Any

from flyteidl2.core.types_pb2 import BlobType, LiteralType, SimpleType

from fairlead import Blob, StructuredDataset

_EXACT = {
    SimpleType.INTEGER: int,
    SimpleType.FLOAT: float,
    SimpleType.STRING: str,
    SimpleType.BOOLEAN: bool,
    SimpleType.DATETIME: datetime,
    SimpleType.DURATION: timedelta,
    SimpleType.NONE: NoneType,
}
_OF_OTHER_KINDS = (NoneType, int, float, str, date, timedelta, list, tuple, Blob, StructuredDataset)


def nearest_first(value: Any, variants: Iterable[LiteralType]) -> list[LiteralType]:
    """Return the variants in the order in which to try them: the nearest to the value's own type first, else as declared."""
    return sorted(variants, key=lambda variant: _distance(value, variant))


def _distance(value: Any, variant: LiteralType) -> int:
    """Return how far a variant is from a value's own type: 0 is exactly that, 2 a struct, as which nearly all can be given."""
    kind = variant.WhichOneof("type")
    if kind == "collection_type" and isinstance(value, list | tuple):
        return max((_distance(item, variant.collection_type) for item in value), default=1)
    if kind == "map_value_type" and isinstance(value, Mapping):
        return max((_distance(item, variant.map_value_type) for item in value.values()), default=1)
    if kind == "blob" and isinstance(value, Blob):
        return _blob_distance(value, variant.blob)
    if kind != "simple" or variant.simple in _EXACT:
        return 0 if kind == "simple" and type(value) is _EXACT[variant.simple] else 1
    return 2 if isinstance(value, _OF_OTHER_KINDS) else 1


def _blob_distance(blob: Blob, variant: BlobType) -> int:
    if blob.multipart is not (variant.dimensionality == BlobType.MULTIPART):
        return 4
    if blob.format == variant.format:
        return 0
    return 3 if blob.format and variant.format else 1
