"""The part of `dbutils` that jobs use: widgets, notebook.exit, task values."""

import json
from typing import Any, NoReturn


class NotebookExit(BaseException):
    """Raised by `dbutils.notebook.exit`; carries its value."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class InputWidgetNotDefined(Exception):
    """A widget was read that nobody has defined or given a value."""


class Widgets:
    """The parameters of a notebook."""

    def __init__(self, given: dict[str, str]) -> None:
        self._given = given
        self._defaults: dict[str, str] = {}

    def text(self, name: str, defaultValue: str = "", label: str | None = None) -> None:  # noqa: N803
        """Define a widget and its default."""
        self._defaults[name] = defaultValue

    def dropdown(self, name: str, defaultValue: str, choices: list[str], label: str | None = None) -> None:  # noqa: N803
        """Define a widget with choices."""
        self._defaults[name] = defaultValue

    combobox = dropdown
    multiselect = dropdown

    def get(self, name: str) -> str:
        """Return the given value of a widget, or its default."""
        values = self.getAll()
        if name not in values:
            message = f"No input widget named {name} is defined"
            raise InputWidgetNotDefined(message)
        return values[name]

    def getAll(self) -> dict[str, str]:  # noqa: N802 - the name in dbutils
        """Return all values by name."""
        return {**self._defaults, **self._given}

    def remove(self, name: str) -> None:
        """Forget a widget."""
        self._defaults.pop(name, None)
        self._given.pop(name, None)

    def removeAll(self) -> None:  # noqa: N802 - the name in dbutils
        """Forget all widgets."""
        self._defaults.clear()
        self._given.clear()


class Notebook:
    """What a notebook does with itself."""

    def exit(self, value: Any = "") -> NoReturn:
        """End the notebook with a value, as a success."""
        raise NotebookExit(str(value))


class TaskValues:
    """Values that tasks of one run leave for those after them."""

    def __init__(self, known: dict[str, dict[str, Any]]) -> None:
        self._known = known
        self.own: dict[str, Any] = {}

    def set(self, key: str, value: Any) -> None:
        """Leave a value; raise `TypeError` where it is no JSON."""
        json.dumps(value)
        self.own[key] = value

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

    def __init__(self, known: dict[str, dict[str, Any]]) -> None:
        self.taskValues = TaskValues(known)


class DBUtils:
    """The object `dbutils` of notebooks."""

    def __init__(self, widgets: dict[str, str], task_values: dict[str, dict[str, Any]]) -> None:
        self.widgets = Widgets(widgets)
        self.notebook = Notebook()
        self.jobs = Jobs(task_values)
