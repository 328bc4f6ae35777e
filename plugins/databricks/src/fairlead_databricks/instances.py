"""How a workspace is named: the host name of its instance."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from fairlead import InvalidTask

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")


def base_url(instance: str, where: str = "the workspace") -> str:
    """Return the URL of an instance, which is a host name or a URL; raise `InvalidTask`, which says `where` it was given.

    Plain HTTP is allowed only to this machine: everywhere else it would show the token to the network.
    """
    named = instance.strip()
    parts = _parts(named if "://" in named else f"https://{named}")
    shown = named.rpartition("@")[2]  # without a password
    if parts is None or parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.path.strip("/"):
        message = f"{where}: {shown!r} is not a Databricks instance; write its host name, such as adb-1234.5.azuredatabricks.net"
        raise InvalidTask(message)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        message = f"{where}: the Databricks instance {shown!r} must be reached over https"
        raise InvalidTask(message)
    return f"{parts.scheme}://{parts.netloc}"


def instance_name(url: str, where: str = "the workspace") -> str:
    """Return how an instance is written in a meta: the host name, with its scheme only where that is not https."""
    return base_url(url, where).removeprefix("https://")


def is_local(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return _is_loopback(urlsplit(url).hostname or "")


def _parts(url: str) -> SplitResult | None:
    """Return the parts of a URL; None where it has no host, or one that cannot be."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - is read only now, and may be no number
    except ValueError:
        return None
    return parts if _is_host(parts.hostname or "") else None


def _is_host(host: str) -> bool:
    return _HOST_NAME.fullmatch(host) is not None or _address(host) is not None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
