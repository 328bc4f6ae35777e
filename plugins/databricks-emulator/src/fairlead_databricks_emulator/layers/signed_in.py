"""The layer that lets only good bearer tokens through to the API."""

from typing import Any

import msgspec
from litestar.types import ASGIApp, Receive, Send

from fairlead_databricks_emulator.errors import ApiError
from fairlead_databricks_emulator.layers.answer import send_answer
from fairlead_databricks_emulator.tokens import Tokens


class SignInLayer:
    """Answers 401 or 403 to requests of `/api/` without a good token."""

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            try:
                self._tokens.check(_bearer(scope))
            except ApiError as error:
                await send_answer(send, error.status, msgspec.json.encode(error.body()), {})
                return
        await self._app(scope, receive, send)


def _bearer(scope: Any) -> str:
    for name, value in scope["headers"]:
        if name.lower() == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else ""
    return ""
