"""The tokens of the workspace: a personal one, and those issued to the service principal."""

import secrets
import time

import msgspec

from fairlead_databricks_emulator.errors import ApiError
from fairlead_databricks_emulator.faults import ExpireTokens


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """With what clients sign in."""

    token: str
    client_id: str
    client_secret: str


def new_credentials() -> Credentials:
    """Return credentials as long as those of the service."""
    return Credentials(
        token=f"dapi{secrets.token_hex(16)}",
        client_id=secrets.token_hex(16),
        client_secret=f"dose{secrets.token_hex(16)}",
    )


class Tokens:
    """Which bearer tokens are good."""

    def __init__(self, credentials: Credentials, *, lifetime: float) -> None:
        self.credentials = credentials
        self.lifetime = lifetime
        self._good_until = {credentials.token: float("inf")}
        self._expired_status: dict[str, int] = {}

    def issue(self) -> str:
        """Return a new OAuth token."""
        token = f"eyJ{secrets.token_urlsafe(40)}"
        self._good_until[token] = time.monotonic() + self.lifetime
        return token

    def expire(self, how: ExpireTokens) -> None:
        """Let the tokens issued so far expire."""
        for token in self._good_until:
            if how.personal or token != self.credentials.token:
                self._expired_status[token] = how.status

    def renew(self) -> None:
        """Take back all that `expire` did."""
        self._expired_status.clear()

    def check(self, token: str) -> None:
        """Raise `ApiError` where a bearer token is not good."""
        until = self._good_until.get(token)
        if until is None:
            raise ApiError(
                401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API."
            )
        status = self._expired_status.get(token, 401 if time.monotonic() >= until else 0)
        if status == 403:
            raise ApiError(403, "PERMISSION_DENIED", "Token is expiring within 30 seconds. (token expired)")
        if status:
            raise ApiError(401, "UNAUTHENTICATED", "Access token is expired.")
