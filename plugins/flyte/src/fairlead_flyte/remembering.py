"""Results that are kept, because Flyte sends the same parts again and again."""

from __future__ import annotations

from functools import lru_cache, update_wrapper
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_MOST = 2048
_LONGEST = 16 * 1024


def remembered(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Make a function of bytes keep its latest results; those of long bytes it does not, because they would fill the memory.

    What it returns must not be changed.
    """
    kept = lru_cache(maxsize=_MOST)(read)

    def reading(serialized: bytes) -> T:
        return kept(serialized) if len(serialized) <= _LONGEST else read(serialized)

    return update_wrapper(reading, read)
