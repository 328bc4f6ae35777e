"""DeleteTask: as often as the backends call it."""

import grpc
import pytest

from fairlead import InvalidTask, Phase, Resource, ResourceNotFound, TransientError


async def test_again_and_again(flyte, jobs):
    """A job can be deleted as often as Flyte likes, also after it has ended."""
    jobs.gets.will(Resource(phase=Phase.SUCCEEDED))
    meta = await flyte.create()
    await flyte.delete(meta)
    await flyte.get(meta)
    await flyte.delete(meta)
    assert len(jobs.deletes.calls) == 2


async def test_a_job_that_is_gone(flyte, jobs):
    """A job that nobody knows is deleted."""
    jobs.deletes.will(ResourceNotFound("no run 42"))
    await flyte.delete(await flyte.create())


async def test_transient_errors_are_retried(flyte, jobs):
    """A passing fault is tried again inside the deadline."""
    jobs.deletes.will(TransientError("away"), None)
    await flyte.delete(await flyte.create())
    assert len(jobs.deletes.calls) == 2


@pytest.mark.usefixtures("no_retries")
async def test_an_error_that_stays(flyte, jobs):
    """An error that stays is told, so that Flyte tries again."""
    jobs.deletes.will(TransientError("away"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.delete(await flyte.create())
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.UNAVAILABLE, "away")


async def test_a_refused_job(flyte, jobs):
    """A job that was refused when it was created can be deleted, and no connector hears of it."""
    jobs.creates.will(InvalidTask("no such queue"))
    await flyte.delete(await flyte.create())
    assert jobs.deletes.calls == []


@pytest.mark.parametrize("meta", [b"", b"garbage", b"\xff"])
async def test_a_meta_that_cannot_be_read(flyte, meta):
    """A meta that is not the connector's is an invalid argument."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.delete(meta)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_the_deadline_reaches_the_connector(flyte, jobs):
    """The connector has a little less time than the client waits."""
    await flyte.delete(await flyte.create(), timeout=5)
    assert 0 < jobs.deletes.calls[0].context.deadline.remaining < 5


async def test_an_unknown_task_type(flyte):
    """A task type that nobody serves is NOT_FOUND."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await flyte.delete(b"{}", "job")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
