"""What stderr shows of a task of a local workflow."""

from __future__ import annotations

from fairlead.cli.progress import PlainProgress


class TaskProgress(PlainProgress):
    """One line a change, as on the command line, with the name of the task: a workflow may run several at once."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def line(self, text: str) -> None:
        """Write one line."""
        super().line(f"{self._name}: {text}")

    def last_words(self) -> str:
        """Return what leads back to the job."""
        if self.handle is None:
            return f"{self._name}: stopped at once"
        return f"{self._name}: stopped at once; the job may go on\nhandle: {self.handle}"
