"""Connectors in modules that are named on the command line, without an entry point."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead import Connector, PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fairlead import ConnectorRegistry


class ModuleError(Exception):
    """A module that was asked for cannot be imported, or has no connector that can be used."""


def import_modules(names: Iterable[str], registry: ConnectorRegistry) -> None:
    """Import modules, from the working directory too, and register the connectors that are defined in them.

    Raises `ModuleError`: what is asked for by name must be there.
    """
    if not names:
        return
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    for name in names:
        try:
            module = import_module(name)
            for value in list(vars(module).values()):
                if _is_connector_of(value, name):
                    registry.register(value)
        except PluginError as error:
            raise ModuleError(str(error)) from error
        except (Exception, SystemExit) as error:
            message = f"module `{name}` cannot be imported: {type(error).__name__}: {error}"
            raise ModuleError(message) from error


def _is_connector_of(value: object, module: str) -> bool:
    is_class = isinstance(value, type) and issubclass(value, Connector)
    return is_class and not inspect.isabstract(value) and value.__module__ == module
