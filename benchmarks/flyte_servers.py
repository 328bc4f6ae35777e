"""The servers that `flyte.py` compares: how they are started, put under load, and checked."""

import re
import socket
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from environment import WORKERS, Environment, MeasurementFailed
from h2load import Endpoint

_METRICS_SECONDS = 2.0  # several processes enter theirs within a quarter of a second

_SERVICE = "flyteidl.service.AsyncAgentService"
_SUCCESSES = re.compile(r"^flyte_connector_requests_success_total\{(.*)\} (.+)$", re.MULTILINE)
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


class Method(Enum):
    """The calls that are measured."""

    GET = "GetTask"
    CREATE = "CreateTask"

    @property
    def operation(self) -> str:
        """What the servers' metrics call it."""
        return self.value.removesuffix("Task").lower()


Requests = Mapping[Method, Path]
"""The files with the request of each method, framed as gRPC sends them."""


@dataclass(frozen=True)
class FlyteServer:
    """A command of an environment that serves; `{port}` and `{metrics_port}` in it stand for its ports.

    It runs in the folder of the workers, where its connector is. One without `has_metrics` counts nothing.
    """

    environment: Environment
    command: str
    has_metrics: bool = True

    @contextmanager
    def running(self) -> "Iterator[RunningServer]":
        """Run the server as long as the `with` lasts."""
        port, metrics_port = _free_port(), _free_port()
        with self.environment.running(*self._words(port, metrics_port), directory=WORKERS) as process:
            yield RunningServer(process, port, metrics_port if self.has_metrics else None)

    def milliseconds_to_ready(self, client: Environment) -> float:
        """Start the server, and return how long it took until it answered; `client` is an environment with gRPC."""
        port, metrics_port = _free_port(), _free_port()
        words = [str(word) for word in self._words(port, metrics_port)]
        return client.work("flyte_start.py", str(port), *words)["milliseconds"]

    def _words(self, port: int, metrics_port: int) -> list[str | Path]:
        program, *arguments = self.command.format(port=port, metrics_port=metrics_port).split()
        return [self.environment.program(program), *arguments]


@dataclass(frozen=True)
class RunningServer:
    """A server that runs, as process `process`."""

    process: int
    port: int
    metrics_port: int | None

    def asked(self, client: Environment, requests: Requests) -> int:
        """Wait for the server, check its answers, and return how often its connector's `get` was called."""
        files = [str(requests[method]) for method in (Method.GET, Method.CREATE)]
        return int(client.work("flyte_ask.py", str(self.port), *files)["asked"])

    def endpoint(self, method: Method, requests: Requests) -> Endpoint:
        """Return what h2load calls."""
        return Endpoint(self.port, f"{_SERVICE}/{method.value}", requests[method])

    @contextmanager
    def without_errors(self, method: Method, calls: int) -> Iterator[None]:
        """Check that so many calls succeed within the `with`; raise `MeasurementFailed` where the server counts fewer."""
        before = self._successes(method)
        yield
        succeeded, until = 0, time.monotonic() + _METRICS_SECONDS
        while succeeded < calls and self.metrics_port is not None and time.monotonic() < until:
            succeeded = self._successes(method) - before
        if self.metrics_port is not None and succeeded != calls:
            message = f"of {calls} calls of {method.value}, {succeeded} succeeded"
            raise MeasurementFailed(message)

    def _successes(self, method: Method) -> int:
        if self.metrics_port is None:
            return 0
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics") as answer:
            series = _SUCCESSES.findall(answer.read().decode())
        return sum(int(float(value)) for labels, value in series if f'operation="{method.operation}"' in labels)

    def megabytes(self) -> float:
        """Return how much memory is resident."""
        found = _RESIDENT.search(Path(f"/proc/{self.process}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
