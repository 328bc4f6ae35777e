"""What a connector says of a job: its meta, its phase, its links, outputs and logs."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MethodType, NoneType
from typing import Any, Self, dataclass_transform

import msgspec

_encode = msgspec.json.Encoder().encode


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class ResourceMeta(msgspec.Struct, frozen=True, gc=False):
    """All that is needed to find a job again, from any process, on any machine.

    Subclass it with the fields that identify the job (an id and where it lives). Never put a secret
    into it: hosts store it and print it as part of the handle. Encoded as a JSON object; unknown
    fields are ignored when it is read, so new fields need defaults.

    Being frozen and made of what JSON can hold, a meta is never part of a reference cycle, so the garbage
    collector need not look at it.
    """

    def __init_subclass__(cls, **config: Any) -> None:
        """Give each class a `decode` of its own, unless it has, or inherits, one that its author has written."""
        super().__init_subclass__(**config)
        if _is_ours(cls.decode):
            setattr(cls, "decode", _FIRST_DECODE)  # noqa: B010 - type checkers see the method below

    def encode(self) -> bytes:
        """Return the meta as JSON bytes."""
        return _encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what `encode` wrote, here or in an older version; raise `msgspec.DecodeError` if it cannot be read.

        The decoder is built at the first call, when all types that the fields name are defined. Its own method then
        takes the place of this one in the class: a function around it would take half as long again as decoding.
        """
        decode = msgspec.json.Decoder(cls).decode
        setattr(cls, "decode", decode)  # noqa: B010 - type checkers see this method
        return decode(data)


_FIRST_DECODE: "classmethod[ResourceMeta, [bytes], ResourceMeta]" = vars(ResourceMeta)["decode"]


def uses_own_decode(meta_type: type[ResourceMeta]) -> bool:
    """Whether the author of a meta's class has written its `decode`."""
    return not _is_ours(meta_type.decode)


def _is_ours(decode: object) -> bool:
    """Whether a class's `decode` is the one above, or the method of a decoder that took its place."""
    if isinstance(decode, MethodType):
        return decode.__func__ is _FIRST_DECODE.__func__
    return isinstance(getattr(decode, "__self__", None), msgspec.json.Decoder)


class Phase(IntEnum):
    """The state of a job, with the names and numbers of Flyte's `core.TaskExecution.Phase`."""

    UNDEFINED = 0
    QUEUED = 1
    RUNNING = 2
    SUCCEEDED = 3
    ABORTED = 4
    FAILED = 5
    INITIALIZING = 6
    WAITING_FOR_RESOURCES = 7
    RETRYABLE_FAILED = 8

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended and its phase will not change any more."""
        return self in _TERMINAL


_TERMINAL = frozenset({Phase.SUCCEEDED, Phase.ABORTED, Phase.FAILED, Phase.RETRYABLE_FAILED})


class LinkType(StrEnum):
    """What a link leads to, with the values of Flyte 2's `core.TaskLog.LinkType`."""

    EXTERNAL = "external"
    DASHBOARD = "dashboard"
    IDE = "ide"


class LogLink(msgspec.Struct, frozen=True):
    """A link to a page about the job. `ready` is False while the page does not exist yet."""

    name: str
    uri: str
    link_type: LinkType = LinkType.EXTERNAL
    ready: bool = True


class ErrorKind(StrEnum):
    """Who has to act on a failure."""

    USER = "user"
    SYSTEM = "system"


class TaskError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job failed: a stable `code`, whose fault it is, and whether another attempt may help."""

    code: str
    kind: ErrorKind = ErrorKind.USER
    recoverable: bool = False


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a job as a connector reports it.

    A state of the external system that the connector does not know is RUNNING with the state's own name
    in `message`, never an exception and never a guess at an end.

    `outputs` are plain Python values by name, or None for "the job wrote its own outputs".
    `poll_after` is the number of seconds until asking again is worth while; None leaves it to the host.
    """

    phase: Phase
    message: str = ""
    log_links: tuple[LogLink, ...] = ()
    outputs: dict[str, Any] | None = None
    custom_info: dict[str, Any] | None = None
    error: TaskError | None = None
    poll_after: float | None = None


class LogOriginator(StrEnum):
    """Who wrote a log line, as in Flyte's `core.LogLineOriginator`."""

    UNKNOWN = "unknown"
    USER = "user"
    SYSTEM = "system"


class LogLine(msgspec.Struct, frozen=True):
    """One line of a job's log, without its line end."""

    message: str
    timestamp: datetime | None = None
    originator: LogOriginator = LogOriginator.UNKNOWN


class LogPage(msgspec.Struct, frozen=True):
    """Some lines, and the `token` with which `get_logs` goes on after them."""

    lines: tuple[LogLine, ...]
    token: str


class MetricsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which metrics of a job are wanted, in which interval; `step` is in seconds."""

    queries: tuple[str, ...]
    start_time: datetime | None = None
    end_time: datetime | None = None
    step: float | None = None


class Metric(msgspec.Struct, frozen=True):
    """One metric's samples, as a Prometheus range result (Flyte's `core.ExecutionMetricResult`)."""

    name: str
    data: dict[str, Any]


_FIELDS: dict[type, dict[str, tuple[type, ...]]] = {
    Resource: {
        "phase": (Phase,),
        "message": (str, NoneType),
        "log_links": (tuple, list, NoneType),
        "custom_info": (dict, Mapping, NoneType),
        "error": (TaskError, NoneType),
        "poll_after": (float, int, NoneType),
    },
    LogLink: {"name": (str,), "uri": (str,), "link_type": (LinkType,), "ready": (bool,)},
    TaskError: {"code": (str,), "kind": (ErrorKind,), "recoverable": (bool,)},
    LogPage: {"lines": (tuple, list), "token": (str,)},
    LogLine: {"message": (str,), "timestamp": (datetime, NoneType), "originator": (LogOriginator,)},
    Metric: {"name": (str,), "data": (dict, Mapping)},
}
"""What a struct must hold. `outputs` are the hosts' matter: one that cannot use them says so of the task."""

_STRUCTS: dict[str, type] = {"error": TaskError, "log_links": LogLink, "lines": LogLine}


def misfit(value: object, type_: type) -> str:
    """Return what keeps a value from being what a connector must return, or an empty text.

    Such as "a dict; it must be a Resource", or "a LogPage whose `lines[0]` is a str; it must be a LogLine": a Struct
    does not check that when it is made.
    """
    if not isinstance(value, type_):
        return _wrong(value, type_)
    found = _first_misfit(value, type_)
    return f"a {type_.__name__} whose `{found}" if found else ""


def _first_misfit(struct: object, type_: type) -> str:
    for name, types in _FIELDS.get(type_, {}).items():
        value = getattr(struct, name)
        if not isinstance(value, types):
            return f"{name}` is {_wrong(value, types[0])}"
        if value and name in _STRUCTS and (found := _misfit_inside(value, _STRUCTS[name])):
            return f"{name}{found}"
    return ""


def _misfit_inside(value: Any, type_: type) -> str:
    """Return the same of a field that holds a struct, or several."""
    if isinstance(value, type_):
        found = _first_misfit(value, type_)
        return f".{found}" if found else ""
    for index, item in enumerate(value):
        if not isinstance(item, type_):
            return f"[{index}]` is {_wrong(item, type_)}"
        if found := _first_misfit(item, type_):
            return f"[{index}].{found}"
    return ""


def _wrong(value: object, type_: type) -> str:
    return f"a {type(value).__name__}; it must be a {type_.__name__}"
