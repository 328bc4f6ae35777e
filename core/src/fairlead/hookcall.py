"""Call the implementations of one hook, some of which may be `async def`.

pluggy calls plain functions only: from an `async def` it returns a coroutine that nobody has awaited, so
wrappers end before it has run, and one that raises leaves others never awaited. This is pluggy's own
procedure (its `_multicall`) with an `await` where a result is awaitable.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pluggy import HookImpl

OnError = Callable[["HookImpl", Exception], None]


async def call_hook(
    implementations: Sequence[HookImpl], arguments: Mapping[str, object], *, firstresult: bool, on_error: OnError
) -> Any:
    """Call implementations in pluggy's order and return the list of results, or the first that is not None.

    `implementations` are in the order in which pluggy keeps them, so the last is called first.
    `on_error` decides what an error of one implementation means: it raises, or returns to go on with the
    next. Wrappers run around all of it, and may replace the result or the error.
    """
    results: list[object] = []
    error: BaseException | None = None
    wrappers: list[tuple[HookImpl, Generator[None, object, object]]] = []
    try:
        for implementation in reversed(implementations):
            if implementation.wrapper:
                wrappers.append((implementation, _entered(implementation, arguments)))
                continue
            try:
                result = _call(implementation, arguments)
                if inspect.isawaitable(result):
                    result = await result
            except Exception as caught:
                on_error(implementation, caught)
                continue
            if result is not None:
                results.append(result)
                if firstresult:
                    break
    except BaseException as caught:
        error = caught
    outcome: object = (results[0] if results else None) if firstresult else results
    for implementation, wrapper in reversed(wrappers):
        outcome, error = _left(implementation, wrapper, outcome, error)
    if error is not None:
        raise error
    return outcome


def call_hook_sync(
    implementations: Sequence[HookImpl], arguments: Mapping[str, object], *, firstresult: bool, on_error: OnError
) -> Any:
    """Do the same without an event loop, for hooks whose implementations are all plain functions."""
    return _run(call_hook(implementations, arguments, firstresult=firstresult, on_error=on_error))


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


def _left(
    implementation: HookImpl, wrapper: Generator[None, object, object], outcome: object, error: BaseException | None
) -> tuple[object, BaseException | None]:
    """Let a wrapper see the outcome, and return what it makes of it."""
    try:
        wrapper.send(outcome) if error is None else wrapper.throw(error)
        wrapper.close()
    except StopIteration as finished:
        return finished.value, None
    except BaseException as caught:
        return None, caught
    return None, RuntimeError(f"the hook wrapper of plugin `{implementation.plugin_name}` yielded twice")
