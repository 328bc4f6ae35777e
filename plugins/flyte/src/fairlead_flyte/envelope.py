"""What is put beside a connector's own meta in Flyte's `resource_meta`: the declared outputs of the task.

Flyte sends the task template only when a job is created, but the outputs have to be given by its declared types when the
job has ended, maybe by another process. The declaration goes into one more field of the JSON object that a meta is,
where other readers overlook it; a meta that is not JSON gets it appended.
"""

from __future__ import annotations

import base64
import binascii

from flyteidl2.core.interface_pb2 import VariableMap
from flyteidl2.core.types_pb2 import LiteralType
from google.protobuf.message import DecodeError

from fairlead_flyte.remembering import remembered

_MARK = b'"flyte_outputs":"'
_JSON_END = b'"}'
_EMPTY = b"{}"


def pack(meta: bytes, outputs: VariableMap) -> bytes:
    """Return the connector's meta together with the declared outputs of its task."""
    if not outputs.variables:
        return meta
    encoded = _encoded(outputs.SerializeToString(deterministic=True))
    field = (b"" if meta == _EMPTY else b",") + _MARK + encoded
    return meta[:-1] + field + _JSON_END if meta.endswith(b"}") else meta + field


@remembered
def _encoded(serialized: bytes) -> bytes:
    """Return the types of declared outputs in base64; most jobs are of tasks that have been seen before."""
    declared = VariableMap()
    for entry in VariableMap.FromString(serialized).variables:
        kept = declared.variables.add(key=entry.key)
        kept.value.type.CopyFrom(entry.value.type)
        _without_schemas(kept.value.type)
    return base64.b64encode(declared.SerializeToString(deterministic=True))


@remembered
def unpack(packed: bytes) -> tuple[bytes, dict[str, LiteralType] | None]:
    """Return the connector's own meta, unchanged, and the declared outputs by name; None where nothing is known of them.

    A job is asked for many times, so what was read is kept; it must not be changed.
    """
    meta, mark, encoded = packed.rpartition(_MARK)
    if not mark:
        return packed, None
    is_json = encoded.endswith(_JSON_END)
    try:
        declared = VariableMap.FromString(base64.b64decode(encoded.removesuffix(_JSON_END), validate=True))
    except (binascii.Error, DecodeError):
        return packed, None
    if not declared.variables:
        return packed, None
    meta = meta.removesuffix(b",")
    return meta + b"}" if is_json else meta, {entry.key: entry.value.type for entry in declared.variables}


def _without_schemas(type_: LiteralType) -> None:
    """Drop what a literal is not made from: the JSON schemas of dataclasses, which can be long, and annotations."""
    type_.ClearField("metadata")
    type_.ClearField("annotation")
    kind = type_.WhichOneof("type")
    if kind in {"collection_type", "map_value_type"}:
        _without_schemas(getattr(type_, kind))
    for variant in type_.union_type.variants if kind == "union_type" else ():
        _without_schemas(variant)
