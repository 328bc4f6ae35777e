"""The one path of every operation: look up, decode, hooks, call, errors, hooks, encode.

Every host goes through `Lifecycle`, so that hooks, deadlines, error classes, redaction and tracing are the
same on the command line, behind Flyte and over HTTP.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Any, Self, TypeVar, cast

import msgspec

from fairlead import trace
from fairlead.backoff import Backoff, wait_after
from fairlead.category import TaskCategory
from fairlead.connector import AsyncConnector, Connector, SyncConnector
from fairlead.context import Context, Deadline
from fairlead.errors import (
    FairleadError,
    InvalidHandle,
    OperationNotSupported,
    PluginError,
    QuotaExceeded,
    ResourceNotFound,
    TransientError,
)
from fairlead.events import Operation
from fairlead.handle import Handle
from fairlead.invocation import CLOSE_SECONDS, Invoker
from fairlead.loading import described
from fairlead.logs import get_logger
from fairlead.registry import ConnectorRegistry
from fairlead.resource import LogPage, Metric, MetricsQuery, Resource, ResourceMeta
from fairlead.span import Span
from fairlead.task import TaskTemplate

T = TypeVar("T")

_EMPTY: dict[str, object] = {"message": "", "log_links": ()}
"""What stands for the None of a connector that has nothing to say."""

_CLEANUP_SECONDS = 30.0

_logger = get_logger(__name__)


class Lifecycle:
    """The only caller of connectors.

    `backoff` is how `get` waits between its tries after a transient error, inside the deadline. All
    methods raise only `FairleadError`s (and pass on a cancellation), none of them with a secret. As an async
    context manager, it closes at the end the connectors that it has used.
    """

    def __init__(self, registry: ConnectorRegistry | None = None, *, backoff: Backoff | None = None) -> None:
        trace.enable_from_environment()
        self.registry = registry or ConnectorRegistry()
        self.hooks = self.registry.hooks
        self._backoff = backoff or Backoff(initial=0.1, maximum=2.0)
        self._invokers: dict[Connector, Invoker] = {}

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close what was used."""
        await self.close()

    async def close(self) -> None:
        """Let the connectors that were used close their connections; one that fails at that is logged."""
        for connector, invoker in self._invokers.items():
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await invoker.close()
            except (Exception, SystemExit) as error:
                _logger.warning("connector %r could not be closed: %s", connector.display_name, described(error))

    async def create(self, task: TaskTemplate, inputs: dict[str, Any], context: Context) -> Handle:
        """Submit a job and return its handle; with the same `context.idempotency_key`, that of the same job."""
        async with self._span(Operation.CREATE, task.category, context, task=task, inputs=inputs) as bound:
            invoker = self._invoker(task.category, AsyncConnector, Operation.CREATE)
            ready = await self._admitted(invoker, Operation.CREATE, task, inputs, bound)
            meta = await invoker.call(Operation.CREATE, bound, ready, inputs)
            handle = Handle(task.category, await _encoded(invoker, meta, bound))
            await self.hooks.observe("fairlead_after_create", bound, task=ready, meta=meta, context=bound)
            return handle

    async def get(self, handle: Handle, context: Context) -> Resource:
        """Return the state of a job. Transient errors are retried with backoff until the deadline."""
        category = handle.category
        async with self._span(Operation.GET, category, context, handle=handle) as bound:
            invoker, meta = self._decoded(handle, Operation.GET)
            resource = await self._persistently(bound.deadline, lambda: invoker.call(Operation.GET, bound, meta))
            resource = _checked(invoker, Operation.GET, resource, bound)
            await self.hooks.observe(
                "fairlead_after_get",
                bound,
                category=category,
                meta=meta,
                resource=resource,
                context=bound,
            )
            return resource

    async def delete(self, handle: Handle, context: Context) -> None:
        """End a job. A job that has ended, or that nobody knows, is a success."""
        async with self._span(Operation.DELETE, handle.category, context, handle=handle) as bound:
            invoker, meta = self._decoded(handle, Operation.DELETE)
            arguments = {"category": handle.category, "meta": meta, "context": bound}
            await self.hooks.observe("fairlead_before_delete", bound, **arguments)
            with suppress(ResourceNotFound):
                await self._persistently(bound.deadline, lambda: invoker.call(Operation.DELETE, bound, meta))
            await self.hooks.observe("fairlead_after_delete", bound, **arguments)

    async def do(self, task: TaskTemplate, inputs: dict[str, Any], context: Context) -> Resource:
        """Run a task of a sync connector and return its resource, in a terminal phase."""
        async with self._span(Operation.DO, task.category, context, task=task, inputs=inputs) as bound:
            invoker = self._invoker(task.category, SyncConnector, Operation.DO)
            ready = await self._admitted(invoker, Operation.DO, task, inputs, bound)
            resource = _checked(invoker, Operation.DO, await invoker.call(Operation.DO, bound, ready, inputs), bound)
            if not resource.phase.is_terminal:
                raise invoker.bug(Operation.DO, f"returned the phase {resource.phase!r}; it must be a terminal Phase")
            return resource

    async def get_logs(self, handle: Handle, context: Context, *, token: str = "") -> AsyncGenerator[LogPage, None]:
        """Yield the pages of a job's log that exist now, those after `token` if one is given."""
        async with self._span(Operation.GET_LOGS, handle.category, context, handle=handle) as bound:
            invoker, meta = self._decoded(handle, Operation.GET_LOGS)
            async with aclosing(invoker.pages(bound, meta, token=token)) as pages:
                async for page in pages:
                    yield bound.redactor.redact_value(page)

    async def get_metrics(self, handle: Handle, query: MetricsQuery, context: Context) -> Sequence[Metric]:
        """Return metrics of a job."""
        async with self._span(Operation.GET_METRICS, handle.category, context, handle=handle) as bound:
            invoker, meta = self._decoded(handle, Operation.GET_METRICS)
            metrics = await invoker.call(Operation.GET_METRICS, bound, meta, query)
            if not isinstance(metrics, Sequence) or not all(isinstance(metric, Metric) for metric in metrics):
                raise invoker.bug(Operation.GET_METRICS, "returned what is no sequence of Metric")
            checked = [invoker.checked(Operation.GET_METRICS, metric, Metric) for metric in metrics]
            return [bound.redactor.redact_value(metric) for metric in checked]

    def _span(self, operation: Operation, category: TaskCategory, context: Context, **arguments: object) -> Span:
        if context.secret_source is None:
            source = functools.partial(self._secret_from_hooks, asyncio.get_running_loop())
            context = msgspec.structs.replace(context, secret_source=source)
        return Span(self.hooks, operation, category, context, arguments)

    async def _secret_from_hooks(self, home: asyncio.AbstractEventLoop, name: str, context: Context) -> str | None:
        """Ask the hooks on the loop of the operation, also for a plain method, which runs a loop of its own for this."""
        answer: Awaitable[Any] = self.hooks.ask("fairlead_get_secret", context, name=name, context=context)
        if asyncio.get_running_loop() is not home:
            answer = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer, home))  # type: ignore[arg-type]
        value = await answer
        if value is None or isinstance(value, str):
            return value
        message = f"a fairlead_get_secret hook returned a {type(value).__name__} for `{name}`; it must be a str"
        raise PluginError(message, stage="call")

    def _invoker(self, category: TaskCategory, kind: type[Connector], operation: Operation) -> Invoker:
        connector = self.registry.get_connector(*category)
        invoker = self._invokers.get(connector)
        if invoker is None:
            invoker = self._invokers[connector] = Invoker(connector)
        if not isinstance(connector, kind):
            message = f"task type `{category}` is served by {'a sync' if connector.is_sync else 'an async'} connector, which has no `{operation}`"
            raise OperationNotSupported(message)
        return invoker

    def _decoded(self, handle: Handle, operation: Operation) -> tuple[Invoker, ResourceMeta]:
        invoker = self._invoker(handle.category, AsyncConnector, operation)
        meta_type = cast("AsyncConnector[Any]", invoker.connector).metadata_type
        try:
            return invoker, meta_type.decode(handle.meta)
        except Exception as error:  # not only msgspec's: bytes may be no text, and `decode` may be the author's
            message = f"not a resource meta of {meta_type.__name__}: {described(error)}"
            raise InvalidHandle(message) from error

    async def _admitted(
        self, invoker: Invoker, operation: Operation, task: TaskTemplate, inputs: dict[str, Any], context: Context
    ) -> TaskTemplate:
        """Return the task as the connector gets it, once its inputs, its settings and the plugins have been asked."""
        task.check_inputs(inputs)
        if (custom_type := invoker.connector.custom_type) is not None:
            try:
                task = task.with_custom(custom_type)
            except (Exception, SystemExit) as error:  # a `__post_init__` may raise anything
                did = f"could not read `custom` as {custom_type.__name__}:"
                raise invoker.classified(operation, context, error, did=did) from None
        await self.hooks.require("fairlead_before_create", context, task=task, inputs=inputs, context=context)
        return task

    async def _persistently(self, deadline: Deadline, call: Callable[[], Awaitable[T]]) -> T:
        """Await a call that may be repeated; try again after transient errors as long as the deadline allows."""
        delays = self._backoff.delays()
        while True:
            try:
                return await call()
            except (TransientError, QuotaExceeded) as error:
                delay = wait_after(error, next(delays))
                if delay >= deadline.remaining:
                    raise
                _logger.info("trying again in %.2f s: %s", delay, error)
                await asyncio.sleep(delay)


async def _encoded(invoker: Invoker, meta: object, context: Context) -> bytes:
    """Return the encoded meta. Where it has none that may be printed, end the job, because nobody could find it again."""
    expected = cast("AsyncConnector[Any]", invoker.connector).metadata_type
    if not isinstance(meta, expected):
        raise invoker.bug(Operation.CREATE, f"returned a {type(meta).__name__}; it must be a {expected.__name__}")
    try:
        encoded = meta.encode()
    except Exception as error:
        problem = f"returned a meta that cannot be encoded: {described(error)}"
    else:
        secret = context.redactor.found_in(encoded)
        if not secret:
            return encoded
        problem = f"returned a meta that holds the secret `{secret}`"
    outcome = "the job was deleted"
    try:
        cleanup = msgspec.structs.replace(context, deadline=Deadline.after(_CLEANUP_SECONDS))
        await invoker.call(Operation.DELETE, cleanup, meta)
    except FairleadError as error:
        outcome = f"the job could not be deleted: {error}"
    raise invoker.bug(Operation.CREATE, context.redactor.redact(f"{problem}; {outcome}"))


def _checked(invoker: Invoker, operation: Operation, resource: object, context: Context) -> Resource:
    """Return the resource as it may leave: without secrets in what is for people. Outputs are the job's data, and stay."""
    checked = invoker.checked(operation, resource, Resource)
    if left_out := {field: empty for field, empty in _EMPTY.items() if getattr(checked, field) is None}:
        checked = msgspec.structs.replace(checked, **left_out)
    if not context.redactor:
        return checked
    public = msgspec.structs.replace(checked, outputs=None)
    redacted: Resource = context.redactor.redact_value(public)
    return msgspec.structs.replace(redacted, outputs=checked.outputs)
