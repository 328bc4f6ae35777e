"""Whether an installed plugin is made for this version of fairlead.

A plugin says so the ordinary way: by its dependency, `fairlead>=0.3,<1`. Installers hold to it when they
install, but not when fairlead is changed later or dependencies are left out, so it is checked again.

This reads the specifiers that such dependencies use (`>=`, `>`, `<=`, `<`, `==`, `!=`, `~=`, each on
release numbers, `==` and `!=` also with `.*`), of markers those that compare `python_version` alone, and lets
any other pass: `packaging` would know them all, but its import takes longer than everything else that
`fairlead list` does.
"""

import operator
import re
import sys
from collections.abc import Callable
from functools import cache

_REQUIREMENT = re.compile(
    r"fairlead(?![\w.-])\s*(?:\[[^]]*\])?\s*\(?(?P<specifiers>[^;)]*)\)?\s*(?:;(?P<marker>.*))?", re.IGNORECASE
)
_SPECIFIER = re.compile(r"(?P<operator>~=|==|!=|<=|>=|<|>)\s*(?P<release>\d+(?:\.\d+)*)(?P<wildcard>\.\*)?")

_Release = tuple[int, ...]

_COMPARISONS = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}


def unmet_requirement(requires_dist: list[str], version: str) -> str:
    """Return the first `Requires-Dist` on fairlead that `version` does not meet, or an empty text."""
    return next((requirement for requirement in requires_dist if not _is_met(requirement, version)), "")


@cache  # many plugins say the same
def _is_met(requirement: str, version: str) -> bool:
    match = _REQUIREMENT.fullmatch(requirement.strip())
    if match is None or not _counts(match["marker"]):
        return True
    ours = _release(re.split(r"[^\d.]", version)[0].rstrip("."))
    specifiers = (_SPECIFIER.fullmatch(part.strip()) for part in match["specifiers"].split(","))
    return all(specifier is None or _allows(specifier, ours) for specifier in specifiers)


def _counts(marker: str | None) -> bool:
    """Whether a requirement counts here: it has no marker, or one that can be read and is met."""
    if marker is None:
        return True
    condition = _SPECIFIER.fullmatch(re.sub(r"[\s'\"]", "", marker).removeprefix("python_version"))
    return condition is not None and _allows(condition, sys.version_info[:2])


def _allows(specifier: re.Match[str], ours: _Release) -> bool:
    release = _release(specifier["release"])
    if specifier["operator"] == "~=":
        prefix = _fill(ours, len(release))[: len(release) - 1]
        return _compare(operator.ge, ours, release) and prefix == release[:-1]
    if specifier["wildcard"]:
        ours = ours[: len(release)]
    return _compare(_COMPARISONS[specifier["operator"]], ours, release)


def _compare(comparison: Callable[[_Release, _Release], bool], ours: _Release, release: _Release) -> bool:
    """Compare two releases as if both had the same number of parts: 1.0 is 1.0.0."""
    width = max(len(ours), len(release))
    return comparison(_fill(ours, width), _fill(release, width))


def _fill(release: _Release, width: int) -> _Release:
    return release + (0,) * (width - len(release))


def _release(text: str) -> _Release:
    return tuple(int(part) for part in text.split("."))
