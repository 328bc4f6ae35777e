"""The requests that have come in, and on how many connections."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came, also one that a fault happened to."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    body: bytes = b""

    def json(self) -> Any:
        """Return the body, from JSON."""
        return msgspec.json.decode(self.body)


class RequestLog:
    """All requests of the API, the oldest first, and how many connections were opened. It may be read from any thread."""

    def __init__(self) -> None:
        self._requests: list[RecordedRequest] = []
        self.connections = 0
        """How many connections clients have opened; with TLS, as many handshakes."""

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    def __getitem__(self, index: int) -> RecordedRequest:
        return self._requests[index]

    def record(self, request: RecordedRequest) -> None:
        """Keep a request."""
        self._requests.append(request)

    def count_connection(self) -> None:
        """Count a connection that was opened."""
        self.connections += 1

    def matching(self, path: str, method: str | None = None) -> list[RecordedRequest]:
        """Return the requests whose path ends with `path`."""
        return [item for item in self if item.path.endswith(path) and method in {None, item.method}]

    def count(self, path: str, method: str | None = None) -> int:
        """Return how many requests had a path that ends with `path`."""
        return len(self.matching(path, method))

    def counts(self) -> dict[str, int]:
        """Return how many requests there were by `METHOD path`."""
        return dict(Counter(f"{item.method} {item.path}" for item in self))

    def clear(self) -> None:
        """Forget all requests, and count connections from 0."""
        self._requests.clear()
        self.connections = 0
