"""Connectors that answer at once: by Flyte 1's own call, and by Flyte 2's calls for jobs."""

import grpc
import pytest

from fairlead import (
    AuthenticationError,
    ErrorKind,
    InvalidTask,
    LinkType,
    LogLink,
    Phase,
    QuotaExceeded,
    Resource,
    TaskError,
    TransientError,
)

NUMBER = {"scalar": {"primitive": {"integer": 3}}}
INTEGER = {"simple": "INTEGER"}


async def test_header_inputs_close_receive(served):
    """The backend sends header and inputs, closes, and receives one answer with a header."""
    resource = await served.flyte1.do(inputs={"x": NUMBER})
    assert resource.phase == Phase.SUCCEEDED
    assert served.flyte1.outputs(resource)["x"].scalar.primitive.integer == 3


async def test_the_stream_ends_after_the_answer(served):
    """There is one answer, and then the end of the stream with OK."""
    call = served.flyte1.sync.ExecuteTaskSync(iter(served.flyte1.sync_frames()), timeout=10)
    assert len([answer async for answer in call]) == 1
    assert await call.code() is grpc.StatusCode.OK


async def test_a_client_that_does_not_close(served):
    """The answer comes after the inputs, also while the client keeps its side open."""
    call = served.flyte1.sync.ExecuteTaskSync(timeout=10)
    for frame in served.flyte1.sync_frames(inputs={"x": NUMBER}):
        await call.write(frame)
    assert (await call.read()).header.resource.phase == Phase.SUCCEEDED


async def test_a_header_without_inputs(served, answers):
    """A stream that ends after its header is a task without inputs."""
    header, _ = served.flyte1.sync_frames()
    call = served.flyte1.sync.ExecuteTaskSync(iter([header]), timeout=10)
    assert (await call.read()).header.resource.phase == Phase.SUCCEEDED
    assert answers.does.calls[0].arguments[1] == {}


async def test_an_empty_stream(served, answers):
    """A stream without a header is an invalid argument, and no connector is called."""
    for frames in ([], served.flyte1.sync_frames()[1:]):
        call = served.flyte1.sync.ExecuteTaskSync(iter(frames), timeout=10)
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert await call.details() == "the stream has no header; send one with the task template, then the inputs"
    assert answers.does.calls == []


async def test_a_second_header(served):
    """Headers without end would fill the memory: there is one."""
    header = served.flyte1.messages.ExecuteTaskSyncRequest(header={"template": {"type": "answers"}})
    call = served.flyte1.sync.ExecuteTaskSync()
    for _ in range(2):  # one at a time: gRPC's client calls it an internal error when it is refused while it writes on
        await call.write(header)
    assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "a second header" in await call.details()


@pytest.mark.usefixtures("short_deadlines")
async def test_a_stream_that_nobody_goes_on_with(served):
    """A client that sends nothing, and sets no deadline, gets an answer all the same, and holds no place for ever."""
    call = served.flyte1.sync.ExecuteTaskSync()
    assert await call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert "inputs did not come" in await call.details()


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase.is_terminal])
async def test_every_end(served, answers, phase):
    """Each terminal phase is answered as it is, with its message and custom info."""
    answers.does.will(Resource(phase=phase, message="that is all", custom_info={"rows": 2}))
    resource = await served.flyte1.do()
    assert (resource.phase, resource.message) == (phase, "that is all")
    assert dict(resource.custom_info) == {"rows": 2}


async def test_a_phase_that_is_no_end(served, answers):
    """A sync connector that says RUNNING is a bug: Flyte would poll a job that does not exist."""
    answers.does.will(Resource(phase=Phase.RUNNING))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.flyte1.do()
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "connector 'Answers'" in caught.value.details()


@pytest.mark.parametrize("kind", list(ErrorKind))
@pytest.mark.parametrize("recoverable", [True, False])
async def test_the_error_of_flyte1(served, answers, kind, recoverable):
    """Flyte 1 is told code, origin and whether another attempt may help, in the field that it reads."""
    error = TaskError(code="Broken", kind=kind, recoverable=recoverable)
    answers.does.will(Resource(phase=Phase.RETRYABLE_FAILED, message="it broke", error=error))
    resource = await served.flyte1.do()
    assert resource.agent_error.code == "Broken"
    assert resource.agent_error.kind == int(recoverable)
    assert resource.agent_error.origin == {ErrorKind.USER: 1, ErrorKind.SYSTEM: 2}[kind]
    assert resource.message == f"{kind.upper()}:Broken: it broke"


@pytest.mark.parametrize("error", [InvalidTask("no such table"), AuthenticationError("bad key")])
async def test_what_no_retry_can_mend(served, answers, error):
    """A refusal is answered as a failed task: an error would be tried again."""
    answers.does.will(error)
    resource = await served.flyte1.do()
    assert resource.phase == Phase.FAILED
    assert resource.message == f"USER:{type(error).__name__}: {error}"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TransientError("away for a moment"), grpc.StatusCode.UNAVAILABLE),
        (QuotaExceeded("too many"), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_what_a_retry_may_mend(served, answers, error, code):
    """A passing fault is an error, so that Flyte tries again."""
    answers.does.will(error)
    call = served.flyte1.sync.ExecuteTaskSync(iter(served.flyte1.sync_frames()), timeout=10)
    assert (await call.code(), await call.details()) == (code, str(error))


async def test_the_deadline_reaches_the_connector(served, answers):
    """The connector has a little less time than the client waits."""
    call = served.flyte1.sync.ExecuteTaskSync(iter(served.flyte1.sync_frames()), timeout=5)
    await call.read()
    assert 0 < answers.does.calls[0].context.deadline.remaining < 5


async def test_an_async_connector_has_no_sync_call(served):
    """ExecuteTaskSync for a connector that starts jobs is not implemented, and the text says why."""
    call = served.flyte1.sync.ExecuteTaskSync(iter(served.flyte1.sync_frames("jobs")), timeout=10)
    assert await call.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "served by an async connector" in await call.details()


async def test_outputs_by_the_declared_interface(served, answers):
    """Outputs are given by their declared types; without a declaration, by what they are."""
    answers.does.will(Resource(phase=Phase.SUCCEEDED, outputs={"x": 3}))
    declared = await served.flyte1.do(outputs={"x": {"simple": "FLOAT"}})
    assert served.flyte1.outputs(declared)["x"].scalar.primitive.WhichOneof("value") == "float_value"
    guessed = await served.flyte1.do()
    assert served.flyte1.outputs(guessed)["x"].scalar.primitive.WhichOneof("value") == "integer"


async def test_through_the_calls_for_jobs(flyte, answers):
    """CreateTask runs a sync connector, GetTask says how that ended, as often as it is asked, and DeleteTask does nothing."""
    links = (LogLink("Console", "https://example.com", LinkType.DASHBOARD),)
    answers.does.will(
        Resource(phase=Phase.SUCCEEDED, message="done", log_links=links, outputs={"x": 3}, custom_info={"rows": 2})
    )
    meta = await flyte.create("answers", outputs={"x": INTEGER})
    for _ in range(2):
        resource = await flyte.get(meta, "answers")
        assert (resource.phase, resource.message) == (Phase.SUCCEEDED, "done")
        assert [(link.name, link.uri) for link in resource.log_links] == [("Console", "https://example.com")]
        assert flyte.outputs(resource)["x"].scalar.primitive.integer == 3
        assert dict(resource.custom_info) == {"rows": 2}
    await flyte.delete(meta, "answers")
    assert len(answers.does.calls) == 1
    assert await flyte.logs(meta, "answers") == []
    assert list(await flyte.metrics(meta, "answers")) == []


async def test_a_failure_through_the_calls_for_jobs(flyte, answers):
    """A sync task that fails is a job that has failed, with the code of its error."""
    error = TaskError(code="Broken", kind=ErrorKind.SYSTEM, recoverable=True)
    answers.does.will(Resource(phase=Phase.RETRYABLE_FAILED, message="it broke", error=error))
    resource = await flyte.get(await flyte.create("answers"), "answers")
    assert resource.phase == Phase.RETRYABLE_FAILED
    assert resource.message == "SYSTEM:Broken: it broke"
    assert resource.custom_info["error"]["code"] == "Broken"


async def test_outputs_that_flyte_cannot_keep(flyte, answers):
    """Outputs that are too large for a meta fail the task, and the message says what to do."""
    answers.does.will(Resource(phase=Phase.SUCCEEDED, outputs={"x": "a" * 600_000}))
    resource = await flyte.get(await flyte.create("answers", outputs={"x": {"simple": "STRING"}}), "answers")
    assert resource.phase == Phase.FAILED
    assert "return references to the data" in resource.message


async def test_outputs_that_no_client_takes(served, answers):
    """Clients of gRPC take 4 MiB: with more, Flyte would try again what no retry can mend, so the task has failed."""
    answers.does.will(Resource(phase=Phase.SUCCEEDED, outputs={"x": "a" * 5_000_000}))
    resource = await served.flyte1.do()
    assert (resource.phase, resource.agent_error.code) == (Phase.FAILED, "OutputsTooLarge")
    assert "return references to the data" in resource.message
