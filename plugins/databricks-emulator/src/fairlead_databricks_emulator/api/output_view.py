"""How the output of a task is shown."""

from pathlib import Path
from typing import Any

from fairlead_databricks_emulator.runs.run import TaskRun

LIMIT = 5 * 1024 * 1024


def output_view(task: TaskRun) -> dict[str, Any]:
    """Return the output of a task attempt, without its `metadata`: what is there so far."""
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
    return view | (_logs(output.log) if output.log else {})


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
