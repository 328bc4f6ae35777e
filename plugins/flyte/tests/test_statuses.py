"""The cache of states: how often the external system is asked, and by whom."""

import asyncio
import time

import grpc
import pytest
from waiting import until

from fairlead import Deadline, Phase, QuotaExceeded, Resource, TaskCategory
from fairlead_flyte.intervals import PollIntervals
from fairlead_flyte.statuses import Status, Statuses

RUNNING = Resource(phase=Phase.RUNNING)
JOBS = TaskCategory("jobs")
LONG = 1000.0
LATER = Deadline.after(LONG)


def status(response=b"state", good_for=LONG):
    return Status(response, b"", Phase.RUNNING, time.monotonic() + good_for)


def key(meta, connection=b""):
    return JOBS, meta, connection


@pytest.fixture
async def patient(serve, jobs):
    """A server whose answers are fresh for longer than any test."""
    return await serve(jobs, poll_interval=LONG)


async def test_a_fresh_state_is_not_asked_for(patient, jobs):
    """Within the poll interval the connector is asked once, whoever asks and however often."""
    meta = await patient.flyte1.create()
    resources = [await flyte.get(meta) for flyte in (patient.flyte1, patient.flyte2) for _ in range(5)]
    assert {resource.phase for resource in resources} == {Phase.RUNNING}
    assert len(jobs.gets.calls) == 1


async def test_what_only_flyte1_has_is_not_kept_for_flyte2(patient, jobs):
    """Out of one kept state, each version gets what it has a field for."""
    jobs.gets.will(Resource(phase=Phase.RETRYABLE_FAILED))
    meta = await patient.flyte2.create()
    assert (await patient.flyte2.get(meta)).phase == Phase.RETRYABLE_FAILED
    resource = await patient.flyte1.get(meta)
    assert (resource.phase, resource.state) == (Phase.RETRYABLE_FAILED, 0)


async def test_gets_of_one_job_at_once(served, jobs):
    """Of many calls at once, one asks the connector, and all get its answer."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(*_):
        asked.set()
        await go.wait()
        return Resource(phase=Phase.QUEUED, message=str(len(jobs.gets.calls)))

    jobs.gets.will(slow)
    meta = await served.flyte1.create()
    calls = [asyncio.ensure_future(flyte.get(meta)) for flyte in (served.flyte1, served.flyte2) for _ in range(20)]
    await asked.wait()
    await until(lambda: served.running() == 40)
    go.set()
    assert {resource.message for resource in await asyncio.gather(*calls)} == {"1"}


async def test_a_caller_that_goes_away_while_it_asks(served, jobs):
    """When the call that asks is cancelled, another one asks in its place."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def hang(*_):
        asked.set()
        await asyncio.Event().wait()

    async def answer(*_):
        await go.wait()
        return RUNNING

    jobs.gets.will(hang, answer)
    meta = await served.flyte1.create()
    first = served.flyte1.jobs.GetTask(served.flyte1.request("GetTask", meta))
    await asked.wait()
    second = asyncio.ensure_future(served.flyte1.get(meta))
    await until(lambda: served.running() == 2)
    first.cancel()
    go.set()
    assert (await second).phase == Phase.RUNNING
    assert len(jobs.gets.calls) == 2


async def test_a_caller_that_waits_for_the_answer_of_another(served, jobs):
    """A call whose own time is up does not wait for the one that asks: it gets the last known state."""
    asked = asyncio.Event()

    async def hang(*_):
        asked.set()
        await asyncio.Event().wait()

    jobs.gets.will(Resource(phase=Phase.QUEUED, message="in line"), hang)
    meta = await served.flyte1.create()
    await served.flyte1.get(meta)
    first = asyncio.ensure_future(served.flyte1.get(meta, timeout=60))
    await asked.wait()
    assert (await served.flyte2.get(meta, timeout=0.5)).message == "in line"
    assert served.metric("fairlead_flyte_absorbed_errors_total", task_type="jobs", error="DeadlineExceeded") == 1
    first.cancel()


@pytest.mark.usefixtures("short_deadlines")
async def test_the_deadline_of_one_caller_is_not_that_of_others(patient, jobs):
    """What a call is told whose time was up is kept for nobody: those that wait ask themselves."""
    asked = asyncio.Event()

    async def hang(*_):
        asked.set()
        await asyncio.Event().wait()

    jobs.gets.will(hang, RUNNING)
    meta = await patient.flyte1.create()
    first = asyncio.ensure_future(patient.flyte1.get(meta, timeout=None))
    await asked.wait()
    assert (await patient.flyte2.get(meta, timeout=60)).phase == Phase.RUNNING
    assert (await first).phase == Phase.INITIALIZING
    assert len(jobs.gets.calls) == 2


@pytest.mark.usefixtures("short_deadlines")
async def test_a_place_that_did_not_come_free(serve, jobs):
    """Where nobody was asked, nothing is kept, and the next call asks."""
    served = await serve(jobs, poll_interval=LONG, max_concurrency=1)
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(*_):
        asked.set()
        await go.wait()
        return RUNNING

    metas = [await served.flyte1.create() for _ in range(2)]
    jobs.gets.will(slow, RUNNING)
    slow_call = asyncio.ensure_future(served.flyte1.get(metas[0], timeout=60))
    await asked.wait()
    assert (await served.flyte1.get(metas[1], timeout=None)).phase == Phase.INITIALIZING
    go.set()
    await slow_call
    assert (await served.flyte1.get(metas[1])).phase == Phase.RUNNING


async def test_an_interval_for_one_task_type(serve, jobs):
    """A task type may have an interval of its own."""
    served = await serve(jobs, poll_interval=0.0, poll_intervals={"jobs": LONG})
    meta = await served.flyte2.create()
    for _ in range(3):
        await served.flyte2.get(meta)
    assert len(jobs.gets.calls) == 1


async def test_a_connector_that_says_when_to_ask_again(served, jobs):
    """`poll_after` keeps a state for longer than the interval."""
    jobs.gets.will(Resource(phase=Phase.RUNNING, poll_after=LONG))
    meta = await served.flyte1.create()
    for _ in range(3):
        await served.flyte1.get(meta)
    assert len(jobs.gets.calls) == 1


async def test_an_external_system_that_says_when_to_ask_again(served, jobs):
    """After a quota error, the system is left alone for as long as it asked for."""
    jobs.gets.will(QuotaExceeded("too many", retry_after=LONG))
    meta = await served.flyte1.create()
    for _ in range(3):
        assert (await served.flyte1.get(meta)).phase == Phase.INITIALIZING
    assert len(jobs.gets.calls) == 1


async def test_a_deletion_is_seen_at_once(patient, jobs):
    """After a job has been deleted, its kept state is no longer good."""
    meta = await patient.flyte1.create()
    jobs.gets.will(RUNNING, Resource(phase=Phase.ABORTED))
    await patient.flyte1.get(meta)
    await patient.flyte1.delete(meta)
    assert (await patient.flyte1.get(meta)).phase == Phase.ABORTED


async def test_a_deletion_while_a_state_is_asked_for(patient, jobs):
    """A state that was asked for before a deletion is not kept after it."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(*_):
        asked.set()
        await go.wait()
        return RUNNING

    meta = await patient.flyte1.create()
    jobs.gets.will(slow, Resource(phase=Phase.ABORTED))
    first = asyncio.ensure_future(patient.flyte1.get(meta))
    await asked.wait()
    await patient.flyte1.delete(meta)
    go.set()
    await first
    assert (await patient.flyte1.get(meta)).phase == Phase.ABORTED


async def test_other_secrets_are_another_entry(patient, jobs):
    """A state that was read with the secrets of one request is not given to a request with others."""
    meta = await patient.flyte2.create()
    for secret in ("one", "two", "one"):
        await patient.flyte2.get(meta, connection={"secrets": {"token": f"token-{secret}"}})
    assert [call.context.secrets["token"] for call in jobs.gets.calls] == ["token-one", "token-two"]


async def test_a_deletion_is_seen_with_all_secrets(patient, jobs):
    """A deletion counts for the states that were read with the secrets of other requests, too."""
    first, second = ({"secrets": {"token": f"token-{number}"}} for number in (1, 2))
    meta = await patient.flyte2.create()
    jobs.gets.will(RUNNING, Resource(phase=Phase.ABORTED))
    await patient.flyte2.get(meta, connection=first)
    await patient.flyte2.delete(meta, connection=second)
    assert (await patient.flyte2.get(meta, connection=first)).phase == Phase.ABORTED


async def test_what_is_asked_for_with_other_secrets_during_a_deletion():
    """A state that was asked for before a deletion is not kept after it, whatever secrets either has."""
    statuses, go = Statuses(), asyncio.Event()

    async def slow():
        await go.wait()
        return status()

    asking = asyncio.ensure_future(statuses.get(key(b"1", b"other"), slow, LATER))
    await asyncio.sleep(0)
    statuses.forget(key(b"1"))
    go.set()
    await asking
    assert statuses.last(key(b"1", b"other")) is None


async def test_a_job_has_ended_for_all():
    """Whether a job has ended does not depend on the secrets that it was asked for with, as long as that is known."""
    statuses = Statuses(most=1)
    ended = Status(b"state", b"", Phase.FAILED, 0.0)
    await statuses.get(key(b"1", b"secret"), lambda: _async(ended), LATER)
    assert statuses.has_ended(key(b"1"))
    await statuses.get(key(b"2", b"secret"), lambda: _async(status()), LATER)
    assert not statuses.has_ended(key(b"1"))
    assert not statuses.has_ended(key(b"2"))


async def test_a_bug_is_told_to_each_caller(served, jobs):
    """An error that is not a passing one is kept for nobody."""
    jobs.gets.will(RuntimeError("oops"), RUNNING)
    meta = await served.flyte1.create()
    with pytest.raises(grpc.aio.AioRpcError):
        await served.flyte1.get(meta)
    assert (await served.flyte1.get(meta)).phase == Phase.RUNNING


async def test_the_least_recently_read_are_forgotten():
    """The number of kept states is bounded; the oldest go first."""
    statuses = Statuses(most=2)
    for meta in (b"1", b"2", b"3"):
        await statuses.get(key(meta), lambda: _async(status()), LATER)
    assert [statuses.last(key(meta)) is not None for meta in (b"1", b"2", b"3")] == [False, True, True]


async def test_the_bytes_of_states_are_bounded():
    """The size of what is kept is bounded too, and is counted down again by what is forgotten."""
    statuses = Statuses(most_bytes=250)
    for meta in (b"1", b"2", b"3"):
        await statuses.get(key(meta), lambda: _async(status(b"x" * 100)), LATER)
    assert statuses.last(key(b"1")) is None
    statuses.forget(key(b"2"))
    await statuses.get(key(b"4"), lambda: _async(status(b"x" * 100)), LATER)
    assert statuses.last(key(b"3")) is not None


async def test_a_state_that_is_too_large_to_keep():
    """A state that alone is larger than the bound is answered, and not kept."""
    statuses = Statuses(most_bytes=50)
    assert (await statuses.get(key(b"1"), lambda: _async(status(b"x" * 100)), LATER)).response == b"x" * 100
    assert statuses.last(key(b"1")) is None


def test_the_longest_wait_counts():
    """Of the interval and what connector and external system ask for, the longest counts."""
    intervals = PollIntervals(2.0, {"slow": 30.0})
    assert intervals.after(JOBS, RUNNING) == 2.0
    assert intervals.after(JOBS, Resource(phase=Phase.RUNNING, poll_after=5)) == 5
    assert intervals.after(TaskCategory("slow", 3), Resource(phase=Phase.RUNNING, poll_after=5)) == 30.0
    assert intervals.after_error(JOBS, QuotaExceeded(retry_after=9)) == 9
    assert intervals.after_error(JOBS, QuotaExceeded()) == 2.0


async def _async(value):
    return value
