"""Sending a whole answer through ASGI."""

from collections.abc import Mapping
from typing import Any

from litestar.types import Send


async def send_answer(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """Send status, headers and body; the body is JSON unless a header says otherwise."""
    all_headers = {"content-type": "application/json", **{name.lower(): value for name, value in headers.items()}}
    all_headers["content-length"] = str(len(body))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in all_headers.items()]
    start: Any = {"type": "http.response.start", "status": status, "headers": encoded}
    content: Any = {"type": "http.response.body", "body": body, "more_body": False}
    await send(start)
    await send(content)
