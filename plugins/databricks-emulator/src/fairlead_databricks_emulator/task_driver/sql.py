"""SQL, run by DuckDB in one database for all tasks."""

import fcntl
import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from pathlib import Path
from typing import Any

from .parameters import bound

_MOST_ROWS = 10_000


def run_sql(text: str, parameters: dict[str, str], database: str, results: list[dict[str, Any]]) -> None:
    """Run the statements of `text`, which `;` separates, and append what each returns to `results`.

    Raises what DuckDB raises, and `ModuleNotFoundError` where it is not installed.
    """
    duckdb = _duckdb()
    with _turn(Path(database)), duckdb.connect(database) as connection:
        statements = connection.extract_statements(bound(text, parameters))
        results.extend(_result(connection.execute(statement)) for statement in statements)


def _duckdb() -> Any:
    try:
        return importlib.import_module("duckdb")
    except ImportError as error:
        message = "The emulator runs SQL with DuckDB: pip install 'fairlead-databricks-emulator[sql]'"
        raise ModuleNotFoundError(message) from error


@contextmanager
def _turn(database: Path) -> Iterator[None]:
    """Wait until no other process uses the database: DuckDB lets one write at a time."""
    with database.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _result(connection: Any) -> dict[str, Any]:
    """Return the columns and the first rows of a result, in the shape of `StatementResult`."""
    columns = [(name, str(kind)) for name, kind, *_ in connection.description or []]
    rows = connection.fetchmany(_MOST_ROWS + 1) if columns else []
    return {
        "columns": columns,
        "rows": [[_text(value) for value in row] for row in rows[:_MOST_ROWS]],
        "is_truncated": len(rows) > _MOST_ROWS,
    }


def _text(value: Any) -> str | None:
    """Return a value as the Statement Execution API shows it: a text, or null."""
    if value is None:
        return None
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool | list | dict):
        return json.dumps(value, default=str)
    return str(value)
