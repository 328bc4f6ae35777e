"""The credentials that a workspace accepts, as request headers."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from fairlead import AuthenticationError, Deadline, TransientError

if TYPE_CHECKING:
    import httpx

_EARLY = 60.0
_DEFAULT_LIFETIME = 3600.0
_REFUSED = {400, 401, 403}
_TOKEN = re.compile(r"[!-~]+")
_SDK_LIMITS: dict[str, Any] = {"http_timeout_seconds": 10, "retry_timeout_seconds": 20}  # it would try for five minutes


class Credentials(Protocol):
    """What authenticates a request."""

    async def headers(self, http: httpx.AsyncClient, deadline: Deadline) -> dict[str, str]:
        """Return the headers; `http` is a client of the workspace, for those that have to ask it."""

    def renew(self, refused: str) -> bool:
        """Forget the `Authorization` that was refused; return whether there may be something new to try."""


class PersonalAccessToken:
    """A token that is given once (PAT); `name` is that of the secret or the variable that holds it."""

    def __init__(self, token: str, name: str = "the token") -> None:
        self._headers = {"Authorization": _bearer(token, name)}

    async def headers(self, http: httpx.AsyncClient, deadline: Deadline) -> dict[str, str]:
        """Return the header."""
        return self._headers

    def renew(self, refused: str) -> bool:
        """Say that there is no other token."""
        return False


class _TokenAnswer(msgspec.Struct):
    access_token: str
    expires_in: float = _DEFAULT_LIFETIME


class ServicePrincipal:
    """OAuth machine-to-machine: client id and secret are exchanged for a token, anew before that expires.

    `clock` gives the time in seconds. Source: https://docs.databricks.com/dev-tools/auth/oauth-m2m
    """

    def __init__(self, client_id: str, client_secret: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = (client_id, client_secret)
        self._clock = clock
        self._authorization = ""
        self._expires = 0.0
        self._lock = asyncio.Lock()

    async def headers(self, http: httpx.AsyncClient, deadline: Deadline) -> dict[str, str]:
        """Return the header, with a token that is valid for a while."""
        async with self._lock:
            if not self._authorization or self._clock() >= self._expires:
                await self._fetch(http, deadline)
            return {"Authorization": self._authorization}

    def renew(self, refused: str) -> bool:
        """Forget the token, so that the next request fetches one; of many requests that it was refused to, only once."""
        if refused == self._authorization:
            self._authorization = ""
        return True

    async def _fetch(self, http: httpx.AsyncClient, deadline: Deadline) -> None:
        from fairlead_databricks.answers import error_of

        endpoint = await _token_endpoint(http, deadline)
        form = {"grant_type": "client_credentials", "scope": "all-apis"}
        response = await http.post(endpoint, data=form, auth=self._client, timeout=deadline.remaining)
        if response.status_code in _REFUSED:
            message = (
                f"{http.base_url.host} refused the client id {self._client[0]}: {error_of(response, 'OAuth token')}"
            )
            raise AuthenticationError(message)
        if not response.is_success:
            raise error_of(response, "OAuth token")
        answer = _decoded(response, _TokenAnswer)
        self._authorization = _bearer(answer.access_token, f"access_token of {http.base_url.host}")
        self._expires = self._clock() + max(answer.expires_in - _EARLY, answer.expires_in / 2)


class SdkCredentials:
    """Every other method of the unified login, through databricks-sdk (`fairlead-databricks[sdk]`).

    The SDK finds its method when the first request is made, on a thread: it may start programs and ask servers.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._config: Any = None
        self._lock = threading.Lock()

    async def headers(self, http: httpx.AsyncClient, deadline: Deadline) -> dict[str, str]:
        """Return what the SDK authenticates with; it renews that itself."""
        return await asyncio.to_thread(self._authenticate)

    def renew(self, refused: str) -> bool:
        """Leave it to the SDK to know when its token expires."""
        return False

    def _authenticate(self) -> dict[str, str]:
        from databricks.sdk.core import Config

        try:
            with self._lock:
                self._config = self._config or Config(host=self._host, **_SDK_LIMITS)
            headers: dict[str, str] = self._config.authenticate()
        except ValueError as error:  # no method of the unified login fits, or the one that does was refused
            message = f"databricks-sdk has no credential for {self._host}: {error}"
            raise AuthenticationError(message) from None
        return headers


def _bearer(token: str, name: str) -> str:
    """Return the `Authorization` with a token; raise `AuthenticationError` for what no header can carry."""
    if not _TOKEN.fullmatch(token):
        message = f"`{name}` is not a token: a token is one word of visible ASCII characters"
        raise AuthenticationError(message)
    return f"Bearer {token}"


class _Discovery(msgspec.Struct):
    oidc_endpoint: str = ""


class _AuthorizationServer(msgspec.Struct):
    token_endpoint: str


async def _token_endpoint(http: httpx.AsyncClient, deadline: Deadline) -> str:
    """Ask the workspace where its tokens are issued; those that do not say issue them at `/oidc`."""
    issuer = "/oidc"
    response = await http.get("/.well-known/databricks-config", timeout=deadline.remaining)
    if response.is_success:
        issuer = _decoded(response, _Discovery).oidc_endpoint or issuer
    described = f"{issuer.rstrip('/')}/.well-known/oauth-authorization-server"
    response = await http.get(described, timeout=deadline.remaining)
    if not response.is_success:
        from fairlead_databricks.answers import error_of

        raise error_of(response, "OAuth discovery")
    server: _AuthorizationServer = _decoded(response, _AuthorizationServer)
    return server.token_endpoint


def _decoded(response: httpx.Response, type_: type[Any]) -> Any:
    try:
        return msgspec.json.decode(response.content, type=type_)
    except msgspec.DecodeError as error:
        message = f"the answer of {response.request.url.host} to the login cannot be read: {error}"
        raise TransientError(message) from None
