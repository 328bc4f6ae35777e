"""Creates that go on to their end, whoever is still waiting for them, and that are found again."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from fairlead import DeadlineExceeded
from fairlead_flyte.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_logger = get_logger(__name__)


class _Creation(msgspec.Struct):
    task: asyncio.Task[bytes]
    execution: str
    begun: float
    waiting: int = 0
    answered: bool = False
    keys: int = 0
    size: int = 0


class Creations:
    """The creates of this process by idempotency key.

    Calls with one key are one create. It is not cut off when its callers have gone, because what it has begun could
    not be found again, but goes on and is found by its key for `keep` seconds after it has begun. Flyte counts an
    error of CreateTask as a failed attempt and calls again for the next one: it is given the job of the attempt whose
    answer nobody got, so that no job is left behind.
    """

    def __init__(self, *, keep: float = 600.0, most: int = 10_000, most_bytes: int = 64 * 1024 * 1024) -> None:
        self.running: set[asyncio.Task[bytes]] = set()
        """The creates that have not ended."""
        self._keep = keep
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._by_key: dict[str, _Creation] = {}  # the oldest first
        self._left_behind: dict[str, str] = {}  # execution -> the key of a create whose answer nobody got

    async def run(
        self, key: str, execution: str, create: Callable[[], Coroutine[None, None, bytes]], *, seconds: float
    ) -> bytes:
        """Return what the create of this key returns, within so many seconds; begin it if there is none.

        `execution` is the same for all attempts of one execution. Without a key, a create is like no other. Raises
        `DeadlineExceeded`, or what the create raises.
        """
        self._forget_old()
        creation = self._find(key, execution) or self._begin(key, execution, create)
        creation.waiting += 1
        try:
            if not creation.task.done():
                await asyncio.wait((creation.task,), timeout=seconds)
            if not creation.task.done():
                message = f"the job was not submitted within {seconds:.3g} s; that goes on, and the next call finds it"
                raise DeadlineExceeded(message)
            creation.answered = True
            return creation.task.result()
        finally:
            creation.waiting -= 1
            self._leave(key, creation)

    def _find(self, key: str, execution: str) -> _Creation | None:
        earlier = self._left_behind.pop(execution, "")
        creation = self._by_key.get(key) or self._by_key.get(earlier)
        if creation is None or _has_failed(creation.task):
            return None
        if key not in self._by_key:
            _logger.info("this attempt is given the job of the one before, whose answer was lost")
            self._keep_as(key, creation)
        return creation

    def _begin(self, key: str, execution: str, create: Callable[[], Coroutine[None, None, bytes]]) -> _Creation:
        task = _begun(create())
        creation = _Creation(task, execution, time.monotonic())
        if key:
            self._keep_as(key, creation)
        self.running.add(task)
        task.add_done_callback(lambda _: self._ended(creation))
        return creation

    def _keep_as(self, key: str, creation: _Creation) -> None:
        self._by_key[key] = creation
        creation.keys += 1

    def _ended(self, creation: _Creation) -> None:
        self.running.discard(creation.task)
        if creation.task.cancelled():
            return
        if (error := creation.task.exception()) is not None:
            _logger.debug("a create failed: %s", error)
        elif creation.keys:
            creation.size = len(creation.task.result())
            self._bytes += creation.size

    def _leave(self, key: str, creation: _Creation) -> None:
        """Note what nobody got, and forget what failed: the next call begins anew."""
        if _has_failed(creation.task):
            self._forget(key)
        elif not creation.waiting and not creation.answered and creation.execution:
            self._left_behind[creation.execution] = key

    def _forget_old(self) -> None:
        """Forget creates that have ended, when their time has come, there are too many, or they take too much memory."""
        oldest = time.monotonic() - self._keep
        while ended := next((key for key, creation in self._by_key.items() if creation.task.done()), None):
            is_full = len(self._by_key) > self._most or self._bytes > self._most_bytes
            if self._by_key[ended].begun > oldest and not is_full:
                return
            self._forget(ended)

    def _forget(self, key: str) -> None:
        creation = self._by_key.pop(key, None)
        if creation is None:
            return
        creation.keys -= 1
        if not creation.keys:
            self._bytes -= creation.size
        if self._left_behind.get(creation.execution) == key:
            del self._left_behind[creation.execution]


def _begun(create: Coroutine[None, None, bytes]) -> asyncio.Task[bytes]:
    """Return a task that runs up to where it first waits, before anything else does; from Python 3.12 on."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(create, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.create_task(create)


def _has_failed(task: asyncio.Task[bytes]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
