"""What a connector is told about one call: its key, its deadline, its secrets and where it runs."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fairlead.errors import AuthenticationError, InvalidTask
from fairlead.redaction import Redactor

IDEMPOTENCY_KEY_LIMIT = 64

_DEFAULT_SECONDS = 60.0

SecretSource = Callable[[str, "Context"], Awaitable[str | None]]


class Deadline(msgspec.Struct, frozen=True):
    """A point in time until which something must be done; `at` is on the clock of `time.monotonic`."""

    at: float

    @classmethod
    def after(cls, seconds: float | None) -> "Deadline":
        """Return the deadline that many seconds from now; None is never."""
        return cls(float("inf") if seconds is None else time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """The seconds that are left, at least 0; infinite for a deadline that is never."""
        return max(0.0, self.at - time.monotonic())


class ExecutionMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """Which execution a task belongs to, as in Flyte's `TaskExecutionMetadata`; empty outside of Flyte."""

    project: str = ""
    domain: str = ""
    execution: str = ""
    node_id: str = ""
    retry_attempt: int = 0
    max_attempts: int = 0
    namespace: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    environment: dict[str, str] = {}
    k8s_service_account: str = ""
    identity: dict[str, Any] = {}


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """One call's surroundings.

    `idempotency_key` is stable for one attempt of one execution, at most 64 characters: `create` with
    the same key must lead to the same job. `secrets` are the request's own, read through `secret`.
    """

    idempotency_key: str = ""
    deadline: Deadline = msgspec.field(default_factory=lambda: Deadline.after(_DEFAULT_SECONDS))
    secrets: Mapping[str, str] = {}
    configs: Mapping[str, str] = {}
    output_prefix: str = ""
    execution: ExecutionMetadata = msgspec.field(default_factory=ExecutionMetadata)
    redactor: Redactor = msgspec.field(default_factory=Redactor)
    secret_source: SecretSource | None = None

    def __post_init__(self) -> None:
        """Check the key, and keep the request's secrets out of all output."""
        if len(self.idempotency_key) > IDEMPOTENCY_KEY_LIMIT:
            message = f"the idempotency key has {len(self.idempotency_key)} characters; at most {IDEMPOTENCY_KEY_LIMIT} are allowed"
            raise InvalidTask(message)
        for name, value in self.secrets.items():
            self.redactor.add(name, value)

    def __repr__(self) -> str:
        """Show what is safe to show: no secret, no configuration value."""
        return f"Context(idempotency_key={self.idempotency_key!r}, remaining={self.deadline.remaining:.1f}, execution={self.execution!r})"

    async def secret(self, name: str) -> str:
        """Return the secret of that name.

        Looked for in the request's own secrets, then by the `fairlead_get_secret` hook, then in the
        environment (`FAIRLEAD_SECRET_NAME`, then `NAME`; an empty variable is none), then in the file `NAME` of the directory
        `FAIRLEAD_SECRETS_DIR` (by default `/etc/secrets`). Raises `AuthenticationError` if it is nowhere.
        """
        value = self.secrets.get(name)
        if value is None and self.secret_source is not None:
            value = await self.secret_source(name, self)
        if value is None:
            value = _from_environment(name)
        if value is None:
            value = await asyncio.to_thread(_from_mounted_file, name)
        if value is None:
            message = f"secret `{name}` not found: set the environment variable FAIRLEAD_SECRET_{name}, or mount it as the file {_mounted_file(name)}"
            raise AuthenticationError(message)
        self.redactor.add(name, value)
        return value


def _from_environment(name: str) -> str | None:
    return os.environ.get(f"FAIRLEAD_SECRET_{name}") or os.environ.get(name) or None


def _mounted_file(name: str) -> Path:
    return Path(os.environ.get("FAIRLEAD_SECRETS_DIR", "/etc/secrets")) / name


def _from_mounted_file(name: str) -> str | None:
    if Path(name).name != name:
        return None
    try:
        return _mounted_file(name).read_text().rstrip("\r\n")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        message = f"secret `{name}` cannot be read from {_mounted_file(name)}: {type(error).__name__}"
        raise AuthenticationError(message) from None
