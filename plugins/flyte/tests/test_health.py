"""The health service: of the server, of its services and of its connectors."""

import asyncio

import grpc
import pytest
from grpc_health.v1 import health_pb2

from fairlead_flyte.health import Health

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN

NAMES = [
    "",
    "grpc.health.v1.Health",
    "flyteidl.service.AsyncAgentService",
    "flyteidl.service.SyncAgentService",
    "flyteidl.service.AgentMetadataService",
    "flyteidl2.connector.AsyncConnectorService",
    "flyteidl2.connector.ConnectorMetadataService",
    "connector/jobs",
    "connector/answers",
]


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_served(served, name):
    """The server, the names of the services that upstream's servers know, and each connector are serving."""
    assert await served.state(name) == "SERVING"


async def test_an_unknown_service(served):
    """A service that nobody has heard of is NOT_FOUND."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.state("connector/nobody")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_watch(served):
    """A watch tells the state now and whenever it changes, and only then."""
    watch = served.health.Watch(health_pb2.HealthCheckRequest(service="connector/jobs"), timeout=10)
    assert (await watch.read()).status == SERVING
    served.server.health.set(["connector/answers"], serving=False)
    served.server.health.set(["connector/jobs"], serving=False)
    assert (await watch.read()).status == NOT_SERVING
    served.server.health.set(["connector/jobs"], serving=True)
    assert (await watch.read()).status == SERVING
    watch.cancel()


async def test_watch_what_is_not_there_yet(served):
    """Also what is not known can be watched, until it is there."""
    watch = served.health.Watch(health_pb2.HealthCheckRequest(service="later"), timeout=10)
    assert (await watch.read()).status == UNKNOWN
    served.server.health.set(["later"], serving=True)
    assert (await watch.read()).status == SERVING
    watch.cancel()


async def test_the_end(served):
    """At the end everything is NOT_SERVING, and the watches end."""
    watches = [
        served.health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=10) for name in ("", "connector/jobs")
    ]
    assert [(await watch.read()).status for watch in watches] == [SERVING, SERVING]
    served.server.health.shut_down()
    assert [(await watch.read()).status for watch in watches] == [NOT_SERVING, NOT_SERVING]
    assert [await watch.read() for watch in watches] == [grpc.aio.EOF, grpc.aio.EOF]
    assert await served.state() == "NOT_SERVING"


async def test_a_watch_after_the_end():
    """A watch that begins after the end is told, and ends."""
    health = Health()
    health.set([""], serving=True)
    health.shut_down()
    async with asyncio.timeout(10):
        answers = [answer.status async for answer in health.watch(health_pb2.HealthCheckRequest(), None)]
    assert answers == [NOT_SERVING]


async def test_watchers_that_go_away(served):
    """A client that goes away leaves nothing behind that keeps the server from ending."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch", response_deserializer=bytes)(b"")
        await watch.read()
    async with asyncio.timeout(10):
        await served.server.drain(grace=5)


async def test_a_change_while_it_is_told():
    """A state that changes while the one before is on its way is told, too, before the stream ends."""
    health = Health()
    health.set([""], serving=True)
    states = health.watch(health_pb2.HealthCheckRequest(), None)
    assert (await anext(states)).status == SERVING
    health.shut_down()
    assert [state.status async for state in states] == [NOT_SERVING]
