"""The credentials that a workspace accepts, as request headers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from fairlead import AuthenticationError, Deadline, TransientError

if TYPE_CHECKING:
    import httpx

_EARLY = 60.0
_DEFAULT_LIFETIME = 3600.0
_REFUSED = {400, 401, 403}


class Credentials(Protocol):
    """What authenticates a request."""

    async def headers(self, http: httpx.AsyncClient, deadline: Deadline) -> dict[str, str]:
        """Return the headers; `http` is a client of the workspace, for those that have to ask it."""

    def renew(self) -> bool:
        """Forget what was refused; return whether there may be something new to try."""


class PersonalAccessToken:
    """A token that is given once (PAT)."""

    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}

    async def headers(self, http: httpx.AsyncClient, deadline: Deadline) -> dict[str, str]:
        """Return the header."""
        return self._headers

    def renew(self) -> bool:
        """Say that there is no other token."""
        return False


class _TokenAnswer(msgspec.Struct):
    access_token: str
    expires_in: float = _DEFAULT_LIFETIME


class ServicePrincipal:
    """OAuth machine-to-machine: client id and secret are exchanged for a token, anew before that expires.

    Source: https://docs.databricks.com/dev-tools/auth/oauth-m2m
    """

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._client = (client_id, client_secret)
        self._token = ""
        self._expires = 0.0
        self._lock = asyncio.Lock()

    async def headers(self, http: httpx.AsyncClient, deadline: Deadline) -> dict[str, str]:
        """Return the header, with a token that is valid for a while."""
        async with self._lock:
            if time.monotonic() >= self._expires:
                await self._fetch(http, deadline)
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Forget the token, so that the next request fetches one."""
        self._expires = 0.0
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
        self._token = answer.access_token
        self._expires = time.monotonic() + max(answer.expires_in - _EARLY, answer.expires_in / 2)


class SdkCredentials:
    """Every other method of the unified login, through databricks-sdk (`fairlead-databricks[sdk]`)."""

    def __init__(self, config: Any) -> None:
        self._config = config

    async def headers(self, http: httpx.AsyncClient, deadline: Deadline) -> dict[str, str]:
        """Return what the SDK's configuration authenticates with; it may block, so it runs on a thread."""
        headers: dict[str, str] = await asyncio.to_thread(self._config.authenticate)
        return headers

    def renew(self) -> bool:
        """Leave it to the SDK to know when its token expires."""
        return False


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
