"""The routes with which clients find out where they are, sign in, and learn who they are."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qs

from litestar import Response, get, post

from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.api.run_view import CREATOR


@get("/.well-known/databricks-config")
async def host_metadata(request: ApiRequest) -> dict[str, Any]:
    """Tell clients what kind of host this is."""
    return {"oidc_endpoint": f"{request.parts.host}/oidc", "workspace_id": str(request.workspace.id), "cloud": "AWS"}


@get("/oidc/.well-known/oauth-authorization-server")
async def authorization_server(request: ApiRequest) -> dict[str, Any]:
    """Tell clients where to sign in."""
    return {
        "issuer": f"{request.parts.host}/oidc",
        "authorization_endpoint": f"{request.parts.host}/oidc/v1/authorize",
        "token_endpoint": f"{request.parts.host}/oidc/v1/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": ["all-apis"],
    }


@post("/oidc/v1/token", status_code=200)
async def issue_token(request: ApiRequest) -> Response[dict[str, Any]]:
    """Issue a token to the service principal, which gives its secret by Basic authentication or in the form."""
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if form.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type", "only client_credentials is supported")
    given = _basic(request.headers.get("authorization", "")) or (
        form.get("client_id", ""),
        form.get("client_secret", ""),
    )
    if given != (request.parts.tokens.credentials.client_id, request.parts.tokens.credentials.client_secret):
        return _refused(401, "invalid_client", "Client authentication failed")
    answer = {
        "access_token": request.parts.tokens.issue(),
        "token_type": "Bearer",
        "expires_in": int(request.parts.tokens.lifetime),
    }
    return Response({**answer, "scope": form.get("scope", "all-apis")})


@get("/api/2.0/preview/scim/v2/Me")
async def me(request: ApiRequest) -> dict[str, Any]:
    """Tell who is signed in."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "1",
        "userName": CREATOR,
        "displayName": "Emulator",
        "active": True,
        "externalId": request.parts.tokens.credentials.client_id,
    }


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def _refused(status: int, error: str, description: str) -> Response[dict[str, Any]]:
    return Response({"error": error, "error_description": description}, status_code=status)


IDENTITY_ROUTES = (host_metadata, authorization_server, issue_token, me)
