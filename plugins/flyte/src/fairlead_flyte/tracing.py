"""OpenTelemetry spans, where a tracer provider has been set up (as by `opentelemetry-instrument`); else none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grpc import StatusCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fairlead_flyte.call import Call


class Tracing:
    """Makes a server span of each call, within the trace that the caller's metadata names."""

    @classmethod
    def configured(cls) -> Tracing | None:
        """Return this if the API is installed and a provider has been set, else None."""
        try:
            from opentelemetry.trace import NoOpTracerProvider, ProxyTracerProvider, get_tracer_provider
        except ImportError:
            return None
        is_set = not isinstance(get_tracer_provider(), ProxyTracerProvider | NoOpTracerProvider)
        return cls() if is_set else None

    def __init__(self) -> None:
        from opentelemetry import trace

        self._trace = trace
        self._tracer = trace.get_tracer("fairlead.flyte")

    def start(self, method: str, metadata: Iterable[tuple[str, str | bytes]] | None) -> Any:
        """Start the span of a call and make it the current one."""
        from opentelemetry import context, propagate

        carrier = {key: value for key, value in metadata or () if isinstance(value, str)}
        service, _, name = method.lstrip("/").partition("/")
        span = self._tracer.start_span(
            method.lstrip("/"),
            context=propagate.extract(carrier),
            kind=self._trace.SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": name},
        )
        context.attach(
            self._trace.set_span_in_context(span)
        )  # for this call only: it has a task, and so a context, of its own
        return span

    def end(self, span: Any, call: Call, code: StatusCode, details: str) -> None:
        """End the span with how the call ended."""
        span.set_attribute("fairlead.task_type", str(call.category))
        span.set_attribute("rpc.grpc.status_code", code.value[0])
        if code is not StatusCode.OK:
            span.set_status(self._trace.StatusCode.ERROR, details)
        span.end()
