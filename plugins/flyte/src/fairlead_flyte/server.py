"""The gRPC server: its services on one port, its start, and its end without a lost call."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import grpc

from fairlead import ConnectorRegistry, Lifecycle
from fairlead.spelling import suggestion
from fairlead_flyte import connections, health, listening, services
from fairlead_flyte.catalog import Catalog
from fairlead_flyte.credentials import server_credentials
from fairlead_flyte.flyte_secrets import FlyteSecrets
from fairlead_flyte.health import Health
from fairlead_flyte.intervals import PollIntervals
from fairlead_flyte.logs import get_logger
from fairlead_flyte.metrics import Metrics
from fairlead_flyte.operations import Operations
from fairlead_flyte.rpc import Calls
from fairlead_flyte.slots import Slots
from fairlead_flyte.tokens import Token
from fairlead_flyte.tracing import Tracing

if TYPE_CHECKING:
    from fairlead import PluginError
    from fairlead_flyte.options import ServerOptions

_LEAST_PING_INTERVAL = 1000
_NEVER = 2**31 - 1
_SHARE_FOR_CONNECTIONS = 0.8

_logger = get_logger(__name__)


class Server:
    """Serves the connectors of a registry to Flyte 1 and Flyte 2; an async context manager.

    `port` is where it listens, also where the options leave that to the system. Raises `OSError` where it cannot.
    """

    def __init__(self, options: ServerOptions, registry: ConnectorRegistry | None = None) -> None:
        self.options = options
        self.registry = registry or ConnectorRegistry()
        self.registry.hooks.register(FlyteSecrets(), "flyte-secrets")
        self.metrics = Metrics()
        self.health = Health()
        self.port = 0
        self._lifecycle = Lifecycle(self.registry)
        intervals = PollIntervals(options.poll_interval, options.poll_intervals)
        self._slots = Slots(options.max_concurrency)
        self._operations = Operations(
            self._lifecycle, intervals, slots=self._slots, create_seconds=options.create_timeout
        )
        self._server: grpc.aio.Server | None = None

    async def __aenter__(self) -> Self:
        """Load the connectors, and serve."""
        catalog = Catalog(self.registry)
        calls = Calls(
            self.metrics,
            slots=self._slots,
            streams=Slots(self.options.max_concurrency),
            known=catalog.categories,
            token=Token(Path(self.options.token_file)) if self.options.token_file else None,
            tracing=Tracing.configured(),
        )
        server = grpc.aio.server(options=_channel_options(self.options))
        server.add_generic_rpc_handlers((*services.handlers(calls, self._operations, catalog), self.health.handler()))
        if self.options.reflection:
            _reflect(server)
        self.port = self._listen(server)
        await server.start()
        self._server = server
        self._tell_state(catalog)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End at once where `drain` has not been called, and tell what is left behind."""
        await self.drain(grace=0)
        self._operations.creations.tell_lost()

    def _listen(self, server: grpc.aio.Server) -> int:
        options = self.options
        if not options.reuse_port:
            listening.check(options.host, options.port)
        try:
            if options.tls_cert and options.tls_key:
                client_ca = Path(options.client_ca) if options.client_ca else None
                credentials = server_credentials(Path(options.tls_cert), Path(options.tls_key), client_ca)
                port: int = server.add_secure_port(options.address, credentials)
            else:
                port = server.add_insecure_port(options.address)
        except RuntimeError as error:
            message = f"cannot listen on {options.address}: {error}"
            raise OSError(message) from error
        return port

    def _tell_state(self, catalog: Catalog) -> None:
        """Say what is served and what is not, in the log, in the health service and in the metrics."""
        self.health.set(["", health.SERVICE, *services.SERVICES], serving=True)
        self.health.set([f"connector/{category}" for category in catalog.categories], serving=True)
        for failure in self.registry.failures:
            self._tell_failure(failure)
        self._tell_intervals_of_nothing(sorted({category.name for category in catalog.categories}))
        names = ", ".join(str(category) for category in sorted(catalog.categories)) or "none"
        _logger.info("serving Flyte 1 and Flyte 2 on port %d; task types: %s", self.port, names)

    def _tell_failure(self, failure: PluginError) -> None:
        _logger.error("%s", failure)
        self.metrics.plugin_failures.labels(failure.plugin, failure.distribution, failure.stage).set(1)
        self.health.set([f"connector/{failure.plugin}"], serving=False)

    def _tell_intervals_of_nothing(self, served: list[str]) -> None:
        for name in self.options.poll_intervals:
            if name not in served:
                _logger.warning(
                    "--poll-interval %s=…: task type `%s` is not served.%s", name, name, suggestion(name, served)
                )

    async def drain(self, *, grace: float, delay: float = 0.0) -> None:
        """Stop within `grace` seconds without losing a call, and close the connectors.

        First all say that this server is not serving, for `delay` seconds, while balancers find out. Then new connections
        are refused, and those there are end, each when its age has come; only then is gRPC told to stop, because it cancels
        the calls that are still on their way to it. Calls that run, and creates without a caller, have all of the grace.
        """
        server, self._server = self._server, None
        if server is None:
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        self.health.shut_down()
        await asyncio.sleep(min(delay, grace))
        if self.options.max_connection_age:
            connections.refuse_new(self.port)
            await connections.gone(self.port, seconds=(deadline - loop.time()) * _SHARE_FOR_CONNECTIONS)
        await server.stop(max(0.0, deadline - loop.time()))
        if creates := self._operations.creations.running:
            _logger.info("waiting for %d creates", len(creates))
            await asyncio.wait(creates, timeout=max(0.0, deadline - loop.time()))
        await self._lifecycle.close()
        self.metrics.enter_all()


def _channel_options(options: ServerOptions) -> list[tuple[str, Any]]:
    """Return gRPC's own options: the pings that Flyte 2 sends every 30 s must not end the connection."""
    age = min(max(1, round(options.max_connection_age * 1000)), _NEVER) if options.max_connection_age else _NEVER
    return [
        ("grpc.max_connection_age_ms", age),
        ("grpc.so_reuseport", int(options.reuse_port)),
        ("grpc.max_receive_message_length", options.max_message_size),
        ("grpc.max_send_message_length", -1),
        ("grpc.http2.min_ping_interval_without_data_ms", _LEAST_PING_INTERVAL),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.keepalive_permit_without_calls", 1),
    ]


def _reflect(server: grpc.aio.Server) -> None:
    try:
        from grpc_reflection.v1alpha import reflection
    except ImportError as error:
        message = f'--reflection cannot be used: {error}; install it with pip install "fairlead-flyte[reflection]"'
        raise ValueError(message) from error
    reflection.enable_server_reflection((*services.SERVICES, health.SERVICE, reflection.SERVICE_NAME), server)
