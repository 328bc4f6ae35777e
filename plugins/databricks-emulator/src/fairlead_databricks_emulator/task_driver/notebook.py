"""Notebooks, run cell by cell in one namespace."""

import linecache
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .cells import Cell, read_cells
from .dbutils import DBUtils
from .places import find_notebook
from .spark import start_spark


class UnsupportedMagic(Exception):
    """A cell in a language, or with a command, that the emulator does not have."""


class Namespace(dict[str, Any]):
    """The names of a notebook. Spark is started when one of its names is first used."""

    _SPARK: dict[str, Callable[[], Any]] = {
        "spark": start_spark,
        "sc": lambda: start_spark().sparkContext,
    }

    def __init__(self, dbutils: DBUtils) -> None:
        super().__init__(
            __name__="__main__",
            __builtins__=__builtins__,
            dbutils=dbutils,
            display=print,
            getArgument=dbutils.widgets.get,
        )

    def __missing__(self, name: str) -> Any:
        if name not in self._SPARK:
            raise KeyError(name)
        self[name] = self._SPARK[name]()
        return self[name]


class Notebook:
    """A notebook with its namespace; `files` is the folder of the workspace, for the notebooks that `%run` names."""

    def __init__(self, dbutils: DBUtils, files: Path) -> None:
        self._namespace = Namespace(dbutils)
        self._files = files

    def run(self, path: Path) -> None:
        """Run all cells of a notebook; raises what a cell raises."""
        for number, cell in enumerate(read_cells(path), start=1):
            if cell.magic in {"", "python"}:
                _run_python(cell.source, f"{path}#cell-{number}", self._namespace)
            elif cell.magic == "run":
                name = cell.source.split(maxsplit=1)[0].strip("\"'")
                self.run(find_notebook(self._files, path.parent, name))
            elif cell.magic == "sh":
                subprocess.run(["/bin/sh", "-c", cell.source], check=True)
            elif cell.magic not in {"md", "md-sandbox"}:
                _refuse(cell)


def run_notebook(path: str, dbutils: DBUtils, files: Path) -> None:
    """Run a notebook in its folder, as the main program of this process."""
    folder = Path(path).parent
    sys.argv = [path]
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    Notebook(dbutils, files).run(Path(path))


def _run_python(source: str, name: str, namespace: dict[str, Any]) -> None:
    """Run one cell; its lines are made known, so that tracebacks show them."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec", dont_inherit=True), namespace)  # noqa: S102 - running it is the point


def _refuse(cell: Cell) -> None:
    message = f"The emulator does not run %{cell.magic} cells"
    if cell.magic == "pip":
        message += "; list the packages in environments[].spec.dependencies"
    raise UnsupportedMagic(message)
