"""Plugins that cannot be loaded, beside others that can."""

import logging

import grpc
import pytest
from site_folder import Site

from fairlead import ConnectorRegistry, PluginError
from fairlead_dummy import DummyConnector

BROKEN = "from fairlead import AsyncConnector\nimport a_module_that_nobody_has\n"
FINE = """
from fairlead import Phase, Resource, SyncConnector

class Fine(SyncConnector):
    task_type = "fine"

    def do(self, task, inputs, context):
        return Resource(phase=Phase.SUCCEEDED)
"""


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Two plugins are installed; one of them cannot be imported."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr("fairlead.discovery._search_path", lambda: (str(folder),))
    monkeypatch.syspath_prepend(folder)
    site = Site(folder)
    site.add("broken-one", entry_points="[fairlead.connectors]\nbroken = broken_m:C", modules={"broken_m": BROKEN})
    site.add("fine-one", entry_points="[fairlead.connectors]\nfine = fine_m:Fine", modules={"fine_m": FINE})
    return ConnectorRegistry()


@pytest.fixture
async def served(serve, registry):
    return await serve(DummyConnector, registry=registry)


async def test_the_others_are_served(served):
    """The server starts, and lists and serves what could be loaded."""
    assert [agent.name for agent in (await served.flyte1.listing()).agents] == ["Dummy", "Fine"]
    assert (await served.flyte1.do("fine")).phase == 3


async def test_health_of_each_connector(served):
    """Health says that the connector of the broken plugin is not serving, and that the server and the others are."""
    assert await served.state("connector/broken") == "NOT_SERVING"
    assert await served.state("connector/fine") == "SERVING"
    assert await served.state() == "SERVING"


async def test_the_metric(served):
    """A metric names the plugin, its distribution and the stage at which it failed."""
    labels = {"plugin": "broken", "distribution": "broken-one", "stage": "import"}
    assert served.metric("fairlead_flyte_plugin_failures", **labels) == 1


async def test_the_log(serve, registry, caplog):
    """The log says at the start what is broken and what to do about it."""
    with caplog.at_level(logging.INFO):
        await serve(registry=registry)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "plugin `broken` (broken-one 1.0) failed at stage import" in record.getMessage()
    assert "a_module_that_nobody_has" in record.getMessage()
    assert "task types: fine" in caplog.text


@pytest.mark.parametrize("call", ["create", "get"])
async def test_a_call_for_the_broken_one(served, call):
    """A call for the task type of a broken plugin says what is wrong with it."""
    calls = {"create": lambda flyte: flyte.create("broken"), "get": lambda flyte: flyte.get(b"{}", "broken")}
    for flyte in (served.flyte1, served.flyte2):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await calls[call](flyte)
        assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "failed at stage import" in caught.value.details()
    assert (
        served.metric("flyte_connector_requests_failure_total", task_type="unknown", operation=call, error_code="412")
        == 2
    )


async def test_with_strict_the_server_does_not_start(serve, registry, monkeypatch):
    """Where failures are not to be borne, the server does not start."""
    monkeypatch.setenv("FAIRLEAD_STRICT", "1")
    with pytest.raises(PluginError, match="broken-one"):
        await serve(registry=registry)
