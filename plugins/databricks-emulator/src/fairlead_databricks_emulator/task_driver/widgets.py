"""`dbutils.widgets`: the parameters of a notebook."""


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
