"""Register with fairlead what is registered with flytekit and flyte 2."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from fairlead import PluginError
from fairlead_flyte.logs import get_logger

if TYPE_CHECKING:
    from fairlead.connector import Connector
    from fairlead.hookspecs import Registrar

_logger = get_logger(__name__)

_ADAPTERS = {
    "flytekit.extend.backend.base_connector": "fairlead_flyte.bridge.flytekit_connector",
    "flyte.connectors": "fairlead_flyte.bridge.flyte_connector",
}


def register_loaded(registry: Registrar) -> None:
    """Register the connectors that the modules imported so far have registered with flytekit or flyte 2.

    Imports neither of them. A task type that fairlead has a connector for keeps it.
    """
    for peer, adapter in _ADAPTERS.items():
        if peer in sys.modules:
            for connector in importlib.import_module(adapter).adapted_connectors():
                _register(registry, connector)


def _register(registry: Registrar, connector: type[Connector]) -> None:
    try:
        registry.register(connector)
    except PluginError as error:
        if error.stage != "register":
            registry.report_failure(error)
        else:
            _logger.debug("%s", error)
