"""Tokens of service principals, and the logins of databricks-sdk: fetched when needed, and no more often."""

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from fairlead import AuthenticationError, Backoff, Deadline
from fairlead_databricks import jobs
from fairlead_databricks.credentials import SdkCredentials, ServicePrincipal
from fairlead_databricks.workspace import Workspace
from fairlead_databricks_emulator import ExpireTokens, Garbage, Hang, Status

CONDITION = {"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def look(emulator, clock):
    """A function that asks for a run a number of times at once, as a service principal whose time is `clock`."""
    credentials = ServicePrincipal(emulator.client_id, emulator.client_secret, clock=clock)
    workspace = Workspace(emulator.host, credentials, request_seconds=5, backoff=Backoff(initial=0.01, maximum=0.05))
    body = {"tasks": [CONDITION], "idempotency_token": f"look-{time.monotonic_ns()}"}
    run_id = str(await jobs.submit(workspace, body, deadline=Deadline.after(20)))

    async def ask(count=1):
        calls = (jobs.get(workspace, run_id, deadline=Deadline.after(20)) for _ in range(count))
        return await asyncio.gather(*calls)

    yield ask
    await workspace.close()


def logins(emulator):
    return emulator.requests.count("/oidc/v1/token")


async def test_a_token_is_used_until_shortly_before_it_expires(emulator, clock, look):
    """One login is enough for an hour less a minute; after that comes the next, before anything is refused."""
    await look(5)
    assert logins(emulator) == 1
    clock.now += emulator.tokens.lifetime - 61
    await look()
    assert logins(emulator) == 1
    clock.now += 2
    await look(5)
    assert logins(emulator) == 2


async def test_a_short_token_is_used_for_half_of_its_time(emulator, clock, look, monkeypatch):
    """A token that is good for less than two minutes is not fetched anew for each call."""
    monkeypatch.setattr(emulator.tokens, "lifetime", 60.0)
    clock.now += 3600
    await look()
    clock.now += 29
    await look()
    assert logins(emulator) == 2
    clock.now += 2
    await look()
    assert logins(emulator) == 3


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_is_renewed_once_for_all(emulator, look, status):
    """When a token is refused to many calls, one login serves them all, also the one that hears of it last."""
    emulator.tokens.expire(ExpireTokens(status=status))
    emulator.faults.add(Hang(path="/runs/get"))
    last = asyncio.create_task(look())
    while emulator.faults.pending:  # noqa: ASYNC110 - it is a thread of its own that tells
        await asyncio.sleep(0.001)
    await look(20)
    emulator.faults.release()
    await last
    assert logins(emulator) == 2


async def test_what_is_refused_again_is_an_error(emulator, look):
    """A call renews its token once; if the new one is refused too, that is the end of it."""
    emulator.faults.add(Status(path="/runs/get", status=401, body={"error_code": "UNAUTHENTICATED"}, times=2))
    with pytest.raises(AuthenticationError):
        await look()
    assert logins(emulator) == 2


@pytest.mark.parametrize(
    "path", ["/.well-known/databricks-config", "/.well-known/oauth-authorization-server", "/oidc/v1/token"]
)
async def test_a_login_that_hangs_is_tried_again(emulator, path):
    """No answer to a login within the time of a request is a passing fault, like that of any other request."""
    credentials = ServicePrincipal(emulator.client_id, emulator.client_secret)
    workspace = Workspace(emulator.host, credentials, request_seconds=0.3, backoff=Backoff(initial=0.01, maximum=0.05))
    emulator.faults.add(Hang(path=path))
    body = {"tasks": [CONDITION], "idempotency_token": f"hang-{time.monotonic_ns()}"}
    await jobs.submit(workspace, body, deadline=Deadline.after(60))
    await workspace.close()
    assert not emulator.faults.pending
    assert emulator.requests.count(path) >= 2


class Odd:
    """A login that gives what no header can carry."""

    def __init__(self, value):
        self._value = value

    async def headers(self, http, deadline):
        return {"Authorization": self._value}

    def renew(self, refused):
        return False


@pytest.mark.parametrize("value", ["Bearer hidden\n", "Bearer hidden-\u00e9"])
async def test_a_header_that_cannot_be_sent(emulator, value):
    """It is no passing fault, so it is not tried again, and the error does not show it."""
    workspace = Workspace(emulator.host, Odd(value), request_seconds=5, backoff=Backoff(initial=60, maximum=60))
    with pytest.raises(AuthenticationError, match="a header that cannot be sent") as caught:
        await jobs.get(workspace, "1", deadline=Deadline.after(600))
    await workspace.close()
    assert "hidden" not in str(caught.value)
    assert len(emulator.requests) == 0


async def test_an_issued_token_that_is_none(emulator, look):
    """What a workspace issues is checked like any other token."""
    emulator.tokens.expire(ExpireTokens())
    emulator.faults.add(Garbage(path="/oidc/v1/token", body='{"access_token": "hidden\\n"}'))
    with pytest.raises(AuthenticationError, match="`access_token of 127.0.0.1` is not a token") as caught:
        await look()
    assert "hidden" not in str(caught.value)


@pytest.fixture
def metadata_service(emulator, monkeypatch):
    """A login that only databricks-sdk knows: a service of this machine that gives tokens; and the list of its calls."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append(self.path)
            body = {"access_token": emulator.token, "token_type": "Bearer", "expires_on": int(time.time()) + 3600}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("DATABRICKS_METADATA_SERVICE_URL", f"http://127.0.0.1:{server.server_port}/token")
        yield calls
        server.shutdown()
        thread.join()


async def test_other_logins(lifecycle, emulator, context, python, metadata_service, monkeypatch):
    """Whatever login databricks-sdk finds is used, and found only once, however often a run is asked for."""
    monkeypatch.setenv("DATABRICKS_HOST", emulator.host)
    monkeypatch.delenv("DATABRICKS_TOKEN", raising=False)
    handle = await lifecycle.create(python("print('hello')\n"), {}, context(secrets={}))
    for _ in range(5):
        await lifecycle.get(handle, context(secrets={}))
    assert len(metadata_service) == 1


async def test_no_login_that_fits(emulator, monkeypatch, tmp_path):
    """Where the SDK finds none either, that is an authentication error with its reason."""
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("DATABRICKS_AUTH_TYPE", "pat")
    credentials = SdkCredentials(emulator.host)
    async with httpx.AsyncClient() as http:
        with pytest.raises(
            AuthenticationError, match=f"databricks-sdk has no credential for {emulator.host}: .*cannot configure"
        ):
            await credentials.headers(http, Deadline.after(5))
