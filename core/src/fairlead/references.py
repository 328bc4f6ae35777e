"""Values that stand for data elsewhere: what a task is given, or gives, when the data is not in the message itself."""

from typing import Any

import msgspec


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or with `multipart` a folder of files, as in Flyte's `core.Blob`."""

    uri: str
    format: str = ""
    multipart: bool = False


class Column(msgspec.Struct, frozen=True):
    """A column of a structured dataset; `type` is as in `fairlead.Variable`."""

    name: str
    type: str | dict[str, Any] = "any"


class StructuredDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A table, as in Flyte's `core.StructuredDataset`: a file, or `bq://project:dataset.table` and the like."""

    uri: str
    format: str = ""
    columns: tuple[Column, ...] = ()
    external_schema_type: str = ""
    external_schema: bytes = b""


class Opaque(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a host that fairlead does not look into; given back as an output, it is the same value again.

    `kind` is the host's name for it (Flyte's `schema`, `error`, `offloaded_metadata`, or the tag of a `binary`), `uri`
    where its data is, if that is elsewhere, and `data` the host's own encoding of the whole value.
    """

    kind: str
    uri: str = ""
    data: bytes = b""
