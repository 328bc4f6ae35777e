"""Call the methods of a connector: on the loop or on its threads, within the deadline, with classified errors."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from fairlead.context import Deadline
from fairlead.errors import (
    ConnectorBug,
    DeadlineExceeded,
    FairleadError,
    TransientError,
    is_from_outside,
    is_passing,
)
from fairlead.events import Operation
from fairlead.loading import described
from fairlead.logs import TRACEBACK_LOGGER, get_logger
from fairlead.resource import LogPage, misfit
from fairlead.workers import Workers

if TYPE_CHECKING:
    from fairlead.connector import Connector
    from fairlead.context import Context

T = TypeVar("T")

_logger = get_logger(TRACEBACK_LOGGER)

CLOSE_SECONDS = 5.0

_NEVER = float("inf")
_END = object()


class Invoker:
    """Calls one connector's methods, and owns its threads."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self._workers = Workers(f"fairlead-{connector.category}", connector.max_threads)
        self._awaitable = {name: inspect.iscoroutinefunction(getattr(connector, name, None)) for name in Operation}

    async def call(self, operation: Operation, context: Context, *arguments: object) -> Any:
        """Await one method of the connector, which gets `arguments` and `context`, and return its result.

        Raises a `FairleadError` in every case of failure, with secrets removed from its message.
        """
        method = functools.partial(getattr(self.connector, operation), *arguments, context)
        start = method if self._awaitable[operation] else functools.partial(self._in_thread, method)
        return await self._within(operation, context, start)

    async def pages(self, context: Context, meta: object, *, token: str) -> AsyncGenerator[LogPage, None]:
        """Yield what `get_logs` yields, be it an async iterator or a plain one, each page within the deadline."""
        get_logs = functools.partial(getattr(self.connector, Operation.GET_LOGS), meta, context, token=token)
        iterator = await self._within(Operation.GET_LOGS, context, lambda: self._opened(get_logs))
        step = self._stepper(iterator)
        try:
            while (page := await self._within(Operation.GET_LOGS, context, step)) is not _END:
                yield self.checked(Operation.GET_LOGS, page, LogPage, did="yielded")
        finally:
            if hasattr(iterator, "aclose"):
                closing = msgspec.structs.replace(context, deadline=Deadline.after(CLOSE_SECONDS))
                await self._within(Operation.GET_LOGS, closing, iterator.aclose)

    async def close(self) -> None:
        """Let the connector close its connections."""
        close = self.connector.close
        await (close() if inspect.iscoroutinefunction(close) else self._in_thread(close))

    def checked(self, operation: Operation, value: object, type_: type[T], *, did: str = "returned") -> T:
        """Return what the connector has returned; raise `ConnectorBug` where it is not what it must be."""
        if what := misfit(value, type_):
            raise self.bug(operation, f"{did} {what}")
        return cast("T", value)

    def bug(self, operation: Operation, what: str) -> ConnectorBug:
        """Return the error for a connector that broke its contract."""
        connector = self.connector
        hint = "This is a bug in the connector; report it to its author"
        message = (
            f"connector {connector.display_name!r} (task type `{connector.category}`): {operation} {what}. {hint}."
        )
        return ConnectorBug(message, plugin=str(connector.category), stage="call", hint=hint)

    async def _within(self, operation: Operation, context: Context, start: Callable[[], Awaitable[T]]) -> T:
        """Await what `start` returns until the deadline, and classify what it raises."""
        remaining = context.deadline.remaining
        limit = asyncio.timeout(None if remaining == _NEVER else remaining)
        try:
            async with limit:
                return await start()
        except BaseException as error:
            if is_from_outside(error):
                raise
            if limit.expired() and isinstance(error, TimeoutError):
                message = (
                    f"{self.connector.display_name}: {operation} did not end within its deadline of {remaining:.3g} s"
                )
                raise DeadlineExceeded(message) from None
            raise self.classified(operation, context, error) from None

    def classified(
        self, operation: Operation, context: Context, error: BaseException, *, did: str = "raised"
    ) -> FairleadError:
        """Return what the host is told about an error that left the connector's code, and what that code did."""
        redact = context.redactor.redact
        if isinstance(error, FairleadError) and _has_text(error):
            message = redact(str(error))
            return error if message == str(error) else error.with_message(message)
        if is_passing(error):
            return TransientError(redact(f"{self.connector.display_name}: {operation} failed: {described(error)}"))
        _logger.error("%s", redact("".join(traceback.format_exception(error))))
        return self.bug(operation, redact(f"{did} {described(error)}"))

    async def _in_thread(self, call: Callable[[], Any]) -> Any:
        """Await a plain call on the connector's threads, and what it returns if that is awaitable."""
        inside = functools.partial(contextvars.copy_context().run, _contained, call)
        result = await asyncio.wrap_future(self._workers.submit(inside))
        return await result if inspect.isawaitable(result) else result

    async def _opened(self, get_logs: functools.partial[Any]) -> Any:
        """Return the iterator that `get_logs` returns, or that its list has."""
        is_generator = inspect.isasyncgenfunction(get_logs.func)
        pages = get_logs() if is_generator else await self._in_thread(get_logs)
        if hasattr(pages, "__aiter__"):
            return aiter(pages)
        if not isinstance(pages, Iterable):
            raise self.bug(Operation.GET_LOGS, f"returned a {type(pages).__name__}; it must be an iterator of LogPage")
        return iter(pages)

    def _stepper(self, iterator: Any) -> Callable[[], Awaitable[Any]]:
        """Return a function that awaits the next item, `_END` at the end."""
        if hasattr(iterator, "__anext__"):
            return lambda: anext(iterator, _END)
        return lambda: self._in_thread(functools.partial(next, iterator, _END))


def _has_text(error: BaseException) -> bool:
    try:
        str(error)
    except Exception:
        return False
    return True


def _contained(call: Callable[[], T]) -> T:
    """Call what runs on a thread; what would do harm in the event loop becomes an error like any other."""
    try:
        return call()
    except (StopIteration, KeyboardInterrupt) as error:  # the first never arrives, the second ends the program
        raise RuntimeError(described(error)) from error
