"""The TCP connections of this process on one of its ports, as the operating system has them.

gRPC's Python API can neither refuse new connections and keep those there are, nor say how many there are.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DESCRIPTORS = Path("/dev/fd")
_LOOK_AGAIN = 0.05


def refuse_new(port: int) -> None:
    """Close the sockets that listen on a port: clients that come now are refused at once, and go elsewhere.

    gRPC's descriptor of a listening socket then stands for another, idle one, so that it can close it as it always does.
    """
    for descriptor in _descriptors():
        with _borrowed(descriptor) as found:
            is_listening = found is not None and _is_on(found, port) and _listens(found)
            family = found.family if found is not None else socket.AF_UNSPEC
        if is_listening:
            with socket.socket(family, socket.SOCK_STREAM) as idle:
                os.dup2(idle.fileno(), descriptor, inheritable=False)


async def gone(port: int, *, seconds: float) -> bool:
    """Wait until no connection is left on a port, at most so long, and return whether that is so."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while any(_is_connected(descriptor, port) for descriptor in _descriptors()):
        if loop.time() >= end:
            return False
        await asyncio.sleep(_LOOK_AGAIN)
    return True


def _descriptors() -> list[int]:
    return [int(path.name) for path in _DESCRIPTORS.iterdir()] if _DESCRIPTORS.exists() else []


def _is_connected(descriptor: int, port: int) -> bool:
    with _borrowed(descriptor) as found:
        return found is not None and _is_on(found, port) and _has_peer(found)


@contextmanager
def _borrowed(descriptor: int) -> Iterator[socket.socket | None]:
    """Give the TCP socket behind a descriptor that others own, or None where there is none (any more)."""
    try:
        found = socket.socket(fileno=descriptor)
    except OSError:
        yield None
        return
    try:
        yield found if found.family in {socket.AF_INET, socket.AF_INET6} and found.type == socket.SOCK_STREAM else None
    finally:
        found.detach()


def _is_on(found: socket.socket, port: int) -> bool:
    try:
        return bool(found.getsockname()[1] == port)
    except OSError:
        return False


def _listens(found: socket.socket) -> bool:
    return bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _has_peer(found: socket.socket) -> bool:
    try:
        found.getpeername()
    except OSError:
        return False
    return True
