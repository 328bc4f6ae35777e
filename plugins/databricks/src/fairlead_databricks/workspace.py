"""One Databricks workspace with one credential: a pooled client that goes on until the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from fairlead import AuthenticationError, Backoff, Deadline, QuotaExceeded, TransientError
from fairlead.backoff import wait_after
from fairlead_databricks.answers import error_of, is_expired_credential
from fairlead_databricks.connections import client_of
from fairlead_databricks.instances import base_url
from fairlead_databricks.rates import rates_of

if TYPE_CHECKING:
    from fairlead_databricks.credentials import Credentials

T = TypeVar("T")

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "fairlead-databricks"}


class _Call(msgspec.Struct, frozen=True):
    """A request as it is sent, each time that it is; `rest` is what follows the endpoint in its URL."""

    method: str
    endpoint: str
    rest: str = ""
    content: bytes | None = None
    headers: Mapping[str, str] = {}

    @property
    def path(self) -> str:
        """The path and the query; the Jobs API is at version 2.2, what concerns files at 2.0."""
        return f"/api/{'2.2' if self.endpoint.startswith('jobs/') else '2.0'}/{self.endpoint}{self.rest}"

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint}{self.rest}"


class Workspace:
    """Calls the API of a workspace.

    `request_seconds` is how long one answer may take before the request is given up; where it may be sent
    again, that is done until the deadline.
    """

    def __init__(
        self,
        instance: str,
        credentials: Credentials,
        *,
        request_seconds: float,
        backoff: Backoff,
    ) -> None:
        self.instance = instance
        self._credentials = credentials
        self._request_seconds = request_seconds
        self._backoff = backoff
        self._rates = rates_of(instance)
        self._base = base_url(instance)
        self._http = client_of(self._base)

    async def read(
        self, endpoint: str, answer: type[T], query: Mapping[str, object], *, deadline: Deadline, path: str = ""
    ) -> T:
        """Return the decoded answer to a GET; `endpoint` is below the API's version, and `path` follows it.

        What is empty in the query is left out.
        """
        given = urlencode({name: value for name, value in query.items() if value != ""})
        call = _Call("GET", endpoint, f"{quote(path)}?{given}")
        return await self._persistently(call, _decoder(answer), deadline)

    async def write(
        self, endpoint: str, answer: type[T], body: dict[str, Any], *, deadline: Deadline, resend: bool
    ) -> T:
        """Return the decoded answer to a POST.

        `resend` says whether the request may be sent again when its answer was lost: because it carries an
        idempotency token, or because doing it twice is the same as doing it once.
        """
        content, headers = msgspec.json.encode(body), {"Content-Type": "application/json"}
        call = _Call("POST", endpoint, content=content, headers=headers)
        return await self._persistently(call, _decoder(answer), deadline, resend=resend)

    async def download(self, path: str, *, start: int, length: int, deadline: Deadline) -> bytes:
        """Return at most `length` bytes of the file that the Files API has at `path`, those from `start` on."""
        headers = {"Accept": "application/octet-stream", "Range": f"bytes={start}-{start + length - 1}"}
        call = _Call("GET", "fs/files", quote(path), headers=headers)

        def part(response: httpx.Response) -> bytes:
            is_part = response.status_code == httpx.codes.PARTIAL_CONTENT
            return response.content if is_part else response.content[start : start + length]

        return await self._persistently(call, part, deadline)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _persistently(
        self, call: _Call, decode: Callable[[httpx.Response], T], deadline: Deadline, *, resend: bool = True
    ) -> T:
        delays, renewed = self._backoff.delays(), False
        while True:
            await self._rates.take(call.endpoint, deadline)
            try:
                response = await self._send(call, deadline)
                if response.is_success:
                    return self._decoded(call, response, decode)
                if not renewed and is_expired_credential(response):
                    renewed = self._credentials.renew(response.request.headers.get("Authorization", ""))
                    if renewed:
                        continue
                raise error_of(response, str(call))
            except (TransientError, QuotaExceeded) as error:
                delay = wait_after(error, next(delays))
                if not resend or delay >= deadline.remaining:
                    raise
            await asyncio.sleep(delay)

    async def _send(self, call: _Call, deadline: Deadline) -> httpx.Response:
        """Return whatever is answered; raise `TransientError` where nothing is, to the login or to the call.

        The request is built here rather than by the client, which would take longer for that than for sending it.
        """
        seconds = max(0.05, min(self._request_seconds, deadline.remaining))
        timeout = {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
        try:
            headers = {
                **_HEADERS,
                **call.headers,
                **await self._credentials.headers(self._http, Deadline.after(seconds)),
            }
            request = httpx.Request(
                call.method,
                self._base + call.path,
                headers=headers,
                content=call.content,
                extensions={"timeout": timeout},
            )
            return await self._http.send(request)
        except httpx.TimeoutException:
            message = f"{call}: no answer from {self.instance} within {seconds:.3g} s"
            raise TransientError(message) from None
        except (httpx.LocalProtocolError, UnicodeEncodeError):  # their texts hold the header
            message = f"{call}: the login at {self.instance} gave a header that cannot be sent; a token is one word of visible ASCII characters"
            raise AuthenticationError(message) from None
        except httpx.HTTPError as error:
            message = f"{call}: {self.instance}: {type(error).__name__}: {error}"
            raise TransientError(message) from None

    def _decoded(self, call: _Call, response: httpx.Response, decode: Callable[[httpx.Response], T]) -> T:
        try:
            return decode(response)
        except msgspec.DecodeError as error:
            message = f"{call}: the answer of {self.instance} cannot be read: {error}"
            raise TransientError(message) from None


def _decoder(answer: type[T]) -> Callable[[httpx.Response], T]:
    return lambda response: msgspec.json.decode(response.content, type=answer)
