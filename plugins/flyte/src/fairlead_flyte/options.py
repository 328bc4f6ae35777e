"""What a server is told, in a form that can be handed to its processes."""

from __future__ import annotations

import msgspec


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `fairlead serve flyte`; times are in seconds, sizes in bytes, files as paths."""

    host: str = "[::]"
    port: int = 8000
    metrics_port: int | None = 9090
    workers: int = 1
    tls_cert: str | None = None
    tls_key: str | None = None
    client_ca: str | None = None
    token_file: str | None = None
    modules: tuple[str, ...] = ()
    reflection: bool = False
    grace: float = 30.0
    drain_delay: float = 5.0
    max_connection_age: float = 10.0
    max_message_size: int = 4 * 1024 * 1024
    max_concurrency: int = 1000
    create_timeout: float = 300.0
    poll_interval: float = 1.0
    poll_intervals: dict[str, float] = {}
    log_level: str = "info"
    log_json: bool = False
    reuse_port: bool = False

    @property
    def address(self) -> str:
        """Host and port as gRPC writes them."""
        host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
        return f"{host}:{self.port}"
