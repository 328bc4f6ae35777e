"""Servers that are replaced while backends call."""

import asyncio
import json
from collections import Counter

import grpc
import pytest
import trustme
from flyteidl.admin import agent_pb2
from flyteidl.service.agent_pb2_grpc import AsyncAgentServiceStub
from flyteidl2.connector import connector_pb2
from flyteidl2.connector.service_pb2_grpc import AsyncConnectorServiceStub
from google.protobuf.json_format import ParseDict
from server_process import until

CLIENTS = 50
PAUSE = 0.05  # of a client between two calls; a thousand calls a second leave the machine time to read the answers
AS_FLYTE_DOES = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})
NEVER_ENDS = {"template": {"type": "dummy", "custom": {"outcome": "never_end"}}}


class Load:
    """Clients that create jobs and ask for them without end, half of them as Flyte 1 and half as Flyte 2."""

    def __init__(self, *servers, authority=None):
        target = "ipv4:" + ",".join(server.address for server in servers)
        # A server that was away is back within a moment, and not within gRPC's two minutes.
        options = [("grpc.service_config", AS_FLYTE_DOES), ("grpc.max_reconnect_backoff_ms", 200)]
        if authority is None:
            self._channel = grpc.aio.insecure_channel(target, options)
        else:
            credentials = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
            options.append(("grpc.ssl_target_name_override", "localhost"))
            self._channel = grpc.aio.secure_channel(target, credentials, options)
        self._stop = asyncio.Event()
        self.succeeded = 0
        self.failed = Counter()

    async def __aenter__(self):
        flyte1 = AsyncAgentServiceStub(self._channel), agent_pb2
        flyte2 = AsyncConnectorServiceStub(self._channel), connector_pb2
        self._clients = [asyncio.create_task(self._call(*(flyte1, flyte2)[i % 2])) for i in range(CLIENTS)]
        return self

    async def __aexit__(self, *_):
        self._stop.set()
        await asyncio.gather(*self._clients)
        await self._channel.close()

    async def _call(self, jobs, messages):
        request = ParseDict(NEVER_ENDS, messages.CreateTaskRequest())
        category = messages.TaskCategory(name="dummy")
        while not self._stop.is_set():
            meta = await self._counted(jobs.CreateTask(request, timeout=10))
            for _ in range(5):
                await self._counted(
                    jobs.GetTask(
                        messages.GetTaskRequest(resource_meta=meta.resource_meta, task_category=category), timeout=10
                    )
                )

    async def _counted(self, call):
        try:
            answer = await call
        except grpc.aio.AioRpcError as error:
            self.failed[error.code(), error.details()] += 1
            raise
        self.succeeded += 1
        await asyncio.sleep(PAUSE)
        return answer


def is_called(server):
    """Whether a server has had calls of the clients."""
    return any(name == "fairlead_flyte_calls_total" and value for (name, _), value in server.metrics().items())


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def tls_options(tmp_path, authority):
    """The options for a server with a certificate of that authority."""
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(tmp_path / "tls.key"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "tls.crt"))
    return ["--tls-cert", tmp_path / "tls.crt", "--tls-key", tmp_path / "tls.key"]


@pytest.mark.parametrize("workers", [1, 2])
async def test_no_call_fails(start, workers):
    """Two servers are drained in turn and started again on their ports, while fifty clients call without retries."""
    await roll(start, "--workers", workers)


async def test_no_call_fails_over_tls(start, authority, tls_options):
    """The same holds where each new connection begins with a handshake."""
    await roll(start, *tls_options, authority=authority)


async def roll(start, *options, authority=None):
    options = [*options, "--max-connection-age", "1s", "--drain-delay", "0s"]
    servers = [start(*options), start(*options)]
    ports = [server.port for server in servers]
    async with Load(*servers, authority=authority) as load:
        for turn in (0, 1, 0):
            for server in servers:
                await asyncio.to_thread(until, lambda server=server: is_called(server), "a call")
            servers[turn].send()
            assert await asyncio.to_thread(servers[turn].ended) == 0
            servers[turn] = start(*options, port=ports[turn])
    assert not load.failed
    assert load.succeeded > CLIENTS
