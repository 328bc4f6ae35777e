"""The connections to a workspace: pooled, with the proxies and the certificates that the environment names."""

import os

import httpx

from fairlead import InvalidTask
from fairlead_databricks.instances import is_local

POOL_SIZE = 50
"""The most connections to one workspace: enough for all documented rates together, at a quarter of a second a call."""

_KEEP_ALIVE_SECONDS = 120.0  # longer than the pauses between two polls, so that polling needs no new handshake
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}


def client_of(base: str) -> httpx.AsyncClient:
    """Return a client of the workspace at a URL; one on this machine is reached without a proxy.

    Raises `InvalidTask` where the environment names a proxy or certificates that cannot be used.
    """
    limits = httpx.Limits(
        max_connections=POOL_SIZE, max_keepalive_connections=POOL_SIZE, keepalive_expiry=_KEEP_ALIVE_SECONDS
    )
    try:
        direct = httpx.AsyncHTTPTransport(limits=limits) if is_local(base) else None
        return httpx.AsyncClient(base_url=base, limits=limits, transport=direct)
    except OSError as error:
        message = f"SSL_CERT_FILE is {os.environ.get('SSL_CERT_FILE')!r}, whose certificates cannot be read: {error}"
    except ImportError:
        message = f'{_given_proxies()}: a SOCKS proxy needs one more package: pip install "httpx[socks]"'
    except (httpx.InvalidURL, ValueError):  # their texts may hold the password of the proxy
        message = f"{_given_proxies()}: not the URL of a proxy; write one such as http://proxy.example.com:3128"
    raise InvalidTask(message)


def _given_proxies() -> str:
    """Return the variables for proxies that are set, as they are written in the environment."""
    return ", ".join(sorted(name for name in os.environ if name.upper() in _PROXIES))
