"""GetTask: what a job's state looks like to each version, and what happens when it cannot be read."""

import asyncio

import grpc
import pytest
from flyteidl.admin import agent_pb2
from flyteidl2.core.execution_pb2 import TaskLog

from fairlead import (
    AuthenticationError,
    ErrorKind,
    LinkType,
    LogLink,
    Phase,
    QuotaExceeded,
    Resource,
    ResourceNotFound,
    TaskError,
    TransientError,
)

STATES = {
    Phase.UNDEFINED: "RUNNING",
    Phase.QUEUED: "PENDING",
    Phase.WAITING_FOR_RESOURCES: "PENDING",
    Phase.INITIALIZING: "PENDING",
    Phase.RUNNING: "RUNNING",
    Phase.SUCCEEDED: "SUCCEEDED",
    Phase.ABORTED: "PERMANENT_FAILURE",
    Phase.FAILED: "PERMANENT_FAILURE",
    Phase.RETRYABLE_FAILED: "RETRYABLE_FAILURE",
}


@pytest.mark.parametrize("phase", list(Phase))
async def test_every_phase(flyte, jobs, phase):
    """A phase is answered as it is; one that is not defined counts as running, because the job has not ended."""
    jobs.gets.will(Resource(phase=phase, message="so it is"))
    resource = await flyte.get(await flyte.create())
    assert (resource.phase, resource.message) == (phase or Phase.RUNNING, "so it is")


@pytest.mark.parametrize("phase", [77, "SUCCEEDED"])
async def test_what_is_no_phase(flyte, jobs, phase):
    """It is a bug of the connector and told as one: to count it as running would let the job run for ever."""
    jobs.gets.will(Resource(phase=phase))
    meta = await flyte.create()
    with pytest.raises(grpc.aio.AioRpcError, match="whose `phase` is a .*; it must be a Phase") as caught:
        await flyte.get(meta)
    assert caught.value.code() is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize("phase", list(Phase))
async def test_the_deprecated_state(served, jobs, phase):
    """Flyte 1 also gets the deprecated state, whose zero would mean that the task has to be retried."""
    jobs.gets.will(Resource(phase=phase))
    resource = await served.flyte1.get(await served.flyte1.create())
    assert agent_pb2.State.Name(resource.state) == STATES[phase]


@pytest.mark.parametrize("kind", list(ErrorKind))
@pytest.mark.parametrize("recoverable", [True, False])
async def test_an_error(flyte, jobs, kind, recoverable):
    """Kind and code of an error stand before its message and in custom info, beside the connector's own."""
    error = TaskError(code="OutOfMemory", kind=kind, recoverable=recoverable)
    jobs.gets.will(Resource(phase=Phase.FAILED, message="killed", error=error, custom_info={"node": 7}))
    resource = await flyte.get(await flyte.create())
    assert resource.message == f"{kind.upper()}:OutOfMemory: killed"
    assert dict(resource.custom_info["error"]) == {"code": "OutOfMemory", "kind": kind, "recoverable": recoverable}
    assert resource.custom_info["node"] == 7


async def test_the_error_of_flyte1(served, jobs):
    """Flyte 1 gets the error also in the field that it has for it."""
    jobs.gets.will(Resource(phase=Phase.FAILED, error=TaskError(code="Lost", kind=ErrorKind.SYSTEM, recoverable=True)))
    error = (await served.flyte1.get(await served.flyte1.create())).agent_error
    assert (error.code, error.kind, error.origin) == ("Lost", agent_pb2.AgentError.RECOVERABLE, 2)


async def test_no_error(served, jobs):
    """Without an error, there is none in the answer."""
    jobs.gets.will(Resource(phase=Phase.FAILED, message="it just did"))
    resource = await served.flyte1.get(await served.flyte1.create())
    assert not resource.HasField("agent_error")
    assert not resource.HasField("custom_info")
    assert resource.message == "it just did"


async def test_a_code_that_is_in_the_message(flyte, jobs):
    """A message that names the code already is left as it is."""
    jobs.gets.will(Resource(phase=Phase.FAILED, message="OutOfMemory on node 7", error=TaskError(code="OutOfMemory")))
    assert (await flyte.get(await flyte.create())).message == "OutOfMemory on node 7"


async def test_links_are_in_the_first_answer_that_says_running(flyte, jobs):
    """Flyte takes the links of a job from the first answer that says running, so that has them."""
    jobs.gets.will(Resource(phase=Phase.RUNNING, log_links=(LogLink("Console", "https://example.com/1"),)))
    (link,) = (await flyte.get(await flyte.create())).log_links
    assert (link.name, link.uri) == ("Console", "https://example.com/1")


@pytest.mark.parametrize("link_type", list(LinkType))
async def test_links_of_flyte2(served, jobs, link_type):
    """Flyte 2 is also told what a link leads to, and whether it is ready."""
    link = LogLink("Page", "https://example.com/2", link_type, ready=False)
    jobs.gets.will(Resource(phase=Phase.RUNNING, log_links=(link,)))
    (answer,) = (await served.flyte2.get(await served.flyte2.create())).log_links
    assert (TaskLog.LinkType.Name(answer.link_type), answer.ready) == (link_type.name, False)


async def test_custom_info_of_any_values(flyte, jobs):
    """What JSON cannot hold is given as its text, and never fails the call."""
    jobs.gets.will(Resource(phase=Phase.RUNNING, custom_info={"path": {1, 2} - {2}, "at": {3: None}, "big": 10**400}))
    info = (await flyte.get(await flyte.create())).custom_info
    assert set(info) == {"path", "at", "big"}
    assert dict(info["at"]) == {"3": None}


async def test_texts_that_are_no_unicode(flyte, jobs):
    """Half a character, as in a file name that is no UTF-8, is replaced; the answer arrives."""
    jobs.gets.will(
        Resource(
            phase=Phase.RUNNING,
            message="broken \udcff name",
            log_links=(LogLink("\udcff", "file:///\udcff"),),
            custom_info={"\udcff": "\udcff"},
        )
    )
    assert (await flyte.get(await flyte.create())).message == "broken ? name"


async def test_what_a_connector_left_empty(flyte, jobs):
    """None where a connector has nothing to say is the same as nothing."""
    jobs.gets.will(Resource(phase=Phase.RUNNING, message=None, log_links=None, custom_info=None))
    resource = await flyte.get(await flyte.create())
    assert (resource.phase, resource.message, list(resource.log_links)) == (Phase.RUNNING, "", [])


async def test_the_output_prefix(flyte, jobs):
    """The connector is told where the outputs of the job belong."""
    await flyte.get(await flyte.create(), output_prefix="s3://bucket/out")
    assert jobs.gets.calls[0].context.output_prefix == "s3://bucket/out"


async def test_the_output_prefix_beside_a_connection(served, jobs):
    """So it is when the request has a connection."""
    connection = {"configs": {"region": "eu"}}
    await served.flyte2.get(await served.flyte2.create(), output_prefix="s3://bucket/out", connection=connection)
    assert jobs.gets.calls[0].context.output_prefix == "s3://bucket/out"
    assert jobs.gets.calls[0].context.configs == {"region": "eu"}


async def test_the_deadline_reaches_the_connector(flyte, jobs):
    """The connector has a little less time than the client waits, so that the answer arrives."""
    await flyte.get(await flyte.create(), timeout=5)
    assert 0 < jobs.gets.calls[0].context.deadline.remaining < 5


async def test_transient_errors_are_retried(flyte, jobs):
    """A passing fault is tried again inside the deadline, and the client sees nothing of it."""
    jobs.gets.will(TransientError("a"), ConnectionResetError("b"), Resource(phase=Phase.QUEUED, message="at last"))
    assert (await flyte.get(await flyte.create())).message == "at last"
    assert len(jobs.gets.calls) == 3


@pytest.mark.usefixtures("no_retries")
@pytest.mark.parametrize(
    "error",
    [
        TransientError("away"),
        QuotaExceeded("too many", retry_after=60),
        ConnectionError("refused"),
        AuthenticationError("expired"),
    ],
)
async def test_the_last_known_state(served, flyte, jobs, error):
    """When a state cannot be read for now, the last known one is answered, and the fault is counted."""
    meta = await flyte.create()
    links = (LogLink("Console", "https://example.com/1"),)
    jobs.gets.will(Resource(phase=Phase.RUNNING, message="half done", log_links=links), error)
    first = await flyte.get(meta)
    assert await flyte.get(meta) == first
    name = type(error).__name__ if not isinstance(error, ConnectionError) else "TransientError"
    assert served.metric("fairlead_flyte_absorbed_errors_total", task_type="jobs", error=name) == 1


@pytest.mark.usefixtures("short_deadlines")
async def test_a_connector_that_does_not_answer(flyte, jobs):
    """A connector that is slower than the call's deadline counts as a passing fault."""

    async def hang(*_):
        await asyncio.Event().wait()

    meta = await flyte.create()
    jobs.gets.will(Resource(phase=Phase.QUEUED, message="in line"), hang)
    await flyte.get(meta)
    assert (await flyte.get(meta, timeout=None)).message == "in line"


@pytest.mark.usefixtures("no_retries")
async def test_nothing_is_known_yet(flyte, jobs):
    """Before anything is known of a job, a passing fault is answered as initializing, with what is wrong."""
    jobs.gets.will(TransientError("no route to host"))
    resource = await flyte.get(await flyte.create())
    assert resource.phase == Phase.INITIALIZING
    assert resource.message == "the state is not known for now: no route to host"


async def test_what_follows_a_fault_is_told(flyte, jobs):
    """After a fault has passed, the state is the real one again."""
    meta = await flyte.create()
    jobs.gets.will(AuthenticationError("expired"), Resource(phase=Phase.SUCCEEDED))
    assert (await flyte.get(meta)).phase == Phase.INITIALIZING
    assert (await flyte.get(meta)).phase == Phase.SUCCEEDED


async def test_a_job_that_is_gone(flyte, jobs):
    """A job that the external system does not know has failed, for good."""
    jobs.gets.will(ResourceNotFound("no run 42"))
    resource = await flyte.get(await flyte.create())
    assert resource.phase == Phase.FAILED
    assert resource.message == "USER:ResourceNotFound: no run 42"


@pytest.mark.parametrize(
    "meta", [b"", b"garbage", b"\xff\xfe", b"{}", b"[1]", b'{"fairlead_ended":{}}', b'{"job_id":1}']
)
async def test_a_meta_that_cannot_be_read(flyte, meta, jobs):
    """A meta that is not the connector's is an invalid argument."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.get(meta)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "not a resource meta of" in caught.value.details()
    assert jobs.gets.calls == []


async def test_an_unknown_task_type(flyte):
    """A task type that nobody serves is NOT_FOUND."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.get(b"{}", "job")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert "no connector for task type `job` is installed" in caught.value.details()


async def test_metas_of_flytekit(serve, jobs):
    """The bytes that flytekit's connectors have written, JSON with other fields too, are still read."""
    served = await serve(jobs)
    await served.flyte1.get(b'{"job_id": "from-before", "auth": null}')
    assert jobs.gets.calls[0].arguments[0].job_id == "from-before"
