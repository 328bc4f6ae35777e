"""The same requests for flytekit's server and for ours."""

import pytest
from differences import difference
from flyte_versions import FLYTE1
from google.protobuf.json_format import ParseDict
from grpc import StatusCode
from same_requests import SameRequests
from two_servers import TwoServers

COMMAND = ["pyflyte", "serve", "connector", "--modules", "flytekit_jobs"]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Both servers, for all tests."""
    servers = TwoServers(tmp_path_factory.mktemp("servers"), FLYTE1, COMMAND)
    yield servers
    servers.close()


@pytest.fixture
def start(tmp_path):
    """A function that starts both servers for one test."""
    started = []

    def start():
        started.append(TwoServers(tmp_path, FLYTE1, COMMAND, "--max-connection-age", "200ms"))
        return started[-1]

    yield start
    for servers in started:
        servers.close()


class TestFlyte1(SameRequests):
    """What Flyte 1 has in common with Flyte 2, and what it has alone."""

    def do(self, servers, custom, *, task_type="peer_sync", frames=2):
        """Send so many of the frames of a sync call: the header, then the inputs."""
        frame = FLYTE1.messages.ExecuteTaskSyncRequest
        header = {"header": {"template": {"type": task_type, "custom": custom}, "output_prefix": "s3://bucket/out"}}
        requests = [ParseDict(header, frame()), ParseDict({"inputs": {}}, frame())][:frames]
        return servers.call("ExecuteTaskSync", *requests, answer=FLYTE1.messages.ExecuteTaskSyncResponse)

    def test_a_sync_call(self, servers):
        """Header and inputs are answered by one header."""
        theirs, ours = self.do(servers, {"phase": "SUCCEEDED", "outputs": {"a": "b"}})
        ours.message["header"]["resource"].pop("state")
        assert theirs == ours

    def test_empty_outputs(self, servers):
        """No outputs are not the same as outputs of which there are none."""
        theirs, ours = self.ask(servers, "GetTask", {"phase": "SUCCEEDED", "outputs": {}})
        assert [FLYTE1.outputs(answer.message) for answer in (theirs, ours)] == [{}, {}]

    def test_the_deprecated_task_type(self, servers):
        """A request without a category is one for version 0 of its task type."""
        request = FLYTE1.messages.GetTaskRequest(resource_meta=b'{"custom": {}}', task_type="peer")
        answers = servers.call("GetTask", request, answer=FLYTE1.messages.GetTaskResponse)
        assert [answer.message["resource"]["phase"] for answer in answers] == ["RUNNING", "RUNNING"]

    @difference("Errors of a sync call")
    def test_sync_errors(self, servers):
        """Theirs is an error with a traceback; ours is a failure with an `agent_error` where no retry can mend it."""
        theirs, ours = self.do(servers, {"do_fails": "invalid: x"})
        assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.OK)
        assert "Traceback" in theirs.details
        resource = ours.message["header"]["resource"]
        assert (resource["phase"], resource["message"]) == ("FAILED", "USER:InvalidTask: invalid: x")
        assert resource["agent_error"] == {"code": "InvalidTask", "origin": "USER"}
        theirs, ours = self.do(servers, {}, task_type="peer")
        assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.UNIMPLEMENTED)

    @difference("A sync call without inputs")
    def test_sync_frames(self, servers):
        """Theirs is an error; ours is a task without inputs, and the lack of everything is named."""
        theirs, ours = self.do(servers, {"phase": "SUCCEEDED"}, frames=1)
        assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.OK)
        theirs, ours = self.do(servers, {}, frames=0)
        assert (theirs.code, ours.code) == (StatusCode.UNKNOWN, StatusCode.INVALID_ARGUMENT)

    @difference("A sync connector that answers before the end")
    def test_sync_phase(self, servers):
        """Theirs passes it on, and Flyte goes on to ask for a job that there is not; ours is an error."""
        theirs, ours = self.do(servers, {"phase": "RUNNING"})
        assert theirs.message["header"]["resource"]["phase"] == "RUNNING"
        assert (ours.code, "must be a terminal Phase" in ours.details) == (StatusCode.INTERNAL, True)

    @difference("The log of a job in Flyte 1")
    def test_logs(self, servers):
        """Theirs is empty whatever the connector returns; ours has the lines, and no token after the last."""
        theirs, ours = self.ask(servers, "GetTaskLogs", {"lines": ["a", "b"], "phase": "SUCCEEDED"})
        assert (theirs.code, theirs.messages) == (StatusCode.OK, [])
        body = {"results": ["a", "b"], "structured_lines": [{"message": "a"}, {"message": "b"}]}
        assert ours.messages == [{"body": body}]

    @difference("The deprecated `state`")
    def test_state(self, servers):
        """Theirs is always that of a retryable failure, because that is 0; ours is that of the phase."""
        theirs, ours = self.ask(servers, "GetTask", {"phase": "SUCCEEDED"})
        assert "state" not in theirs.message["resource"]
        assert ours.message["resource"]["state"] == "SUCCEEDED"

    @difference("Built-in connectors")
    def test_built_in(self, servers):
        """Theirs always has `sensor` and `webhook`; ours has what is installed."""
        theirs, ours = ({one["name"] for one in listed} for listed in self.list(servers))
        assert theirs - ours == {"Sensor", "Webhook Connector"}
        assert ours == {"Peer", "Peer Sync"}
