"""The last known state of each job, asked for no more often than is worth while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from fairlead import DeadlineExceeded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fairlead import Deadline, Phase, TaskCategory
    from fairlead_flyte.requests import Key

    _Job = tuple[TaskCategory, bytes]


class Status(msgspec.Struct, frozen=True):
    """What was last known of a job: the GetTaskResponse, what Flyte 1 gets besides, and for how long it is good."""

    response: bytes
    extra: bytes
    phase: Phase
    fresh_until: float


class Statuses:
    """A bounded cache of states by job; of several calls for one job at once, one asks and all get its answer."""

    def __init__(self, *, most: int = 50_000, most_bytes: int = 64 * 1024 * 1024) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._known: OrderedDict[Key, Status] = OrderedDict()
        self._of_job: dict[_Job, set[Key]] = {}  # one for each connection
        self._asked: dict[Key, asyncio.Future[None]] = {}

    def last(self, key: Key) -> Status | None:
        """Return what was last known of a job, be it fresh or not."""
        return self._known.get(key)

    def fresh(self, key: Key) -> Status | None:
        """Return what is known of a job, if it is fresh."""
        known = self._known.get(key)
        return known if known is not None and time.monotonic() < known.fresh_until else None

    def has_ended(self, key: Key) -> bool:
        """Whether a job is known to have ended, with whatever connection it was asked for."""
        return any(self._known[key].phase.is_terminal for key in self._of_job.get(key[:2], ()))

    async def get(self, key: Key, ask: Callable[[], Awaitable[Status]], deadline: Deadline) -> Status:
        """Return the state of a job: the known one while it is fresh, else what `ask` says.

        Raises `DeadlineExceeded` where another call asks, and has no answer before `deadline`; and what `ask` raises, of which
        nothing is kept, so that the others ask themselves.
        """
        while (fresh := self.fresh(key)) is None:
            known = self._known.get(key)
            asked = self._asked.get(key)
            if asked is None:
                return await self._ask(key, ask)
            await asyncio.wait((asked,), timeout=deadline.remaining)
            if not asked.done():
                message = "another call asks for the state of the job, and has no answer yet"
                raise DeadlineExceeded(message)
            if (latest := self._known.get(key)) is not None and latest is not known:
                return latest
        return fresh

    async def _ask(self, key: Key, ask: Callable[[], Awaitable[Status]]) -> Status:
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            status = await ask()
            if self._asked.get(key) is asked:
                self._keep(key, status)
            return status
        finally:
            if self._asked.get(key) is asked:
                del self._asked[key]
            asked.set_result(None)

    def _keep(self, key: Key, status: Status) -> None:
        self._drop(key)
        self._known[key] = status
        self._of_job.setdefault(key[:2], set()).add(key)
        self._bytes += _size(key, status)
        while len(self._known) > self._most or self._bytes > self._most_bytes:
            self._drop(next(iter(self._known)))

    def forget(self, key: Key) -> None:
        """Forget a job, whose state has been changed from here; also what is being asked of it is out of date.

        That is so for all connections that it was asked for with.
        """
        job = key[:2]
        for asked in [asked for asked in self._asked if asked[:2] == job]:
            del self._asked[asked]
        for known in tuple(self._of_job.get(job, ())):
            self._drop(known)

    def _drop(self, key: Key) -> None:
        known = self._known.pop(key, None)
        if known is None:
            return
        self._bytes -= _size(key, known)
        keys = self._of_job[key[:2]]
        keys.discard(key)
        if not keys:
            del self._of_job[key[:2]]


def _size(key: Key, status: Status) -> int:
    return len(key[1]) + len(key[2]) + len(status.response) + len(status.extra)
