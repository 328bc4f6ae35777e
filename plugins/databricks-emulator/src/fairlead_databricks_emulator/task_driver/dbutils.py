"""The part of `dbutils` that jobs use."""

from pathlib import Path
from typing import Any

from .file_system import FileSystem
from .notebook_utility import NotebookUtility
from .secret_utility import SecretUtility
from .task_values import Jobs
from .widgets import Widgets


class DBUtils:
    """The object `dbutils` of notebooks.

    `job` are the instructions for the task; the task values that it sets are kept in `values`.
    """

    def __init__(self, job: dict[str, Any], values: dict[str, Any]) -> None:
        self.widgets = Widgets(job["widgets"])
        self.notebook = NotebookUtility(job)
        self.jobs = Jobs(job["task_values"], values)
        self.fs = FileSystem(Path(job["files"]))
        self.secrets = SecretUtility(Path(job["secrets"]))
