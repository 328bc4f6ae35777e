"""A server in this process, and its clients."""

from contextlib import AsyncExitStack, ExitStack

import grpc
import pytest
from backends import SECONDS, Flyte1, Flyte2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from hypothesis import settings
from scripted import Answers, Endless, Jobs
from server_process import ServerProcess

from fairlead import Backoff, ConnectorRegistry
from fairlead_flyte.options import ServerOptions
from fairlead_flyte.server import Server

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


class Served:
    """A server that runs, and its clients."""

    def __init__(self, server, channel):
        self.server = server
        self.metrics = server.metrics.registry
        self.address = f"127.0.0.1:{server.port}"
        self.channel = channel
        self.flyte1, self.flyte2 = Flyte1(channel), Flyte2(channel)
        self.health = health_pb2_grpc.HealthStub(channel)

    async def state(self, service=""):
        """Return what the health service says of a service."""
        answer = await self.health.Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

    def running(self, method=""):
        """Return how many calls run, of one method or of all."""
        return sum(
            sample.value
            for metric in self.metrics.collect()
            if metric.name == "fairlead_flyte_calls_in_flight"
            for sample in metric.samples
            if method in {"", sample.labels["method"]}
        )

    def metric(self, name, **labels):
        """Return the value of a metric, 0 where there is none."""
        return self.metrics.get_sample_value(name, labels) or 0.0


@pytest.fixture(autouse=True)
def dummy_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRLEAD_DUMMY_DIR", str(tmp_path / "dummy"))


@pytest.fixture
def no_retries(monkeypatch):
    """After a passing fault of a connector the lifecycle does not try again, but gives up at once."""
    monkeypatch.setattr("fairlead.lifecycle.Backoff", lambda **_: Backoff(initial=1000.0, maximum=1000.0))


@pytest.fixture
def short_deadlines(monkeypatch):
    """Calls without a deadline of their own are given very little time."""
    monkeypatch.setattr("fairlead_flyte.call._WITHOUT_DEADLINE", 0.1)


@pytest.fixture
async def stack():
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def serve(stack):
    """A function that serves connectors on a port of their own, and gives the clients of both versions."""

    async def start(*connectors, registry=None, channel=None, **options):
        registry = registry or ConnectorRegistry(discover=False)
        for connector in connectors:
            registry.register(connector)
        options = {"host": "127.0.0.1", "port": 0, "poll_interval": 0.0, "max_connection_age": 0.0, **options}
        server = await stack.enter_async_context(Server(ServerOptions(**options), registry))
        channel = channel or grpc.aio.insecure_channel(f"127.0.0.1:{server.port}")
        return Served(server, await stack.enter_async_context(channel))

    return start


@pytest.fixture
def jobs():
    return Jobs()


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def endless():
    return Endless()


@pytest.fixture
async def served(serve, jobs, answers):
    """A server with the scripted connectors, whose answers are never fresh for longer than a moment."""
    return await serve(jobs, answers)


@pytest.fixture(params=["flyte1", "flyte2"])
def flyte(request, served):
    """The client of each version of Flyte in turn."""
    return getattr(served, request.param)


@pytest.fixture
def start(tmp_path):
    """A function that starts a server in a process of its own, which ends with the test."""
    with ExitStack() as stack:

        def start(*arguments, **options):
            server = ServerProcess(tmp_path, *arguments, **options)
            stack.callback(server.close)
            return server

        yield start
