"""Pages of arrays, and the tokens that lead from one to the next."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from fairlead_databricks_emulator.errors import invalid_parameter

T = TypeVar("T")


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page begins and how to ask for its neighbours; empty tokens mean there is none."""

    start: int
    size: int
    next_token: str
    previous_token: str

    def of(self, items: Sequence[T]) -> list[T]:
        """Return the items on this page."""
        return list(items[self.start : self.start + self.size])


def page_of(token: str, *, total: int, size: int) -> Page:
    """Return the page that a token leads to, the first for an empty one; raise `ApiError` for one that is not ours."""
    start = _decoded(token) if token else 0
    return Page(
        start=start,
        size=size,
        next_token=_encoded(start + size) if start + size < total else "",
        previous_token=_encoded(max(0, start - size)) if start else "",
    )


def _encoded(start: int) -> str:
    return base64.urlsafe_b64encode(f"from {start}".encode()).decode()


def _decoded(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from "))
    except (ValueError, binascii.Error) as error:
        message = f"Invalid page token {token!r}"
        raise invalid_parameter(message) from error
