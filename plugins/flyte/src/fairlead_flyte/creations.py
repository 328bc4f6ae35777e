"""Creates that go on to their end, whoever is still waiting for them, and that are found again."""

from __future__ import annotations

import asyncio
import sys
import time
from contextvars import Context, copy_context
from typing import TYPE_CHECKING

import msgspec

from fairlead import DeadlineExceeded
from fairlead_flyte.ended import is_ended
from fairlead_flyte.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fairlead import TaskCategory

    Create = Callable[[], Coroutine[None, None, bytes]]

_NEVER = float("inf")

_logger = get_logger(__name__)


class _Creation(msgspec.Struct, eq=False):
    """One create; `context` says which execution it is about, for the log, and `keys` by which calls find it."""

    task: asyncio.Task[bytes]
    category: TaskCategory
    execution: str
    context: Context
    keys: list[str] = []
    waiting: int = 0
    is_answered: bool = False
    ended_at: float = _NEVER
    size: int = 0

    @property
    def has_failed(self) -> bool:
        return self.task.done() and (self.task.cancelled() or self.task.exception() is not None)

    @property
    def is_lost(self) -> bool:
        """Whether it has begun a job, or may have, that nobody was given or waits for."""
        if self.is_answered or self.waiting or self.has_failed:
            return False
        return not (self.task.done() and is_ended(self.task.result()))

    def tell(self) -> None:
        """Warn of a job that nobody was given. Its meta is not shown, because it may hold secrets."""
        what = (
            "nobody was given the job of this create"
            if self.task.done()
            else "this create may have begun a job and is cut off"
        )
        key = f"the idempotency key is {self.keys[0]}" if self.keys else "it has no idempotency key of Flyte's"
        message = "%s; unless another process has answered with it, the job runs on and has to be ended by hand; %s"
        self.context.run(_logger.warning, message, what, key)


class Creations:
    """The creates of this process by idempotency key.

    Calls with one key are one create. It is not cut off when its callers have gone, because what it has begun could
    not be found again, but goes on and is found by its key for `keep` seconds after it has ended. Flyte counts an
    error of CreateTask as a failed attempt and calls again for the next one: it is given the job of the attempt whose
    answer nobody got.

    A job that nobody has asked for by then is told in the log, and not deleted. With the same key, another process has been led to
    the same job by the external system, and may have answered with it; from here, nobody can tell.
    """

    def __init__(self, *, keep: float = 600.0, most: int = 10_000, most_bytes: int = 64 * 1024 * 1024) -> None:
        self.running: dict[asyncio.Task[bytes], _Creation] = {}
        """The creates that have not ended."""
        self._keep = keep
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._by_key: dict[str, _Creation] = {}  # of those that have ended, the first to end first
        self._by_meta: dict[tuple[TaskCategory, bytes], _Creation] = {}
        self._left_behind: dict[str, _Creation] = {}  # by execution, those whose answer nobody got

    async def run(self, key: str, execution: str, create: Create, *, category: TaskCategory, seconds: float) -> bytes:
        """Return what the create of this key returns, within so many seconds; begin it if there is none.

        `execution` is the same for all attempts of one execution. Without a key, a create is like no other. Raises
        `DeadlineExceeded`, or what the create raises.
        """
        self._forget_old()
        creation = self._find(key, execution)
        if creation is None:
            creation = self._begin(key, _Creation(_begun(create()), category, execution, copy_context()))
        creation.waiting += 1
        try:
            if not creation.task.done():
                await asyncio.wait((creation.task,), timeout=seconds)
            if not creation.task.done():
                message = f"the job was not submitted within {seconds:.3g} s; that goes on, and the next call to this process finds it"
                raise DeadlineExceeded(message)
            creation.is_answered = True
            return creation.task.result()
        finally:
            creation.waiting -= 1
            self._leave(creation)

    def forget(self, category: TaskCategory, meta: bytes) -> None:
        """Forget a job that has been deleted: who asks for its create again wants another one."""
        if (creation := self._by_meta.get((category, meta))) is not None:
            self._forget(creation)

    def tell_lost(self) -> None:
        """Warn of the jobs that nobody was given; to be called at the end, when nobody will be."""
        for creation in dict.fromkeys((*self.running.values(), *self._by_key.values())):
            if creation.is_lost:
                creation.tell()

    def _find(self, key: str, execution: str) -> _Creation | None:
        earlier = self._left_behind.pop(execution, None)
        creation = self._by_key.get(key) or earlier
        if creation is None or creation.has_failed:
            return None
        if key not in self._by_key:
            _logger.info("this attempt is given the job of the one before, whose answer was lost")
            self._keep_as(key, creation)
        return creation

    def _begin(self, key: str, creation: _Creation) -> _Creation:
        if key:
            self._keep_as(key, creation)
        if creation.task.done():
            self._ended(creation)
        else:
            self.running[creation.task] = creation
            creation.task.add_done_callback(lambda _: self._ended(creation))
        return creation

    def _keep_as(self, key: str, creation: _Creation) -> None:
        self._by_key[key] = creation
        creation.keys.append(key)

    def _ended(self, creation: _Creation) -> None:
        self.running.pop(creation.task, None)
        creation.ended_at = time.monotonic()
        if creation.task.cancelled():
            return
        if (error := creation.task.exception()) is not None:
            _logger.debug("a create failed: %s", error)
        elif creation.keys:
            self._keep_ended(creation, creation.task.result())
        elif creation.is_lost:
            creation.tell()

    def _keep_ended(self, creation: _Creation, meta: bytes) -> None:
        creation.size = len(meta)
        self._bytes += creation.size
        self._by_meta[creation.category, meta] = creation
        for key in creation.keys:
            self._by_key[key] = self._by_key.pop(key)

    def _leave(self, creation: _Creation) -> None:
        """Note what nobody got, and forget what failed: the next call begins anew."""
        if creation.has_failed:
            self._forget(creation)
        elif not creation.waiting and not creation.is_answered and creation.execution:
            self._left_behind[creation.execution] = creation

    def _forget_old(self) -> None:
        """Forget creates that have ended, when their time has come, there are too many, or they take too much memory."""
        oldest = time.monotonic() - self._keep
        while ended := next((creation for creation in self._by_key.values() if creation.ended_at < _NEVER), None):
            is_full = len(self._by_key) > self._most or self._bytes > self._most_bytes
            if ended.ended_at > oldest and not is_full:
                return
            self._forget(ended)
            if ended.is_lost:
                ended.tell()

    def _forget(self, creation: _Creation) -> None:
        for key in creation.keys:
            if self._by_key.get(key) is creation:
                del self._by_key[key]
        self._bytes -= creation.size
        creation.size = 0
        if self._left_behind.get(creation.execution) is creation:
            del self._left_behind[creation.execution]
        if not creation.has_failed:
            self._by_meta.pop((creation.category, creation.task.result()), None)


def _begun(create: Coroutine[None, None, bytes]) -> asyncio.Task[bytes]:
    """Return a task that runs up to where it first waits, before anything else does; from Python 3.12 on."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(create, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.create_task(create)
