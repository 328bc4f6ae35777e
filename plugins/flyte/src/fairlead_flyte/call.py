"""One call of Flyte's: of which method, until when it waits, what it is about, and what there is to count of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fairlead import Deadline, TaskCategory

if TYPE_CHECKING:
    from grpc.aio import ServicerContext

    from fairlead import FairleadError, Operation
    from fairlead_flyte.slots import Slots

_WITHOUT_DEADLINE = 60.0
_LONGEST_MARGIN = 0.5
_UNKNOWN = TaskCategory("")


class Method:
    """One gRPC method, and how many calls of it run; `operation` is None where it is about no job."""

    __slots__ = ("is_flyte1", "name", "operation", "running")

    def __init__(self, name: str, operation: Operation | None, *, is_flyte1: bool) -> None:
        self.name = name
        self.operation = operation
        self.is_flyte1 = is_flyte1
        self.running = 0


class _EachStep(Deadline, frozen=True):
    """A deadline that begins anew whenever somebody asks how much time there is."""

    @property
    def remaining(self) -> float:
        return _WITHOUT_DEADLINE


_EACH_PAGE = _EachStep(float("inf"))


class Call:
    """What an operation is told of the call, and what it tells of itself for the metrics.

    `slots` are those of which it holds one, and `span` is its part of a trace.
    """

    __slots__ = ("absorbed", "category", "context", "input_bytes", "method", "slots", "span", "started")

    def __init__(self, method: Method, context: ServicerContext[bytes, bytes]) -> None:
        self.method = method
        self.context = context
        self.started = time.perf_counter()
        self.category = _UNKNOWN
        self.input_bytes: int | None = None
        self.absorbed: FairleadError | None = None
        self.slots: Slots | None = None
        self.span: Any = None

    @property
    def is_flyte1(self) -> bool:
        """Whether it came by Flyte 1's protocol."""
        return self.method.is_flyte1

    @property
    def deadline(self) -> Deadline:
        """When the answer has to be ready, so much before the client's deadline that it arrives."""
        time_remaining: float | None = self.context.time_remaining()
        if time_remaining is None:
            return Deadline.after(_WITHOUT_DEADLINE)
        return Deadline.after(time_remaining - min(_LONGEST_MARGIN, time_remaining / 10))

    @property
    def page_deadline(self) -> Deadline:
        """When the next page of a stream has to be ready: without a deadline of the client's, each page has its own."""
        return _EACH_PAGE if self.context.time_remaining() is None else self.deadline
