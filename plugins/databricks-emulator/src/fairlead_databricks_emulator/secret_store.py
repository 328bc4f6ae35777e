"""The secrets of the workspace, kept in a folder that only its owner can read."""

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fairlead_databricks_emulator.errors import ApiError, invalid_parameter, not_found

REDACTED = "[REDACTED]"
_NAME = re.compile(r"(?!\.+$)[\w@.\-]{1,128}", re.ASCII)
_REFERENCE = re.compile(r"\{\{\s*secrets/([^/}\s]+)/([^/}\s]+)\s*\}\}")


class SecretStore:
    """Secrets by scope and key: each scope a folder, each key a file, where the processes of tasks find them too."""

    def __init__(self, directory: Path, secrets: Mapping[str, Mapping[str, str]]) -> None:
        self.directory = directory
        for scope, values in secrets.items():
            self._path(scope).mkdir(mode=0o700, parents=True, exist_ok=True)
            for key, value in values.items():
                self.put(scope, key, value.encode())

    def create_scope(self, scope: str) -> None:
        """Make a scope; raise `ApiError` where it is there."""
        path = self._path(scope)
        if path.exists():
            raise ApiError(400, "RESOURCE_ALREADY_EXISTS", f"Scope {scope} already exists!")
        path.mkdir(mode=0o700, parents=True)

    def scopes(self) -> list[str]:
        """Return the names of all scopes."""
        return sorted(path.name for path in self.directory.iterdir()) if self.directory.exists() else []

    def delete_scope(self, scope: str) -> None:
        """Forget a scope with its secrets; raise `ApiError` 404 where there is none."""
        shutil.rmtree(self._scope(scope))

    def put(self, scope: str, key: str, value: bytes) -> None:
        """Keep a secret, in place of the one before it; raise `ApiError` 404 where there is no such scope."""
        path = self._scope(scope) / _checked(key)
        path.touch(mode=0o600)
        path.write_bytes(value)

    def get(self, scope: str, key: str) -> bytes:
        """Return a secret; raise `ApiError` 404 where there is none."""
        return self._secret(scope, key).read_bytes()

    def keys(self, scope: str) -> dict[str, int]:
        """Return the keys of a scope, and when each was put, in milliseconds since the epoch."""
        return {path.name: path.stat().st_mtime_ns // 1_000_000 for path in sorted(self._scope(scope).iterdir())}

    def delete(self, scope: str, key: str) -> None:
        """Forget a secret; raise `ApiError` 404 where there is none."""
        self._secret(scope, key).unlink()

    def resolve(self, text: str) -> str:
        """Return a text with `{{secrets/scope/key}}` replaced; raise `ApiError` 404 for those that are not there."""
        return _REFERENCE.sub(lambda match: self.get(match[1], match[2]).decode(), text)

    def redact(self, value: Any) -> Any:
        """Return a JSON value with `[REDACTED]` in its texts in place of each secret, the longest first."""
        secrets = {path.read_bytes().decode(errors="replace") for path in self.directory.glob("*/*")} - {""}
        return _redacted(value, sorted(secrets, key=len, reverse=True)) if secrets else value

    def _path(self, scope: str) -> Path:
        return self.directory / _checked(scope)

    def _scope(self, scope: str) -> Path:
        path = self._path(scope)
        if not path.exists():
            message = f"Scope {scope} does not exist!"
            raise not_found(message)
        return path

    def _secret(self, scope: str, key: str) -> Path:
        path = self._scope(scope) / _checked(key)
        if not path.exists():
            message = f"Secret does not exist with scope: {scope} and key: {key}"
            raise not_found(message)
        return path


def _redacted(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, REDACTED)
        return value
    if isinstance(value, list):
        return [_redacted(item, secrets) for item in value]
    if isinstance(value, dict):
        return {name: _redacted(item, secrets) for name, item in value.items()}
    return value


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a scope or secret: letters, digits, and _ - . @, at most 128"
        raise invalid_parameter(message)
    return name
