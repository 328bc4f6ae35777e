"""Several processes on one port."""

import os
import re
import shutil
import signal
import urllib.request
from contextlib import contextmanager

import grpc
import pytest
from flyteidl.admin import agent_pb2
from flyteidl.service.agent_pb2_grpc import AsyncAgentServiceStub
from prometheus_client import CollectorRegistry
from server_process import SUPPORT, is_alive, until

from fairlead_flyte import listening
from fairlead_flyte.metrics import serve_metrics

SECONDS = 30
GETS = {"method": "/flyteidl.service.AsyncAgentService/GetTask", "code": "OK"}


@pytest.fixture
def server(start, tmp_path):
    """Two processes that end without delay; the message of a held job is the id of the process that answered."""
    shutil.copy(SUPPORT / "held.py", tmp_path)
    quick = ["--drain-delay", "0s", "--max-connection-age", "200ms", "--poll-interval", "0s"]
    server = start("--workers", 2, "--modules", "held", *quick, HELD_FOLDER=str(tmp_path))
    server.says("2 processes serve on port")
    return server


def answered_by(server, meta=b'{"name":""}'):
    """Ask for a state over a new connection, and return the id of the process that answered."""
    request = agent_pb2.GetTaskRequest(resource_meta=meta, task_category=agent_pb2.TaskCategory(name="held"))
    with grpc.insecure_channel(server.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        resource = AsyncAgentServiceStub(channel).GetTask(request, timeout=SECONDS, wait_for_ready=True).resource
    (pid,) = re.findall(r"\d+", resource.message) or (None,)
    return pid


def test_both_answer_and_are_counted_together(server):
    """New connections go to either, and the metrics are the sum of both."""
    seen, asked = set(), 0
    while len(seen) < 2:
        seen.add(answered_by(server))
        asked += 1
    assert seen == set(map(str, server.children()))
    until(lambda: server.metric("fairlead_flyte_calls_total", **GETS) == asked)
    until(lambda: server.metric("flyte_connector_requests_success_total", task_type="held", operation="get") == asked)


def test_one_that_is_killed_is_replaced(server):
    """Calls go on, and what the killed one had counted stays counted."""
    killed = int(answered_by(server))
    until(lambda: server.metric("fairlead_flyte_calls_total", **GETS) == 1)
    os.kill(killed, signal.SIGKILL)
    server.says(r"process \d ended with -9; it is started again in")
    server.says("serving Flyte 1 and Flyte 2", times=3)
    seen = {answered_by(server)}
    until(lambda: len(server.children()) == 2)
    while len(seen) < 2:
        seen.add(answered_by(server))
    assert str(killed) not in seen
    until(lambda: server.metric("fairlead_flyte_calls_total", **GETS) > len(seen))


def test_what_one_has_counted_before_it_ends(server):
    """A process that drains leaves no call out of the metrics, however late that call was."""
    os.kill(int(answered_by(server)), signal.SIGTERM)
    server.says(r"process \d ended with 0; it is started again in")
    assert server.metric("fairlead_flyte_calls_total", **GETS) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_both(server, tmp_path, number):
    """The call that runs gets its answer, and neither a process nor a folder is left."""
    children = server.children()
    with held_call(server, tmp_path) as call:
        server.send(number)
        server.says("ending; running calls", times=2)
        (tmp_path / "get-go").touch()
        assert call.result().resource.phase
    assert server.ended() == 0
    assert not any(map(is_alive, children))
    assert not list(tmp_path.glob("fairlead-flyte-*"))


def test_the_second_signal_ends_both(server, tmp_path):
    """Nothing is waited for any more."""
    children = server.children()
    with held_call(server, tmp_path) as call:
        server.send()
        server.says("ending; running calls", times=2)
        server.send()
        assert server.ended() == 130
        assert call.exception()
    assert not any(map(is_alive, children))


def test_they_end_with_their_parent(server, tmp_path):
    """A parent that is killed leaves no orphans: they drain as if they had been told to."""
    children = server.children()
    with held_call(server, tmp_path) as call:
        server.send(signal.SIGKILL)
        until((tmp_path / "get-begun").exists)
        (tmp_path / "get-go").touch()
        assert call.result().resource.phase
    until(lambda: not any(map(is_alive, children)))


@contextmanager
def held_call(server, folder):
    """Begin a call that ends when the test lets it."""
    request = agent_pb2.GetTaskRequest(
        resource_meta=b'{"name":"get"}', task_category=agent_pb2.TaskCategory(name="held")
    )
    with grpc.insecure_channel(server.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        call = AsyncAgentServiceStub(channel).GetTask.future(request, timeout=SECONDS)
        until((folder / "get-begun").exists)
        yield call


def test_what_keeps_one_from_starting_ends_all(start, tmp_path):
    """It is told once, and the exit code is that of a single process."""
    (tmp_path / "garbage").write_text("garbage")
    server = start("--workers", 2, "--tls-cert", "garbage", "--tls-key", "garbage")
    assert server.ended() == 1
    assert server.log.count("garbage and garbage are no certificate") == 1
    assert not list(tmp_path.glob("fairlead-flyte-*"))
    server = start("--workers", 2, "--modules", "absent")
    assert server.ended() == 3
    assert server.log.count("module `absent` cannot be imported") == 1


def test_a_connector_that_prints(start, tmp_path):
    """What a module prints is in the log, and neither the start nor the calls wait for it to be read."""
    (tmp_path / "loud.py").write_text("print('loud ' * 100_000)\n")
    server = start("--workers", 2, "--modules", "loud", "--drain-delay", "0s")
    server.says("2 processes serve on port")
    assert "loud loud" in server.log
    server.send()
    assert server.ended() == 0
    assert server.output == ""


def test_what_is_printed_before_the_server_starts(start, tmp_path):
    """What Python's own start prints, also without an end of line, keeps no process from serving."""
    (tmp_path / "sitecustomize.py").write_text("import os\nos.write(1, b'hello ')\n")
    server = start("--workers", 2, "--drain-delay", "0s")
    server.says("2 processes serve on port")
    server.send()
    assert server.ended() == 0
    assert server.log.count("hello ") == 2


def test_metrics_while_a_process_starts(tmp_path, monkeypatch):
    """A file that a process has just made, and not yet written, does not keep the others' metrics from being read."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "counter_1.db").touch()
    (tmp_path / "counter_2.db").symlink_to(tmp_path / "of a process that has ended")
    server = serve_metrics(CollectorRegistry(), host="127.0.0.1", port=0)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=SECONDS) as answer:
            assert answer.read() == b""
    finally:
        server.shutdown()
        server.server_close()


def test_everywhere_without_ipv6(monkeypatch):
    """On a machine without IPv6, "everywhere" is that of IPv4."""
    assert listening.socket_host("[::]") == "::"
    monkeypatch.setattr(listening, "_has_ipv6", lambda: False)
    assert listening.socket_host("[::]") == "0.0.0.0"
    assert listening.socket_host("127.0.0.1") == "127.0.0.1"
