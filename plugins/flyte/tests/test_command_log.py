"""What `fairlead serve flyte` writes to its log of what connectors and libraries do, in one process and in several."""

import json
import shutil

import grpc
import pytest
from flyteidl.admin import agent_pb2
from flyteidl.service.agent_pb2_grpc import AsyncAgentServiceStub
from server_process import SUPPORT

SECRET = "hunter2-of-buggy"


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def buggy(request, start, tmp_path):
    """A function that starts a server of the connector with a bug, and waits until it serves."""
    shutil.copy(SUPPORT / "buggy.py", tmp_path)

    def started(*arguments):
        server = start("--workers", request.param, "--modules", "buggy", *arguments, _FSEC_BUGGY_TOKEN=SECRET)
        server.says("serving Flyte 1 and Flyte 2", times=request.param)
        return server

    return started


def ask(server, meta=b"{}", seconds=30):
    """Ask for the state of a job, and return the error or None."""
    request = agent_pb2.GetTaskRequest(resource_meta=meta, task_category=agent_pb2.TaskCategory(name="buggy"))
    with grpc.insecure_channel(server.address) as channel:
        return AsyncAgentServiceStub(channel).GetTask.future(request, timeout=seconds).exception()


def test_a_bug_of_a_connector(buggy):
    """Its traceback is in the log once, without the secret; the caller is told the error only."""
    server = buggy()
    error = ask(server)
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "Traceback" not in error.details()
    server.says(
        r"ERROR fairlead\.traceback: Traceback \(most recent call last\):\n(.+\n)+    KeyError: 'no job for \*\*\*'"
    )
    server.send()
    server.ended()
    assert server.log.count("Traceback") == 1
    assert server.log.count("buggy.py") == 1
    assert SECRET not in server.log + error.details()


def test_a_bug_of_a_connector_as_json(buggy):
    """It is one document, which says what the call was about."""
    server = buggy("--log-format", "json")
    ask(server)
    server.says("KeyError")
    (line,) = [line for line in map(json.loads, server.log.splitlines()) if line["logger"] == "fairlead.traceback"]
    assert (line["level"], line["task_type"]) == ("ERROR", "buggy")
    assert line["message"].startswith("Traceback")


def test_what_is_logged_at_info(buggy):
    """A connector's own lines and those of fairlead are shown; what the HTTP library writes for every request is not."""
    server = buggy()
    ask(server, b'{"is_away":true}', seconds=3)
    server.says("INFO buggy: asking for the job")
    server.says(r"INFO fairlead\.lifecycle: trying again")
    assert "httpx" not in server.log


def test_what_is_logged_at_debug(buggy):
    """Each request is shown too, but not each step of it."""
    server = buggy("--log-level", "debug")
    ask(server)
    server.says("INFO httpx: HTTP Request: GET")
    assert "httpcore" not in server.log
