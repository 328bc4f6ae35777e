"""The ASGI application: the API on the workspace, inside the layers of sign-in and faults."""

from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from fairlead_databricks_emulator.api.admin_routes import ADMIN_ROUTES
from fairlead_databricks_emulator.api.dbfs_routes import DBFS_ROUTES
from fairlead_databricks_emulator.api.file_routes import FILE_ROUTES
from fairlead_databricks_emulator.api.identity_routes import IDENTITY_ROUTES
from fairlead_databricks_emulator.api.job_routes import JOB_ROUTES
from fairlead_databricks_emulator.api.request import ApiRequest, Parts
from fairlead_databricks_emulator.api.run_routes import RUN_ROUTES
from fairlead_databricks_emulator.api.secret_routes import SECRET_ROUTES
from fairlead_databricks_emulator.api.sql_routes import SQL_ROUTES
from fairlead_databricks_emulator.api.volume_routes import VOLUME_ROUTES
from fairlead_databricks_emulator.errors import ApiError, error_body
from fairlead_databricks_emulator.layers.faulty import FaultLayer
from fairlead_databricks_emulator.layers.signed_in import SignInLayer

_VERSIONS = ("2.0", "2.1", "2.2")
_MEGABYTE = 1024 * 1024


def make_app(parts: Parts) -> ASGIApp:
    """Return the application; when it shuts down, it ends all runs."""
    jobs = [Router(f"/api/{version}/jobs", route_handlers=[*RUN_ROUTES, *JOB_ROUTES]) for version in _VERSIONS]
    api = Litestar(
        [
            *jobs,
            *FILE_ROUTES,
            *DBFS_ROUTES,
            *VOLUME_ROUTES,
            *SECRET_ROUTES,
            *SQL_ROUTES,
            *IDENTITY_ROUTES,
            *ADMIN_ROUTES,
        ],
        state=State({"parts": parts}),
        request_class=ApiRequest,
        exception_handlers={ApiError: _answer_api_error, HTTPException: _answer_http_error, Exception: _answer_error},
        on_shutdown=[parts.workspace.reset],
        openapi_config=None,
        request_max_body_size=500 * _MEGABYTE,
        logging_config=None,
    )
    return FaultLayer(SignInLayer(api, parts.tokens), parts.faults, parts.requests)


def _answer_api_error(_: Request[Any, Any, Any], error: ApiError) -> Response[dict[str, Any]]:
    return Response(error.body(), status_code=error.status)


def _answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    if error.status_code in {404, 405}:
        message = f"No API found for '{request.method} {request.url.path}'"
        return Response(error_body("ENDPOINT_NOT_FOUND", message), status_code=404)
    return Response(error_body("BAD_REQUEST", error.detail), status_code=error.status_code)


def _answer_error(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    return Response(error_body("INTERNAL_ERROR", f"The emulator failed: {error!r}"), status_code=500)
