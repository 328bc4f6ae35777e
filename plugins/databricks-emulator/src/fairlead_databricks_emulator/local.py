"""The emulator as fairlead's local stand-in for Databricks, for `fairlead run --local`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairlead import LocalBackend
from fairlead_databricks_emulator.emulator import Emulator


@asynccontextmanager
async def backend() -> AsyncIterator[LocalBackend]:
    """Run an emulator, and give its address and its token."""
    emulator = Emulator()
    await asyncio.to_thread(emulator.start)
    try:
        yield LocalBackend(configs={"databricks_host": emulator.host}, secrets={"DATABRICKS_TOKEN": emulator.token})
    finally:
        await asyncio.to_thread(emulator.stop)
