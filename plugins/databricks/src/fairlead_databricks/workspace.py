"""One Databricks workspace with one credential: a pooled client that goes on until the deadline."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec

from fairlead import Backoff, Deadline, FairleadError, QuotaExceeded, TransientError
from fairlead.backoff import wait_after
from fairlead_databricks.answers import error_of, is_expired_credential
from fairlead_databricks.instances import base_url
from fairlead_databricks.rates import Rates

if TYPE_CHECKING:
    from fairlead_databricks.credentials import Credentials

T = TypeVar("T")

API = "/api/2.2/"


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
        self._rates = Rates()
        self._http = httpx.AsyncClient(base_url=base_url(instance))

    async def read(self, endpoint: str, answer: type[T], *, deadline: Deadline, **parameters: object) -> T:
        """Return the decoded answer to a GET."""
        query = {name: str(value) for name, value in parameters.items() if value not in (None, "")}
        return await self._persistently("GET", endpoint, answer, deadline, params=query)

    async def write(
        self, endpoint: str, answer: type[T], body: dict[str, Any], *, deadline: Deadline, resend: bool
    ) -> T:
        """Return the decoded answer to a POST.

        `resend` says whether the request may be sent again when its answer was lost: because it carries an
        idempotency token, or because doing it twice is the same as doing it once.
        """
        return await self._persistently("POST", endpoint, answer, deadline, resend=resend, json=body)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _persistently(
        self, method: str, endpoint: str, answer: type[T], deadline: Deadline, *, resend: bool = True, **content: Any
    ) -> T:
        delays, renewed = self._backoff.delays(), False
        while True:
            await self._rates.take(endpoint)
            outcome = await self._once(method, endpoint, answer, deadline, **content)
            if not isinstance(outcome, FairleadError | httpx.Response):
                return outcome
            if isinstance(outcome, httpx.Response):
                if is_expired_credential(outcome) and not renewed and self._credentials.renew():
                    renewed = True
                    continue
                outcome = error_of(outcome, f"{method} {endpoint}")
            error = outcome
            delay = wait_after(error, next(delays))
            passing = isinstance(error, TransientError | QuotaExceeded)
            if not (resend and passing and delay < deadline.remaining):
                raise error
            await asyncio.sleep(delay)

    async def _once(
        self, method: str, endpoint: str, answer: type[T], deadline: Deadline, **content: Any
    ) -> T | FairleadError | httpx.Response:
        """Return the answer, or what came in its place."""
        seconds = max(0.05, min(self._request_seconds, deadline.remaining))
        try:
            headers = await self._credentials.headers(self._http, deadline)
            response = await self._http.request(method, API + endpoint, headers=headers, timeout=seconds, **content)
        except httpx.TimeoutException:
            return TransientError(f"{method} {endpoint}: no answer from {self.instance} within {seconds:.3g} s")
        except httpx.HTTPError as error:
            return TransientError(f"{method} {endpoint}: {self.instance}: {type(error).__name__}: {error}")
        if not response.is_success:
            return response
        try:
            return msgspec.json.decode(response.content, type=answer)
        except msgspec.DecodeError as error:
            return TransientError(f"{method} {endpoint}: the answer of {self.instance} cannot be read: {error}")
