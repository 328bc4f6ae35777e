"""Calls of the methods of others' connectors, be they plain or `async def`."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from fairlead.workers import Workers


async def call(workers: Workers, method: Callable[..., Any], **arguments: Any) -> Any:
    """Return what a method returns: an `async def` on the event loop, a plain one on a thread.

    Arguments that the method does not take are left out.
    """
    bound = functools.partial(method, **accepted(method, arguments))
    if inspect.iscoroutinefunction(method):
        return await bound()
    inside = functools.partial(contextvars.copy_context().run, bound)
    result = await asyncio.wrap_future(workers.submit(inside))
    return await result if inspect.isawaitable(result) else result


def accepted(method: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """Return those arguments that a method takes."""
    parameters = inspect.signature(method).parameters
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return arguments
    return {name: value for name, value in arguments.items() if name in parameters}
