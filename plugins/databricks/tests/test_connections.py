"""How many connections calls need; with TLS, each connection is a handshake."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from fairlead import InvalidTask
from fairlead_databricks.connections import POOL_SIZE, client_of
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


async def test_this_machine_is_reached_without_a_proxy(emulator, ended, monkeypatch):
    """A proxy of the environment, which may be anywhere, is not asked for a workspace on this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    await ended(1)
    assert emulator.requests.count("/runs/get") == 1
    with Emulator() as plain:
        async with client_of(plain.host) as http:
            assert (await http.get("/.well-known/databricks-config")).is_success


UNUSABLE = {
    "SOCKS": ("ALL_PROXY", "socks5://127.0.0.1:1080", 'pip install "httpx\\[socks\\]"'),
    "no port": ("HTTP_PROXY", "http://user:hidden@proxy:bad", "not the URL of a proxy; write one such as http://"),
    "a slash in the password": ("https_proxy", "http://user:hidden/password@proxy:1", "not the URL of a proxy"),
    "no proxy's scheme": ("HTTPS_PROXY", "ftp://user:hidden@proxy", "not the URL of a proxy"),
    "no file": ("SSL_CERT_FILE", "/nonexistent", "'/nonexistent', whose certificates cannot be read: .*No such file"),
    "no certificate": ("SSL_CERT_FILE", __file__, "whose certificates cannot be read: "),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_surroundings_that_cannot_be_used(monkeypatch, case):
    """The error names the variable and what is wrong with it, but shows no password."""
    name, value, message = UNUSABLE[case]
    for other in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidTask, match=f"^{name}.*{message}") as caught:
        client_of("https://x.example.com")
    assert "hidden" not in str(caught.value)
