"""`dbutils.secrets`: the secrets of the workspace."""

from pathlib import Path
from typing import NamedTuple


class SecretMetadata(NamedTuple):
    """A secret, without its value."""

    key: str


class SecretScope(NamedTuple):
    """A scope of secrets."""

    name: str


class SecretUtility:
    """Reads secrets from the folder in which the emulator keeps them: a folder for each scope, a file for each key."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, scope: str, key: str) -> str:
        """Return a secret as text; raise `ValueError` where there is none."""
        return self.getBytes(scope, key).decode()

    def getBytes(self, scope: str, key: str) -> bytes:  # noqa: N802 - the name in dbutils
        """Return a secret as bytes; raise `ValueError` where there is none."""
        path = self._directory / scope / key
        if not path.is_file():
            message = f"Secret does not exist with scope: {scope} and key: {key}"
            raise ValueError(message)
        return path.read_bytes()

    def listScopes(self) -> list[SecretScope]:  # noqa: N802 - the name in dbutils
        """Return all scopes."""
        folders = sorted(self._directory.iterdir()) if self._directory.is_dir() else []
        return [SecretScope(folder.name) for folder in folders]

    def list(self, scope: str) -> list[SecretMetadata]:
        """Return the keys of a scope; raise `ValueError` where there is none."""
        path = self._directory / scope
        if not path.is_dir():
            message = f"Scope {scope} does not exist!"
            raise ValueError(message)
        return [SecretMetadata(file.name) for file in sorted(path.iterdir())]
