"""Notebooks, run cell by cell in one namespace."""

import linecache
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .cells import Cell, read_cells
from .dbutils import DBUtils
from .spark import LazySpark

_SUFFIXES = ("", ".py", ".ipynb")


class UnsupportedMagic(Exception):
    """A cell in a language, or with a command, that the emulator does not have."""


class Namespace(dict[str, Any]):
    """The names of a notebook: `spark` is started when it is first used."""

    def __init__(self, dbutils: DBUtils) -> None:
        super().__init__(
            __name__="__main__",
            __builtins__=__builtins__,
            dbutils=dbutils,
            display=print,
            getArgument=dbutils.widgets.get,
            spark=LazySpark(),
        )


def run_notebook(path: str, dbutils: DBUtils) -> None:
    """Run all cells of a notebook; raises what a cell raises."""
    folder = Path(path).parent
    sys.argv = [path]
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    _run_cells(Path(path), Namespace(dbutils))


def _run_cells(path: Path, namespace: dict[str, Any]) -> None:
    for number, cell in enumerate(read_cells(path), start=1):
        if cell.magic in {"", "python"}:
            _run_python(cell.source, f"{path}#cell-{number}", namespace)
        elif cell.magic == "run":
            _run_cells(_neighbour(path, cell), namespace)
        elif cell.magic == "sh":
            subprocess.run(["/bin/sh", "-c", cell.source], check=True)
        elif cell.magic not in {"md", "md-sandbox"}:
            _refuse(cell)


def _run_python(source: str, name: str, namespace: dict[str, Any]) -> None:
    """Run one cell; its lines are made known, so that tracebacks show them."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec", dont_inherit=True), namespace)  # noqa: S102 - running it is the point


def _neighbour(path: Path, cell: Cell) -> Path:
    """Return the notebook that `%run` names."""
    named = path.parent / cell.source.split(maxsplit=1)[0].strip("\"'")
    candidates: list[Path] = [Path(f"{named}{suffix}") for suffix in _SUFFIXES]
    return next((candidate for candidate in candidates if candidate.is_file()), named)


def _refuse(cell: Cell) -> None:
    message = f"The emulator does not run %{cell.magic} cells"
    if cell.magic == "pip":
        message += "; list the packages in environments[].spec.dependencies"
    raise UnsupportedMagic(message)
