"""Jobs that had ended when Flyte asked for them to be created.

Flyte retries whatever error CreateTask answers, also one that no retry can mend. So a refusal is answered as a
`resource_meta` that says how the job ended, and the first GetTask reads it. The result of a sync connector that Flyte 2
called through CreateTask is given in the same way.
"""

from __future__ import annotations

import msgspec
from flyteidl2.task.common_pb2 import Outputs
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct

from fairlead import FairleadError, InvalidHandle, LogLink, Phase, Resource, TaskError
from fairlead_flyte.plain import from_struct, to_struct
from fairlead_flyte.texts import shortened, whole

_START = b'{"fairlead_ended":'
_LIMIT = 512 * 1024
_LONGEST_MESSAGE = 16 * 1024


class _Ended(msgspec.Struct, frozen=True, omit_defaults=True):
    phase: str
    message: str = ""
    log_links: tuple[LogLink, ...] = ()
    error: TaskError | None = None
    outputs: bytes | None = None
    custom_info: bytes | None = None


class _Meta(msgspec.Struct, frozen=True):
    fairlead_ended: _Ended


_decode = msgspec.json.Decoder(_Meta).decode


def refusal(error: FairleadError) -> Resource:
    """Return the state of a job that was refused."""
    return Resource(phase=Phase.FAILED, message=str(error), error=TaskError(code=type(error).__name__))


def pack_ended(resource: Resource, outputs: Outputs | None = None) -> bytes:
    """Return the `resource_meta` of a job that has ended like this, with these outputs."""
    ended = _Ended(
        phase=resource.phase.name,
        message=shortened(resource.message or "", _LONGEST_MESSAGE),
        log_links=tuple(_whole_link(link) for link in resource.log_links or ()),
        error=_whole_error(resource.error),
        outputs=None if outputs is None else outputs.SerializeToString(deterministic=True),
        custom_info=to_struct(resource.custom_info).SerializeToString() if resource.custom_info else None,
    )
    meta = msgspec.json.encode(_Meta(ended))
    if len(meta) <= _LIMIT:
        return meta
    message = f"the answer takes {len(meta):,} bytes, and Flyte can keep {_LIMIT:,} of a task that is called through CreateTask; return references to the data"
    return pack_ended(Resource(phase=Phase.FAILED, message=message, error=TaskError(code="OutputsTooLarge")))


def is_ended(resource_meta: bytes) -> bool:
    """Whether this is what `pack_ended` wrote."""
    return resource_meta.startswith(_START)


def unpack_ended(resource_meta: bytes) -> tuple[Resource, Outputs | None]:
    """Return how the job ended, and its outputs; raise `InvalidHandle` where that cannot be read."""
    try:
        ended = _decode(resource_meta).fairlead_ended
        outputs = None if ended.outputs is None else Outputs.FromString(ended.outputs)
        phase = Phase[ended.phase]
        custom_info = from_struct(Struct.FromString(ended.custom_info)) if ended.custom_info else None
    except (msgspec.DecodeError, UnicodeDecodeError, DecodeError, KeyError) as error:
        message = f"not a resource meta of a job that has ended: {error}"
        raise InvalidHandle(message) from error
    resource = Resource(
        phase=phase,
        message=ended.message,
        log_links=ended.log_links,
        custom_info=custom_info,
        error=ended.error,
    )
    return resource, outputs


def _whole_error(error: TaskError | None) -> TaskError | None:
    return None if error is None else msgspec.structs.replace(error, code=whole(error.code))


def _whole_link(link: LogLink) -> LogLink:
    return msgspec.structs.replace(link, name=whole(link.name), uri=whole(link.uri))
