"""Connectors in modules that are named on the command line, without an entry point."""

from __future__ import annotations

import inspect
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead import Connector, PluginError
from fairlead.loading import described
from fairlead_flyte.bridge import register_loaded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fairlead import ConnectorRegistry


def import_modules(names: Iterable[str], registry: ConnectorRegistry) -> None:
    """Import modules, from the working directory too, and register the connectors that are defined in them.

    So are those that the modules have put into the registries of flytekit and flyte.

    Raises `PluginError`: what is asked for by name must be there.
    """
    for name in names:
        if str(Path.cwd()) not in sys.path:
            sys.path.append(str(Path.cwd()))
        try:
            module = import_module(name)
        except (Exception, SystemExit) as error:
            place = _place(error) or f"; it is looked for in {Path.cwd()} and among what is installed"
            message = f"module `{name}` cannot be imported: {described(error)}{place}"
            raise PluginError(message, plugin=name, stage="import") from error
        for value in list(vars(module).values()):
            if _is_connector_of(value, name):
                registry.register(value)
    register_loaded(registry)


def _place(error: BaseException) -> str:
    """Return where the module broke, if it was found."""
    files = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    return f" ({files[-1].filename}:{files[-1].lineno})" if files[-1].filename != __file__ else ""


def _is_connector_of(value: object, module: str) -> bool:
    is_class = isinstance(value, type) and issubclass(value, Connector)
    return is_class and not inspect.isabstract(value) and value.__module__ == module
