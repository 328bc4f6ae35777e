"""How long the state of a job is good, before the external system is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead import QuotaExceeded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fairlead import FairleadError, Resource, TaskCategory


class PollIntervals:
    """The least number of seconds between two questions about one job, for all task types and for single ones.

    A connector that says more itself (`Resource.poll_after`, `QuotaExceeded.retry_after`) is given that.
    """

    def __init__(self, default: float = 1.0, by_task_type: Mapping[str, float] | None = None) -> None:
        self._default = default
        self._by_task_type = dict(by_task_type or {})

    def after(self, category: TaskCategory, resource: Resource) -> float:
        """Return for how many seconds this state is good."""
        return max(self._least(category), resource.poll_after or 0.0)

    def after_error(self, category: TaskCategory, error: FairleadError) -> float:
        """Return after how many seconds to ask again."""
        wait = error.retry_after if isinstance(error, QuotaExceeded) else None
        return max(self._least(category), wait or 0.0)

    def _least(self, category: TaskCategory) -> float:
        return self._by_task_type.get(category.name, self._default)
