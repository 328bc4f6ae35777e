"""CreateTask: what reaches the connector, what is refused for good, and that a job is never created twice."""

import asyncio
import gc
import logging

import grpc
import pytest
from scripted import Answers, Job
from waiting import until

from fairlead import (
    AuthenticationError,
    ExecutionMetadata,
    InvalidTask,
    Phase,
    QuotaExceeded,
    ResourceNotFound,
    TransientError,
)
from fairlead_flyte.ended import pack_ended, refusal
from fairlead_flyte.logs import SURROUNDINGS
from fairlead_flyte.options import ServerOptions

NUMBER = {"scalar": {"primitive": {"integer": 3}}}
SOON = 0.2  # a deadline for calls that are not answered


class Gate:
    """A step that stands until it is let go."""

    def __init__(self, result):
        self.result = result
        self.begun, self.open = asyncio.Event(), asyncio.Event()

    def step(self):
        async def wait(*_):
            self.begun.set()
            await self.open.wait()
            return self.result

        return wait


@pytest.fixture
def gate():
    return Gate(Job(job_id="held"))


@pytest.fixture
def executions():
    """The executions that lines of the log about creates are about."""
    executions, handler = [], logging.Handler()
    handler.emit = lambda _: executions.append(SURROUNDINGS.get()["execution"])
    logger = logging.getLogger("fairlead_flyte.creations")
    logger.addHandler(handler)
    yield executions
    logger.removeHandler(handler)


def held(gate, jobs):
    """Return a step that makes one more job each time it is called, once the gate is open."""

    async def create(*_):
        gate.begun.set()
        number = len(jobs.creates.calls)
        await gate.open.wait()
        return Job(job_id=f"job-{number}")

    return create


async def test_the_task_reaches_the_connector(flyte, jobs):
    """The connector gets the task, its inputs as plain values, and where its outputs belong."""
    await flyte.create(inputs={"x": NUMBER}, template={"custom": {"rows": 3, "share": 0.5}, "config": {"a": "b"}})
    task, inputs, context = jobs.creates.calls[0].arguments
    assert (task.type, task.custom, task.config) == ("jobs", {"rows": 3, "share": 0.5}, {"a": "b"})
    assert inputs == {"x": 3}
    assert context.output_prefix == "s3://bucket/out"


async def test_the_execution_reaches_the_connector(flyte, jobs):
    """The connector is told which execution, node and attempt the task belongs to, and as whom it runs."""
    metadata = {
        "namespace": "flytesnacks-development",
        "labels": {"team": "a"},
        "annotations": {"note": "b"},
        "k8s_service_account": "robot",
        "environment_variables": {"LEVEL": "3"},
        "identity": {"iam_role": "role", "execution_identity": "me"},
        "max_attempts": 4,
    }
    await flyte.create(execution="abc", attempt=2, metadata=metadata)
    assert jobs.creates.calls[0].context.execution == ExecutionMetadata(
        project="flytesnacks",
        domain="development",
        execution="abc",
        node_id="n0",
        retry_attempt=2,
        max_attempts=4,
        namespace="flytesnacks-development",
        labels={"team": "a"},
        annotations={"note": "b"},
        environment={"LEVEL": "3"},
        k8s_service_account="robot",
        identity={"iam_role": "role", "execution_identity": "me"},
    )


async def test_one_key_for_an_attempt(serve, jobs):
    """The idempotency key is the same from both versions and in every server, and another one for every attempt."""
    for version, attempt in (("flyte1", 0), ("flyte2", 0), ("flyte1", 1), ("flyte2", 1)):
        another = type(jobs)()
        another.creates = jobs.creates
        await getattr(await serve(another), version).create(execution="abc", attempt=attempt)
    first, same, second, second_again = (call.context.idempotency_key for call in jobs.creates.calls)
    assert first == same == "flyte-ea7df0fa56d86567a0572972217ff46835cf2397920372ee"
    assert second == second_again != first
    assert len(first) <= 64


async def test_a_task_without_an_execution(flyte, jobs):
    """Requests that name no execution are jobs of their own, each under a key of its own."""
    for _ in range(2):
        await flyte.jobs.CreateTask(flyte.messages.CreateTaskRequest(template={"type": "jobs"}))
    first, second = (call.context.idempotency_key for call in jobs.creates.calls)
    assert first
    assert second
    assert first != second


@pytest.mark.parametrize("error", [InvalidTask("`custom.rows`: expected int, got str"), AuthenticationError("bad key")])
async def test_what_no_retry_can_mend(flyte, jobs, error):
    """A refusal is answered as a job: the first GetTask says that it has failed and why, and all else about it is OK."""
    jobs.creates.will(error)
    meta = await flyte.create()
    for _ in range(2):
        resource = await flyte.get(meta)
        assert resource.phase == Phase.FAILED
        assert resource.message == f"USER:{type(error).__name__}: {error}"
        assert resource.custom_info["error"]["code"] == type(error).__name__
    await flyte.delete(meta)
    assert await flyte.logs(meta) == []
    assert list(await flyte.metrics(meta)) == []
    assert (jobs.gets.calls, jobs.deletes.calls) == ([], [])


async def test_inputs_that_do_not_fit(flyte, jobs):
    """Inputs that do not fit the declared interface are refused before the connector is asked."""
    interface = {"interface": {"inputs": flyte.variables({"x": {"simple": "STRING"}, "y": {"simple": "INTEGER"}})}}
    missing = await flyte.get(await flyte.create(inputs={"x": NUMBER}, template=interface))
    assert missing.message == "USER:InvalidTask: missing input: `y` (integer)"
    wrong = await flyte.get(await flyte.create(inputs={"x": NUMBER, "y": NUMBER}, template=interface))
    assert wrong.message == "USER:InvalidTask: `inputs.x`: expected string, got int"
    assert jobs.creates.calls == []


async def test_a_refusal_that_talks_much(flyte, jobs):
    """The message of a refusal is cut to what a backend can store, and keeps its beginning and its end."""
    jobs.creates.will(InvalidTask(f"begins {'é' * 1_000_000} ends"))
    meta = await flyte.create()
    assert len(meta) < 100_000
    message = (await flyte.get(meta)).message
    assert message.startswith("USER:InvalidTask: begins")
    assert message.endswith("ends")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TransientError("away for a moment"), grpc.StatusCode.UNAVAILABLE),
        (QuotaExceeded("too many", retry_after=3), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (ResourceNotFound("no such cluster"), grpc.StatusCode.NOT_FOUND),
    ],
)
async def test_what_a_retry_may_mend(flyte, jobs, error, code):
    """A passing fault is an error with its own text, so that Flyte tries again."""
    jobs.creates.will(error)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.create()
    assert (caught.value.code(), caught.value.details()) == (code, str(error))


async def test_a_connector_that_breaks(flyte, jobs):
    """Anything else is an internal error that names the connector, without a traceback."""
    jobs.creates.will(ZeroDivisionError("division by zero"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.create()
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert caught.value.details() == (
        "connector 'Jobs' (task type `jobs`): create raised ZeroDivisionError: division by zero. "
        "This is a bug in the connector; report it to its author."
    )


async def test_an_unknown_task_type(flyte):
    """A task type that nobody serves is NOT_FOUND."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.create("job")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert "no connector for task type `job` is installed. Did you mean `jobs`" in caught.value.details()


async def test_creates_of_one_attempt_at_once(served, jobs, gate):
    """Calls for one attempt, also through both versions, are one create, and all get its job."""
    jobs.creates.will(held(gate, jobs))
    calls = [
        asyncio.ensure_future(flyte.create(execution="same"))
        for flyte in (served.flyte1, served.flyte2)
        for _ in "1234"
    ]
    await until(lambda: served.running() == 8)
    gate.open.set()
    assert set(await asyncio.gather(*calls)) == {b'{"job_id":"job-1"}'}
    assert len(jobs.creates.calls) == 1


async def test_a_create_that_outlives_its_caller(flyte, jobs, gate):
    """A create that takes longer than the client waits goes on, and the same request again gets its job."""
    jobs.creates.will(held(gate, jobs))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.create(execution="slow", timeout=SOON)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    gate.open.set()
    assert await flyte.create(execution="slow") == b'{"job_id":"job-1"}'
    assert len(jobs.creates.calls) == 1


@pytest.mark.usefixtures("short_deadlines")
async def test_what_is_told_at_the_deadline(flyte, jobs, gate):
    """The client is told what happens to its job, and not only that its time is over."""
    jobs.creates.will(held(gate, jobs))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.create(timeout=None)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "that goes on, and the next call to this process finds it" in caught.value.details()


async def test_a_create_whose_caller_has_gone(served, flyte, jobs, gate):
    """A create whose call is cancelled goes on, and the same request again gets its job."""
    jobs.creates.will(held(gate, jobs))
    request = flyte.create_request()
    call = flyte.jobs.CreateTask(request)
    await gate.begun.wait()
    call.cancel()
    await until(lambda: not served.running())
    gate.open.set()
    assert (await flyte.jobs.CreateTask(request)).resource_meta == b'{"job_id":"job-1"}'
    assert len(jobs.creates.calls) == 1


async def test_the_next_attempt_takes_over(served, flyte, jobs, gate):
    """When nobody got the answer of an attempt, the next one gets its job, so that none is left behind."""
    jobs.creates.will(held(gate, jobs))
    call = flyte.jobs.CreateTask(flyte.create_request(execution="lost"))
    await gate.begun.wait()
    call.cancel()
    await until(lambda: not served.running())
    gate.open.set()
    metas = [await flyte.create(execution="lost", attempt=attempt) for attempt in (1, 1, 2)]
    assert metas == [b'{"job_id":"job-1"}', b'{"job_id":"job-1"}', b'{"job_id":"job-2"}']


async def test_an_attempt_that_was_answered_is_not_taken_over(flyte):
    """A retry of the user, after a job that Flyte knows of, is a job of its own."""
    first = await flyte.create(execution="known")
    assert await flyte.create(execution="known", attempt=1) != first


async def test_the_same_request_again(flyte, jobs):
    """Flyte calls at least once: the same request again, after an answer, gets the same job."""
    metas = {await flyte.create(execution="twice") for _ in range(3)}
    assert (len(metas), len(jobs.creates.calls)) == (1, 1)


@pytest.mark.parametrize("error", [TransientError("away"), InvalidTask("no"), RuntimeError("oops")])
async def test_failures_are_not_remembered(flyte, jobs, error):
    """After a create has failed, the same request is tried anew."""
    jobs.creates.will(error, Job(job_id="second"))
    try:
        await flyte.create(execution="again")
    except grpc.aio.AioRpcError:
        assert not isinstance(error, InvalidTask)
    assert await flyte.create(execution="again") == b'{"job_id":"second"}'


async def test_a_failure_that_nobody_waited_for(served, flyte, jobs):
    """A create that fails after its caller has gone is not adopted; the next attempt begins anew."""
    begun, fail = asyncio.Event(), asyncio.Event()

    async def create(*_):
        begun.set()
        await fail.wait()
        return TransientError("away")

    jobs.creates.will(create, Job(job_id="second"))
    call = flyte.jobs.CreateTask(flyte.create_request(execution="bad"))
    await begun.wait()
    call.cancel()
    await until(lambda: not served.running())
    fail.set()
    await until(lambda: not served.server._operations.creations.running)
    assert await flyte.create(execution="bad", attempt=1) == b'{"job_id":"second"}'


async def test_a_failure_that_nobody_asks_about(served, flyte, jobs, caplog):
    """A create that fails after its caller has gone leaves one line in the log, and no traceback."""
    begun, fail = asyncio.Event(), asyncio.Event()

    async def create(*_):
        begun.set()
        await fail.wait()
        return TransientError("away for good")

    jobs.creates.will(create)
    caplog.set_level("DEBUG")
    call = flyte.jobs.CreateTask(flyte.create_request())
    await begun.wait()
    call.cancel()
    await until(lambda: not served.running())
    fail.set()
    creations = served.server._operations.creations
    await until(lambda: not creations.running)
    creations._by_key.clear()
    gc.collect()
    await asyncio.sleep(0)
    (record,) = [record for record in caplog.records if "away for good" in record.getMessage()]
    assert record.exc_info is None
    assert "never retrieved" not in caplog.text


async def test_a_job_that_was_deleted_is_not_given_again(flyte, jobs):
    """After a deletion the same request begins anew."""
    first = await flyte.create(execution="deleted")
    await flyte.delete(first)
    assert await flyte.create(execution="deleted") != first
    assert len(jobs.creates.calls) == 2


async def test_a_job_that_nobody_was_given(serve, jobs, gate, caplog, executions):
    """What is left behind when the server ends is told, with its execution and its key, and not deleted: it may be in use."""
    jobs.creates.will(held(gate, jobs))
    caplog.set_level("WARNING")
    served = await serve(jobs)
    with pytest.raises(grpc.aio.AioRpcError):
        await served.flyte2.create(execution="slow", timeout=SOON)
    gate.open.set()
    await until(lambda: not served.server._operations.creations.running)
    assert caplog.messages == []
    await served.server.__aexit__()
    (message,) = caplog.messages
    assert jobs.creates.calls[0].context.idempotency_key in message
    assert "job-1" not in message
    assert executions == ["slow"]
    assert jobs.deletes.calls == []


async def test_a_create_has_an_end(serve, jobs):
    """A create that goes on without its caller is given the create timeout, and not for ever."""
    served = await serve(jobs, create_timeout=0.3)

    async def hang(*_):
        await asyncio.Event().wait()

    jobs.creates.will(hang)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.flyte1.create()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "create did not end within its deadline" in caught.value.details()


async def test_a_sync_connector_runs_once(serve):
    """Also the create of a sync connector goes on without its caller, and its result is found again."""
    answers, go = Answers(), asyncio.Event()

    async def do(task, inputs, context):
        await go.wait()
        return await answers.echo(task, inputs, context)

    answers.does.will(do)
    served = await serve(answers)
    with pytest.raises(grpc.aio.AioRpcError):
        await served.flyte2.create("answers", execution="slow", timeout=SOON)
    go.set()
    meta = await served.flyte2.create("answers", execution="slow", timeout=5)
    assert (await served.flyte2.get(meta, "answers")).phase == Phase.SUCCEEDED
    assert len(answers.does.calls) == 1


def test_the_default_create_timeout_is_longer_than_flytes_own():
    """By default a create may go on for five minutes, long after the ten seconds that Flyte waits."""
    assert ServerOptions().create_timeout == 300


def test_refusals_are_readable():
    """What is stored of a refusal is JSON with its message in it, for people who look at what Flyte has stored."""
    meta = pack_ended(refusal(InvalidTask("no such queue")))
    assert meta.startswith(b'{"fairlead_ended":{"phase":"FAILED","message":"no such queue"')
