"""The same requests for Flyte's server and for fairlead's: what both versions of Flyte have in common.

A test of a difference names its row in the table of `docs/flyte.md`.
"""

import base64
import itertools
import json
import signal

import grpc
import pytest
from differences import difference
from google.protobuf.json_format import ParseDict
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from server_process import until

PHASES = ["QUEUED", "WAITING_FOR_RESOURCES", "INITIALIZING", "RUNNING", "SUCCEEDED", "ABORTED", "FAILED"]
numbers = itertools.count()


class SameRequests:
    """Subclassed once for each version of Flyte; the fixture `servers` gives both servers."""

    def create(self, servers, custom, *, timeout=30, task_type="peer", **template):
        messages = servers.version.messages
        fields = {"template": {"type": task_type, "custom": custom, **template}, "output_prefix": "s3://bucket/out"}
        request = ParseDict(fields, messages.CreateTaskRequest())
        return servers.call("CreateTask", request, answer=messages.CreateTaskResponse, timeout=timeout)

    def ask(self, servers, method, custom=None, *, meta=None, timeout=30, task_type="peer"):
        """Ask about a job; one that `custom` describes is another one each time."""
        messages = servers.version.messages
        request = getattr(messages, f"{method}Request")(
            resource_meta=meta or json.dumps({"custom": {**(custom or {}), "n": next(numbers)}}).encode(),
            task_category=messages.TaskCategory(name=task_type),
        )
        return servers.call(method, request, answer=getattr(messages, f"{method}Response"), timeout=timeout)

    def find(self, servers, name):
        messages = servers.version.messages
        kind = "Agent" if hasattr(messages, "GetAgentRequest") else "Connector"
        request = getattr(messages, f"Get{kind}Request")(name=name)
        return servers.call("Find", request, answer=getattr(messages, f"Get{kind}Response"))

    def list(self, servers):
        messages = servers.version.messages
        answer = getattr(messages, "ListAgentsResponse", None) or messages.ListConnectorsResponse
        return [servers.version.listing(one.message) for one in servers.call("List", b"", answer=answer)]

    def test_create_and_delete(self, servers):
        """Both write the same meta, and each reads that of the other, so that a server can be swapped under a job."""
        theirs, ours = (meta_of(answer) for answer in self.create(servers, {"phase": "RUNNING", "x": [1, "y"]}))
        assert json.loads(theirs) == json.loads(ours)
        for meta in (theirs, ours):
            answers = self.ask(servers, "GetTask", meta=meta)
            assert [answer.message["resource"]["phase"] for answer in answers] == ["RUNNING", "RUNNING"]
            assert [answer.messages for answer in self.ask(servers, "DeleteTask", meta=meta)] == [[{}], [{}]]

    @pytest.mark.parametrize("phase", [*PHASES, "RETRYABLE_FAILED"])
    def test_phases(self, servers, phase):
        """Phase, message, links and custom info are the same."""
        custom = {"phase": phase, "message": "a message", "info": {"a": 1, "b": ["c"]}}
        theirs, ours = self.ask(servers, "GetTask", custom)
        ours.message["resource"].pop("state", None)
        assert theirs == ours

    def test_outputs(self, servers):
        """Primitives are the same literals."""
        custom = {"phase": "SUCCEEDED", "outputs": {"i": 1, "f": 1.5, "b": True, "s": "x"}}
        theirs, ours = (servers.version.outputs(answer.message) for answer in self.ask(servers, "GetTask", custom))
        assert theirs == ours
        assert theirs["i"] == {"scalar": {"primitive": {"integer": "1"}}}

    def test_no_outputs(self, servers):
        """Without outputs there are none, and the backend reads what the job has written."""
        answers = self.ask(servers, "GetTask", {"phase": "SUCCEEDED"})
        assert [servers.version.outputs(answer.message) for answer in answers] == [None, None]

    def test_an_unknown_task_type(self, servers):
        """The code is the same; the text says more."""
        for answers in (
            self.create(servers, {}, task_type="absent"),
            self.ask(servers, "GetTask", task_type="absent"),
            self.ask(servers, "DeleteTask", task_type="absent"),
        ):
            assert [answer.code for answer in answers] == [StatusCode.NOT_FOUND] * 2

    def test_what_is_served(self, servers):
        """Both describe the connector in the same way."""
        theirs, ours = self.find(servers, "Peer")
        assert theirs == ours
        for listed in self.list(servers):
            (description,) = [one for one in listed if one["name"] == "Peer"]
            assert description in theirs.message.values()

    def test_a_large_message(self, servers):
        """Up to four mebibytes are taken."""
        answers = self.create(servers, {"large": "x" * 4 * 1024 * 1024})
        assert [answer.code for answer in answers] == [StatusCode.RESOURCE_EXHAUSTED] * 2

    def test_health(self, servers):
        """The server and the services of its version are serving."""
        for server in (servers.theirs, servers.ours):
            stub = health_pb2_grpc.HealthStub(server.channel)
            for service in ["grpc.health.v1.Health", *servers.version.services]:
                answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=30)
                assert answer.status == health_pb2.HealthCheckResponse.SERVING

    def test_metrics(self, servers):
        """What a dashboard of Flyte's server shows is there under the same names and labels."""
        self.create(servers, {})
        self.ask(servers, "GetTask", {})
        self.ask(servers, "DeleteTask", {})
        theirs, ours = (
            {
                (name, labels)
                for name, labels in server.metrics()
                if 'task_type="peer"' in labels and "error" not in labels
            }
            for server in (servers.theirs, servers.ours)
        )
        assert theirs <= ours
        assert {name for name, _ in theirs} == {
            "flyte_connector_input_literal_bytes_count",
            "flyte_connector_input_literal_bytes_sum",
            "flyte_connector_requests_success_total",
            "flyte_connector_request_latency_seconds_count",
            "flyte_connector_request_latency_seconds_sum",
        }

    @difference("A task that no retry can mend")
    def test_a_refusal(self, servers):
        """Theirs is an error, which Flyte retries; ours is a job that has failed, with code and kind."""
        theirs, ours = self.create(servers, {"create_fails": "invalid: num_workers"})
        assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.OK)
        _, state = self.ask(servers, "GetTask", meta=meta_of(ours))
        assert state.message["resource"]["phase"] == "FAILED"
        assert state.message["resource"]["message"] == "USER:InvalidTask: invalid: num_workers"
        assert self.ask(servers, "DeleteTask", meta=meta_of(ours))[1].code == StatusCode.OK

    @difference("Another error of a connector")
    def test_a_bug(self, servers):
        """The code is the same; ours is one line without a traceback, and names the connector."""
        for operation, answers in {
            "create": self.create(servers, {"create_fails": "bug: oh no"}),
            "get": self.ask(servers, "GetTask", {"get_fails": "bug: oh no"}),
            "delete": self.ask(servers, "DeleteTask", {"delete_fails": "bug: oh no"}),
        }.items():
            theirs, ours = answers
            assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.INTERNAL)
            assert theirs.details.startswith(f"failed to {operation} peer task with error:\n")
            assert ours.details.startswith(
                f"connector 'Peer' (task type `peer`): {operation} raised RuntimeError: bug: oh"
            )
            assert "\n" not in ours.details

    @difference("A passing error of `get`")
    def test_an_outage(self, servers):
        """Theirs is an error, of which Flyte forgives five a task; ours is a state."""
        theirs, ours = self.ask(servers, "GetTask", {"get_fails": "outage: 503"}, timeout=2)
        assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.OK)
        assert ours.message["resource"]["phase"] == "INITIALIZING"
        assert ours.message["resource"]["message"] == "the state is not known for now: outage: 503"

    @difference("A job that is gone")
    def test_a_job_that_is_gone(self, servers):
        """Theirs is an error for ever; ours has failed, and deleting it is a success."""
        theirs, ours = self.ask(servers, "GetTask", {"get_fails": "gone: job 7"})
        assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.OK)
        assert ours.message["resource"]["phase"] == "FAILED"
        assert ours.message["resource"]["message"] == "USER:ResourceNotFound: gone: job 7"
        theirs, ours = self.ask(servers, "DeleteTask", {"delete_fails": "gone: job 7"})
        assert (theirs.code, ours.code) == (StatusCode.INTERNAL, StatusCode.OK)

    @difference("A create that outlives its caller")
    def test_a_slow_create(self, servers):
        """Theirs is cut off in the middle, and the job may be lost; ours goes on."""
        answers = self.create(servers, {"slow": 1.0}, timeout=0.5)
        assert [answer.code for answer in answers] == [StatusCode.DEADLINE_EXCEEDED] * 2
        until(lambda: servers.theirs.count("create-cancelled"))
        until(lambda: servers.ours.count("create-ended"))

    @difference("Questions about one job in quick succession")
    def test_polls(self, servers):
        """Theirs asks the external system each time; ours as often as its poll interval says."""
        before = [server.count("gets") for server in (servers.theirs, servers.ours)]
        meta = json.dumps({"custom": {"n": next(numbers)}}).encode()
        for _ in range(3):
            self.ask(servers, "GetTask", meta=meta)
        asked = [server.count("gets") - n for server, n in zip((servers.theirs, servers.ours), before, strict=True)]
        assert asked == [3, 1]

    @difference("Code and kind of an error")
    def test_errors(self, servers):
        """Theirs has none; ours has them in front of the message and in the custom info."""
        theirs, ours = self.ask(servers, "GetTask", {"phase": "FAILED", "message": "no", "code": "OutOfMemory"})
        assert theirs.message["resource"]["message"] == "no"
        assert ours.message["resource"]["message"] == "USER:OutOfMemory: no"
        error = {"code": "OutOfMemory", "kind": "user", "recoverable": False}
        assert ours.message["resource"]["custom_info"] == {"error": error}

    @difference("Outputs by their declared types")
    def test_declared_outputs(self, servers):
        """Theirs are typed by their values alone; ours by what the task declares, which comes along in the meta."""
        custom = {"phase": "SUCCEEDED", "outputs": {"x": 1}}
        metas = [meta_of(one) for one in self.create(servers, custom, interface=servers.version.interface(x="INTEGER"))]
        theirs, _ = self.ask(servers, "GetTask", meta=metas[0])
        _, ours = self.ask(servers, "GetTask", meta=metas[1])
        assert servers.version.outputs(theirs.message)["x"] == {"scalar": {"primitive": {"float_value": 1.0}}}
        assert servers.version.outputs(ours.message)["x"] == {"scalar": {"primitive": {"integer": "1"}}}

    @difference("The phase UNDEFINED")
    def test_undefined(self, servers):
        """Theirs is an error of Flyte's; ours is a job that runs."""
        theirs, ours = self.ask(servers, "GetTask", {"phase": "UNDEFINED"})
        assert "phase" not in theirs.message["resource"]
        assert ours.message["resource"]["phase"] == "RUNNING"

    @difference("What cannot be read")
    def test_nonsense(self, servers):
        """Theirs is UNKNOWN or INTERNAL; ours says that it is the request."""
        answers = servers.call("CreateTask", b"\xff\xff", answer=servers.version.messages.CreateTaskResponse)
        assert [answer.code for answer in answers] == [StatusCode.UNKNOWN, StatusCode.INVALID_ARGUMENT]
        answers = self.ask(servers, "GetTask", meta=b"nonsense")
        assert [answer.code for answer in answers] == [StatusCode.INTERNAL, StatusCode.INVALID_ARGUMENT]

    @difference("What is not there")
    def test_absent(self, servers):
        """Theirs is UNKNOWN with the name of a Python class; ours says what is missing."""
        theirs, ours = self.ask(servers, "GetTaskMetrics", {})
        assert (theirs.code, ours.code) == (StatusCode.UNKNOWN, StatusCode.UNIMPLEMENTED)
        assert ours.details == "Peer has no metrics"
        theirs, ours = self.find(servers, "Nobody")
        assert (theirs.code, ours.code) == (StatusCode.UNKNOWN, StatusCode.NOT_FOUND)

    @difference("`error_code` in the metrics")
    def test_error_codes(self, servers):
        """Theirs is 404 or 500; ours is the HTTP status of each code."""
        self.ask(servers, "GetTask", meta=b"nonsense")
        theirs, ours = (
            {labels for name, labels in server.metrics() if name == "flyte_connector_requests_failure_total"}
            for server in (servers.theirs, servers.ours)
        )
        assert 'error_code="500",operation="get",task_type="peer"' in theirs
        assert 'error_code="400",operation="get",task_type="peer"' in ours

    @difference("SIGTERM")
    def test_the_end(self, start):
        """Theirs dies; ours says that it is not serving, lets the calls end, and exits with 0."""
        servers = start()
        stub = health_pb2_grpc.HealthStub(servers.ours.channel)
        states = stub.Watch(health_pb2.HealthCheckRequest(), timeout=30)
        assert next(states).status == health_pb2.HealthCheckResponse.SERVING
        assert servers.ours.ended_by(signal.SIGTERM) == 0
        assert [state.status for state in states] == [health_pb2.HealthCheckResponse.NOT_SERVING]
        stub = health_pb2_grpc.HealthStub(servers.theirs.channel)
        states = stub.Watch(health_pb2.HealthCheckRequest(), timeout=30)
        assert next(states).status == health_pb2.HealthCheckResponse.SERVING
        assert servers.theirs.ended_by(signal.SIGTERM) == -signal.SIGTERM
        with pytest.raises(grpc.RpcError):
            next(states)


def meta_of(answer):
    """Return the meta of a created job."""
    return base64.b64decode(answer.message["resource_meta"])
