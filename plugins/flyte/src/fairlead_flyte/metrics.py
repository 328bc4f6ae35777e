"""Prometheus metrics: those of Flyte's own servers under their names, and more."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from grpc import StatusCode
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from fairlead_flyte.codes import http_status
from fairlead_flyte.listening import failure, socket_host

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import Metric

    from fairlead_flyte.call import Method

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BATCH = 256
_LATEST = 0.25
MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


Outcome = tuple["Method", str, StatusCode]
"""The method, the task type and the code of calls that are counted together."""


class Metrics:
    """The metrics of one server.

    Calls are noted by outcome as they end, and entered in batches, or when somebody asks: entering one by one, each
    time between other work, would take a third as long as gRPC takes for the whole call. Where several processes
    share their metrics nobody asks this one, so that what was noted is entered within a quarter of a second.
    """

    def __init__(self) -> None:
        if not Path(os.environ.get(MULTIPROCESS_FOLDER, ".")).is_dir():
            message = f"{MULTIPROCESS_FOLDER} is {os.environ[MULTIPROCESS_FOLDER]}, which is no folder; make it, or take the variable away"
            raise ValueError(message)
        self.registry = CollectorRegistry()
        self.registry.register(_Entering(self))
        self._is_shared = MULTIPROCESS_FOLDER in os.environ
        self._is_due = False
        self._noted = 0
        self._seconds: defaultdict[Outcome, list[float]] = defaultdict(list)
        self._input_bytes: defaultdict[str, list[int]] = defaultdict(list)
        self._noting = Lock()
        self._methods: list[Method] = []
        self._series = _Series(self.registry)
        self.plugin_failures = Gauge(
            "fairlead_flyte_plugin_failures",
            "1 for each plugin that could not be loaded",
            ["plugin", "distribution", "stage"],
            registry=self.registry,
            multiprocess_mode="livemax",
        )

    def add(self, method: Method) -> None:
        """Show how many calls of a method run."""
        self._methods.append(method)

    def began(self, method: Method) -> None:
        """Note that a call has begun."""
        method.running += 1
        if self._is_shared:
            self._enter_soon()

    def ended(self, outcome: Outcome, seconds: float, *, input_bytes: int | None = None) -> None:
        """Note that a call has ended, and how large the task's inputs were."""
        method, task_type, _ = outcome
        method.running -= 1
        with self._noting:
            self._seconds[outcome].append(seconds)
            if input_bytes is not None:
                self._input_bytes[task_type].append(input_bytes)
            self._noted += 1
        if self._noted >= _BATCH:
            self.enter()
        if self._is_shared:
            self._enter_soon()

    def absorbed(self, task_type: str, error: Exception) -> None:
        """Count a passing error that the caller was not told of."""
        self._series.absorbed.labels(task_type, type(error).__name__).inc()

    def _enter_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(_LATEST, self.enter_all)

    def enter_all(self) -> None:
        """Enter what was noted, and how many calls run; may be called from any thread."""
        self._is_due = False
        self.enter()
        for method in self._methods:
            self._series.in_flight.labels(method.name).set(method.running)

    def enter(self) -> None:
        """Enter the calls that were noted."""
        with self._noting:
            calls, self._seconds = self._seconds, defaultdict(list)
            sizes, self._input_bytes = self._input_bytes, defaultdict(list)
            self._noted = 0
        for outcome, seconds in calls.items():
            self._series.enter(outcome, seconds)
        for task_type, each in sizes.items():
            self._series.enter_sizes(task_type, each)


class _Entering:
    """Comes first in the registry, and has the metrics entered before they are read; has none of its own."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> list[Metric]:
        self._metrics.enter_all()
        return []


class _Series:
    """The series as Prometheus has them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        operation = ["task_type", "operation"]
        self._succeeded = Counter(
            "flyte_connector_requests_success", "Successful requests", operation, registry=registry
        )
        self._failed = Counter(
            "flyte_connector_requests_failure", "Failed requests", [*operation, "error_code"], registry=registry
        )
        self._latency = Summary(
            "flyte_connector_request_latency_seconds", "Time taken by requests", operation, registry=registry
        )
        self._input_bytes = Summary(
            "flyte_connector_input_literal_bytes", "Size of the inputs", ["task_type"], registry=registry
        )
        self._seconds = Histogram(
            "fairlead_flyte_operation_seconds",
            "Time taken by operations",
            operation,
            registry=registry,
            buckets=_BUCKETS,
        )
        self._calls = Counter(
            "fairlead_flyte_calls", "gRPC calls by method and status code", ["method", "code"], registry=registry
        )
        self.absorbed = Counter(
            "fairlead_flyte_absorbed_errors",
            "Passing errors of GetTask answered with the last known state",
            ["task_type", "error"],
            registry=registry,
        )
        self.in_flight = Gauge(
            "fairlead_flyte_calls_in_flight",
            "gRPC calls that run",
            ["method"],
            registry=registry,
            multiprocess_mode="livesum",
        )

    def enter(self, outcome: Outcome, seconds: list[float]) -> None:
        """Enter calls that ended alike, by how long each took."""
        method, task_type, code = outcome
        self._calls.labels(method.name, code.name).inc(len(seconds))
        if method.operation is None or code is StatusCode.UNAUTHENTICATED:
            return
        operation = method.operation.value
        if code is StatusCode.OK:
            self._succeeded.labels(task_type, operation).inc(len(seconds))
        else:
            self._failed.labels(task_type, operation, http_status(code).value).inc(len(seconds))
        latency = self._latency.labels(task_type, operation)
        histogram = self._seconds.labels(task_type, operation)
        for each in seconds:
            latency.observe(each)
            histogram.observe(each)

    def enter_sizes(self, task_type: str, sizes: list[int]) -> None:
        """Enter how many bytes the inputs of tasks of a type have taken."""
        series = self._input_bytes.labels(task_type)
        for size in sizes:
            series.observe(size)


class _SharedMetrics(MultiProcessCollector):
    """The sum of the metrics of several processes; the base class fails at a file that a process is just making."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Return the sums."""
        files = [str(file) for file in self._folder.glob("*.db") if _is_written(file)]
        return self.merge(files, accumulate=True)  # type: ignore[no-any-return, no-untyped-call]


def _is_written(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # its process has ended
        return False


def serve_metrics(registry: CollectorRegistry, *, host: str, port: int) -> WSGIServer:
    """Serve the metrics over HTTP, on a thread; those of all processes where there are several."""
    if folder := os.environ.get(MULTIPROCESS_FOLDER):
        registry = CollectorRegistry()
        registry.register(_SharedMetrics(Path(folder)))
    try:
        server, _ = start_http_server(port, addr=socket_host(host), registry=registry)
    except (OSError, UnicodeError) as error:
        raise failure(host, port, error, option="--metrics-port") from error
    return server
