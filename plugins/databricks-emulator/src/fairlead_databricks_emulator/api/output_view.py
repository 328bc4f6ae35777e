"""How the output of a task is shown."""

from pathlib import Path
from typing import Any

from fairlead_databricks_emulator.runs.run import SqlOutput, TaskRun

LIMIT = 5 * 1024 * 1024


def output_view(task: TaskRun, host: str) -> dict[str, Any]:
    """Return the output of a task attempt, without its `metadata`: what is there so far. `host` goes into links."""
    output = task.output
    view: dict[str, Any] = {}
    if output.error:
        view["error"] = output.error
    if output.error_trace:
        view["error_trace"] = output.error_trace
    if task.spec.notebook_task:
        return view | _notebook(output.notebook_result)
    if output.child_run_id:
        return view | {"run_job_output": {"run_id": output.child_run_id}}
    if task.spec.sql_task:
        return view | (_sql(task, output.sql, task.spec.sql_task.warehouse_id, host) if output.sql else {})
    return view | (_logs(output.log) if output.log else {})


def statement_id(task: TaskRun, index: int) -> str:
    """Return the id of a statement of a SQL task, counted from 0."""
    return f"{task.run_id}-{index}"


def _sql(task: TaskRun, sql: SqlOutput, warehouse_id: str, host: str) -> dict[str, Any]:
    """Return the output of SQL: its text, and keys and a link with which `sql/statements` shows the results."""
    keys = [statement_id(task, index) for index in range(len(sql.statements))]
    query: dict[str, Any] = {
        "endpoint_id": warehouse_id,
        "warehouse_id": warehouse_id,
        "query_text": sql.query_text,
        "sql_statements": [{"lookup_key": key} for key in keys],
    }
    if keys:
        query["output_link"] = f"{host}/api/2.0/sql/statements/{keys[-1]}"
    return {"sql_output": {"query_output": query}}


def _notebook(result: str | None) -> dict[str, Any]:
    """Return the first 5 MB of what a notebook exited with; what it prints is never shown."""
    if result is None:
        return {"notebook_output": {}}
    content = result.encode()
    shown = content[:LIMIT].decode(errors="ignore")
    return {"notebook_output": {"result": shown, "truncated": len(content) > LIMIT}}


def _logs(log: Path) -> dict[str, Any]:
    """Return the last 5 MB of a log."""
    if not log.exists():
        return {}
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - LIMIT))
        content = file.read(LIMIT)
    return {"logs": content.decode(errors="replace"), "logs_truncated": size > LIMIT}
