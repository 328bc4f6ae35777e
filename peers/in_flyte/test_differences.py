"""The same requests for flyte's server and for ours."""

import pytest
from differences import difference
from flyte_versions import FLYTE2
from google.protobuf.json_format import ParseDict
from grpc import StatusCode
from same_requests import SameRequests, meta_of
from two_servers import TwoServers

COMMAND = ["c0", "--modules", "flyte_jobs"]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Both servers, for all tests."""
    servers = TwoServers(tmp_path_factory.mktemp("servers"), FLYTE2, COMMAND)
    yield servers
    servers.close()


@pytest.fixture
def start(tmp_path):
    """A function that starts both servers for one test."""
    started = []

    def start():
        started.append(TwoServers(tmp_path, FLYTE2, COMMAND, "--max-connection-age", "200ms"))
        return started[-1]

    yield start
    for servers in started:
        servers.close()


class TestFlyte2(SameRequests):
    """What Flyte 2 has in common with Flyte 1, and what it has alone."""

    def test_logs(self, servers):
        """Lines come as texts and as structures, and after the last there is no token."""
        theirs, ours = self.ask(servers, "GetTaskLogs", {"lines": ["a", "b"], "phase": "SUCCEEDED"})
        assert theirs == ours
        assert ours.messages == [{"body": {"results": ["a", "b"], "lines": [{"message": "a"}, {"message": "b"}]}}]

    @difference("Sync connectors in Flyte 2")
    def test_sync_connectors(self, servers):
        """Theirs knows none; ours runs them when they are created, and the result is asked for as that of a job."""
        theirs, ours = self.list(servers)
        assert ([one["name"] for one in theirs], [one["name"] for one in ours]) == (["Peer"], ["Peer", "Peer Sync"])
        custom = {"phase": "SUCCEEDED", "outputs": {"a": "b"}}
        _, created = self.create(servers, custom, task_type="peer_sync")
        _, state = self.ask(servers, "GetTask", meta=meta_of(created), task_type="peer_sync")
        assert state.message["resource"]["phase"] == "SUCCEEDED"
        assert FLYTE2.outputs(state.message) == {"a": {"scalar": {"primitive": {"string_value": "b"}}}}

    @difference("A secret or setting with the name of an argument")
    def test_connection(self, servers):
        """Theirs becomes a keyword argument, and is an error; ours is the connector's to ask for."""
        fields = {"template": {"type": "peer", "custom": {}}, "connection": {"secrets": {"inputs": "x"}}}
        request = ParseDict(fields, FLYTE2.messages.CreateTaskRequest())
        theirs, ours = servers.call("CreateTask", request, answer=FLYTE2.messages.CreateTaskResponse)
        assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.OK)
        assert "multiple values for keyword argument 'inputs'" in theirs.details

    @difference("Empty outputs in Flyte 2")
    def test_empty_outputs(self, servers):
        """Theirs are no outputs, and Flyte reads what the job has not written; ours are none, and nothing is read."""
        theirs, ours = self.ask(servers, "GetTask", {"phase": "SUCCEEDED", "outputs": {}})
        assert FLYTE2.outputs(theirs.message) is None
        assert FLYTE2.outputs(ours.message) == {}
