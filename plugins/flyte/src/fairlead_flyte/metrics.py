"""Prometheus metrics: those of Flyte's own servers under their names, and more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from fairlead_flyte.codes import http_status

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

    from grpc import StatusCode

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """The metrics of one server, and the series that were used last, found without a search by labels."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        operation = ["task_type", "operation"]
        self.succeeded = self._counter("flyte_connector_requests_success", "Successful requests", operation)
        self.failed = self._counter("flyte_connector_requests_failure", "Failed requests", [*operation, "error_code"])
        self.latency = Summary(
            "flyte_connector_request_latency_seconds", "Time taken by requests", operation, registry=self.registry
        )
        self._input_bytes = Summary(
            "flyte_connector_input_literal_bytes", "Size of the inputs", ["task_type"], registry=self.registry
        )
        self.seconds = Histogram(
            "fairlead_flyte_operation_seconds",
            "Time taken by operations",
            operation,
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._calls = self._counter("fairlead_flyte_calls", "gRPC calls by method and status code", ["method", "code"])
        self.absorbed = self._counter(
            "fairlead_flyte_absorbed_errors",
            "Passing errors of GetTask answered with the last known state",
            ["task_type", "error"],
        )
        self._in_flight = Gauge(
            "fairlead_flyte_calls_in_flight",
            "gRPC calls that run",
            ["method"],
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.plugin_failures = Gauge(
            "fairlead_flyte_plugin_failures",
            "1 for each plugin that could not be loaded",
            ["plugin", "distribution", "stage"],
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self._methods: dict[str, MethodMetrics] = {}
        self._operations: dict[tuple[str, str], OperationMetrics] = {}

    def _counter(self, name: str, documentation: str, labels: list[str]) -> Counter:
        return Counter(name, documentation, labels, registry=self.registry)

    def method(self, name: str) -> MethodMetrics:
        """Return the series of one gRPC method."""
        if name not in self._methods:
            self._methods[name] = MethodMetrics(self._in_flight.labels(name), self._calls, name)
        return self._methods[name]

    def operation(self, task_type: str, operation: str) -> OperationMetrics:
        """Return the series of one operation of one task type."""
        key = task_type, operation
        if key not in self._operations:
            self._operations[key] = OperationMetrics(self, *key)
        return self._operations[key]

    def observe_inputs(self, task_type: str, size: int) -> None:
        """Note the size of the inputs of a create, in bytes."""
        self._input_bytes.labels(task_type).observe(size)


class MethodMetrics:
    """The series of one gRPC method."""

    def __init__(self, in_flight: Gauge, calls: Counter, method: str) -> None:
        self.in_flight = in_flight
        self._calls = calls
        self._method = method
        self._by_code: dict[StatusCode, Counter] = {}

    def ended(self, code: StatusCode) -> None:
        """Count a call that ended with this code."""
        if code not in self._by_code:
            self._by_code[code] = self._calls.labels(self._method, code.name)
        self._by_code[code].inc()


class OperationMetrics:
    """The series of one operation of one task type."""

    def __init__(self, metrics: Metrics, task_type: str, operation: str) -> None:
        self._labels = (task_type, operation)
        self._metrics = metrics
        self._success = metrics.succeeded.labels(*self._labels)
        self._latency = metrics.latency.labels(*self._labels)
        self._seconds = metrics.seconds.labels(*self._labels)

    def succeeded(self, seconds: float) -> None:
        """Note a success and its time."""
        self._success.inc()
        self._latency.observe(seconds)
        self._seconds.observe(seconds)

    def failed(self, seconds: float, code: StatusCode) -> None:
        """Note a failure, its time and its code."""
        self._metrics.failed.labels(*self._labels, http_status(code).value).inc()
        self._latency.observe(seconds)
        self._seconds.observe(seconds)

    def absorbed(self, error: Exception) -> None:
        """Note a passing error that the caller was not told of."""
        self._metrics.absorbed.labels(self._labels[0], type(error).__name__).inc()


def serve_metrics(registry: CollectorRegistry, *, host: str, port: int) -> WSGIServer:
    """Serve the metrics over HTTP, on a thread; those of all processes where there are several."""
    if MULTIPROCESS_FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    try:
        server, _ = start_http_server(port, addr=host.strip("[]"), registry=registry)
    except OSError as error:
        message = f"cannot serve metrics on {host}:{port}: {error}"
        raise OSError(message) from error
    return server
