"""Entry points of installed packages."""

import importlib
import sys
from collections.abc import Callable
from importlib import metadata
from typing import Any


def run_wheel(package: str, entry_point: str, arguments: list[str]) -> None:
    """Call an entry point of a distribution, or a function of that name in the package."""
    sys.argv = [entry_point, *arguments]
    _function(package, entry_point)()


def _function(package: str, name: str) -> Callable[[], Any]:
    try:
        declared = metadata.distribution(package).entry_points
    except metadata.PackageNotFoundError:
        declared = ()  # type: ignore[assignment]
    for candidate in declared:
        if candidate.name == name:
            loaded: Callable[[], Any] = candidate.load()
            return loaded
    function: Callable[[], Any] = getattr(importlib.import_module(package.replace("-", "_")), name)
    return function
