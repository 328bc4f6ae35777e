"""Calls stay below the rates of a workspace."""

from types import SimpleNamespace

import pytest

from fairlead import Backoff
from fairlead_databricks.credentials import PersonalAccessToken
from fairlead_databricks.rates import LIMITS, Rates, TokenBucket, rates_of
from fairlead_databricks.workspace import Workspace


class Time:
    """A clock that only waits move."""

    def __init__(self):
        self.now = 100.0
        self.waits = []

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Time()
    monkeypatch.setattr("fairlead_databricks.rates.time", clock)
    monkeypatch.setattr("fairlead_databricks.rates.asyncio", SimpleNamespace(sleep=clock.sleep))
    return clock


async def test_a_bucket(clock):
    """A second's worth of calls goes through at once, and then one after the other at the rate."""
    bucket = TokenBucket(10)
    for _ in range(10):
        await bucket.take()
    assert clock.waits == []
    for _ in range(20):
        await bucket.take()
    assert clock.now == pytest.approx(102)
    clock.now += 5
    clock.waits.clear()
    for _ in range(10):
        await bucket.take()
    assert clock.waits == []


@pytest.mark.parametrize("endpoint", [*LIMITS, "jobs/runs/get-output"])
async def test_each_endpoint_stays_below_its_rate(clock, endpoint):
    """In a minute there are fewer calls than Databricks allows, and those of other endpoints do not count."""
    rates, calls = Rates(), 0
    end = clock.now + 60
    while clock.now < end:
        await rates.take(endpoint)
        calls += 1
    assert calls <= LIMITS.get(endpoint, 20) * 60
    waits = len(clock.waits)
    await rates.take("jobs/other")
    assert len(clock.waits) == waits


async def test_one_bucket_for_all_who_call_a_workspace():
    """Credentials and connectors have no rates of their own: they belong to the workspace."""
    backoff = Backoff(initial=1, maximum=1)
    first, second, other = (
        Workspace(instance, PersonalAccessToken(token), request_seconds=1, backoff=backoff)
        for instance, token in (("a.example.com", "x"), ("a.example.com", "y"), ("b.example.com", "x"))
    )
    assert first._rates is second._rates is rates_of("a.example.com")
    assert first._rates is not other._rates
    for workspace in (first, second, other):
        await workspace.close()
