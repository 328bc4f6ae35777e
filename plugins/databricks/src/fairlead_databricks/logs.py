"""The log of a run: what its tasks have written, as Databricks returns it, and what their clusters have delivered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fairlead import Deadline, LogPage
from fairlead_databricks.delivered_logs import delivered_pages
from fairlead_databricks.log_token import LogToken
from fairlead_databricks.returned_logs import returned_pages

if TYPE_CHECKING:
    from fairlead_databricks.model import Run
    from fairlead_databricks.workspace import Workspace


async def log_pages(run: Run, workspace: Workspace, *, token: str, deadline: Deadline) -> AsyncIterator[LogPage]:
    """Yield what was written since `token`, in pages of at most 64 KB; a last line without its end waits for the run's end."""
    place = LogToken.read(token)
    async for page in returned_pages(run, workspace, place, deadline=deadline):
        yield page
    async for page in delivered_pages(run, workspace, place, deadline=deadline):
        yield page
