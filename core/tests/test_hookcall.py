"""Hook calls with async implementations, held against pluggy's own."""

import asyncio
import inspect
import sys
from types import SimpleNamespace

import pluggy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.hookcall import call_hook, call_hook_sync

spec, impl = pluggy.HookspecMarker("test"), pluggy.HookimplMarker("test")


class Boom(Exception):
    """An error of an implementation."""


class Rude(BaseException):
    """An error that no `except Exception` catches."""


ENDING = [SystemExit(0), asyncio.CancelledError(), Rude()]


def raise_it(_implementation, error):
    raise error


def implementations(*hooks):
    """Return functions as implementations of one hook, the first of which is called first."""
    plugins = pluggy.PluginManager("test")
    for number, hook in reversed(list(enumerate(hooks))):
        plugins.register(
            SimpleNamespace(hook=impl(wrapper=inspect.isgeneratorfunction(hook))(hook)), f"plugin {number}"
        )
    return plugins.hook.hook.get_hookimpls()


def plain_hook(kind, result, log, name):
    def hook(value):
        log.append(name)
        if kind == "raises":
            raise Boom(name)
        return None if result == 0 else (name, value, result)

    return hook


def async_hook(*arguments):
    plain = plain_hook(*arguments)

    async def hook(value):
        await asyncio.sleep(0)
        return plain(value)

    return hook


def wrapper_hook(kind, _result, log, name):
    def hook(value):
        log.append(f"{name} enters")
        try:
            result = yield
        except Boom as error:
            log.append(f"{name} sees {error}")
            if kind == "wrapper-swallows":
                return "swallowed"
            raise
        log.append(f"{name} leaves with {result}")
        if kind == "wrapper-raises":
            raise Boom(name)
        return result if kind != "wrapper-replaces" else ("replaced", result)

    return hook


def manager(script, make, *, firstresult):
    log = []

    class Spec:
        @spec(firstresult=firstresult)
        def hook(self, value):
            """Do something."""

    plugins = pluggy.PluginManager("test")
    plugins.add_hookspecs(Spec)
    for number, (kind, result, order) in enumerate(script):
        wraps = kind.startswith("wrapper")
        hook = (wrapper_hook if wraps else make)(kind, result, log, f"plugin {number}")
        marked = impl(wrapper=wraps, tryfirst=order == "first", trylast=order == "last")(hook)
        plugins.register(SimpleNamespace(hook=marked), str(number))
    return plugins.hook.hook, log


def outcome(call):
    try:
        return call()
    except Boom as error:
        return f"raised {error}"


steps = st.tuples(
    st.sampled_from(["plain", "plain", "raises", "wrapper", "wrapper-swallows", "wrapper-raises", "wrapper-replaces"]),
    st.integers(0, 2),
    st.sampled_from(["first", "", "last"]),
)


@given(st.lists(steps, max_size=6), st.booleans())
def test_async_implementations_behave_as_pluggys(script, firstresult):
    """Order, results, errors and wrappers are the same as if all were plain functions that pluggy calls."""
    hook, expected_log = manager(script, plain_hook, firstresult=firstresult)
    expected = outcome(lambda: hook(value=7))
    hook, log = manager(script, async_hook, firstresult=firstresult)
    call = call_hook(hook.get_hookimpls(), {"value": 7}, firstresult=firstresult, on_error=raise_it)
    assert outcome(lambda: asyncio.run(call)) == expected
    assert log == expected_log


@given(st.lists(steps, max_size=6), st.booleans())
def test_plain_implementations_without_a_loop(script, firstresult):
    """The call without an event loop is the same too."""
    hook, expected_log = manager(script, plain_hook, firstresult=firstresult)
    expected = outcome(lambda: hook(value=7))
    hook, log = manager(script, plain_hook, firstresult=firstresult)
    implementations = hook.get_hookimpls()
    assert (
        outcome(lambda: call_hook_sync(implementations, {"value": 7}, firstresult=firstresult, on_error=raise_it))
        == expected
    )
    assert log == expected_log


def test_errors_can_be_passed_over():
    """Where on_error returns, the other implementations are still called."""
    hook, log = manager([("plain", 1, ""), ("raises", 1, ""), ("plain", 1, "")], async_hook, firstresult=False)
    errors = []
    call = call_hook(
        hook.get_hookimpls(),
        {"value": 7},
        firstresult=False,
        on_error=lambda _implementation, error: errors.append(str(error)),
    )
    assert [name for name, *_ in asyncio.run(call)] == ["plugin 2", "plugin 0"]
    assert (log, errors) == (["plugin 2", "plugin 1", "plugin 0"], ["plugin 1"])


def test_a_waiting_implementation_needs_a_loop():
    """A hook that is called without a loop refuses one that waits."""
    hook, _ = manager([("plain", 1, "")], async_hook, firstresult=False)
    with pytest.raises(TypeError, match="synchronously"):
        call_hook_sync(hook.get_hookimpls(), {"value": 7}, firstresult=False, on_error=raise_it)


@pytest.mark.parametrize("yields", [0, 2])
def test_a_wrapper_yields_once(yields):
    """A wrapper that does not yield exactly once is an error that names its plugin."""

    class Plugin:
        @impl(wrapper=True)
        def hook(self, value):
            for _ in range(yields):
                yield

    plugins = pluggy.PluginManager("test")
    plugins.register(Plugin(), "odd")
    with pytest.raises(RuntimeError, match="hook wrapper of plugin `odd`"):
        asyncio.run(call_hook(plugins.hook.hook.get_hookimpls(), {"value": 7}, firstresult=False, on_error=raise_it))


@pytest.mark.parametrize("error", ENDING)
@pytest.mark.parametrize("waits", [False, True])
def test_no_error_of_an_implementation_ends_the_call(error, waits):
    """One that would end the program or the task is an error like any other, with and without a loop."""
    errors = []

    def ending(value):
        raise error

    async def waiting(value):
        await asyncio.sleep(0)
        raise error

    hooks = implementations(waiting if waits else ending, lambda value: value)
    options = {"firstresult": False, "on_error": lambda implementation, error: errors.append(error)}
    assert asyncio.run(call_hook(hooks, {"value": 7}, **options)) == [7]
    assert errors == [error]
    if not waits:
        assert call_hook_sync(hooks, {"value": 7}, **options) == [7]
        assert errors == [error, error]


@pytest.mark.parametrize("enters", [False, True])
def test_errors_of_wrappers_are_judged_too(enters):
    """A wrapper whose error is passed over changes nothing."""
    errors = []

    def wrapper(value):
        if enters:
            yield
        sys.exit(0)
        yield

    hooks = implementations(wrapper, lambda value: value)
    options = {
        "firstresult": True,
        "on_error": lambda implementation, _error: errors.append(implementation.plugin_name),
    }
    assert asyncio.run(call_hook(hooks, {"value": 7}, **options)) == 7
    assert errors == ["plugin 0"]


async def test_a_cancellation_from_outside_ends_the_call():
    """Who cancels the task is not taken for an implementation that fails; wrappers end first."""
    log, waiting = [], asyncio.Event()

    def wrapper(value):
        try:
            yield
        finally:
            log.append("wrapper")

    async def hang(value):
        waiting.set()
        await asyncio.Event().wait()

    hooks = implementations(wrapper, hang, lambda value: log.append("next"))
    call = call_hook(hooks, {"value": 7}, firstresult=False, on_error=lambda *judged: log.append(judged))
    task = asyncio.create_task(call)
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["wrapper"]


def test_an_interruption_by_the_user_ends_the_call():
    """Ctrl-C passes through whatever hook it meets."""

    def interrupted(value):
        raise KeyboardInterrupt

    hooks = implementations(interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_hook_sync(hooks, {"value": 7}, firstresult=False, on_error=lambda *_judged: None)
