"""How many operations run at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fairlead import DeadlineExceeded

if TYPE_CHECKING:
    from fairlead import Deadline


class Slots:
    """Lets so many operations run at once; further ones wait for their turn instead of being turned away."""

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def take(self, deadline: Deadline) -> None:
        """Wait for a turn; raise `DeadlineExceeded` where none comes in time."""
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(deadline.remaining):
                await self._free.acquire()
        except TimeoutError:
            message = (
                "the server had as many calls as it takes at once (--max-concurrency), until the deadline of this one"
            )
            raise DeadlineExceeded(message) from None

    def give_back(self) -> None:
        """Let the next one have its turn."""
        self._free.release()
