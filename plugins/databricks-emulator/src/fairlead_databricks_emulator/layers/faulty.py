"""The outermost layer: records each request, and lets happen to it what was asked for."""

import asyncio
from typing import Any

import msgspec
from litestar.types import ASGIApp, Message, Receive, Send

from fairlead_databricks_emulator.errors import error_body
from fairlead_databricks_emulator.faults import Drop, Fault, FaultBook, Garbage, Hang, RateLimit, Status
from fairlead_databricks_emulator.layers.answer import send_answer
from fairlead_databricks_emulator.traffic import RecordedRequest, RequestLog

TRANSPORT = "fairlead.transport"
ADMINISTRATION = "/emulator/"


class FaultLayer:
    """Applies the faults of a book to an ASGI application, except to its administration."""

    def __init__(self, app: ASGIApp, faults: FaultBook, requests: RequestLog) -> None:
        self._app = app
        self._faults = faults
        self._requests = requests

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"].startswith(ADMINISTRATION):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        self._requests.record(_recorded(scope, body))
        if limit := self._faults.exceeded(scope["path"]):
            await _answer_throttled(limit, send)
            return
        exchange = _Exchange(scope, receive, send, body)
        if fault := self._faults.take(scope["method"], scope["path"], "before"):
            if await self._happen(fault, exchange):
                await self._app(scope, exchange.replay, send)
            return
        await self._handle(exchange)

    async def _handle(self, exchange: "_Exchange") -> None:
        """Let the API answer, and lose the answer if that was asked for."""
        fault = self._faults.take(exchange.scope["method"], exchange.scope["path"], "after")
        if fault is None:
            await self._app(exchange.scope, exchange.replay, exchange.send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(exchange.scope, exchange.replay, keep)
        if await self._happen(fault, exchange):
            for message in answer:
                await exchange.send(message)

    async def _happen(self, fault: Fault, exchange: "_Exchange") -> bool:
        """Let a fault happen; return whether the exchange goes on after it."""
        match fault:
            case Drop():
                await exchange.drop()
            case Hang():
                return await self._hang(fault, exchange)
            case Status():
                await send_answer(exchange.send, fault.status, _encoded(fault.body), fault.headers)
            case Garbage():
                await send_answer(exchange.send, 200, fault.body.encode(), {})
        return False

    async def _hang(self, hang: Hang, exchange: "_Exchange") -> bool:
        """Wait as long as asked; return False if the client has gone meanwhile."""
        gone = asyncio.ensure_future(exchange.client_gone())
        loop = asyncio.get_running_loop()
        end = loop.time() + (float("inf") if hang.seconds is None else hang.seconds)
        releases = self._faults.releases
        while releases == self._faults.releases and loop.time() < end and not gone.done():
            await asyncio.wait({gone}, timeout=min(0.02, max(0.0, end - loop.time())))
        if gone.done():
            return False
        gone.cancel()
        return True


class _Exchange:
    """One request, whose body has been read, and the way to its answer."""

    def __init__(self, scope: Any, receive: Receive, send: Send, body: bytes) -> None:
        self.scope = scope
        self.send = send
        self._receive = receive
        self._body: bytes | None = body

    async def replay(self) -> Any:
        """Give the body once more to who comes next; after that, wait for the client to go."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def drop(self) -> None:
        """Close the connection now; the server then finds the client gone, and sends nothing."""
        self.scope["extensions"][TRANSPORT].abort()
        await self.client_gone()

    async def client_gone(self) -> None:
        """Wait until the connection is closed."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _read(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message: Any = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _recorded(scope: Any, body: bytes) -> RecordedRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return RecordedRequest(
        method=scope["method"], path=scope["path"], query=scope["query_string"].decode(), headers=headers, body=body
    )


async def _answer_throttled(limit: RateLimit, send: Send) -> None:
    body = error_body("REQUEST_LIMIT_EXCEEDED", "Too many requests, please try again later.")
    headers = {} if limit.retry_after is None else {"retry-after": limit.retry_after}
    await send_answer(send, 429, msgspec.json.encode(body), headers)


def _encoded(body: Any) -> bytes:
    if body is None:
        return msgspec.json.encode(error_body("TEMPORARILY_UNAVAILABLE", "a fault that was asked for"))
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)
