"""Prometheus metrics: those of Flyte's own servers, and more."""

import asyncio

import grpc
import pytest
from prometheus_client import generate_latest
from waiting import until

from fairlead import InvalidTask, Phase, QuotaExceeded, Resource, TransientError

SUCCESS, FAILURE = "flyte_connector_requests_success_total", "flyte_connector_requests_failure_total"
LATENCY = "flyte_connector_request_latency_seconds_count"
TEXT = {"scalar": {"primitive": {"string_value": "hello"}}}


async def code_of(call):
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_successes(served, flyte):
    """Each operation that succeeds is counted by task type, under the names of Flyte's own servers."""
    meta = await flyte.create()
    await flyte.get(meta)
    await flyte.get(meta)
    await flyte.delete(meta)
    counts = {"create": 1, "get": 2, "delete": 1}
    for name in (SUCCESS, LATENCY, "fairlead_flyte_operation_seconds_count"):
        assert {key: served.metric(name, task_type="jobs", operation=key) for key in counts} == counts


async def test_the_sync_call(served):
    """ExecuteTaskSync is the operation `do`."""
    await served.flyte1.do()
    assert served.metric(SUCCESS, task_type="answers", operation="do") == 1


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (TransientError("away"), "UNAVAILABLE", "503"),
        (QuotaExceeded("many"), "RESOURCE_EXHAUSTED", "429"),
        (RuntimeError("oops"), "INTERNAL", "500"),
    ],
)
async def test_failures(served, flyte, jobs, error, code, status):
    """Each operation that fails is counted with an HTTP status as its code, and by gRPC code."""
    jobs.creates.will(error)
    assert (await code_of(flyte.create())).name == code
    assert served.metric(FAILURE, task_type="jobs", operation="create", error_code=status) == 1
    assert served.metric(SUCCESS, task_type="jobs", operation="create") == 0
    assert served.metric(LATENCY, task_type="jobs", operation="create") == 1
    method = f"/{flyte.services[0]}/CreateTask"
    assert served.metric("fairlead_flyte_calls_total", method=method, code=code) == 1


async def test_a_refusal_is_an_answer(served, flyte, jobs):
    """A create that is refused for good was answered, and is no failure of the server."""
    jobs.creates.will(InvalidTask("no"))
    await flyte.create()
    assert served.metric(SUCCESS, task_type="jobs", operation="create") == 1


async def test_logs_and_metrics_are_operations(served, flyte):
    """The calls for logs and metrics are counted as well, here as not implemented."""
    meta = await flyte.create()
    for call, operation in ((flyte.logs, "get_logs"), (flyte.metrics, "get_metrics")):
        assert await code_of(call(meta)) is grpc.StatusCode.UNIMPLEMENTED
        assert served.metric(FAILURE, task_type="jobs", operation=operation, error_code="501") == 1


@pytest.mark.parametrize("task_type", ["nobody", "jobs.v9", ""])
async def test_unknown_task_types_are_one(served, flyte, task_type):
    """Task types that are not served are counted together, so that clients cannot make series without end."""
    for number in range(3):
        assert await code_of(flyte.get(b"{}", f"{task_type}{number}")) is grpc.StatusCode.NOT_FOUND
        assert await code_of(flyte.create(f"{task_type}{number}")) is grpc.StatusCode.NOT_FOUND
    assert served.metric(FAILURE, task_type="unknown", operation="get", error_code="404") == 3
    assert served.metric(FAILURE, task_type="unknown", operation="create", error_code="404") == 3
    assert f'task_type="{task_type}0"' not in generate_latest(served.metrics).decode()


async def test_the_size_of_inputs(served, flyte):
    """The size of the inputs of a create is observed, also where there are none, as Flyte's own servers do."""
    request = flyte.create_request(inputs={"x": TEXT})
    await flyte.jobs.CreateTask(request)
    await flyte.create()
    assert served.metric("flyte_connector_input_literal_bytes_count", task_type="jobs") == 2
    assert served.metric("flyte_connector_input_literal_bytes_sum", task_type="jobs") == request.inputs.ByteSize()


@pytest.mark.usefixtures("no_retries")
async def test_absorbed_errors(served, flyte, jobs):
    """A fault that was answered with the last known state is a success of GetTask, and counted by its class."""
    meta = await flyte.create()
    jobs.gets.will(TransientError("away"))
    await flyte.get(meta)
    assert served.metric("fairlead_flyte_absorbed_errors_total", task_type="jobs", error="TransientError") == 1
    assert served.metric(SUCCESS, task_type="jobs", operation="get") == 1


async def test_calls_in_flight(served, flyte, jobs):
    """The calls that run are counted by method, and no more when they have ended, also by being cancelled."""
    begun, go = asyncio.Semaphore(0), asyncio.Event()

    async def slow(*_):
        begun.release()
        await go.wait()
        return Resource(phase=Phase.RUNNING)

    jobs.gets.will(slow)
    metas = [b'{"job_id":"%d"}' % number for number in range(3)]
    calls = [flyte.jobs.GetTask(flyte.request("GetTask", meta)) for meta in metas]
    for _ in calls:
        await begun.acquire()
    labels = {"method": f"/{flyte.services[0]}/GetTask"}
    assert served.metric("fairlead_flyte_calls_in_flight", **labels) == 3
    calls[0].cancel()
    await until(lambda: served.running() == 2)
    go.set()
    await asyncio.gather(*calls[1:])
    assert served.metric("fairlead_flyte_calls_in_flight", **labels) == 0
    assert served.metric("fairlead_flyte_calls_total", **labels, code="CANCELLED") == 1
    assert served.metric("fairlead_flyte_calls_total", **labels, code="OK") == 2


async def test_a_log_that_is_cancelled(serve, endless):
    """A stream that its client gives up is no longer counted as running either."""
    served = await serve(endless)
    call = served.flyte1.jobs.GetTaskLogs(served.flyte1.request("GetTaskLogs", b'{"job_id":"a"}', "endless"))
    await call.read()
    labels = {"method": "/flyteidl.service.AsyncAgentService/GetTaskLogs"}
    assert served.metric("fairlead_flyte_calls_in_flight", **labels) == 1
    call.cancel()
    await until(lambda: not served.metric("fairlead_flyte_calls_in_flight", **labels))
    assert served.metric("fairlead_flyte_calls_total", **labels, code="CANCELLED") == 1


async def test_the_listing_is_counted(served, flyte):
    """Calls that ask what is served are counted by code, and are no operation of a task type."""
    await flyte.listing()
    method = {1: "ListAgents", 2: "ListConnectors"}[flyte.number]
    path = f"/{flyte.services[1]}/{method}"
    assert served.metric("fairlead_flyte_calls_total", method=path, code="OK") == 1
    assert "flyte_connector_requests_success_total{" not in generate_latest(served.metrics).decode()


async def test_buckets_of_the_histogram(served, flyte):
    """The times are in buckets from a millisecond to ten seconds, the deadline that Flyte has."""
    await flyte.create()
    labels = {"task_type": "jobs", "operation": "create"}
    assert served.metric("fairlead_flyte_operation_seconds_bucket", **labels, le="10.0") == 1
    assert 'le="0.001"' in generate_latest(served.metrics).decode()
