"""Calls stay below the rates of a workspace."""

import asyncio
from types import SimpleNamespace

import pytest

from fairlead import Backoff, Deadline, QuotaExceeded
from fairlead_databricks.credentials import PersonalAccessToken
from fairlead_databricks.rates import LIMITS, Rates, TokenBucket, rates_of
from fairlead_databricks.workspace import Workspace

NEVER = Deadline.after(None)


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
    monkeypatch.setattr("fairlead.context.time", clock)
    errors = {"CancelledError": asyncio.CancelledError}
    monkeypatch.setattr("fairlead_databricks.rates.asyncio", SimpleNamespace(sleep=clock.sleep, **errors))
    return clock


@pytest.fixture
def standing(clock, monkeypatch):
    """The same clock, which stands still: who waits does so until the test is over."""

    async def sleep(seconds):
        clock.waits.append(seconds)
        await asyncio.Event().wait()

    monkeypatch.setattr("fairlead_databricks.rates.asyncio.sleep", sleep)
    return clock


async def queue(bucket, count):
    """Let so many calls come to a bucket; return their tasks."""
    calls = [asyncio.create_task(bucket.take(NEVER)) for _ in range(count)]
    await asyncio.sleep(0)
    return calls


async def leave(calls):
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_a_bucket(clock):
    """A second's worth of calls goes through at once, and then one after the other at the rate."""
    bucket = TokenBucket("x", 10)
    for _ in range(10):
        await bucket.take(NEVER)
    assert clock.waits == []
    for _ in range(20):
        await bucket.take(NEVER)
    assert clock.now == pytest.approx(102)
    clock.now += 5
    clock.waits.clear()
    for _ in range(10):
        await bucket.take(NEVER)
    assert clock.waits == []


async def test_who_gives_up_leaves_no_debt(standing):
    """The places of calls that were given up while they waited go to the next, and none is given twice."""
    bucket = TokenBucket("x", 10)
    calls = await queue(bucket, 10 + 20)
    await leave(calls[10:20])
    calls[10:20] = await queue(bucket, 10)
    assert sorted(standing.waits[20:]) == pytest.approx(sorted(standing.waits[:10]))
    assert len(standing.waits[10:]) == len({round(wait, 6) for wait in standing.waits[10:]}) == 20
    await leave(calls)


async def test_places_that_have_passed_are_not_made_up_for(standing):
    """After a thousand calls were given up and their time is over, only those of a second go through at once."""
    bucket = TokenBucket("x", 10)
    calls = await queue(bucket, 1000)
    await leave(calls)
    standing.now += 200
    standing.waits.clear()
    calls = await queue(bucket, 15)
    assert standing.waits == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    await leave(calls)


async def test_no_place_after_the_deadline(standing):
    """A call that would wait beyond its deadline is refused at once, and takes no place from the next."""
    bucket = TokenBucket("x", 10)
    calls = await queue(bucket, 10 + 20)
    for _ in range(100):
        with pytest.raises(QuotaExceeded, match=r"x: so many calls wait already .* wait 2.1 s, beyond its deadline"):
            await bucket.take(Deadline.after(2))
    assert len(standing.waits) == 20
    calls += await queue(bucket, 1)
    assert standing.waits[-1] == pytest.approx(2.1)
    await leave(calls)


async def test_a_start_beyond_the_deadline(lifecycle, emulator, context, databricks, monkeypatch):
    """A run whose start would wait for longer than its deadline is not submitted, and that is said at once."""
    monkeypatch.setitem(LIMITS, "jobs/runs/submit", 0.01)
    monkeypatch.setattr("fairlead_databricks.workspace.rates_of", lambda _: Rates())
    task = databricks({"tasks": [{"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}]})
    with pytest.raises(QuotaExceeded, match="jobs/runs/submit: so many calls wait already"):
        await lifecycle.create(task, {}, context(seconds=5))
    assert emulator.requests.count("/runs/submit") == 0


@pytest.mark.parametrize("endpoint", [*LIMITS, "jobs/runs/get-output"])
async def test_each_endpoint_stays_below_its_rate(clock, endpoint):
    """In a minute there are fewer calls than Databricks allows, and those of other endpoints do not count."""
    rates, calls = Rates(), 0
    end = clock.now + 60
    while clock.now < end:
        await rates.take(endpoint, NEVER)
        calls += 1
    assert calls <= LIMITS.get(endpoint, 20) * 60
    waits = len(clock.waits)
    await rates.take("jobs/other", NEVER)
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
