"""Around every operation: what plugins are told when it has ended, and the trace of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fairlead.events import Operation, OperationEvent
from fairlead.trace import is_tracing, traced

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from fairlead.category import TaskCategory
    from fairlead.context import Context
    from fairlead.hooks import Hooks


class Span:
    """The time and outcome of one operation; entering it gives the operation's context.

    A class, not `asynccontextmanager`: this is on the path of every poll.
    """

    __slots__ = ("_arguments", "_category", "_context", "_hooks", "_operation", "_started", "_trace")

    def __init__(
        self, hooks: Hooks, operation: Operation, category: TaskCategory, context: Context, arguments: dict[str, object]
    ) -> None:
        self._hooks = hooks
        self._operation = operation
        self._category = category
        self._context = context
        self._arguments = arguments
        self._started = 0.0
        self._trace: AbstractContextManager[None] | None = None

    async def __aenter__(self) -> Context:
        """Start the clock."""
        if is_tracing():
            self._trace = traced(f"{self._operation} {self._category}", self._arguments, self._context.redactor.redact)
            self._trace.__enter__()
        self._started = time.perf_counter()
        return self._context

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Tell the plugins how it ended."""
        event = OperationEvent(
            operation=self._operation,
            category=self._category,
            seconds=time.perf_counter() - self._started,
            error_class=error_type.__name__ if error_type else "",
        )
        if self._trace is not None:
            self._trace.__exit__(error_type, error, traceback)
        await self._hooks.observe("fairlead_operation_finished", self._context, event=event)
