"""Flyte 1's messages as Flyte 2's, and back, by their bytes: both have the same fields under the same numbers."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


def reread(message: Message, as_type: type[M]) -> M:
    """Return a message of one version of Flyte as the message of that type of the other version."""
    return as_type.FromString(message.SerializeToString())
