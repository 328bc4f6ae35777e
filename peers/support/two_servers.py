"""Two servers, one of Flyte's own and fairlead's, that are called with the same bytes."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple

import grpc
from google.protobuf.json_format import MessageToDict
from server_process import ServerProcess

SERVED = Path(__file__).parent.parent / "served"
SECONDS = 30


class Answer(NamedTuple):
    """How a call ended: its status, and its messages as dicts."""

    code: grpc.StatusCode
    details: str
    messages: list

    @property
    def message(self):
        (message,) = self.messages
        return message


class Server:
    """A server that is called in bytes; `folder` is where its connectors count their calls."""

    def __init__(self, folder, address, metrics_port):
        self.folder = folder
        self.metrics_port = metrics_port
        self.channel = grpc.insecure_channel(address)
        grpc.channel_ready_future(self.channel).result(SECONDS)

    def call(self, method, *requests, answer, timeout=SECONDS):
        """Send bytes and return how it ended; `answer` is the type of what comes back."""
        try:
            if method.endswith("ExecuteTaskSync"):
                data = list(self.channel.stream_stream(method)(iter(requests), timeout=timeout))
            elif method.endswith("GetTaskLogs"):
                data = list(self.channel.unary_stream(method)(*requests, timeout=timeout))
            else:
                data = [self.channel.unary_unary(method)(*requests, timeout=timeout)]
        except grpc.RpcError as error:
            return Answer(error.code(), error.details(), [])
        messages = [MessageToDict(answer.FromString(one), preserving_proto_field_name=True) for one in data]
        return Answer(grpc.StatusCode.OK, "", messages)

    def count(self, name):
        """Return how often the connectors have counted something."""
        counted = self.folder / name
        return counted.stat().st_size if counted.exists() else 0

    def metrics(self):
        """Return names and labels of the metrics that Flyte's servers have."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=SECONDS) as answer:
            return set(re.findall(r"^(flyte_connector_\w+(?<!_created))\{(.*)\}", answer.read().decode(), re.MULTILINE))


class Peer(Server):
    """A server of Flyte's own."""

    def __init__(self, folder, command):
        folder.mkdir()
        port, metrics_port = _free_port(), _free_port()
        program, *words = command
        self._process = subprocess.Popen(
            [Path(sys.executable).parent / program, *words, f"--port={port}", f"--prometheus_port={metrics_port}"],
            cwd=SERVED,
            env=os.environ | {"PEER_FOLDER": str(folder), "PYTHONPATH": str(SERVED)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        super().__init__(folder, f"127.0.0.1:{port}", metrics_port)

    def ended_by(self, number):
        """End the server by a signal, and return its exit code."""
        self._process.send_signal(number)
        return self._process.wait(SECONDS)

    def close(self):
        self.channel.close()
        if self._process.poll() is None:
            self.ended_by(signal.SIGKILL)


class Ours(Server):
    """fairlead's server, for which a state that it was told is good for ever."""

    def __init__(self, folder, options):
        folder.mkdir()
        options = ["--modules", "fairlead_jobs", "--poll-interval", "1h", "--drain-delay", "0s", *options]
        environment = {"FAIRLEAD_PLUGINS": "fairlead-flyte", "PEER_FOLDER": str(folder), "PYTHONPATH": str(SERVED)}
        self._process = ServerProcess(folder, *options, **environment)
        super().__init__(folder, self._process.address, self._process.metrics_port)

    def ended_by(self, number):
        """End the server by a signal, and return its exit code."""
        self._process.send(number)
        return self._process.ended()

    def close(self):
        self.channel.close()
        self._process.close()
        assert "a call failed by a fault of the server" not in self._process.log


class TwoServers:
    """Both, and the messages and services of the version of Flyte that they are called as."""

    def __init__(self, folder, version, command, *options):
        self.version = version
        self.theirs = Peer(folder / "theirs", command)
        self.ours = Ours(folder / "ours", options)

    def call(self, method, *requests, answer, timeout=SECONDS):
        """Send the same bytes to both, and return both answers."""
        encoded = [one if isinstance(one, bytes) else one.SerializeToString(deterministic=True) for one in requests]
        name = self.version.methods[method]
        return [server.call(name, *encoded, answer=answer, timeout=timeout) for server in (self.theirs, self.ours)]

    def close(self):
        self.theirs.close()
        self.ours.close()


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
