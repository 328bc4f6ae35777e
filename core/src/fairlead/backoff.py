"""How long to wait before the next try."""

import random
from collections.abc import Iterator

import msgspec


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Waiting times that grow from `initial` to `maximum` seconds by `factor`, less a random part.

    `jitter` is the share of each time that is random, so that many callers do not come back at once.
    """

    initial: float
    maximum: float
    factor: float = 2.0
    jitter: float = 0.5

    def delays(self) -> Iterator[float]:
        """Yield the seconds to wait before each further try, without end."""
        delay = self.initial
        while True:
            yield delay * (1 - self.jitter * random.random())  # noqa: S311 - not for cryptography
            delay = min(self.maximum, delay * self.factor)


def wait_after(error: Exception, delay: float) -> float:
    """Return the seconds to wait after an error: `delay`, or longer where the external system asked for it."""
    return max(delay, getattr(error, "retry_after", None) or 0.0)
