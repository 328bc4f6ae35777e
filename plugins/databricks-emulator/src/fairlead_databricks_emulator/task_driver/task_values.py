"""`dbutils.jobs`: what the tasks of one run leave for those after them."""

import json
from typing import Any


class TaskValues:
    """Values that tasks of one run leave for those after them."""

    def __init__(self, known: dict[str, dict[str, Any]], own: dict[str, Any]) -> None:
        self._known = known
        self._own = own

    def set(self, key: str, value: Any) -> None:
        """Leave a value; raise `TypeError` where it is no JSON."""
        json.dumps(value)
        self._own[key] = value

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:  # noqa: N803
        """Return a value of another task, or the default; raise `ValueError` where there is neither."""
        values = self._known.get(taskKey, {})
        if key in values:
            return values[key]
        if default is None:
            message = f"Task key {taskKey!r} has no value {key!r}, and no default is given"
            raise ValueError(message)
        return default


class Jobs:
    """What belongs to the run."""

    def __init__(self, known: dict[str, dict[str, Any]], own: dict[str, Any]) -> None:
        self.taskValues = TaskValues(known, own)
