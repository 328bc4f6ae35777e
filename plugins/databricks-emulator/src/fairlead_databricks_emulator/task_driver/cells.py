"""The cells of notebooks, in source format (`.py`) and in `.ipynb`."""

import json
import re
from pathlib import Path
from typing import NamedTuple

_SEPARATOR = re.compile(r"^# COMMAND -+\s*$", re.MULTILINE)
_HEADER = "# Databricks notebook source"
_MAGIC = "# MAGIC"
_COMMAND = re.compile(r"\s*%%?([a-z][\w\-]*)[ \t]*(.*)\Z", re.DOTALL)


class Cell(NamedTuple):
    """One cell: its magic without `%` (empty for Python), and the rest."""

    magic: str
    source: str


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of a notebook, those without code left out."""
    text = path.read_text(encoding="utf-8")
    sources = _of_ipynb(text) if text.lstrip().startswith("{") else _of_source(text)
    return [_cell(source) for source in sources if source.strip()]


def _of_ipynb(text: str) -> list[str]:
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in cells]


def _of_source(text: str) -> list[str]:
    body = text.split("\n", 1)[1] if text.startswith(_HEADER) and "\n" in text else text
    return [_without_magic_marks(source) for source in _SEPARATOR.split(body.replace(_HEADER, ""))]


def _without_magic_marks(source: str) -> str:
    lines, marked = _unmarked(source)
    return "\n".join(lines) if marked else source


def _unmarked(source: str) -> tuple[list[str], bool]:
    """Return the lines after their `# MAGIC `, and whether there were any."""
    lines = [line for line in source.splitlines() if line.strip()]
    marked = [line[len(_MAGIC) :].removeprefix(" ") for line in lines if line.startswith(_MAGIC)]
    return marked, bool(marked) and len(marked) == len(lines)


def _cell(source: str) -> Cell:
    found = _COMMAND.match(source)
    return Cell(found.group(1), found.group(2).strip()) if found else Cell("", source)
