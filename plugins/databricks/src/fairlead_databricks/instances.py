"""How a workspace is named: the host name of its instance."""

import ipaddress
from urllib.parse import urlsplit

from fairlead import InvalidTask


def base_url(instance: str) -> str:
    """Return the URL of an instance, which is a host name or a URL.

    Plain HTTP is allowed only to this machine: everywhere else it would show the token to the network.
    """
    url = instance if "://" in instance else f"https://{instance}"
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        message = f"the Databricks instance {instance!r} must be reached over https"
        raise InvalidTask(message)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.path.strip("/"):
        message = (
            f"{instance!r} is not a Databricks instance; write its host name, such as adb-1234.5.azuredatabricks.net"
        )
        raise InvalidTask(message)
    return f"{parts.scheme}://{parts.netloc}"


def instance_name(url: str) -> str:
    """Return how an instance is written in a meta: the host name, with its scheme only where that is not https."""
    return base_url(url.strip()).removeprefix("https://")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
