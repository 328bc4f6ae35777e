"""OpenTelemetry: a span for each call, within the trace of its caller."""

import subprocess
import sys

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from scripted import Job

from fairlead import InvalidTask, TransientError
from fairlead_flyte.tracing import Tracing

TRACEPARENT = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")


@pytest.fixture(scope="module")
def provider():
    """The provider of this process, which can be set only once; no other test has it."""
    provider = TracerProvider()
    trace.set_tracer_provider(provider)
    yield provider
    provider.shutdown()
    trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = None, type(trace._TRACER_PROVIDER_SET_ONCE)()


@pytest.fixture
def spans(provider):
    """A function that returns the spans which have ended."""
    exporter = InMemorySpanExporter()
    processor = SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor)
    yield exporter.get_finished_spans
    processor.shutdown()


@pytest.fixture
async def traced(spans, serve, jobs, answers):
    return await serve(jobs, answers)


async def test_a_span_for_each_call(spans, traced):
    """Each call is a server span, named after its method, with its task type and its code."""
    meta = await traced.flyte1.create()
    await traced.flyte2.get(meta)
    create, get = spans()
    assert create.name == "flyteidl.service.AsyncAgentService/CreateTask"
    assert get.name == "flyteidl2.connector.AsyncConnectorService/GetTask"
    assert create.kind is trace.SpanKind.SERVER
    assert dict(create.attributes) == {
        "rpc.system": "grpc",
        "rpc.service": "flyteidl.service.AsyncAgentService",
        "rpc.method": "CreateTask",
        "fairlead.task_type": "jobs",
        "rpc.grpc.status_code": 0,
    }
    assert create.status.status_code is trace.StatusCode.UNSET


async def test_the_trace_of_the_caller(spans, traced):
    """A caller that sends the context of its trace has the call in it."""
    request = traced.flyte1.create_request()
    await traced.flyte1.jobs.CreateTask(request, metadata=[TRACEPARENT])
    (span,) = spans()
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"


async def test_a_call_without_a_trace_begins_one(spans, traced):
    """Calls of a caller that sends none are traces of their own."""
    await traced.flyte1.create()
    await traced.flyte1.create()
    first, second = spans()
    assert (first.parent, second.parent) == (None, None)
    assert first.context.trace_id != second.context.trace_id


async def test_the_connector_is_inside(spans, traced, jobs):
    """What the connector does, also in a create that goes on alone, is within the span."""
    seen = []

    async def create(*_):
        seen.append(trace.get_current_span().get_span_context().span_id)
        return Job(job_id="a")

    jobs.creates.will(create)
    await traced.flyte2.create()
    assert seen == [spans()[0].context.span_id]


async def test_an_error(spans, traced, jobs):
    """A call that fails has an error with the text that its caller gets, and the code."""
    jobs.creates.will(TransientError("away"))
    with pytest.raises(grpc.aio.AioRpcError):
        await traced.flyte1.create()
    (span,) = spans()
    assert (span.status.status_code, span.status.description) == (trace.StatusCode.ERROR, "away")
    assert span.attributes["rpc.grpc.status_code"] == grpc.StatusCode.UNAVAILABLE.value[0]


async def test_a_refusal_is_no_error(spans, traced, jobs):
    """A create that is answered with a refusal has ended well."""
    jobs.creates.will(InvalidTask("no"))
    await traced.flyte1.create()
    assert spans()[0].status.status_code is trace.StatusCode.UNSET


async def test_streams_and_listings(spans, traced):
    """Streams and calls that ask what is served have spans as well."""
    await traced.flyte1.do()
    await traced.flyte1.listing()
    names = [span.name.rpartition("/")[2] for span in spans()]
    assert names == ["ExecuteTaskSync", "ListAgents"]


OFF = """
from opentelemetry import trace
from fairlead_flyte.tracing import Tracing
assert Tracing.configured() is None
trace.set_tracer_provider(trace.NoOpTracerProvider())
assert Tracing.configured() is None
"""

NOT_INSTALLED = """
import sys
sys.modules["opentelemetry"] = sys.modules["opentelemetry.trace"] = None
from fairlead_flyte.tracing import Tracing
assert Tracing.configured() is None
import fairlead_flyte.server
"""


@pytest.mark.parametrize("program", [OFF, NOT_INSTALLED])
def test_off_without_a_provider(program):
    """Without a provider, or without OpenTelemetry at all, there is no tracing, and the server works."""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_on_with_a_provider(provider):
    """A provider that is set turns it on."""
    assert isinstance(Tracing.configured(), Tracing)
