"""The requests of the API: their arguments, and what they are about."""

from typing import Any, TypeVar

import msgspec
from litestar import Request

from fairlead_databricks_emulator.api.run_view import RunViews
from fairlead_databricks_emulator.errors import ApiError
from fairlead_databricks_emulator.faults import FaultBook
from fairlead_databricks_emulator.runs.parsing import convert
from fairlead_databricks_emulator.tokens import Tokens
from fairlead_databricks_emulator.traffic import RequestLog
from fairlead_databricks_emulator.workspace import Workspace

T = TypeVar("T")


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the application is made of."""

    host: str
    workspace: Workspace
    tokens: Tokens
    faults: FaultBook
    requests: RequestLog
    views: RunViews


class ApiRequest(Request[Any, Any, Any]):
    """A request that knows the parts of the application.

    Arguments come from the query and from a JSON body, also of a GET; those in the body win.
    """

    @property
    def parts(self) -> Parts:
        """The parts of the application."""
        parts: Parts = self.app.state.parts
        return parts

    @property
    def workspace(self) -> Workspace:
        """The workspace that the request is about."""
        return self.parts.workspace

    @property
    def is_current(self) -> bool:
        """Whether it is of API 2.2, and not of an older one."""
        return self.url.path.startswith("/api/2.2/")

    @property
    def file_path(self) -> str:
        """The path of a file in the path of the request."""
        return "/" + str(self.path_params["name"]).lstrip("/")

    def flag(self, name: str) -> bool:
        """Return whether the query says that `name` is true."""
        return str(self.query_params.get(name, "")).lower() == "true"

    async def arguments(self) -> dict[str, Any]:
        """Return all arguments by name; raise `ApiError` where the body is no JSON object."""
        query = {name: {"true": True, "false": False}.get(value, value) for name, value in self.query_params.items()}
        content = await self.body()
        return {**query, **_object(content)} if content.strip() else query

    async def read(self, type_: type[T]) -> T:
        """Return the arguments as `type_`; raise `ApiError` 400 where they cannot be."""
        return convert(await self.arguments(), type_)


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise ApiError(400, "MALFORMED_REQUEST", f"Invalid JSON given in the body of the request: {error}") from error
    if not isinstance(body, dict):
        raise ApiError(400, "MALFORMED_REQUEST", "The body of the request must be a JSON object")
    return body
