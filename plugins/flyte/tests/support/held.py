"""A connector whose methods do not end before the test lets them; served with `--modules held`."""

import asyncio
import os
import time
from pathlib import Path

from fairlead import AsyncConnector, Phase, Resource, ResourceMeta

_FOLDER = Path(os.environ.get("HELD_FOLDER", "."))


class HeldJob(ResourceMeta):
    name: str


class HeldConnector(AsyncConnector[HeldJob]):
    """Holds the methods that a task names in `custom.held`."""

    name = "Held"
    task_type = "held"

    async def create(self, task, inputs, context):
        if "create" in task.custom.get("held", ()):
            await _held("create")
        return HeldJob(name=",".join(task.custom.get("held", ())))

    async def get(self, meta, context):
        if "get" in meta.name:
            await _held("get")
        if "block" in meta.name:
            (_FOLDER / "block-begun").touch()
            while True:
                time.sleep(0.01)  # noqa: ASYNC251 - that is the mistake
        return Resource(phase=Phase.RUNNING, message=str(os.getpid()))

    async def delete(self, meta, context):
        pass


async def _held(method):
    (_FOLDER / f"{method}-begun").touch()
    try:
        while not (_FOLDER / f"{method}-go").exists():  # noqa: ASYNC110 - the test is another process
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        (_FOLDER / f"{method}-cancelled").touch()
        raise
    (_FOLDER / f"{method}-ended").touch()
