"""Call the implementations of one hook, some of which may be `async def`.

pluggy calls plain functions only: from an `async def` it returns a coroutine that nobody has awaited, so
wrappers end before it has run, and one that raises leaves others never awaited. This is pluggy's own
procedure (its `_multicall`) with an `await` where a result is awaitable.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from fairlead.errors import is_from_outside

if TYPE_CHECKING:
    from pluggy import HookImpl

OnError = Callable[["HookImpl", BaseException], None]

_Entered = tuple["HookImpl", Generator[None, object, object]]


async def call_hook(
    implementations: Sequence[HookImpl], arguments: Mapping[str, object], *, firstresult: bool, on_error: OnError
) -> Any:
    """Call implementations in pluggy's order and return the list of results, or the first that is not None.

    `implementations` are in the order in which pluggy keeps them, so the last is called first.
    `on_error` decides what an error of one implementation means, also `SystemExit` and a cancellation of its
    own: it raises, or returns to go on with the next. Wrappers run around all of it, and may replace the
    result or the error; what they raise themselves goes to `on_error` too.
    """
    results: list[object] = []
    error: BaseException | None = None
    wrappers: list[_Entered] = []
    for implementation in reversed(implementations):
        try:
            if implementation.wrapper:
                wrappers.append((implementation, _entered(implementation, arguments)))
                continue
            result = _call(implementation, arguments)
            if inspect.isawaitable(result):
                result = await result
        except BaseException as caught:
            error = _judged(implementation, caught, on_error)
            if error is not None:
                break
            continue
        if result is not None:
            results.append(result)
            if firstresult:
                break
    outcome: object = (results[0] if results else None) if firstresult else results
    return _settled(wrappers, outcome, error, on_error)


def call_hook_sync(
    implementations: Sequence[HookImpl], arguments: Mapping[str, object], *, firstresult: bool, on_error: OnError
) -> Any:
    """Do the same without an event loop, for hooks whose implementations are all plain functions."""
    return _run(call_hook(implementations, arguments, firstresult=firstresult, on_error=on_error))


def _judged(implementation: HookImpl, error: BaseException, on_error: OnError) -> BaseException | None:
    """Return what an error of an implementation comes to, None where the call goes on."""
    if is_from_outside(error):
        return error
    try:
        on_error(implementation, error)
    except BaseException as raised:
        return raised
    return None


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value
    coroutine.close()
    message = "a hook that is called synchronously has an implementation that waits"
    raise TypeError(message)


def _call(implementation: HookImpl, arguments: Mapping[str, object]) -> object | Awaitable[object]:
    positional = [arguments[name] for name in implementation.argnames]
    optional = {name: arguments[name] for name in implementation.kwargnames if name in arguments}
    return implementation.function(*positional, **optional)


def _entered(implementation: HookImpl, arguments: Mapping[str, object]) -> Generator[None, object, object]:
    wrapper: Any = _call(implementation, arguments)
    try:
        next(wrapper)
    except StopIteration:
        message = f"the hook wrapper of plugin `{implementation.plugin_name}` did not yield"
        raise RuntimeError(message) from None
    return cast("Generator[None, object, object]", wrapper)  # pluggy marks only generator functions as wrappers


def _settled(wrappers: Sequence[_Entered], outcome: object, error: BaseException | None, on_error: OnError) -> object:
    """Let the wrappers see the outcome, the last one first, and return or raise what they make of it."""
    for implementation, wrapper in reversed(wrappers):
        try:
            outcome, error = _left(implementation, wrapper, outcome, error), None
        except BaseException as caught:
            if caught is not error:
                error = _judged(implementation, caught, on_error) or error
    if error is not None:
        raise error
    return outcome


def _left(
    implementation: HookImpl, wrapper: Generator[None, object, object], outcome: object, error: BaseException | None
) -> object:
    """Let a wrapper see the outcome, and return or raise what it makes of it."""
    try:
        wrapper.send(outcome) if error is None else wrapper.throw(error)
        wrapper.close()
    except StopIteration as finished:
        return finished.value
    message = f"the hook wrapper of plugin `{implementation.plugin_name}` yielded twice"
    raise RuntimeError(message)
