"""GetTaskMetrics: what a job's external system has measured."""

from datetime import UTC, datetime

import grpc
import pytest
from scripted import Jobs, Script

from fairlead import Metric, MetricsQuery, TransientError


class Measured(Jobs):
    """Jobs with metrics."""

    task_type = "measured"

    def __init__(self):
        super().__init__()
        self.measures = Script([Metric("cpu", {"values": [[1, "0.5"], [2, "0.75"]]})])

    async def get_metrics(self, meta, query, context):
        return await self.measures(meta, query, context)


@pytest.fixture
def measured():
    return Measured()


@pytest.fixture(params=["flyte1", "flyte2"])
async def client(request, serve, measured):
    flyte = getattr(await serve(measured), request.param)
    flyte.meta = await flyte.create("measured")
    return flyte


async def test_results(client):
    """Metrics are given as Prometheus range results by name."""
    (result,) = await client.metrics(client.meta, "measured", queries=["cpu"])
    assert result.metric == "cpu"
    assert [list(pair) for pair in result.data["values"]] == [[1, "0.5"], [2, "0.75"]]


async def test_the_query(client, measured):
    """The connector is told which metrics are wanted, from when to when, and in which steps."""
    await client.metrics(
        client.meta,
        "measured",
        queries=["cpu", "memory"],
        start_time={"seconds": 1_700_000_000, "nanos": 500_000_000},
        end_time={"seconds": 1_700_000_060},
        step={"seconds": 1, "nanos": 500_000_000},
    )
    assert measured.measures.calls[0].arguments[1] == MetricsQuery(
        queries=("cpu", "memory"),
        start_time=datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC),
        end_time=datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC),
        step=1.5,
    )


async def test_a_query_without_times(client, measured):
    """What the query leaves open stays open."""
    await client.metrics(client.meta, "measured")
    assert measured.measures.calls[0].arguments[1] == MetricsQuery(queries=())


async def test_a_time_that_is_none(client):
    """A time that no calendar has is an invalid argument."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.metrics(client.meta, "measured", start_time={"seconds": 10**15})
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "start_time" in caught.value.details()


@pytest.mark.parametrize(
    ("step", "code"),
    [(TransientError("away"), grpc.StatusCode.UNAVAILABLE), (ValueError("oops"), grpc.StatusCode.INTERNAL)],
)
async def test_an_error(client, measured, step, code):
    """An error has a status of its own."""
    measured.measures.will(step)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.metrics(client.meta, "measured")
    assert caught.value.code() is code


async def test_a_connector_without_metrics(flyte):
    """A connector that has no metrics says that it has none."""
    meta = await flyte.create()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.metrics(meta)
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.UNIMPLEMENTED, "Jobs has no metrics")
