"""The saved SQL queries of the workspace."""

import uuid
from typing import Any

import msgspec

from fairlead_databricks_emulator.errors import invalid_parameter, not_found
from fairlead_databricks_emulator.runs.parsing import convert


class QueryParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a query; what it is if nothing is given depends on its kind."""

    name: str
    text_value: dict[str, Any] = {}
    numeric_value: dict[str, Any] = {}
    enum_value: dict[str, Any] = {}
    date_value: dict[str, Any] = {}

    @property
    def default(self) -> str | None:
        """The value it has if none is given; None if it has none."""
        values = [self.text_value.get("value"), self.numeric_value.get("value"), self.date_value.get("date_value")]
        values += self.enum_value.get("values", [])[:1]
        return next((str(value) for value in values if value is not None), None)


class QuerySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What clients send to save a query."""

    query_text: str
    display_name: str = "New Query"
    warehouse_id: str = ""
    parameters: list[QueryParameter] = []


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A saved query; `raw` is what was sent."""

    id: str
    settings: QuerySettings
    raw: dict[str, Any]

    @property
    def defaults(self) -> dict[str, str]:
        """The values of parameters that are not given."""
        return {item.name: item.default for item in self.settings.parameters if item.default is not None}


class QueryStore:
    """All queries by their id."""

    def __init__(self) -> None:
        self._queries: dict[str, Query] = {}

    def create(self, raw: Any) -> Query:
        """Save a query; raise `ApiError` where it is none."""
        if not isinstance(raw, dict):
            message = "query must be an object"
            raise invalid_parameter(message)
        query = Query(id=str(uuid.uuid4()), settings=convert(raw, QuerySettings), raw=raw)
        self._queries[query.id] = query
        return query

    def get(self, query_id: str) -> Query:
        """Return a query; raise `ApiError` 404 where there is none."""
        if query_id not in self._queries:
            message = f"Query {query_id} does not exist."
            raise not_found(message)
        return self._queries[query_id]

    def clear(self) -> None:
        """Forget all queries."""
        self._queries.clear()
