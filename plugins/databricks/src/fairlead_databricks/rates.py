"""Stay below the rates that Databricks documents for a workspace.

Source: "Resource limits" in the Databricks documentation, requests per second and workspace.
"""

import asyncio
import functools
import time

LIMITS = {
    "jobs/runs/get": 100.0,
    "jobs/runs/submit": 35.0,
    "jobs/runs/list": 30.0,
    "jobs/run-now": 20.0,
}

_UNDOCUMENTED = 20.0
_SHARE = 0.9


class TokenBucket:
    """Lets through `rate` calls a second, and as many at once after a pause of a second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._tokens = rate
        self._updated = time.monotonic()

    async def take(self) -> None:
        """Wait until there is room for one more call."""
        now = time.monotonic()
        self._tokens = min(self._rate, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        self._tokens -= 1
        if self._tokens < 0:  # each waiter has its own place in the future
            await asyncio.sleep(-self._tokens / self._rate)


class Rates:
    """A bucket for each endpoint of one workspace."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    async def take(self, endpoint: str) -> None:
        """Wait until the endpoint may be called once more."""
        bucket = self._buckets.get(endpoint)
        if bucket is None:
            rate = LIMITS.get(endpoint, _UNDOCUMENTED) * _SHARE
            bucket = self._buckets[endpoint] = TokenBucket(rate)
        await bucket.take()


@functools.cache
def rates_of(instance: str) -> Rates:  # noqa: ARG001 - the key of the cache
    """Return the rates of a workspace: one and the same for all who call it in this process."""
    return Rates()
