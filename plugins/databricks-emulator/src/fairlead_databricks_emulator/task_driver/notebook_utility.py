"""`dbutils.notebook`: ending a notebook, and running another."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from .command import driver_command
from .places import find_notebook


class NotebookExit(BaseException):
    """Raised by `dbutils.notebook.exit`; carries its value."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class WorkflowException(Exception):
    """A notebook that was run by another has failed, or has taken too long."""


class NotebookUtility:
    """What a notebook does with itself and with others; `job` are the instructions for the task it runs in."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job

    def exit(self, value: Any = "") -> NoReturn:
        """End the notebook with a value, as a success."""
        raise NotebookExit(str(value))

    def run(self, path: str, timeout_seconds: float = 0, arguments: dict[str, str] | None = None) -> str:
        """Run another notebook in a process of its own, and return what it exits with, empty if it does not.

        `path` is absolute, or from the folder of this notebook; `arguments` are its widgets; a timeout of 0 seconds
        is none. Raises `WorkflowException` where it fails or does not end in time.
        """
        notebook = find_notebook(Path(self._job["files"]), Path(self._job["path"]).parent, path)
        with tempfile.TemporaryDirectory(dir=Path(self._job["result"]).parent) as folder:
            result_file, job_file = Path(folder) / "result.json", Path(folder) / "task.json"
            job = {**self._job, "path": str(notebook), "widgets": arguments or {}, "result": str(result_file)}
            job_file.write_text(json.dumps(job), encoding="utf-8")
            try:
                subprocess.run(driver_command(sys.executable, job_file), timeout=timeout_seconds or None, check=False)
            except subprocess.TimeoutExpired:
                message = f"TIMEDOUT: {path} has run for {timeout_seconds} seconds"
                raise WorkflowException(message) from None
            return _value(path, result_file)


def _value(path: str, result_file: Path) -> str:
    """Return what a notebook has exited with."""
    if not result_file.exists():
        message = f"FAILED: the process of {path} exited unexpectedly"
        raise WorkflowException(message)
    result = json.loads(result_file.read_text(encoding="utf-8"))
    if not result["succeeded"]:
        message = f"FAILED: {path}: {result['error']}"
        raise WorkflowException(message)
    return result["notebook_result"] or ""
