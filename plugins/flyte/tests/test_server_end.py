"""The end of a server, while clients still call."""

import asyncio

import grpc
import pytest
from grpc_health.v1 import health_pb2
from scripted import Job, Jobs
from waiting import until

from fairlead import Phase, Resource


class Gate:
    """A step that stands until it is let go."""

    def __init__(self, result):
        self.begun, self.open = asyncio.Event(), asyncio.Event()
        self.result = result

    def step(self):
        async def wait(*_):
            self.begun.set()
            await self.open.wait()
            return self.result

        return wait


class Closed(Jobs):
    """Jobs whose connector notes that it is closed."""

    closed = False

    async def close(self):
        self.closed = True


@pytest.fixture
def jobs():
    return Closed()


async def watched(served):
    watch = served.health.Watch(health_pb2.HealthCheckRequest(), timeout=10)
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    return watch


async def test_a_call_that_runs(served, flyte, jobs):
    """Watches are told first and end; a call that runs gets its answer; then the connectors are closed."""
    gate = Gate(Resource(phase=Phase.SUCCEEDED))
    jobs.gets.will(gate.step())
    watch = await watched(served)
    call = asyncio.ensure_future(flyte.get(b'{"job_id":"a"}'))
    await gate.begun.wait()
    draining = asyncio.ensure_future(served.server.drain(grace=20))
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert await watch.read() is grpc.aio.EOF
    assert not draining.done()
    assert not jobs.closed
    gate.open.set()
    assert (await call).phase == Phase.SUCCEEDED
    await draining
    assert jobs.closed


async def test_new_calls(served, jobs):
    """While the last calls run, new ones are refused, so that their clients go elsewhere."""
    gate = Gate(Resource(phase=Phase.SUCCEEDED))
    jobs.gets.will(gate.step())
    call = asyncio.ensure_future(served.flyte1.get(b'{"job_id":"a"}'))
    await gate.begun.wait()
    watch = await watched(served)
    draining = asyncio.ensure_future(served.server.drain(grace=20))
    while await watch.read() is not grpc.aio.EOF:
        pass
    async with asyncio.timeout(10):
        while await attempt(served) is not grpc.StatusCode.UNAVAILABLE:
            pass
    assert not call.done()
    gate.open.set()
    await asyncio.gather(call, draining)


async def attempt(served):
    async with grpc.aio.insecure_channel(served.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        return await channel.unary_unary("/flyteidl.service.AgentMetadataService/ListAgents")(b"", timeout=5).code()


async def test_calls_during_the_delay(served):
    """While balancers are told, calls are still answered, although health says that they should go elsewhere."""
    watch = await watched(served)
    draining = asyncio.ensure_future(served.server.drain(grace=20, delay=1))
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert (await served.flyte1.get(await served.flyte1.create())).phase == Phase.RUNNING
    assert await served.state() == "NOT_SERVING"
    draining.cancel()


async def test_a_create_without_a_caller(served, flyte, jobs, caplog):
    """A create whose client has gone is waited for, because the job that it begins could not be found again."""
    gate = Gate(Job(job_id="a"))
    jobs.creates.will(gate.step())
    call = flyte.jobs.CreateTask(flyte.create_request())
    await gate.begun.wait()
    call.cancel()
    await until(lambda: not served.running())
    caplog.set_level("INFO")
    draining = asyncio.ensure_future(served.server.drain(grace=20))
    await until(lambda: draining.done() or "waiting for 1 creates" in caplog.text)
    assert not draining.done()
    assert not jobs.closed
    gate.open.set()
    await draining
    assert jobs.closed


async def test_the_grace_is_over(served, flyte, jobs):
    """A call that does not end within the grace is cut off."""
    gate = Gate(None)
    jobs.gets.will(gate.step())
    call = asyncio.ensure_future(flyte.get(b'{"job_id":"a"}'))
    await gate.begun.wait()
    await served.server.drain(grace=0.1)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    assert jobs.closed


async def test_twice(served):
    """A server that has ended can be told so again."""
    await served.server.drain(grace=1)
    await served.server.drain(grace=1)
