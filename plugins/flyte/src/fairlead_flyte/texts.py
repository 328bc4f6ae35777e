"""Texts as protobuf and gRPC can carry them."""

from __future__ import annotations

_LONGEST_CHARACTER = 4


def whole(text: str) -> str:
    """Return a text that UTF-8 can hold: half characters, as in names of files that are none, become `?`."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def shortened(text: str, most: int) -> str:
    """Return a text of at most about so many bytes of UTF-8: beginning and end of one that is longer."""
    if len(text) * _LONGEST_CHARACTER <= most:
        return whole(text)
    data = text.encode(errors="replace")
    if len(data) <= most:
        return data.decode()
    half = most // 2
    return f"{data[:half].decode(errors='ignore')} … {data[-half:].decode(errors='ignore')}"
