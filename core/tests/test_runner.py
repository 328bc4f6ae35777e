"""The local runner, in one process."""

import asyncio
from types import SimpleNamespace

import pytest

from fairlead import (
    AuthenticationError,
    Backoff,
    ConnectorBug,
    Context,
    Deadline,
    DeadlineExceeded,
    Handle,
    LogLink,
    Phase,
    QuotaExceeded,
    Resource,
    Runner,
    SyncConnector,
    TaskCategory,
    TaskMetadata,
    TaskTemplate,
    TransientError,
    hookimpl,
)
from fairlead.runner import Progress

TASK = TaskTemplate(type="jobs")
HANDLE = Handle(TaskCategory("jobs"), b'{"job_id":"key"}')
RUNNING = Resource(phase=Phase.RUNNING)


class Seen(Progress):
    """Writes down what the runner tells."""

    def __init__(self):
        self.events = []
        self.running = asyncio.Event()

    def created(self, handle):
        self.events.append("created")

    def updated(self, resource):
        self.events.append(resource.phase.name)
        if resource.phase is Phase.RUNNING:
            self.running.set()

    def troubled(self, error):
        self.events.append(type(error).__name__)

    def deleted(self, handle, error):
        self.events.append(f"deleted {error or 'well'}")


@pytest.fixture
def seen():
    return Seen()


@pytest.fixture
def runner(lifecycle):
    return Runner(lifecycle, poll=Backoff(initial=0.0001, maximum=0.0002), operation_seconds=5, grace=5)


@pytest.mark.parametrize("end", [phase for phase in Phase if phase.is_terminal])
async def test_every_end_ends_the_run(runner, jobs, seen, context, end):
    """The last resource is returned, whatever the outcome; RETRYABLE_FAILED is an end."""
    jobs.answers = [Resource(phase=Phase.QUEUED), RUNNING, Resource(phase=end, message="over")]
    resource = await runner.run(TASK, {}, context, progress=seen)
    assert (resource.phase, resource.message) == (end, "over")
    assert seen.events == ["created", "QUEUED", "RUNNING", end.name]
    assert jobs.deleted == []


async def test_a_sync_connector_is_run_too(runner, seen, context):
    """A task of a sync connector is one call."""
    resource = await runner.run(TaskTemplate(type="upper"), {"x": "a"}, context, progress=seen)
    assert resource.outputs == {"x": "A"}
    assert seen.events == ["SUCCEEDED"]


async def test_a_sync_connector_has_a_deadline_too(runner, context):
    """Without a timeout, what remains is still a number of seconds that any client takes."""
    remaining = []

    class Asking(SyncConnector):
        """Notes how long it has."""

        task_type = "asking"

        def do(self, task, inputs, context):
            remaining.append(context.deadline.remaining)
            return Resource(phase=Phase.SUCCEEDED)

    runner.lifecycle.registry.register(Asking)
    await runner.run(TaskTemplate(type="asking"), {}, context)
    await runner.run(TaskTemplate(type="asking"), {}, context, timeout=30)
    assert 3600 < remaining[0] <= 24 * 3600
    assert 0 < remaining[1] <= 30


async def test_passing_faults_of_get_do_not_end_a_run(runner, jobs, seen, context, monkeypatch):
    """When the lifecycle gives up on one get, the runner asks again."""
    faults = [TransientError("a"), QuotaExceeded("b"), DeadlineExceeded("c")] * 20
    get = runner.lifecycle.get

    async def flaky(handle, context):
        if faults:
            raise faults.pop()
        return await get(handle, context)

    monkeypatch.setattr(runner.lifecycle, "get", flaky)
    assert (await runner.run(TASK, {}, context, progress=seen)).phase is Phase.SUCCEEDED
    assert seen.events.count("TransientError") == 20


async def test_passing_faults_of_create_are_tried_again_with_the_same_key(runner, jobs, seen, context):
    """A create that fails in passing is repeated with the key, so that it can find what it has started."""
    faults = [TransientError("lost"), ConnectionResetError("lost")]

    async def flaky(context):
        if faults:
            raise faults.pop(0)

    jobs.on_create = flaky
    await runner.run(TASK, {}, context, progress=seen)
    assert jobs.keys == ["key", "key", "key"]
    assert seen.events[:3] == ["TransientError", "TransientError", "created"]


async def test_a_context_without_a_key_gets_one(runner, jobs):
    """All tries of one create have the same key, also where the caller gave none; another create has another."""
    faults = [ConnectionResetError("lost")]

    async def flaky(context):
        if faults:
            raise faults.pop()

    jobs.on_create = flaky
    await runner.run(TASK, {}, Context())
    await runner.create(TASK, {}, Context())
    first, again, other = jobs.keys
    assert first == again != other
    assert first
    assert other


@pytest.mark.parametrize("error", [AuthenticationError("expired"), KeyError("x")])
async def test_lasting_errors_end_the_run_and_leave_the_job(runner, jobs, seen, context, error):
    """What waiting does not mend is raised; the job is not deleted, its handle was told."""
    jobs.answers = [RUNNING, error]
    with pytest.raises((AuthenticationError, ConnectorBug)):
        await runner.run(TASK, {}, context, progress=seen)
    assert seen.events == ["created", "RUNNING"]
    assert jobs.deleted == []


async def test_poll_after_takes_the_place_of_the_interval(runner, jobs, context, monkeypatch):
    """What the connector proposes is followed; otherwise the interval grows, and starts anew with each phase."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr("fairlead.runner.asyncio.sleep", sleep)
    runner = Runner(runner.lifecycle, poll=Backoff(initial=1, maximum=8, factor=2, jitter=0))
    queued = Resource(phase=Phase.QUEUED)
    later = Resource(phase=Phase.RUNNING, poll_after=70)
    jobs.answers = [queued, queued, queued, RUNNING, RUNNING, later, Resource(phase=Phase.SUCCEEDED)]
    await runner.run(TASK, {}, context)
    assert slept == [1, 2, 4, 1, 2, 70]


async def test_poll_after_is_never_a_busy_loop(runner, jobs, context, monkeypatch):
    """A connector that proposes to ask again at once is asked after a moment."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr("fairlead.runner.asyncio.sleep", sleep)
    jobs.answers = [Resource(phase=Phase.RUNNING, poll_after=after) for after in (0, -1)] + [
        Resource(phase=Phase.FAILED)
    ]
    await runner.run(TASK, {}, context)
    assert slept == [0.05, 0.05]


async def test_a_timeout_deletes_the_job(runner, jobs, seen, context):
    """When the time is over the job is deleted, and the error says where it stood."""
    jobs.answers = [RUNNING]
    with pytest.raises(DeadlineExceeded, match="last known phase is RUNNING"):
        await runner.run(TASK, {}, context, timeout=0.01, progress=seen)
    assert jobs.deleted == ["key"]
    assert seen.events[-1] == "deleted well"


async def test_a_timeout_says_where_to_look(runner, jobs, context, monkeypatch):
    """The error has the first link of the job that was seen, and the last fault, if nothing was seen since."""
    page = LogLink("Page", "https://example.com/1")
    jobs.answers = [Resource(phase=Phase.RUNNING, log_links=(page, LogLink("Other", "https://example.com/2")))]
    with pytest.raises(DeadlineExceeded, match=r"RUNNING; Page: https://example.com/1$"):
        await runner.run(TASK, {}, context, timeout=0.01)
    get, looks = runner.lifecycle.get, []

    async def once(handle, context):
        looks.append(handle)
        if len(looks) > 1:
            raise TransientError("lost")
        return await get(handle, context)

    monkeypatch.setattr(runner.lifecycle, "get", once)
    with pytest.raises(DeadlineExceeded, match=r"https://example.com/1; the last fault: lost$"):
        await runner.run(TASK, {}, context, timeout=0.01)


async def test_the_tasks_own_timeout_counts(runner, jobs, context):
    """Without a timeout given, the task's metadata has one."""
    jobs.answers = [RUNNING]
    with pytest.raises(DeadlineExceeded):
        await runner.run(TaskTemplate(type="jobs", metadata=TaskMetadata(timeout=0.01)), {}, context)
    assert jobs.deleted == ["key"]


async def test_the_last_look_is_after_the_deadline(runner, jobs, context, monkeypatch):
    """A job that ended during the last wait has ended; it is not deleted for being late."""
    runner = Runner(runner.lifecycle, poll=Backoff(initial=60, maximum=60, jitter=0))
    jobs.answers = [RUNNING, Resource(phase=Phase.SUCCEEDED)]
    assert (await runner.run(TASK, {}, context, timeout=0.01)).phase is Phase.SUCCEEDED
    assert jobs.deleted == []


async def test_a_cancellation_deletes_the_job(runner, jobs, seen, context):
    """Who cancels a run gets the cancellation after the job was deleted."""
    jobs.answers = [RUNNING]
    task = asyncio.create_task(runner.run(TASK, {}, context, progress=seen))
    await seen.running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert jobs.deleted == ["key"]


async def test_a_cancellation_deletes_the_job_in_spite_of_a_plugin(runner, jobs, seen, context):
    """A hook that raises a cancellation of its own meanwhile is not taken for the one who cancels."""

    async def cancelled():
        raise asyncio.CancelledError

    hook = hookimpl(specname="fairlead_before_delete")(cancelled)
    runner.lifecycle.hooks.register(SimpleNamespace(hook=hook), "observer")
    jobs.answers = [RUNNING]
    task = asyncio.create_task(runner.run(TASK, {}, context, progress=seen))
    await seen.running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (jobs.deleted, seen.events[-1]) == (["key"], "deleted well")


async def test_a_cancellation_during_create_waits_for_it_and_deletes_its_job(runner, jobs, seen, context):
    """A submission that is under way is not torn off: its job would be lost."""
    started, gate = asyncio.Event(), asyncio.Event()

    async def slow(context):
        started.set()
        await gate.wait()

    jobs.on_create = slow
    task = asyncio.create_task(runner.run(TASK, {}, context, progress=seen))
    await started.wait()
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert jobs.deleted == ["key"]


async def test_a_delete_that_fails_is_told(runner, jobs, seen, context):
    """When the job cannot be deleted, the caller hears it with the handle."""

    async def refuse(context):
        raise AuthenticationError("expired")

    jobs.answers, jobs.on_delete = [RUNNING], refuse
    with pytest.raises(DeadlineExceeded):
        await runner.run(TASK, {}, context, timeout=0.01, progress=seen)
    assert seen.events[-1] == "deleted expired"


async def test_following_leaves_the_job(runner, jobs):
    """The deadline of a follower is not the job's."""
    jobs.answers = [RUNNING]
    with pytest.raises(DeadlineExceeded):
        await runner.follow(HANDLE, Context(deadline=Deadline.after(0.01)))
    assert jobs.deleted == []


async def test_a_thousand_jobs_at_once(runner, jobs):
    """Each job is a coroutine; they do not get into each other's way."""
    jobs.answers = [RUNNING] * 3000 + [Resource(phase=Phase.SUCCEEDED)]
    contexts = [Context(idempotency_key=str(number)) for number in range(1000)]
    resources = await asyncio.gather(*(runner.run(TASK, {}, context) for context in contexts))
    assert {resource.phase for resource in resources} == {Phase.SUCCEEDED}
    assert len(set(jobs.keys)) == 1000
