"""The results as Markdown."""

import math
from collections.abc import Iterable, Mapping, Sequence

from figures import Figure, Section

_INTRODUCTION = (
    "Written by `nox -s bench` (`python benchmarks/run.py`); not edited by hand. All contenders of a figure took turns in the "
    "same run. Shown is the median over the rounds, with the quartiles as spread. A difference or ratio is taken within "
    "each round. Targets are the project's own."
)


def markdown(circumstances: Mapping[str, str], sections: Sequence[Section]) -> str:
    """Return all results as one document."""
    versions = dict(
        sorted({name: version for section in sections for name, version in section.versions.items()}.items())
    )
    parts = ["# Results", _INTRODUCTION, *(_section(section) for section in sections)]
    parts += [
        "## Circumstances",
        _pairs("property", "value", circumstances),
        "## Versions",
        _pairs("package", "version", versions),
    ]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> str:
    parts = [f"## {section.title}", section.method]
    if section.figures:
        rows = [_row(figure) for figure in section.figures]
        parts.append(_table(["figure", "measured", "spread", "target", "met"], rows))
    return "\n\n".join([*parts, *section.notes])


def _row(figure: Figure) -> list[str]:
    lower, upper = figure.quartiles
    measured = f"{_number(figure.median)} {figure.unit}".strip()
    spread = f"{_number(lower)} to {_number(upper)}"
    if figure.target is None:
        return [figure.what, measured, spread, "", ""]
    target = f"{figure.target.direction.value} {figure.target.bound:g} {figure.unit}"
    return [figure.what, measured, spread, target, "yes" if figure.target.is_met_by(figure.median) else "**no**"]


def _number(value: float) -> str:
    """Return a number with three significant digits, but all those before the point."""
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, 2 - magnitude)}f}"


def _pairs(key: str, value: str, pairs: Mapping[str, str]) -> str:
    return _table([key, value], pairs.items())


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
