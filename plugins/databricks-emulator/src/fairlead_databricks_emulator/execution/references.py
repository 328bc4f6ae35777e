"""References such as `{{job.parameters.day}}` in the settings of tasks."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from fairlead_databricks_emulator.runs.run import Run, TaskRun

_REFERENCE = re.compile(r"\{\{\s*([\w.\-]+)\s*\}\}")


class References:
    """What the references of one task attempt stand for. Unknown ones stay as they are."""

    def __init__(self, run: Run, task: TaskRun) -> None:
        self._run = run
        self._task = task

    def resolve(self, value: Any) -> Any:
        """Return a value of any depth with all references in its texts replaced."""
        if isinstance(value, str):
            return _REFERENCE.sub(self._text, value)
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        return value

    def _text(self, match: re.Match[str]) -> str:
        value = self._lookup(match.group(1).split("."))
        if value is None:
            return match.group(0)
        return value if isinstance(value, str) else json.dumps(value)

    def _lookup(self, path: list[str]) -> Any:
        match path:
            case ["input", *keys]:
                return _descend(self._task.input, keys)
            case ["job", "parameters", name]:
                return self._run.parameters.get(name)
            case ["tasks", key, "values", name]:
                return self._run.task_values.get(key, {}).get(name)
            case ["tasks", key, field]:
                return self._of_task(key, field)
            case ["job", *_] | ["task", *_]:
                return self._facts().get(".".join(path))
        return None

    def _of_task(self, key: str, field: str) -> Any:
        if all(spec.task_key != key for spec in self._run.settings.tasks):
            return None
        task = self._run.latest(key)
        facts = {
            "run_id": task.run_id,
            "execution_count": task.attempt + 1,
            "result_state": task.outcome.result.lower() if task.outcome else None,
            "output": task.output.condition or None,
        }
        return facts.get(field)

    def _facts(self) -> dict[str, Any]:
        started = datetime.fromtimestamp(self._run.start_time / 1000, UTC)
        return {
            "job.id": self._run.job_id,
            "job.run_id": self._run.run_id,
            "job.name": self._run.settings.name,
            "job.start_time.iso_date": started.date().isoformat(),
            "job.start_time.iso_datetime": started.isoformat(),
            "job.start_time.timestamp_ms": self._run.start_time,
            "job.repair_count": len(self._run.repairs) - 1,
            "task.name": self._task.spec.task_key,
            "task.run_id": self._task.run_id,
            "task.execution_count": self._task.attempt + 1,
        }


def _descend(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
