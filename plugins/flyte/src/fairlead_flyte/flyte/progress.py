"""What stderr, and flyte's terminal interface, show of a task of a local run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyte._context import internal_ctx

from fairlead_flyte.local.progress import TaskProgress

if TYPE_CHECKING:
    from fairlead import Resource


class RunProgress(TaskProgress):
    """Also gives the links to flyte's tracker, where there is one."""

    def __init__(self, name: str, action: str) -> None:
        super().__init__(name)
        self._action = action
        self._tracker = internal_ctx().data.tracker

    def updated(self, resource: Resource) -> None:
        """Show the state."""
        super().updated(resource)
        if self._tracker is not None and resource.log_links:
            links = [(link.name, link.uri) for link in resource.log_links]
            self._tracker.record_log_links(action_id=self._action, log_links=links)
