"""Creates that go on to their end, whoever is still waiting for them, and that are found again."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec

from fairlead import DeadlineExceeded
from fairlead_flyte.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_logger = get_logger(__name__)


class _Creation(msgspec.Struct):
    task: asyncio.Task[bytes]
    execution: str
    waiting: int = 0
    answered: bool = False


class Creations:
    """The creates of this process by idempotency key.

    Calls with one key are one create. It is not cut off when its callers have gone, because what it has begun could
    not be found again, but goes on and is found by its key for `keep` seconds after it has begun. Flyte counts an
    error of CreateTask as a failed attempt and calls again for the next one: it is given the job of the attempt whose
    answer nobody got, so that no job is left behind.
    """

    def __init__(self, *, keep: float = 600.0, most: int = 10_000) -> None:
        self._keep = keep
        self._most = most
        self._by_key: dict[str, _Creation] = {}
        self._begun: dict[str, float] = {}
        self._left_behind: dict[str, str] = {}  # execution -> the key of a create whose answer nobody got

    @property
    def running(self) -> list[asyncio.Task[bytes]]:
        """The creates that have not ended."""
        return [creation.task for creation in self._by_key.values() if not creation.task.done()]

    async def run(self, key: str, execution: str, start: Callable[[], Awaitable[bytes]], *, seconds: float) -> bytes:
        """Return what the create of this key returns, within so many seconds; begin it if there is none.

        `execution` is the same for all attempts of one execution. Raises `DeadlineExceeded`, or what the create raises.
        """
        creation = self._find(key, execution) or self._begin(key, execution, start)
        creation.waiting += 1
        try:
            async with asyncio.timeout(seconds):
                result = await asyncio.shield(creation.task)
        except TimeoutError as error:
            if creation.task.done():
                raise
            message = f"the job was not submitted within {seconds:.3g} s; that goes on, and the next call finds it"
            raise DeadlineExceeded(message) from error
        else:
            creation.answered = True
            return result
        finally:
            creation.waiting -= 1
            self._leave(key, creation)

    def _find(self, key: str, execution: str) -> _Creation | None:
        self._forget_old()
        earlier = self._left_behind.pop(execution, None)
        creation = self._by_key.get(key) or self._by_key.get(earlier or "")
        if creation is None or _has_failed(creation.task):
            return None
        if key not in self._by_key:
            _logger.info("this attempt is given the job of the one before, whose answer was lost")
            self._remember(key, creation)
        return creation

    def _begin(self, key: str, execution: str, start: Callable[[], Awaitable[bytes]]) -> _Creation:
        creation = _Creation(asyncio.ensure_future(_run(start)), execution)
        self._remember(key, creation)
        return creation

    def _remember(self, key: str, creation: _Creation) -> None:
        self._by_key[key] = creation
        self._begun[key] = time.monotonic()

    def _leave(self, key: str, creation: _Creation) -> None:
        """Note what nobody got, and forget what failed: the next call begins anew."""
        if _has_failed(creation.task):
            self._forget(key)
        elif not creation.waiting and not creation.answered and creation.execution:
            self._left_behind[creation.execution] = key

    def _forget_old(self) -> None:
        """Forget creates that have ended, when their time has come or there are too many."""
        oldest = time.monotonic() - self._keep
        for key, begun in list(self._begun.items()):
            if begun > oldest and len(self._begun) <= self._most:
                return
            if not self._by_key[key].task.done():
                continue
            self._forget(key)

    def _forget(self, key: str) -> None:
        creation = self._by_key.pop(key, None)
        self._begun.pop(key, None)
        if creation is not None and self._left_behind.get(creation.execution) == key:
            del self._left_behind[creation.execution]


async def _run(start: Callable[[], Awaitable[bytes]]) -> bytes:
    return await start()


def _has_failed(task: asyncio.Task[bytes]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
