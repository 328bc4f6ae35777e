"""The bearer token that calls must carry."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Token:
    """The token in a file, which is read again when it changes, as mounted secrets do."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at: int | None = None
        self._expected = b""
        self._refresh()

    def is_in(self, metadata: Iterable[tuple[str, str | bytes]] | None) -> bool:
        """Whether a call's metadata has `authorization: Bearer <token>`."""
        self._refresh()
        given = next((value for key, value in metadata or () if key == "authorization"), "")
        encoded = given.encode() if isinstance(given, str) else given
        return hmac.compare_digest(encoded, self._expected)

    def _refresh(self) -> None:
        """Read the file where it has changed; one that is empty or has gone lets nobody in and changes nothing."""
        try:
            changed_at = self._file.stat().st_mtime_ns
            if changed_at == self._read_at:
                return
            token = self._file.read_bytes().strip()
        except OSError:
            if self._read_at is None:
                raise
            return
        if not token and self._read_at is None:
            message = f"the token file {self._file} is empty"
            raise ValueError(message)
        if token:
            self._expected, self._read_at = b"Bearer " + token, changed_at
