"""Connectors of flytekit behind our server, called as Flyte's backend calls them."""

import json
import signal

import grpc
import pytest
from flyteidl.admin import agent_pb2
from flyteidl.service import agent_pb2_grpc
from flytekit import FlyteContextManager
from flytekit.core.type_engine import TypeEngine

SERVER = """
import runpy, sys
sys.argv = ["fairlead", "serve", "flyte", "--host", "127.0.0.1", "--port", "0", "--no-metrics", "--drain-delay", "0s"]
runpy.run_module("fairlead", run_name="__main__")
"""


@pytest.fixture
def channel(start):
    """A connection to a server with an unmodified plugin of flytekit, and a broken one."""
    server = start(SERVER, beside=["acme-broken", "acme-flytekit"])
    line = server.wait_for("on port ")
    port = line.partition("on port ")[2].partition(";")[0]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.signal(signal.SIGTERM)
    assert server.end() == 0


def test_calls_of_the_backend(channel):
    """Literals of any type reach the connector as the backend sent them, and its own outputs come back."""
    types = {"x": list[int], "m": dict[str, int]}
    literals = TypeEngine.dict_to_literal_map(
        FlyteContextManager.current_context(), {"x": [1, 2], "m": {"a": 1}}, types
    )
    request = agent_pb2.CreateTaskRequest(inputs=literals.to_flyte_idl(), output_prefix="s3://bucket")
    request.template.type = "acme"
    request.template.custom.update({"state": "done"})
    for name, type_ in types.items():
        variable = request.template.interface.inputs.variables[name]
        variable.type.CopyFrom(TypeEngine.to_literal_type(type_).to_flyte_idl())
    request.task_execution_metadata.task_execution_id.retry_attempt = 3
    jobs = agent_pb2_grpc.AsyncAgentServiceStub(channel)
    meta = jobs.CreateTask(request, timeout=20).resource_meta
    assert json.loads(json.loads(meta.removeprefix(b"acme:"))["job_id"]) == {
        "inputs": {"m": "{'a': 1}", "x": "[1, 2]"},
        "custom": {"state": "done"},
        "type": "acme",
        "prefix": True,
        "attempt": 3,
    }
    category = agent_pb2.TaskCategory(name="acme")
    get = agent_pb2.GetTaskRequest(resource_meta=meta, task_category=category)
    resource = jobs.GetTask(get, timeout=20).resource
    assert resource.outputs.literals["table"].scalar.structured_dataset.uri == "bq://acme:set.table"
    logs = jobs.GetTaskLogs(agent_pb2.GetTaskLogsRequest(resource_meta=meta, task_category=category), timeout=20)
    assert [line.message for page in logs for line in page.body.structured_lines] == ["first", "second"]


def test_sync_calls_and_the_list(channel):
    """A sync connector answers a stream, and all that could be loaded are listed."""
    sync = agent_pb2_grpc.SyncAgentServiceStub(channel)
    header = agent_pb2.ExecuteTaskSyncRequest()
    header.header.template.type = "acme_sync"
    (answer,) = sync.ExecuteTaskSync(iter([header, agent_pb2.ExecuteTaskSyncRequest(inputs={})]), timeout=20)
    assert answer.header.resource.outputs.literals["names"].HasField("collection")
    agents = agent_pb2_grpc.AgentMetadataServiceStub(channel).ListAgents(agent_pb2.ListAgentsRequest(), timeout=20)
    kinds = {agent.name: agent.is_sync for agent in agents.agents}
    assert {"Acme": False, "Sync Acme": True, "Webhook Connector": True, "Sensor": False}.items() <= kinds.items()
