"""Run the connector tasks of others through fairlead."""

from __future__ import annotations

from flytekit.extend.backend.base_connector import AsyncConnectorExecutorMixin, SyncConnectorExecutorMixin

from fairlead_flyte.flytekit.execution import ConnectorExecutorMixin


def install() -> None:
    """Let every task of this process that has one of flytekit's connector mixins run through fairlead.

    Tasks such as those of flytekit's plugins then run locally with fairlead's connector for their type, or else with
    flytekit's own through the bridge, and with the timeouts, retries and deletions that flytekit's mixins lack.
    """
    for mixin in (AsyncConnectorExecutorMixin, SyncConnectorExecutorMixin):
        mixin.execute = ConnectorExecutorMixin.execute
