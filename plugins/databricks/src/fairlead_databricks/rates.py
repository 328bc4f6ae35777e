"""Stay below the rates that Databricks documents for a workspace.

Source: "Resource limits" in the Databricks documentation, requests per second and workspace.
"""

import asyncio
import functools
import heapq
import time

from fairlead import Deadline, QuotaExceeded

LIMITS = {
    "jobs/runs/get": 100.0,
    "jobs/runs/cancel": 100.0,  # not documented; ending runs must not take longer than following them
    "jobs/runs/submit": 35.0,
    "jobs/runs/list": 30.0,
    "jobs/run-now": 20.0,
}

_UNDOCUMENTED = 20.0
_SHARE = 0.9


class TokenBucket:
    """Lets through `rate` calls of an endpoint a second, and as many at once after a pause of a second.

    Who has to wait has a place in the future. The place of one who does not wait until then goes to the next who comes.
    """

    def __init__(self, endpoint: str, rate: float) -> None:
        self._endpoint = endpoint
        self._rate = rate
        self._tokens = rate
        self._updated = time.monotonic()
        self._given_back: list[float] = []

    async def take(self, deadline: Deadline) -> None:
        """Wait until there is room for one more call; raise `QuotaExceeded` at once where that is after the deadline."""
        now = time.monotonic()
        place = self._place(now)
        try:
            if (wait := place - now) > 0:
                self._check(wait, deadline)
                await asyncio.sleep(wait)
        except (asyncio.CancelledError, QuotaExceeded):
            heapq.heappush(self._given_back, place)
            raise

    def _place(self, now: float) -> float:
        """Return when one more call may be made: the first place that was given back, or a new one."""
        while self._given_back and self._given_back[0] <= now:
            heapq.heappop(self._given_back)
        if self._given_back:
            return heapq.heappop(self._given_back)
        self._tokens = min(self._rate, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        self._tokens -= 1
        return now + max(0.0, -self._tokens / self._rate)

    def _check(self, wait: float, deadline: Deadline) -> None:
        if wait >= deadline.remaining:
            message = f"{self._endpoint}: so many calls wait already that one more would wait {wait:.3g} s, beyond its deadline"
            raise QuotaExceeded(message)


class Rates:
    """A bucket for each endpoint of one workspace."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    async def take(self, endpoint: str, deadline: Deadline) -> None:
        """Wait until the endpoint may be called once more; raise `QuotaExceeded` at once where that is after the deadline."""
        bucket = self._buckets.get(endpoint)
        if bucket is None:
            rate = LIMITS.get(endpoint, _UNDOCUMENTED) * _SHARE
            bucket = self._buckets[endpoint] = TokenBucket(endpoint, rate)
        await bucket.take(deadline)


@functools.cache
def rates_of(instance: str) -> Rates:  # noqa: ARG001 - the key of the cache
    """Return the rates of a workspace: one and the same for all who call it in this process."""
    return Rates()
