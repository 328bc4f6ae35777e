"""One call of Flyte's: which version it came by, until when it waits, and what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead import Deadline, TaskCategory

if TYPE_CHECKING:
    from collections.abc import Callable

    from fairlead import FairleadError

_WITHOUT_DEADLINE = 60.0
_LONGEST_MARGIN = 0.5


class Call:
    """What an operation is told of the call, and what it tells of itself for the metrics."""

    __slots__ = ("_time_remaining", "absorbed", "category", "input_bytes", "is_flyte1")

    def __init__(self, time_remaining: Callable[[], float | None], *, is_flyte1: bool) -> None:
        self._time_remaining = time_remaining
        self.is_flyte1 = is_flyte1
        self.category = TaskCategory("")
        self.input_bytes: int | None = None
        self.absorbed: FairleadError | None = None

    @property
    def deadline(self) -> Deadline:
        """When the answer has to be ready, so much before the client's deadline that it arrives."""
        time_remaining = self._time_remaining()
        if time_remaining is None:
            return Deadline.after(_WITHOUT_DEADLINE)
        return Deadline.after(time_remaining - min(_LONGEST_MARGIN, time_remaining / 10))
