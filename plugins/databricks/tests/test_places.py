"""One client for each workspace and credential."""

import time
from types import SimpleNamespace

import pytest

from fairlead import Backoff, Context
from fairlead_databricks.places import Places


@pytest.fixture
async def find():
    """A function that looks for a place with a token of the request, and the places."""
    places = Places(request_seconds=1, backoff=Backoff(initial=1, maximum=1))

    async def find(instance, token):
        return await places.find(instance, "", Context(secrets={"DATABRICKS_TOKEN": token}))

    yield find, places
    await places.close()


async def test_one_client_for_a_workspace_and_a_credential(find):
    """The same workspace and credential share a client; another of either has its own."""
    find, _ = find
    first = await find("a.example.com", "one")
    assert await find("a.example.com", "one") is first
    assert await find("a.example.com", "two") is not first
    assert await find("b.example.com", "one") is not first


async def test_clients_that_nobody_uses_are_closed(find, monkeypatch):
    """Where each request has a token of its own, only the clients of the last while are open."""
    find, places = find
    first = await find("a.example.com", "one")
    later = time.monotonic() + 1000
    monkeypatch.setattr("fairlead_databricks.places.time", SimpleNamespace(monotonic=lambda: later))
    second = await find("a.example.com", "two")
    assert first.workspace._http.is_closed
    assert not second.workspace._http.is_closed
    await places.close()
    assert second.workspace._http.is_closed
