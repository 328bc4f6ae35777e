"""The hook plugin `flyte_bridge`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead import hookimpl
from fairlead_flyte.bridge.groups import used_groups
from fairlead_flyte.bridge.registration import register_loaded

if TYPE_CHECKING:
    from fairlead.hookspecs import Registrar


@hookimpl
def fairlead_register_connectors(registry: Registrar) -> None:
    """Load the plugins of flytekit and flyte 2, and register the connectors that they bring; each failure is one of its own.

    Where no distribution has such plugins, nothing but package metadata is read.
    """
    if groups := used_groups():
        from fairlead_flyte.bridge.loading import load_plugins

        for failure in load_plugins(groups):
            registry.report_failure(failure)
    register_loaded(registry)
