"""The routes of secrets and their scopes."""

import base64
from typing import Any

import msgspec
from litestar import get, post

from fairlead_databricks_emulator.api.contents import decoded
from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.errors import invalid_parameter


class Scope(msgspec.Struct, kw_only=True):
    """The arguments of routes that need no more than a scope."""

    scope: str


class Secret(msgspec.Struct, kw_only=True):
    """The arguments of routes that need no more than a secret."""

    scope: str
    key: str


class PutSecret(msgspec.Struct, kw_only=True):
    """The arguments of `put`: the value as text or as base64."""

    scope: str
    key: str
    string_value: str | None = None
    bytes_value: str | None = None


@post("/api/2.0/secrets/scopes/create", status_code=200)
async def create_scope(request: ApiRequest) -> dict[str, Any]:
    """Make a scope."""
    request.workspace.secrets.create_scope((await request.read(Scope)).scope)
    return {}


@get("/api/2.0/secrets/scopes/list")
async def list_scopes(request: ApiRequest) -> dict[str, Any]:
    """List the scopes."""
    scopes = request.workspace.secrets.scopes()
    return {"scopes": [{"name": name, "backend_type": "DATABRICKS"} for name in scopes]} if scopes else {}


@post("/api/2.0/secrets/scopes/delete", status_code=200)
async def delete_scope(request: ApiRequest) -> dict[str, Any]:
    """Forget a scope with its secrets."""
    request.workspace.secrets.delete_scope((await request.read(Scope)).scope)
    return {}


@post("/api/2.0/secrets/put", status_code=200)
async def put_secret(request: ApiRequest) -> dict[str, Any]:
    """Keep a secret."""
    secret = await request.read(PutSecret)
    if (secret.string_value is None) == (secret.bytes_value is None):
        message = "Exactly one of string_value and bytes_value is needed"
        raise invalid_parameter(message)
    text, encoded = secret.string_value, secret.bytes_value
    value = text.encode() if text is not None else decoded(encoded or "", "bytes_value")
    request.workspace.secrets.put(secret.scope, secret.key, value)
    return {}


@get("/api/2.0/secrets/get")
async def get_secret(request: ApiRequest) -> dict[str, Any]:
    """Return a secret as base64."""
    secret = await request.read(Secret)
    value = request.workspace.secrets.get(secret.scope, secret.key)
    return {"key": secret.key, "value": base64.b64encode(value).decode()}


@get("/api/2.0/secrets/list")
async def list_secrets(request: ApiRequest) -> dict[str, Any]:
    """List the keys of a scope."""
    keys = request.workspace.secrets.keys((await request.read(Scope)).scope)
    secrets = [{"key": key, "last_updated_timestamp": time} for key, time in keys.items()]
    return {"secrets": secrets} if secrets else {}


@post("/api/2.0/secrets/delete", status_code=200)
async def delete_secret(request: ApiRequest) -> dict[str, Any]:
    """Forget a secret."""
    secret = await request.read(Secret)
    request.workspace.secrets.delete(secret.scope, secret.key)
    return {}


SECRET_ROUTES = (create_scope, list_scopes, delete_scope, put_secret, get_secret, list_secrets, delete_secret)
