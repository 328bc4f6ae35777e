"""The bearer token that calls must carry."""

import os

import grpc
import pytest
from flyteidl.admin import agent_pb2
from grpc_health.v1 import health_pb2

from fairlead_flyte.tokens import Token

METHODS = [
    *(f"flyteidl.service.AsyncAgentService/{name}" for name in ("CreateTask", "GetTask", "DeleteTask", "GetTaskLogs")),
    "flyteidl.service.SyncAgentService/ExecuteTaskSync",
    "flyteidl.service.AgentMetadataService/ListAgents",
    "flyteidl2.connector.AsyncConnectorService/CreateTask",
    "flyteidl2.connector.ConnectorMetadataService/ListConnectors",
]


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "token"
    file.write_text("right\n")
    return file


@pytest.fixture
async def served(serve, jobs, file):
    return await serve(jobs, token_file=str(file))


def listing(served, *metadata):
    return served.flyte1.catalog.ListAgents(agent_pb2.ListAgentsRequest(), metadata=metadata, timeout=10)


async def test_the_right_token(served):
    """A call with the token is answered."""
    answer = await listing(served, ("authorization", "Bearer right"))
    assert [agent.name for agent in answer.agents] == ["Jobs"]


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [("authorization", "Bearer wrong")],
        [("authorization", "Bearer right ")],
        [("authorization", "right")],
        [("authorization", "Basic right")],
        [("authorization", "")],
        [("x-authorization", "Bearer right")],
    ],
)
@pytest.mark.parametrize("method", METHODS)
async def test_a_wrong_token(served, jobs, method, metadata):
    """Without it no method is, and no connector hears of the call."""
    call = served.channel.unary_unary(f"/{method}")(b"", metadata=metadata, timeout=10)
    assert await call.code() is grpc.StatusCode.UNAUTHENTICATED
    assert await call.details() == "the bearer token is missing or wrong"
    assert jobs.creates.calls == []
    assert served.metric("fairlead_flyte_calls_in_flight", method=f"/{method}") == 0
    assert served.metric("fairlead_flyte_calls_total", method=f"/{method}", code="UNAUTHENTICATED") == 1


async def test_health_needs_no_token(served):
    """Health can be asked by everybody, because probes cannot send a token."""
    assert await served.state() == "SERVING"
    watch = served.health.Watch(health_pb2.HealthCheckRequest(), timeout=10)
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
    watch.cancel()


async def test_a_token_that_is_renewed(served, file):
    """A token that is replaced in its file is the right one from then on, and the old one is wrong."""
    await listing(served, ("authorization", "Bearer right"))
    replace(file, "new")
    assert (await listing(served, ("authorization", "Bearer new"))).agents
    with pytest.raises(grpc.aio.AioRpcError):
        await listing(served, ("authorization", "Bearer right"))


def replace(file, text):
    """Put a file in the place of another one, as a mounted secret is renewed."""
    new = file.with_suffix(".new")
    new.write_text(text)
    changed = file.stat().st_mtime_ns + 1_000_000
    os.utime(new, ns=(changed, changed))
    new.replace(file)


def is_in(token, text):
    return token.is_in([("authorization", f"Bearer {text}")])


def test_a_file_that_has_gone(file):
    """While the file is not there, or is empty, the token of before stays the right one."""
    token = Token(file)
    replace(file, "")
    assert is_in(token, "right")
    assert not is_in(token, "")
    file.unlink()
    assert is_in(token, "right")
    file.write_text("newer")
    assert is_in(token, "newer")


def test_a_token_of_any_letters(file):
    """A token is compared as bytes, so that one that is not ASCII is no error."""
    token = Token(file)
    assert not is_in(token, "schlüssel")
    assert not token.is_in([("authorization", b"\xff")])
    assert not token.is_in(None)


def test_no_token_file(tmp_path):
    """A server does not start without the file that it was told of."""
    with pytest.raises(OSError, match="No such file"):
        Token(tmp_path / "none")


def test_an_empty_token_file(tmp_path):
    """Nor with one that is empty: that would let nobody in, or everybody."""
    (tmp_path / "empty").write_text(" \n")
    with pytest.raises(ValueError, match="is empty"):
        Token(tmp_path / "empty")
