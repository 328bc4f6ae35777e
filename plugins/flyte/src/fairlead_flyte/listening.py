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


def failure(host: str, port: int, error: OSError | UnicodeError, *, option: str = "--port") -> OSError:
    """Return the error for where one cannot listen, with the reason and with what to change; `option` names the port."""
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        advice = f"end the program that has it, or choose another with {option}"
    elif isinstance(error, OSError) and error.errno == errno.EACCES:
        advice = f"choose another port with {option}"
    else:
        advice = "choose an address of this machine with --host"
    return OSError(f"cannot listen on {host}:{port}: {reason}; {advice}")


@contextmanager
def _bound(host: str, port: int, *, shared: bool = False) -> Iterator[socket.socket]:
    try:
        family, kind, _, _, address = socket.getaddrinfo(socket_host(host), port, type=socket.SOCK_STREAM)[0]
        holder = socket.socket(family, kind)
    except (OSError, UnicodeError) as error:  # the latter for what can be no name, such as `..`
        raise failure(host, port, error) from error
    with holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if shared else socket.SO_REUSEADDR, 1)
        try:
            holder.bind(address)
        except OSError as error:
            raise failure(host, port, error) from error
        yield holder


def _has_ipv6() -> bool:
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True
