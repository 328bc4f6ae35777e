"""Connectors that were written for flytekit, unmodified, as connectors of fairlead."""

import http.server
import importlib
import json
import sys
import textwrap
import threading

import pytest
from flytekit import FlyteContextManager
from flytekit.core.type_engine import TypeEngine

from fairlead import (
    ConnectorBug,
    ConnectorRegistry,
    Context,
    Handle,
    Lifecycle,
    LogLink,
    MetricsQuery,
    Opaque,
    Phase,
    Runner,
    StructuredDataset,
    TaskCategory,
    TaskTemplate,
    TypedInterface,
    Variable,
)
from fairlead_flyte.bridge import register_loaded


@pytest.fixture(scope="session")
def acme(install):
    """The module with connectors as flytekit's users write them."""
    sys.path.append(str(install("acme-flytekit")))
    return importlib.import_module("acme_flytekit")


@pytest.fixture
async def lifecycle(acme, tmp_path, monkeypatch):
    """A lifecycle with the connectors that are registered with flytekit by now."""
    monkeypatch.setenv("ACME_FOLDER", str(tmp_path))
    importlib.import_module("flytekit.extras.webhook")
    registry = ConnectorRegistry(discover=False)
    register_loaded(registry)
    register_loaded(registry)
    async with Lifecycle(registry) as lifecycle:
        yield lifecycle


async def started(lifecycle, **custom):
    return await lifecycle.create(TaskTemplate(type="acme", custom=custom), {"x": [1, 2]}, Context())


async def test_what_a_connector_reports(lifecycle):
    """Phase, message, links, outputs and custom info arrive, and what has no plain form is kept."""
    resource = await lifecycle.get(await started(lifecycle), Context())
    assert (resource.phase, resource.message, resource.custom_info) == (Phase.SUCCEEDED, "a message", {"n": 1})
    assert resource.log_links == (LogLink("Console", "https://acme.example/1"),)
    assert resource.outputs["table"] == StructuredDataset(uri="bq://acme:set.table")


async def test_the_bytes_of_the_meta(lifecycle, acme):
    """A handle holds the bytes that the connector's own class writes, and bytes of flytekit's server can be followed."""
    handle = await started(lifecycle, state="running")
    theirs = acme.AcmeMeta(**json.loads(handle.meta.removeprefix(b"acme:")))
    assert handle.meta == theirs.encode()
    other = Handle(TaskCategory("acme"), acme.AcmeMeta(job_id="1", state="done").encode())
    assert (await lifecycle.get(other, Context())).phase is Phase.SUCCEEDED


async def test_the_models_that_a_connector_gets(lifecycle):
    """A task with a declared interface and an execution arrives in flytekit's models."""
    task = TaskTemplate(
        type="acme",
        custom={"n": 1},
        interface=TypedInterface(inputs={"when": Variable("duration"), "x": Variable("float")}),
    )
    handle = await lifecycle.create(task, {"when": 60, "x": 1}, Context(output_prefix="s3://bucket"))
    resource = await lifecycle.get(handle, Context())
    assert json.loads(resource.outputs["seen"]) == {
        "inputs": {"when": "datetime.timedelta(seconds=60)", "x": "1.0"},
        "custom": {"n": 1},
        "type": "acme",
        "prefix": True,
        "attempt": 0,
    }


async def test_delete_logs_and_metrics(lifecycle, tmp_path):
    """The other methods are called too, where the connector has them."""
    handle = await started(lifecycle)
    pages = [page async for page in lifecycle.get_logs(handle, Context())]
    assert [line.message for page in pages for line in page.lines] == ["first", "second"]
    (metric,) = await lifecycle.get_metrics(handle, MetricsQuery(queries=("load",)), Context())
    assert (metric.name, metric.data) == ("load", {"value": 1})
    await lifecycle.delete(handle, Context())
    assert len(list(tmp_path.glob("*.deleted"))) == 1


async def test_states_that_flytekit_does_not_know(lifecycle):
    """A state for which the connector raises is a bug of the connector, named as such."""
    handle = await started(lifecycle, state="levitating")
    with pytest.raises(
        ConnectorBug, match=r"connector 'Acme' .*: get raised ValueError: Unrecognized state: levitating"
    ):
        await lifecycle.get(handle, Context())


async def test_plain_methods_old_names_versions_and_secrets(lifecycle, monkeypatch):
    """An agent of before runs too: plain methods on threads, a literal map as outputs, flytekit's own secrets."""
    monkeypatch.setenv("_FSEC_ACME_WHO", "me")
    task = TaskTemplate(type="acme_old", task_type_version=2)
    resource = await Runner(lifecycle).run(task, {}, Context())
    assert resource.outputs == {"n": [1, 2], "who": "me"}


async def test_metadata(lifecycle):
    """A connector goes by its own name, and tells its own documentation."""
    metadata = lifecycle.registry.get_connector_metadata("Old Acme")
    assert (metadata.is_sync, metadata.categories) == (False, (TaskCategory("acme_old", 2),))
    assert metadata.description == "Is written in the words of before, with plain methods."
    assert lifecycle.registry.get_connector_metadata("Webhook Connector").is_sync


async def test_literals_that_are_not_plain(lifecycle, acme, monkeypatch):
    """A literal that a plain value would not give back, as a map's, stays what it is."""
    context = FlyteContextManager.current_context()
    literals = TypeEngine.dict_to_literal_map(context, {"m": {"a": 1}}, {"m": dict[str, int]})

    def get(self, resource_meta):
        return acme.Resource(phase=Phase.SUCCEEDED, outputs=literals)

    monkeypatch.setattr(acme.AcmeConnector, "get", get)
    resource = await lifecycle.get(await started(lifecycle), Context())
    assert isinstance(resource.outputs["m"], Opaque)
    assert resource.outputs["m"].data == literals.literals["m"].to_flyte_idl().SerializeToString()


@pytest.fixture
def web_server():
    """A web server that answers with the path and the body of each request."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.send_response(500 if "fail" in self.path else 200)
            self.end_headers()
            self.wfile.write(f"{self.path} {body}".encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_flytekits_own_webhook(lifecycle, web_server):
    """The webhook connector of flytekit sends what the task says, with its inputs filled in, and tells of a refusal."""
    custom = {"url": web_server + "/{inputs.path}", "method": "POST", "headers": {}, "data": {"k": "{inputs.path}"}}
    task = TaskTemplate(type="webhook", custom=custom)
    answer = await Runner(lifecycle).run(task, {"path": "hello"}, Context())
    assert answer.outputs == {"info": {"status_code": 200, "response_data": '/hello {"k":"hello"}'}}
    refused = await Runner(lifecycle).run(task, {"path": "fail"}, Context())
    assert refused.phase is Phase.FAILED
    assert refused.message.startswith("Webhook failed with status code 500")


SENSOR = """
import os
from flytekit.sensor.base_sensor import BaseSensor

class Twice(BaseSensor):
    def __init__(self, name="twice", config=None, **kwargs):
        super().__init__(name=name, sensor_config=None, **kwargs)

    async def poke(self, path: str) -> bool:
        was_there = os.path.exists(path)
        open(path, "w").close()
        return was_there
"""


async def test_flytekits_own_sensor(lifecycle, tmp_path, monkeypatch):
    """The sensor connector of flytekit calls the sensor that the task names until its condition is met."""
    (tmp_path / "acme_sensor.py").write_text(textwrap.dedent(SENSOR))
    monkeypatch.syspath_prepend(tmp_path)
    task = TaskTemplate(type="sensor", custom={"sensor_module": "acme_sensor", "sensor_name": "Twice"})
    handle = await lifecycle.create(task, {"path": str(tmp_path / "file")}, Context())
    phases = [(await lifecycle.get(handle, Context())).phase for _ in range(2)]
    assert phases == [Phase.RUNNING, Phase.SUCCEEDED]
