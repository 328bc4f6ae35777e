"""Processes in a group of their own, so that all they have started ends with them."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import IO

from fairlead_databricks_emulator.execution.driver_logs import DriverLogs
from fairlead_databricks_emulator.execution.streams import copied
from fairlead_databricks_emulator.runs.run import StopSignal


async def run_process(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    directory: Path,
    stop: StopSignal,
    grace: float,
    driver: DriverLogs | None = None,
) -> int | None:
    """Run a command and return its exit code, or None if it was stopped.

    Standard output and error go to `log`, and each to its file of the logs of `driver`, if there are any. On the
    stop signal the group gets SIGTERM, and SIGKILL after `grace` seconds; whatever is left of the group when the
    process has ended is killed too.
    """
    async with AsyncExitStack() as stack:
        stdout, stderr = await _outputs(stack, log, driver)
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=dict(environment),
            cwd=directory,
            start_new_session=True,
        )
        try:
            return await _end(process, stop, grace)
        finally:
            _signal(process.pid, signal.SIGKILL)
            await process.wait()


async def _outputs(
    stack: AsyncExitStack, log: Path, driver: DriverLogs | None
) -> tuple[IO[bytes] | int, IO[bytes] | int]:
    """Return what standard output and standard error are to be."""
    if driver is None:
        output = stack.enter_context(log.open("ab"))
        return output, output
    stdout = await stack.enter_async_context(copied(log, driver.stdout))
    return stdout, await stack.enter_async_context(copied(log, driver.stderr))


async def _end(process: asyncio.subprocess.Process, stop: StopSignal, grace: float) -> int | None:
    """Wait for the process or the stop signal, whichever comes first."""
    exited = asyncio.ensure_future(process.wait())
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({exited, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if exited.done():
        return exited.result()
    _signal(process.pid, signal.SIGTERM)
    await asyncio.wait({exited}, timeout=grace)
    _signal(process.pid, signal.SIGKILL)
    await exited
    return None


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
