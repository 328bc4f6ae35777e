"""Where a server listens, and why it cannot."""

from __future__ import annotations

import errno
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERYWHERE = "::"


def socket_host(host: str) -> str:
    """Return the host as sockets take it; "everywhere" is that of IPv4 on machines without IPv6."""
    host = host.strip("[]")
    return "0.0.0.0" if host == _EVERYWHERE and not _has_ipv6() else host  # noqa: S104 - the user said so


def check(host: str, port: int) -> None:
    """Raise `OSError` with the reason where one cannot listen there, also where others share the port."""
    with _bound(host, port):
        pass


@contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """Hold a port for the processes that will share it, without listening on it; raise `OSError` as `check` does."""
    check(host, port)
    with _bound(host, port, shared=True) as holder:
        yield holder.getsockname()[1]


@contextmanager
def _bound(host: str, port: int, *, shared: bool = False) -> Iterator[socket.socket]:
    try:
        family, kind, _, _, address = socket.getaddrinfo(socket_host(host), port, type=socket.SOCK_STREAM)[0]
        holder = socket.socket(family, kind)
    except OSError as error:
        raise _failure(host, port, error) from error
    with holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if shared else socket.SO_REUSEADDR, 1)
        try:
            holder.bind(address)
        except OSError as error:
            raise _failure(host, port, error) from error
        yield holder


def _failure(host: str, port: int, error: OSError) -> OSError:
    hint = "; end the program that has it, or choose another with --port" if error.errno == errno.EADDRINUSE else ""
    return OSError(f"cannot listen on {host}:{port}: {error.strerror}{hint}")


def _has_ipv6() -> bool:
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True
