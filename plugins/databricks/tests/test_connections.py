"""How many connections calls need; with TLS, each connection is a handshake."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from fairlead_databricks.workspace import POOL_SIZE
from fairlead_databricks_emulator import Emulator

ONE_TASK = {"tasks": [{"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}]}


@pytest.fixture(scope="module")
def running():
    with Emulator(tls=True) as emulator:
        yield emulator


@pytest.fixture
async def ended(emulator, monkeypatch, runner, lifecycle, context, databricks):
    """A function that asks `count` times at once for a run that has ended, and the handshakes counted from here on."""
    monkeypatch.setenv("SSL_CERT_FILE", emulator.ca_file)
    key = context()
    await runner.run(databricks(ONE_TASK), {}, key)
    handle = await lifecycle.create(databricks(ONE_TASK), {}, key)
    await lifecycle.close()
    emulator.requests.clear()

    async def get(count):
        return await asyncio.gather(*(lifecycle.get(handle, context()) for _ in range(count)))

    return get


async def test_calls_in_a_row_share_one_connection(emulator, ended):
    """The second call and all after it need no handshake."""
    for _ in range(20):
        await ended(1)
    assert (len(emulator.requests), emulator.requests.connections) == (20, 1)


async def test_calls_at_once_open_no_more_connections_than_the_pool_holds(emulator, ended):
    """However many calls are made at once, there is at most one handshake for each place in the pool."""
    await ended(POOL_SIZE * 2)
    assert len(emulator.requests) == POOL_SIZE * 2
    assert 1 < emulator.requests.connections <= POOL_SIZE
    before = emulator.requests.connections
    await ended(before)
    assert emulator.requests.connections == before


async def test_a_connection_outlives_the_pause_between_two_polls(emulator, ended, monkeypatch):
    """A minute later the connection is still used, so that polling needs no handshake each time."""
    await ended(1)
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + 60)
    monkeypatch.setattr("httpcore._async.http11.time", later)
    await ended(1)
    assert emulator.requests.connections == 1
