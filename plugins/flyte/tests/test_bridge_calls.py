"""Calls of others' methods."""

import threading

from fairlead.workers import Workers
from fairlead_flyte.bridge.calls import accepted, call


async def on_the_loop(a, **rest):
    return threading.current_thread(), a, rest


def on_a_thread(a):
    return threading.current_thread(), a


async def test_async_methods_run_on_the_loop():
    """An `async def` runs on the event loop, with all arguments where it takes any."""
    thread, a, rest = await call(Workers("w", 1), on_the_loop, a=1, b=2)
    assert (thread, a, rest) == (threading.current_thread(), 1, {"b": 2})


async def test_plain_methods_run_on_threads():
    """A plain method runs on a thread, without the arguments that it does not take."""
    thread, a = await call(Workers("w", 1), on_a_thread, a=1, b=2)
    assert (thread.name, a) == ("w-1", 1)


async def test_plain_methods_may_return_awaitables():
    """What a plain method returns is awaited where it can be."""

    def begun(a):
        return on_the_loop(a)

    assert (await call(Workers("w", 1), begun, a=1))[1] == 1


def test_accepted():
    """Only what the signature names, or everything where it has `**kwargs`."""
    assert accepted(on_a_thread, {"a": 1, "b": 2}) == {"a": 1}
    assert accepted(on_the_loop, {"a": 1, "b": 2}) == {"a": 1, "b": 2}
