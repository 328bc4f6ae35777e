"""Where runs are followed: one pooled client for each event loop, workspace and credential."""

from __future__ import annotations

import asyncio
import time

import msgspec

from fairlead import Backoff, Context
from fairlead_databricks.following import Following
from fairlead_databricks.login import find_credentials

_UNUSED_SECONDS = 900.0  # where each request brings a token of its own, their clients must not add up


class _Place(msgspec.Struct):
    loop: asyncio.AbstractEventLoop
    following: Following
    used: float


class Places:
    """Makes clients when they are first needed, and closes those that are not used any more.

    `request_seconds` and `backoff` are those of `Workspace`.
    """

    def __init__(self, *, request_seconds: float, backoff: Backoff) -> None:
        self._request_seconds = request_seconds
        self._backoff = backoff
        self._places: dict[object, _Place] = {}

    async def find(self, instance: str, token_secret: str, context: Context) -> Following:
        """Return what follows the runs of a workspace with the credential of a request."""
        credentials, key = await find_credentials(instance, token_secret, context)
        loop = asyncio.get_running_loop()
        place = self._places.get((loop, instance, key))
        if place is None:
            from fairlead_databricks.workspace import Workspace  # with httpx, which takes longer than all the rest

            workspace = Workspace(instance, credentials, request_seconds=self._request_seconds, backoff=self._backoff)
            place = self._places[loop, instance, key] = _Place(loop, Following(workspace), time.monotonic())
            await self._leave(unused_since=time.monotonic() - _UNUSED_SECONDS)
        place.used = time.monotonic()
        return place.following

    async def close(self) -> None:
        """Close the connections to all workspaces."""
        await self._leave(unused_since=float("inf"))

    async def _leave(self, *, unused_since: float) -> None:
        left = [key for key, place in self._places.items() if place.used < unused_since]
        for place in [self._places.pop(key) for key in left]:
            if place.loop is asyncio.get_running_loop():  # the connections of a loop that is gone are gone
                await place.following.workspace.close()
