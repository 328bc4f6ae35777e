"""The end of a server by a signal."""

import shutil
import signal

import grpc
import pytest
from flyteidl.admin import agent_pb2
from flyteidl.service.agent_pb2_grpc import AsyncAgentServiceStub
from google.protobuf.json_format import ParseDict
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from server_process import SUPPORT, until

SECONDS = 30
HELD = agent_pb2.TaskCategory(name="held")


@pytest.fixture
def held(start, tmp_path):
    """A function that starts a server whose connector holds its calls, by default one that ends without delay."""
    shutil.copy(SUPPORT / "held.py", tmp_path)

    def held(*options):
        quick = ["--drain-delay", "0s", "--max-connection-age", "200ms"]
        return start("--modules", "held", *quick, *options, HELD_FOLDER=str(tmp_path))

    return held


class Client:
    """A backend's connection to a server."""

    def __init__(self, server):
        self.channel = grpc.insecure_channel(server.address, [("grpc.use_local_subchannel_pool", 1)])
        self.jobs = AsyncAgentServiceStub(self.channel)
        self.health = HealthStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def create(self, *methods, timeout=SECONDS):
        """Create a job that holds these methods."""
        request = agent_pb2.CreateTaskRequest()
        ParseDict({"template": {"type": "held", "custom": {"held": methods}}}, request)
        return self.jobs.CreateTask(request, timeout=timeout).resource_meta

    def get(self, meta):
        """Begin to ask for the state of a job."""
        request = agent_pb2.GetTaskRequest(resource_meta=meta, task_category=HELD)
        return self.jobs.GetTask.future(request, timeout=SECONDS)


def test_a_running_call_ends(held, tmp_path):
    """Health says NOT_SERVING first and new clients are refused, but the call that runs gets its answer; exit code 0."""
    server = held()
    with Client(server) as client, Client(server) as balancer:
        states = balancer.health.Watch(HealthCheckRequest(), timeout=SECONDS)
        assert next(states).status == HealthCheckResponse.SERVING
        call = client.get(client.create("get"))
        until((tmp_path / "get-begun").exists)
        server.send()
        assert next(states).status == HealthCheckResponse.NOT_SERVING
        until(lambda: not is_taken(server))
        assert not call.done()
        (tmp_path / "get-go").touch()
        assert call.result().resource.phase
    assert server.ended() == 0


def is_taken(server):
    """Whether a server takes a new client."""
    with Client(server) as client:
        code = client.health.Check.future(HealthCheckRequest(), timeout=SECONDS).code()
    assert code in {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
    return code is grpc.StatusCode.OK


def test_twice(held, tmp_path):
    """The second signal ends the server at once; the exit code says that calls were cut off."""
    server = held("--grace", "1h")
    with Client(server) as client:
        call = client.get(client.create("get"))
        until((tmp_path / "get-begun").exists)
        server.send()
        server.says("ending; running calls have 3600 s")
        server.send()
        assert server.ended() == 130
        with pytest.raises(grpc.RpcError):
            call.result()


def test_twice_while_a_connector_blocks_the_loop(held, tmp_path):
    """The second signal also ends a server that can do nothing else."""
    server = held()
    with Client(server) as client:
        call = client.get(client.create("block"))
        until((tmp_path / "block-begun").exists)
        server.send(signal.SIGINT)
        server.send(signal.SIGTERM)
        assert server.ended() == 130
        assert call.exception()


def test_the_grace_expires(held, tmp_path):
    """What still runs when the grace ends is cancelled, and that is a regular end."""
    server = held("--grace", "500ms")
    with Client(server) as client:
        call = client.get(client.create("get"))
        until((tmp_path / "get-begun").exists)
        server.send()
        assert server.ended() == 0
        with pytest.raises(grpc.RpcError):
            call.result()
    assert (tmp_path / "get-cancelled").exists()


def test_a_create_without_a_caller_ends(held, tmp_path):
    """A create that nobody waits for any more is waited for, so that its job is not lost half made."""
    server = held()
    with Client(server) as client:
        with pytest.raises(grpc.RpcError) as caught:
            client.create("create", timeout=0.5)
        assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    server.send()
    server.says("waiting for 1 creates")
    (tmp_path / "create-go").touch()
    assert server.ended() == 0
    assert (tmp_path / "create-ended").exists()


def test_new_clients_are_taken_during_the_delay(held):
    """Until balancers know, a server that ends takes whoever comes, and tells whoever asks."""
    server = held("--drain-delay", "1h", "--grace", "2h")
    assert server.port
    server.send()
    server.says("ending;")
    with Client(server) as client:
        assert client.health.Check(HealthCheckRequest(), timeout=SECONDS).status == HealthCheckResponse.NOT_SERVING
        assert client.create()
    server.send()
    assert server.ended() == 130


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_waits_for_no_balancer(held, workers):
    """At a terminal there is no delay, and without clients the end comes at once."""
    server = held("--drain-delay", "1h", "--grace", "2h", "--workers", workers)
    server.says("Flyte 2 on port" if workers == 1 else "2 processes serve")
    server.send(signal.SIGINT)
    assert server.ended() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_a_slow_import_can_be_interrupted(start, tmp_path, number, code):
    """A server that is still loading its connectors has no call to wait for."""
    source = "import sys, time\nprint('importing', file=sys.stderr, flush=True)\nwhile True: time.sleep(0.01)\n"
    (tmp_path / "slow.py").write_text(source)
    server = start("--modules", "slow")
    server.says("importing")
    server.send(number)
    assert server.ended() == code
