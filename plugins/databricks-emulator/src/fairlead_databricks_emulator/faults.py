"""What goes wrong on request: faults of single answers, rate limits, expiring tokens, odd states."""

import time
from collections import deque
from typing import Annotated, Any, Literal

import msgspec

When = Literal["before", "after"]
Times = Annotated[int, msgspec.Meta(ge=1)]


class _Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action"):
    """Which requests: those whose path ends with `path`, of one method or any; so many `times`, or for ever (None).

    Before the handler, the request has no effect; after it, it has, and only the answer is lost.
    """

    path: str = ""
    method: str | None = None
    when: When = "before"
    times: Times | None = 1


class Drop(_Match, frozen=True, tag="drop"):
    """Close the connection without an answer."""


class Hang(_Match, frozen=True, tag="hang"):
    """Wait so many seconds, or (None) until `release` or the client gives up; then go on as if nothing had been."""

    seconds: float | None = None


class Status(_Match, frozen=True, tag="status"):
    """Answer with an HTTP status, a body (JSON, or text as it is), and headers."""

    status: int
    body: Any = None
    headers: dict[str, str] = {}


class Garbage(_Match, frozen=True, tag="garbage"):
    """Answer 200 with something that is no JSON."""

    body: str = '{"run_id": 12'


Fault = Drop | Hang | Status | Garbage


class RateLimit(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action", tag="rate_limit"
):
    """Answer 429 to all requests of paths with this end beyond so many in so many seconds, with `Retry-After` or without."""

    path: str
    requests: Annotated[int, msgspec.Meta(ge=0)]
    seconds: float = 1.0
    retry_after: str | None = None


class ExpireTokens(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action", tag="expire_tokens"
):
    """Let all OAuth tokens issued so far (and the personal one, if asked) expire, answered with 401 or 403."""

    status: Literal[401, 403] = 401
    personal: bool = False


class ShowStates(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action", tag="show_states"
):
    """Show only `state`, only `status`, or both, as the service does."""

    show: Literal["state", "status", "both"]


class InventState(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action", tag="invent_state"
):
    """Show these words for a run or task in place of its own, until `clear`; empty ones are left out."""

    run_id: int
    life_cycle_state: str = ""
    result_state: str = ""
    state: str = ""
    code: str = ""
    type: str = ""
    message: str = ""


Request = Fault | RateLimit | ExpireTokens | ShowStates | InventState


class FaultBook:
    """The faults that are still to happen. It may be filled from any thread."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._left: dict[int, int | None] = {}
        self._limits: dict[str, RateLimit] = {}
        self._seen: dict[str, deque[float]] = {}
        self._releases = 0
        self.shown: Literal["state", "status", "both"] = "both"
        self.invented: dict[int, InventState] = {}

    @property
    def pending(self) -> tuple[Fault, ...]:
        """The faults that are still to happen."""
        return tuple(self._faults)

    @property
    def releases(self) -> int:
        """How often `release` was called."""
        return self._releases

    def add(self, *faults: Fault) -> None:
        """Ask for faults; of several that match a request, the first happens."""
        for fault in faults:
            self._left[id(fault)] = fault.times
            self._faults.append(fault)

    def limit_rate(self, limit: RateLimit) -> None:
        """Limit the rate of requests to a path, in place of the limit it had."""
        self._limits[limit.path] = limit
        self._seen[limit.path] = deque()

    def show_states(self, show: Literal["state", "status", "both"]) -> None:
        """Show only `state`, only `status`, or both."""
        self.shown = show

    def invent_state(self, invented: InventState) -> None:
        """Show invented words for a run or task, until `clear`."""
        self.invented[invented.run_id] = invented

    def release(self) -> None:
        """Let all requests go on that hang now."""
        self._releases += 1

    def clear(self) -> None:
        """Forget all faults, limits and odd states, and release what hangs."""
        self._faults.clear()
        self._left.clear()
        self._limits.clear()
        self.invented.clear()
        self.shown = "both"
        self.release()

    def take(self, method: str, path: str, when: When) -> Fault | None:
        """Return the fault that happens to a request now, and count it."""
        for fault in self._faults:
            if fault.when == when and path.endswith(fault.path) and fault.method in {None, method}:
                self._count(fault)
                return fault
        return None

    def exceeded(self, path: str) -> RateLimit | None:
        """Count a request, and return the limit that it exceeds, if one."""
        now = time.monotonic()
        for end, limit in self._limits.items():
            if path.endswith(end):
                seen = self._seen[end]
                while seen and seen[0] <= now - limit.seconds:
                    seen.popleft()
                if len(seen) >= limit.requests:
                    return limit
                seen.append(now)
        return None

    def _count(self, fault: Fault) -> None:
        left = self._left[id(fault)]
        if left == 1:
            self._faults.remove(fault)
        elif left is not None:
            self._left[id(fault)] = left - 1
