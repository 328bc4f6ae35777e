"""The services of both versions of Flyte, and the order in which the backends call them."""

import flyteidl.service.agent_pb2
import flyteidl2.connector.service_pb2
import grpc
import pytest
from backends import SECONDS
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from fairlead import ConnectorRegistry, Phase, Resource
from fairlead_dummy import DummyConnector
from fairlead_echo import EchoConnector
from fairlead_flyte.options import ServerOptions
from fairlead_flyte.server import Server

SERVICES = [
    *flyteidl.service.agent_pb2.DESCRIPTOR.services_by_name.values(),
    *flyteidl2.connector.service_pb2.DESCRIPTOR.services_by_name.values(),
]
METHODS = [method for service in SERVICES for method in service.methods]


def test_the_five_services_are_known():
    """The published stubs have the services that the next tests go through."""
    assert {service.full_name for service in SERVICES} == {
        "flyteidl.service.AsyncAgentService",
        "flyteidl.service.SyncAgentService",
        "flyteidl.service.AgentMetadataService",
        "flyteidl2.connector.AsyncConnectorService",
        "flyteidl2.connector.ConnectorMetadataService",
    }


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
async def test_every_method_is_served(served, method):
    """Each method of the published descriptions is there: even an empty request gets an answer of its own."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    assert await served.channel.unary_unary(path)(b"", timeout=SECONDS).code() in {
        grpc.StatusCode.OK,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.INVALID_ARGUMENT,
    }


async def test_the_life_of_a_job(flyte, jobs):
    """A backend lists what is served, creates a job, asks for it until it has ended, and deletes it."""
    jobs.gets.will(
        Resource(phase=Phase.QUEUED, message="waiting"),
        Resource(phase=Phase.RUNNING),
        Resource(phase=Phase.SUCCEEDED),
    )
    await flyte.listing()
    meta = await flyte.create()
    resources = [await flyte.get(meta) for _ in range(3)]
    await flyte.delete(meta)
    assert [resource.phase for resource in resources] == [Phase.QUEUED, Phase.RUNNING, Phase.SUCCEEDED]
    assert resources[0].message == "waiting"
    assert [call.arguments[0].job_id for call in jobs.deletes.calls] == ["job-1"]


@pytest.mark.parametrize("version", ["flyte1", "flyte2"])
async def test_the_dummy_connector(serve, version):
    """A job of the dummy connector is created with inputs, is seen running and then deleted, by both versions."""
    flyte = getattr(await serve(DummyConnector), version)
    number = {"scalar": {"primitive": {"integer": 3}}}
    custom = {"duration": 1000, "phases": ["RUNNING"], "logs": ["hello"]}
    meta = await flyte.create("dummy", inputs={"x": number}, template={"custom": custom})
    assert (await flyte.get(meta, "dummy")).phase == Phase.RUNNING
    first, *_ = await flyte.logs(meta, "dummy")
    assert list(first.body.results) == ["hello"]
    await flyte.delete(meta, "dummy")
    assert (await flyte.get(meta, "dummy")).phase == Phase.ABORTED


async def test_a_job_that_both_versions_follow(served, jobs):
    """A job that one version has created can be followed and ended through the other, with the same meta."""
    meta = await served.flyte1.create()
    assert (await served.flyte2.get(meta)).phase == Phase.RUNNING
    await served.flyte2.delete(meta)
    assert (await served.flyte1.get(await served.flyte2.create())).phase == Phase.RUNNING
    assert [call.arguments[0].job_id for call in jobs.gets.calls] == ["job-1", "job-2"]


async def test_the_list_of_agents(served):
    """Flyte 1 is told of each connector by name, whether it is sync, and its task types in the old and the new way."""
    async_one, sync_one = sorted((await served.flyte1.listing()).agents, key=lambda agent: agent.name, reverse=True)
    assert (async_one.name, async_one.is_sync, list(async_one.supported_task_types)) == ("Jobs", False, ["jobs"])
    assert [(category.name, category.version) for category in async_one.supported_task_categories] == [("jobs", 0)]
    assert (sync_one.name, sync_one.is_sync) == ("Answers", True)


async def test_the_list_of_connectors(served):
    """Flyte 2 is told of each connector by name, with its task categories; sync ones are among them."""
    connectors = (await served.flyte2.listing()).connectors
    assert [connector.name for connector in connectors] == ["Answers", "Jobs"]
    assert [category.name for category in connectors[0].supported_task_categories] == ["answers"]


async def test_versions_of_a_task_type(serve, jobs):
    """The versions of a task type are one agent with several categories, and a call reaches the version that it names."""
    newer = type("Newer", (type(jobs),), {"task_type_version": 2})()
    served = await serve(jobs, newer)
    (agent,) = (await served.flyte1.listing()).agents
    assert list(agent.supported_task_types) == ["jobs"]
    assert [category.version for category in agent.supported_task_categories] == [0, 2]
    meta = await served.flyte1.create(version=2)
    await served.flyte1.jobs.GetTask(served.flyte1.request("GetTask", meta, version=2))
    assert (len(jobs.creates.calls), len(newer.creates.calls), len(newer.gets.calls)) == (0, 1, 1)


async def test_one_connector_by_name(flyte):
    """GetAgent and GetConnector answer for one name what the list says of it."""
    named = await flyte.named("Jobs")
    assert (named.name, [category.name for category in named.supported_task_categories]) == ("Jobs", ["jobs"])


async def test_a_name_that_is_not_served(flyte):
    """A name that nobody has is NOT_FOUND, with those that there are."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.named("Job")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == "no connector is named 'Job'; served are Answers, Jobs"


@pytest.mark.parametrize("method", ["GetTask", "DeleteTask", "GetTaskMetrics", "GetTaskLogs"])
async def test_the_deprecated_task_type(served, method):
    """Requests that name the task type as old backends do, and no category, reach its connector."""
    flyte = served.flyte1
    request = getattr(flyte.messages, f"{method}Request")(task_type="jobs", resource_meta=b'{"job_id":"old"}')
    path = f"/{flyte.services[0]}/{method}"
    call = served.channel.unary_unary(path)(request.SerializeToString(), timeout=SECONDS)
    unsupported = method in {"GetTaskMetrics", "GetTaskLogs"}
    assert await call.code() is (grpc.StatusCode.UNIMPLEMENTED if unsupported else grpc.StatusCode.OK)
    assert not unsupported or "Jobs has no" in await call.details()


async def test_the_deprecated_task_type_by_both_protocols(served):
    """The same bytes are about a job in Flyte 1, and about none in Flyte 2, also when they have been read before."""
    request = served.flyte1.messages.GetTaskRequest(task_type="jobs", resource_meta=b'{"job_id":"old"}')
    codes = [
        await served.channel.unary_unary(f"/{flyte.services[0]}/GetTask")(request.SerializeToString()).code()
        for flyte in [served.flyte1, served.flyte2] * 2
    ]
    assert codes == [grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND] * 2


async def test_echo_beside_jobs(serve, jobs):
    """Connectors of both kinds are served side by side."""
    served = await serve(jobs, EchoConnector)
    resource = await served.flyte1.do("echo", inputs={"x": {"scalar": {"primitive": {"string_value": "hello"}}}})
    assert served.flyte1.outputs(resource)["x"].scalar.primitive.string_value == "hello"


async def test_reflection(serve, jobs):
    """With reflection, tools can ask which services there are."""
    served = await serve(jobs, reflection=True)
    stub = reflection_pb2_grpc.ServerReflectionStub(served.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]
    listed = {service.name for service in answer.list_services_response.service}
    assert listed >= {service.full_name for service in SERVICES} | {"grpc.health.v1.Health"}


async def test_no_reflection_unless_asked_for(served):
    """Without the option there is no reflection."""
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    # not as a stream: gRPC's client calls it an internal error when it is refused while it writes
    assert await served.channel.unary_unary(method)(b"", timeout=SECONDS).code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_port_that_is_taken(served, jobs):
    """A server that cannot listen says so as an OSError with the address."""
    registry = ConnectorRegistry(discover=False)
    options = ServerOptions(host="127.0.0.1", port=served.server.port)
    with pytest.raises(OSError, match=served.address):
        async with Server(options, registry):
            pass


async def test_a_server_logs_what_it_serves(serve, jobs, caplog):
    """At its start the server names its port and its task types."""
    with caplog.at_level("INFO"):
        served = await serve(jobs)
    assert f"on port {served.server.port}; task types: jobs" in caplog.text


async def test_health_has_the_servers_name(served):
    """The health service is the one of the published stub."""
    stub = health_pb2_grpc.HealthStub(served.channel)
    assert (await stub.Check(health_pb2.HealthCheckRequest())).status == health_pb2.HealthCheckResponse.SERVING
