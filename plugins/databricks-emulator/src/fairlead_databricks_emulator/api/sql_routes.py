"""The routes of saved SQL queries, and of what statements have returned."""

from typing import Any

import msgspec
from litestar import get, post

from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.api.run_view import CREATOR
from fairlead_databricks_emulator.errors import ApiError, not_found
from fairlead_databricks_emulator.queries import Query
from fairlead_databricks_emulator.runs.run import StatementResult
from fairlead_databricks_emulator.runs.store import FoundTask

_TYPE_NAMES = {
    "BIGINT": "LONG",
    "BLOB": "BINARY",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "DECIMAL": "DECIMAL",
    "DOUBLE": "DOUBLE",
    "FLOAT": "FLOAT",
    "INTEGER": "INT",
    "INTERVAL": "INTERVAL",
    "SMALLINT": "SHORT",
    "TIMESTAMP": "TIMESTAMP",
    "TINYINT": "BYTE",
    "VARCHAR": "STRING",
}


class CreateQuery(msgspec.Struct, kw_only=True):
    """The arguments of saving a query."""

    query: Any


@post("/api/2.0/sql/queries", status_code=200)
async def create_query(request: ApiRequest) -> dict[str, Any]:
    """Save a query."""
    return _view(request.workspace.queries.create((await request.read(CreateQuery)).query))


@get("/api/2.0/sql/queries/{query_id:str}")
async def get_query(request: ApiRequest) -> dict[str, Any]:
    """Show a saved query."""
    return _view(request.workspace.queries.get(request.path_params["query_id"]))


@get("/api/2.0/sql/statements/{statement_id:str}")
async def get_statement(request: ApiRequest) -> dict[str, Any]:
    """Show what a statement of a SQL task has returned, by the `lookup_key` in the output of the task."""
    name = request.path_params["statement_id"]
    return {"statement_id": name, "status": {"state": "SUCCEEDED"}, **_result_view(_statement(request, name))}


def _statement(request: ApiRequest, name: str) -> StatementResult:
    """Return what a statement has returned; raise `ApiError` 404 where there is none of that id."""
    missing = not_found(f"The statement {name} was not found.")
    try:
        run_id, index = (int(part) for part in name.split("-"))
        found = request.workspace.runs.get(run_id)
    except (ValueError, ApiError):
        raise missing from None
    sql = found.task.output.sql if isinstance(found, FoundTask) else None
    if sql is None or index >= len(sql.statements):
        raise missing
    return sql.statements[index]


def _result_view(result: StatementResult) -> dict[str, Any]:
    columns = [
        {
            "name": name,
            "position": position,
            "type_text": kind,
            "type_name": _TYPE_NAMES.get(kind.partition("(")[0].partition(" ")[0], "USER_DEFINED_TYPE"),
        }
        for position, (name, kind) in enumerate(result.columns)
    ]
    chunk = {"chunk_index": 0, "row_offset": 0, "row_count": len(result.rows)}
    manifest = {
        "format": "JSON_ARRAY",
        "schema": {"column_count": len(columns), "columns": columns},
        "total_chunk_count": 1,
        "chunks": [chunk],
        "total_row_count": len(result.rows),
        "truncated": result.is_truncated,
    }
    return {"manifest": manifest, "result": {**chunk, "data_array": result.rows}}


def _view(query: Query) -> dict[str, Any]:
    return {
        "lifecycle_state": "ACTIVE",
        "owner_user_name": CREATOR,
        **query.raw,
        "id": query.id,
        "display_name": query.settings.display_name,
    }


SQL_ROUTES = (create_query, get_query, get_statement)
