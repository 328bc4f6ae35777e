"""Local stand-ins, started and ended around the work."""

import asyncio
import contextlib

import pytest

from fairlead import PluginError, TaskCategory
from fairlead.local import local_backend

BACKENDS = """
    import asyncio
    import sys
    from contextlib import asynccontextmanager
    from fairlead import LocalBackend

    def leaves():
        sys.exit(0)

    @asynccontextmanager
    async def cancelled():
        raise asyncio.CancelledError
        yield

    def ending(stop):
        @asynccontextmanager
        async def backend():
            try:
                yield LocalBackend(configs={"url": "here"})
            finally:
                stop()
        return backend

    @ending
    def stops_broken():
        raise OSError("port is gone")

    @ending
    def stops_leaving():
        sys.exit(0)

    @ending
    def stops_cancelled():
        raise asyncio.CancelledError

    @asynccontextmanager
    async def swallows():
        try:
            yield LocalBackend()
        except BaseException:
            pass
"""


@pytest.fixture
def backend(site):
    def install(name):
        text = f"[fairlead.local_backends]\nremote = b_mod:{name}\n"
        site.add("remote", entry_points=text, modules={"b_mod": BACKENDS})
        return local_backend(TaskCategory("remote"))

    return install


@pytest.mark.parametrize(("name", "raised"), [("leaves", "SystemExit: 0"), ("cancelled", "CancelledError")])
async def test_a_stand_in_that_ends_the_program_did_not_start(backend, name, raised):
    """It is an error that names its distribution, like any other."""
    with pytest.raises(PluginError, match=rf"\(remote 1.0\) .* the stand-in did not start: {raised}"):
        async with backend(name):
            pass


STOPPING = {
    "stops_broken": "OSError: port is gone",
    "stops_leaving": "SystemExit: 0",
    "stops_cancelled": "CancelledError",
}


@pytest.mark.parametrize("name", STOPPING)
async def test_a_stand_in_that_does_not_stop_changes_nothing(backend, caplog, name):
    """What was done with it counts; that it could not be ended is a warning that names the plugin."""
    async with backend(name) as local:
        assert local.configs == {"url": "here"}
    assert f"(remote 1.0) failed at stage call: the stand-in did not stop: {STOPPING[name]}" in caplog.text


@pytest.mark.parametrize("name", [*STOPPING, "swallows"])
async def test_the_error_of_the_work_is_the_one_that_is_raised(backend, name):
    """Whatever a stand-in makes of it at its end."""
    with pytest.raises(KeyError, match="of the work"):
        async with backend(name):
            raise KeyError("of the work")


@pytest.mark.parametrize(("name", "told"), [("stops_broken", 1), ("swallows", 0)])
async def test_a_failure_to_stop_is_told_beside_the_error_of_the_work(backend, caplog, name, told):
    """Both are known in the end, and what is no failure to stop is not told."""
    with contextlib.suppress(KeyError):
        async with backend(name):
            raise KeyError("of the work")
    assert caplog.text.count("the stand-in did not stop") == told


@pytest.mark.parametrize("name", ["stops_broken", "swallows"])
async def test_a_cancellation_of_the_work_is_raised(backend, name):
    """Who cancels the work gets the cancellation after the stand-in was ended."""
    working = asyncio.Event()

    async def work():
        async with backend(name):
            working.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await working.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
