"""A uvicorn server in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fairlead_databricks_emulator.certificates import Certificate
from fairlead_databricks_emulator.layers.faulty import TRANSPORT

_KEEP_ALIVE_SECONDS = 75


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1, with the transport in the scope of each request, so that a connection can be dropped.

    `opened` is called for each connection; with TLS, once the handshake is over.
    """

    def __init__(self, *arguments: Any, transports: set[Any], opened: Callable[[], None], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._transports = transports
        self._opened = opened

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport."""
        self._transports.discard(self.transport)
        super().connection_lost(exc)

    def connection_made(self, transport: Any) -> None:
        """Give each request of this connection its transport."""
        super().connection_made(transport)
        self._transports.add(transport)
        self._opened()
        inner: Any = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self._ready.set()


class ServerThread:
    """Serves an application until it is stopped.

    `make_app` is called in the thread, on its event loop; so is `opened`, for each connection.
    """

    def __init__(
        self,
        make_app: Callable[[], Any],
        listener: socket.socket,
        certificate: Certificate | None,
        *,
        opened: Callable[[], None],
    ) -> None:
        self._make_app = make_app
        self._opened = opened
        self._listener = listener
        self._certificate = certificate
        self._ready = threading.Event()
        self._server: _Server | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="databricks-emulator", daemon=True)

    def start(self) -> None:
        """Return when the server answers; raise what kept it from starting."""
        self._thread.start()
        self._ready.wait()
        if self._failure or self._server is None or not self._server.started:
            self._thread.join()
            if isinstance(self._failure, ValueError):
                raise self._failure
            message = f"the emulator did not start: {self._failure!r}"
            raise RuntimeError(message) from self._failure

    def stop(self) -> None:
        """Return when the server has stopped."""
        if self._server:
            self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        transports: set[Any] = set()
        protocol: Any = partial(_Protocol, transports=transports, opened=self._opened)
        config = uvicorn.Config(
            self._make_app(),
            http=protocol,
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            lifespan="on",
            timeout_graceful_shutdown=1,
            ssl_certfile=self._certificate.certificate_file if self._certificate else None,
            ssl_keyfile=self._certificate.key_file if self._certificate else None,
        )
        self._load(config)
        self._server = _Server(config, self._ready)
        await self._server.serve(sockets=[self._listener])
        await _abort(transports)

    def _load(self, config: uvicorn.Config) -> None:
        try:
            config.load()
        except OSError as error:
            if self._certificate is None:
                raise
            files = f"{self._certificate.certificate_file} and {self._certificate.key_file}"
            message = f"{files} are no certificate and its key, both as PEM: {getattr(error, 'reason', None) or error}"
            raise ValueError(message) from error


async def _abort(transports: set[Any]) -> None:
    """Close what is still open: with TLS, an orderly end waits for clients that may never answer."""
    for transport in list(transports):
        transport.abort()
    if transports:
        await asyncio.sleep(0.01)  # they are closed in the next turns of the loop
