"""The states of many runs of one workspace from few calls.

While many runs are followed, they are asked for together, in waves: a page of `runs/list` tells of 24 runs. Each
page is asked for from the start time of the newest run that is still wanted, so it tells of that run at least;
one that is on no page, because it was deleted, say, is asked for alone by who waits for it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fairlead import Deadline
from fairlead_databricks import jobs
from fairlead_databricks.model import Run
from fairlead_databricks.verdict import verdict_of_run

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace

PAGE = 24
"""The most runs that a page of `runs/list` holds."""

PERIOD = 10.0
"""Seconds between two waves, as they are proposed to hosts."""

_FEW = 8
_GATHER_SECONDS = 0.1
_WAVE_SECONDS = 25.0
_FORGET_SECONDS = 120.0
_MOST_TASKS = 100


class _Page(msgspec.Struct):
    runs: list[Run] = []


class _Followed(msgspec.Struct):
    start_time: int
    seen: float


class _Wanted(NamedTuple):
    """A run that somebody waits for."""

    start_time: int
    future: asyncio.Future[Run | None]


class Following:
    """Asks for runs of one workspace, alone or together."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._followed: dict[str, _Followed] = {}
        self._wanted: dict[str, _Wanted] = {}
        self._wave: asyncio.Task[None] | None = None

    @property
    def poll_after(self) -> float | None:
        """The seconds until the next wave; None while so few runs are followed that each is asked for alone."""
        return PERIOD - time.monotonic() % PERIOD if self._are_many() else None

    async def get(self, run_id: str, *, deadline: Deadline) -> Run:
        """Return a run, from a shared page if many are followed, its start is known and a page tells of it."""
        run, followed = None, self._followed.get(run_id)
        if followed is not None and self._are_many():
            run = await self._from_wave(run_id, followed.start_time)
        if run is None:
            run = await jobs.get(self.workspace, run_id, deadline=deadline)
        self._note(run_id, run)
        return run

    def _are_many(self) -> bool:
        return len(self._followed) >= _FEW

    def _note(self, run_id: str, run: Run) -> None:
        """Remember when a run started, as long as it goes on and somebody asks for it."""
        now = time.monotonic()
        self._followed.pop(run_id, None)  # also of one that is put back, so that who was seen longest ago comes first
        if not verdict_of_run(run).phase.is_terminal and run.start_time is not None:
            self._followed[run_id] = _Followed(run.start_time, now)
        oldest = next(iter(self._followed.values()), None)
        if oldest is not None and now - oldest.seen > _FORGET_SECONDS:
            self._followed = {key: one for key, one in self._followed.items() if now - one.seen <= _FORGET_SECONDS}

    async def _from_wave(self, run_id: str, start_time: int) -> Run | None:
        wanted = self._wanted.get(run_id)
        if wanted is None:
            wanted = self._wanted[run_id] = _Wanted(start_time, asyncio.get_running_loop().create_future())
        if self._wave is None or self._wave.done():
            self._wave = asyncio.create_task(self._run_wave())
        return await asyncio.shield(wanted.future)

    async def _run_wave(self) -> None:
        """Wait for others to join, and answer all; again, if more have come in the meantime."""
        while self._wanted:
            await asyncio.sleep(_GATHER_SECONDS)
            wanted, self._wanted = self._wanted, {}
            try:
                await self._answer(wanted, Deadline.after(_WAVE_SECONDS))
            except Exception as error:
                for one in wanted.values():
                    _settle(one.future, error)

    async def _answer(self, wanted: dict[str, _Wanted], deadline: Deadline) -> None:
        """Answer from the newest run to the oldest, a page at a time; with None the last one, and who is on no page."""
        left = sorted(wanted, key=lambda run_id: wanted[run_id].start_time)
        while left:
            newest = left.pop()
            known = await self._page(wanted[newest].start_time, deadline) if left else {}
            for run_id in [newest, *(run_id for run_id in left if run_id in known)]:
                _settle(wanted[run_id].future, known.get(run_id))
            left = [run_id for run_id in left if run_id not in known]

    async def _page(self, start_time: int, deadline: Deadline) -> dict[str, Run]:
        """Return the runs that started then or before, as far as one page tells all of them."""
        query = {"start_time_to": start_time, "expand_tasks": "true", "limit": PAGE}
        page = await self.workspace.read("jobs/runs/list", _Page, query, deadline=deadline)
        return {str(run.run_id): run for run in page.runs if len(run.tasks) < _MOST_TASKS}


def _settle(future: asyncio.Future[Run | None], outcome: Run | Exception | None) -> None:
    """Give a run, None where it is to be asked for alone, or an error to whoever waits, if anybody still does."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        future.exception()  # so that nobody complains where all have gone away
    else:
        future.set_result(outcome)
