"""One gRPC call: who may make it, what it asks, how it ends, and what is counted of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
from flyteidl2.connector.connector_pb2 import CreateTaskRequest
from google.protobuf.message import DecodeError, Message
from grpc import StatusCode

from fairlead import DeadlineExceeded, FairleadError, InvalidTask, Operation, TaskCategory
from fairlead_flyte import flyte1
from fairlead_flyte.call import Call
from fairlead_flyte.codes import status_code
from fairlead_flyte.logs import SURROUNDINGS, get_logger
from fairlead_flyte.metrics import Outcome
from fairlead_flyte.texts import shortened

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
    from types import TracebackType

    from flyteidl2.connector.connector_pb2 import TaskCategory as TaskCategoryMessage
    from grpc.aio import ServicerContext

    from fairlead_flyte.metrics import Method, Metrics
    from fairlead_flyte.slots import Slots
    from fairlead_flyte.tokens import Token
    from fairlead_flyte.tracing import Tracing

    Context = ServicerContext[bytes, bytes]
    Handler = grpc.RpcMethodHandler[bytes, bytes]

M = TypeVar("M", bound=Message)

_LONGEST_DETAILS = 2000  # bytes, of which gRPC makes up to three each, and clients take 8 KiB of headers
_LONGEST_TASK_TYPE = 256
_UNKNOWN_TYPE = "unknown"
_LEAVING = (asyncio.CancelledError, GeneratorExit)  # nobody waits for an answer

_logger = get_logger(__name__)


class Calls:
    """Wraps the operations into the handlers that gRPC calls, in bytes as they come and go.

    Parsing is done here and not by gRPC, which would answer what cannot be parsed with UNKNOWN and a Python error. A call
    takes one of the `slots`, but for two: GetTask takes one only where a connector is asked (`Operations`), and the
    streams of GetTaskLogs, which last as long as their readers like, have slots of their own.
    """

    def __init__(
        self,
        metrics: Metrics,
        *,
        slots: Slots,
        streams: Slots,
        known: set[TaskCategory],
        token: Token | None,
        tracing: Tracing | None,
    ) -> None:
        self.metrics = metrics
        self.slots = slots
        self.streams = streams
        self.known = known
        self.token = token
        self.tracing = tracing
        self._about = {category: _about(category) for category in known}

    def unary(
        self,
        method: str,
        message_type: type[M],
        act: Callable[[M, Call], Awaitable[bytes]],
        operation: Operation,
        *,
        is_flyte1: bool,
    ) -> Handler:
        """Return the handler of a call with one request and one answer."""
        counted = self.metrics.method(method)
        slots = None if operation is Operation.GET else self.slots

        async def handle(data: bytes, context: Context) -> bytes:
            call = Call(context.time_remaining, is_flyte1=is_flyte1)
            async with _Conduct(self, counted, operation, call, context, slots=slots):
                return await act(self._request(message_type, data, call), call)

        return grpc.unary_unary_rpc_method_handler(handle)

    def metadata(self, method: str, act: Callable[[bytes], bytes]) -> Handler:
        """Return the handler of a call that asks what is served; it never waits for others."""
        counted = self.metrics.method(method)

        async def handle(data: bytes, context: Context) -> bytes:
            async with _Conduct(self, counted, None, Call(context.time_remaining, is_flyte1=False), context):
                return act(data)

        return grpc.unary_unary_rpc_method_handler(handle)

    def streaming(
        self,
        method: str,
        message_type: type[M],
        act: Callable[[M, Call], AsyncGenerator[bytes, None]],
        operation: Operation,
        *,
        is_flyte1: bool,
    ) -> Handler:
        """Return the handler of a call with one request and a stream of answers."""
        counted = self.metrics.method(method)

        async def handle(data: bytes, context: Context) -> AsyncIterator[bytes]:
            call = Call(context.time_remaining, is_flyte1=is_flyte1)
            async with (
                _Conduct(self, counted, operation, call, context, slots=self.streams),
                aclosing(act(self._request(message_type, data, call), call)) as answers,
            ):
                async for answer in answers:
                    yield answer

        return grpc.unary_stream_rpc_method_handler(handle)

    def sync(self, method: str, act: Callable[[list[bytes], Call], Awaitable[bytes]]) -> Handler:
        """Return the handler of ExecuteTaskSync, which answers once it has the header and the inputs."""
        counted = self.metrics.method(method)

        async def handle(frames: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
            call = Call(context.time_remaining, is_flyte1=True)
            async with _Conduct(self, counted, Operation.DO, call, context, slots=self.slots):
                yield await act(await _received(frames, call), call)

        return grpc.stream_stream_rpc_method_handler(handle)

    def _request(self, message_type: type[M], data: bytes, call: Call) -> M:
        request = message_type.FromString(data)
        if isinstance(request, CreateTaskRequest):
            call.input_bytes = request.inputs.ByteSize()
        else:
            category: TaskCategoryMessage = request.task_category  # type: ignore[attr-defined]  # all others have it
            name = category.name or (flyte1.legacy_task_type(data) if call.is_flyte1 else "")
            call.category = TaskCategory(name, category.version)
            SURROUNDINGS.set(self._about.get(call.category) or _about(call.category))
        return request


class _Conduct:
    """Around one call: admits it, counts it, and ends it with the status that its error has.

    A class, not `asynccontextmanager`: this is on the path of every poll.
    """

    __slots__ = ("_call", "_calls", "_context", "_method", "_operation", "_slots", "_span", "_started")

    def __init__(
        self,
        calls: Calls,
        method: Method,
        operation: Operation | None,
        call: Call,
        context: Context,
        *,
        slots: Slots | None = None,
    ) -> None:
        self._calls = calls
        self._method = method
        self._operation = operation
        self._call = call
        self._context = context
        self._slots = slots
        self._span: Any = None
        self._started = time.perf_counter()

    async def __aenter__(self) -> None:
        """Admit the call, when it is its turn."""
        self._calls.metrics.began(self._method)
        if self._calls.token is not None and not self._calls.token.is_in(self._context.invocation_metadata()):
            self._count(StatusCode.UNAUTHENTICATED, None)
            await self._context.abort(StatusCode.UNAUTHENTICATED, "the bearer token is missing or wrong")
        if self._slots is not None:
            try:
                await self._slots.take(self._call.deadline)
            except asyncio.CancelledError:
                self._count(StatusCode.CANCELLED, self._operation)
                raise
            except DeadlineExceeded as error:
                self._count(StatusCode.DEADLINE_EXCEEDED, self._operation)
                await self._context.abort(StatusCode.DEADLINE_EXCEEDED, str(error))
        if self._calls.tracing is not None:
            self._span = self._calls.tracing.start(self._method.name, self._context.invocation_metadata())

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Count how the call ended, and end it with the right status."""
        if self._slots is not None:
            self._slots.give_back()
        code, details = (StatusCode.OK, "") if error is None else _outcome(error)
        self._count(code, self._operation)
        if self._span is not None:
            self._calls.tracing.end(self._span, self._call, code, details)  # type: ignore[union-attr]
        if error is not None and not isinstance(error, _LEAVING):
            await self._context.abort(code, details)

    def _count(self, code: StatusCode, operation: Operation | None) -> None:
        call, metrics = self._call, self._calls.metrics
        task_type = call.category.name if call.category in self._calls.known else _UNKNOWN_TYPE
        outcome = Outcome(self._method, operation or "", task_type, code)
        metrics.ended(outcome, time.perf_counter() - self._started, input_bytes=call.input_bytes)
        if call.absorbed is not None:
            metrics.absorbed(task_type, call.absorbed)


def _about(category: TaskCategory) -> dict[str, str | int]:
    return {"task_type": shortened(str(category), _LONGEST_TASK_TYPE)}


async def _received(frames: AsyncIterator[bytes], call: Call) -> list[bytes]:
    """Return the frames of an ExecuteTaskSync, up to the one with the inputs or the end of the stream."""
    received: list[bytes] = []
    seconds = call.deadline.remaining
    try:
        async with asyncio.timeout(seconds):
            async for frame in frames:
                part = flyte1.part_of(frame)
                if part == "header" and received:
                    message = "the stream has a second header; send one, then the inputs"
                    raise InvalidTask(message)
                if part is not None:
                    received.append(frame)
                if part == "inputs":
                    break
    except TimeoutError:
        message = f"the inputs did not come within {seconds:.3g} s, and the stream was not closed"
        raise DeadlineExceeded(message) from None
    return received


def _outcome(error: BaseException) -> tuple[StatusCode, str]:
    """Return the status of an error: never a traceback, never a text that is too long for gRPC's headers."""
    if isinstance(error, FairleadError):
        return status_code(error), shortened(str(error), _LONGEST_DETAILS)
    if isinstance(error, DecodeError):
        return StatusCode.INVALID_ARGUMENT, "the request is not the protobuf message that this method takes"
    if isinstance(error, _LEAVING):
        return StatusCode.CANCELLED, "cancelled"
    _logger.error("a call failed by a fault of the server", exc_info=error)
    return StatusCode.INTERNAL, f"the server failed ({type(error).__name__}); its log says more"
