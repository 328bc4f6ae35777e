"""One gRPC call: who may make it, what it asks, how it ends, and what is counted of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import grpc
from google.protobuf.message import DecodeError
from grpc import StatusCode

from fairlead import DeadlineExceeded, FairleadError, InvalidTask, Operation, TaskCategory
from fairlead_flyte import flyte1
from fairlead_flyte.call import Call, Method
from fairlead_flyte.codes import status_code
from fairlead_flyte.logs import get_logger
from fairlead_flyte.texts import shortened

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from grpc.aio import ServicerContext

    from fairlead_flyte.metrics import Metrics
    from fairlead_flyte.slots import Slots
    from fairlead_flyte.tokens import Token
    from fairlead_flyte.tracing import Tracing

    Context = ServicerContext[bytes, bytes]
    Handler = grpc.RpcMethodHandler[bytes, bytes]

R = TypeVar("R")

_LONGEST_DETAILS = 2000  # bytes, of which gRPC makes up to three each, and clients take 8 KiB of headers
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
        self._metrics = metrics
        self._slots = slots
        self._streams = streams
        self._known = known
        self._token = token
        self._tracing = tracing

    def unary(
        self,
        name: str,
        read: Callable[[bytes, Call], R],
        act: Callable[[R, Call], Awaitable[bytes]],
        operation: Operation,
        *,
        is_flyte1: bool,
    ) -> Handler:
        """Return the handler of a call with one request and one answer."""
        method = self._method(name, operation, is_flyte1=is_flyte1)
        slots = None if operation is Operation.GET else self._slots
        must_wait = slots is not None or self._token is not None or self._tracing is not None

        async def handle(data: bytes, context: Context) -> bytes:
            call = self._begun(method, context)
            try:  # as `_conducted`, but without its coroutines: this is on the path of every poll
                if must_wait:
                    await self._admit(call, slots)
                answer = await act(read(data, call), call)
            except BaseException as error:
                await self._failed(call, error)
                raise
            self._ended(call, StatusCode.OK)
            return answer

        return grpc.unary_unary_rpc_method_handler(handle)

    def metadata(self, name: str, act: Callable[[bytes], bytes]) -> Handler:
        """Return the handler of a call that asks what is served; it never waits for others."""
        method = self._method(name, None, is_flyte1=False)

        async def handle(data: bytes, context: Context) -> bytes:
            async with self._conducted(method, context):
                return act(data)

        return grpc.unary_unary_rpc_method_handler(handle)

    def streaming(
        self,
        name: str,
        read: Callable[[bytes, Call], R],
        act: Callable[[R, Call], AsyncGenerator[bytes, None]],
        operation: Operation,
        *,
        is_flyte1: bool,
    ) -> Handler:
        """Return the handler of a call with one request and a stream of answers."""
        method = self._method(name, operation, is_flyte1=is_flyte1)

        async def handle(data: bytes, context: Context) -> AsyncIterator[bytes]:
            async with (
                self._conducted(method, context, self._streams) as call,
                aclosing(act(read(data, call), call)) as answers,
            ):
                async for answer in answers:
                    yield answer

        return grpc.unary_stream_rpc_method_handler(handle)

    def sync(self, name: str, act: Callable[[list[bytes], Call], Awaitable[bytes]]) -> Handler:
        """Return the handler of ExecuteTaskSync, which answers once it has the header and the inputs."""
        method = self._method(name, Operation.DO, is_flyte1=True)

        async def handle(frames: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
            async with self._conducted(method, context, self._slots) as call:
                yield await act(await _received(frames, call), call)

        return grpc.stream_stream_rpc_method_handler(handle)

    def _method(self, name: str, operation: Operation | None, *, is_flyte1: bool) -> Method:
        method = Method(name, operation, is_flyte1=is_flyte1)
        self._metrics.add(method)
        return method

    @asynccontextmanager
    async def _conducted(self, method: Method, context: Context, slots: Slots | None = None) -> AsyncIterator[Call]:
        """Admit a call, count it, and end it with the status that its error has."""
        call = self._begun(method, context)
        try:
            await self._admit(call, slots)
            yield call
        except BaseException as error:
            await self._failed(call, error)
            raise
        self._ended(call, StatusCode.OK)

    def _begun(self, method: Method, context: Context) -> Call:
        self._metrics.began(method)
        return Call(method, context)

    async def _admit(self, call: Call, slots: Slots | None) -> None:
        """Let a call begin if it may, when it is its turn."""
        if self._token is not None and not self._token.is_in(call.context.invocation_metadata()):
            raise _Unauthenticated
        if slots is not None:
            await slots.take(call.deadline)
            call.slots = slots
        if self._tracing is not None:
            call.span = self._tracing.start(call.method.name, call.context.invocation_metadata())

    async def _failed(self, call: Call, error: BaseException) -> None:
        """End a call with the status of its error, which this raises unless nobody waits for an answer."""
        code, details = _outcome(error)
        self._ended(call, code, details)
        if not isinstance(error, _LEAVING):
            await call.context.abort(code, details)

    def _ended(self, call: Call, code: StatusCode, details: str = "") -> None:
        if call.slots is not None:
            call.slots.give_back()
        task_type = call.category.name if call.category in self._known else _UNKNOWN_TYPE
        seconds = time.perf_counter() - call.started
        self._metrics.ended((call.method, task_type, code), seconds, input_bytes=call.input_bytes)
        if call.absorbed is not None:
            self._metrics.absorbed(task_type, call.absorbed)
        if call.span is not None and self._tracing is not None:
            self._tracing.end(call.span, call, code, details)


class _Unauthenticated(Exception):
    """A call without the token."""


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
    if isinstance(error, _Unauthenticated):
        return StatusCode.UNAUTHENTICATED, "the bearer token is missing or wrong"
    if isinstance(error, DecodeError):
        return StatusCode.INVALID_ARGUMENT, "the request is not the protobuf message that this method takes"
    if isinstance(error, _LEAVING):
        return StatusCode.CANCELLED, "cancelled"
    _logger.error("a call failed by a fault of the server", exc_info=error)
    return StatusCode.INTERNAL, f"the server failed ({type(error).__name__}); its log says more"
