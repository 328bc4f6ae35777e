"""gRPC's health service: of the server, of each service, and of each connector.

https://github.com/grpc/grpc/blob/master/doc/health-checking.md. The service of the grpcio-health-checking package is not used, because
its `Watch` streams do not end when the server shuts down, and would hold it up for the whole grace.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1.health_pb2 import DESCRIPTOR, HealthCheckRequest, HealthCheckResponse

from fairlead_flyte.texts import shortened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from grpc.aio import ServicerContext

    Context = ServicerContext[HealthCheckRequest, HealthCheckResponse]

_LONGEST_NAME = 200

SERVICE = DESCRIPTOR.services_by_name["Health"].full_name


class Health:
    """Whether the server, its services and its connectors (as `connector/<task type>`) can be used."""

    def __init__(self) -> None:
        self._serving: dict[str, bool] = {}
        self._changed = asyncio.Event()
        self._ended = False

    def set(self, services: Iterable[str], *, serving: bool) -> None:
        """Set the state of services; the empty name is the whole server."""
        self._serving.update(dict.fromkeys(services, serving))
        self._tell()

    def shut_down(self) -> None:
        """Say of everything that it is not serving any more, and end the streams."""
        self._ended = True
        self.set(list(self._serving), serving=False)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def check(self, request: HealthCheckRequest, context: Context) -> HealthCheckResponse:
        """Answer for one service."""
        if request.service not in self._serving:
            await context.abort(
                grpc.StatusCode.NOT_FOUND, f"unknown service {shortened(request.service, _LONGEST_NAME)!r}"
            )
        return HealthCheckResponse(status=self._status(request.service))

    async def watch(self, request: HealthCheckRequest, _: Context) -> AsyncIterator[HealthCheckResponse]:
        """Answer for one service now, and whenever that changes."""
        last = None
        while True:
            changed = self._changed
            if (status := self._status(request.service)) != last:
                yield HealthCheckResponse(status=status)
                last = status  # it may have changed again meanwhile
            elif self._ended:
                return
            else:
                await changed.wait()

    def _status(self, service: str) -> HealthCheckResponse.ServingStatus:
        serving = self._serving.get(service)
        if serving is None:
            return HealthCheckResponse.SERVICE_UNKNOWN
        return HealthCheckResponse.SERVING if serving else HealthCheckResponse.NOT_SERVING

    def handler(self) -> grpc.GenericRpcHandler:
        """Return the service."""
        parse, write = HealthCheckRequest.FromString, HealthCheckResponse.SerializeToString
        methods = {
            "Check": grpc.unary_unary_rpc_method_handler(self.check, parse, write),
            "Watch": grpc.unary_stream_rpc_method_handler(self.watch, parse, write),
        }
        handler: grpc.GenericRpcHandler = grpc.method_handlers_generic_handler(SERVICE, methods)
        return handler
