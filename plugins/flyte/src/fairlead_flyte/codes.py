"""fairlead's errors as gRPC status codes."""

from __future__ import annotations

from http import HTTPStatus

from grpc import StatusCode

from fairlead import (
    AuthenticationError,
    ConnectorBug,
    ConnectorNotFound,
    DeadlineExceeded,
    FairleadError,
    InvalidHandle,
    InvalidTask,
    OperationNotSupported,
    PluginError,
    QuotaExceeded,
    ResourceNotFound,
    TransientError,
)

_CODES: dict[type[FairleadError], StatusCode] = {
    InvalidTask: StatusCode.INVALID_ARGUMENT,
    InvalidHandle: StatusCode.INVALID_ARGUMENT,
    ConnectorNotFound: StatusCode.NOT_FOUND,
    ResourceNotFound: StatusCode.NOT_FOUND,
    ConnectorBug: StatusCode.INTERNAL,
    PluginError: StatusCode.FAILED_PRECONDITION,
    AuthenticationError: StatusCode.FAILED_PRECONDITION,  # not UNAUTHENTICATED: it is not about this call's token
    OperationNotSupported: StatusCode.UNIMPLEMENTED,
    QuotaExceeded: StatusCode.RESOURCE_EXHAUSTED,
    TransientError: StatusCode.UNAVAILABLE,
    DeadlineExceeded: StatusCode.DEADLINE_EXCEEDED,
}

_HTTP = {
    StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    StatusCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    StatusCode.FAILED_PRECONDITION: HTTPStatus.PRECONDITION_FAILED,
    StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    StatusCode.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}


def status_code(error: FairleadError) -> StatusCode:
    """Return the code of an error, which is that of the nearest class in the tree of errors."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), StatusCode.INTERNAL)


def http_status(code: StatusCode) -> HTTPStatus:
    """Return the HTTP status that stands for a code, as the metrics of Flyte's own servers have it."""
    return _HTTP.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)
