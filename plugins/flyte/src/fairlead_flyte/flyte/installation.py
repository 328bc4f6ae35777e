"""Run the connector tasks of others through fairlead."""

from __future__ import annotations

from flyte.connectors import AsyncConnectorExecutorMixin

from fairlead_flyte.flyte.execution import ConnectorExecutorMixin


def install() -> None:
    """Let every task of this process that has flyte's connector mixin run through fairlead.

    Tasks such as those of flyte's plugins then run locally with fairlead's connector for their type, or else with
    flyte's own through the bridge, and with the timeouts, retries and deletions that flyte's mixin lacks.
    """
    AsyncConnectorExecutorMixin.execute = ConnectorExecutorMixin.execute
