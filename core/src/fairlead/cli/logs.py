"""`fairlead logs`: the log of a job, page by page."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from fairlead.backoff import Backoff, wait_after
from fairlead.cli.exits import ExitCode
from fairlead.cli.finish import finish
from fairlead.cli.job import operation_context, with_job
from fairlead.cli.progress import PlainProgress
from fairlead.cli.streams import results
from fairlead.errors import DeadlineExceeded, QuotaExceeded, TransientError

if TYPE_CHECKING:
    from fairlead.handle import Handle
    from fairlead.lifecycle import Lifecycle
    from fairlead.resource import LogPage

_PASSING = (TransientError, QuotaExceeded, DeadlineExceeded)


@click.command
@click.argument("handle")
@click.option("--follow", is_flag=True, help="Go on until the job has ended.")
@click.option("--timestamps", is_flag=True, help="Begin each line with its time, where that is known.")
def logs(*, handle: str, follow: bool, timestamps: bool) -> int:
    """Print the log of a job.

    \b
    Example:
      fairlead logs "$HANDLE" --follow
    """
    shown = PlainProgress()

    async def print_log(lifecycle: Lifecycle, job: Handle) -> None:
        log = _Log(lifecycle, job, timestamps=timestamps)
        await (_follow(log, shown) if follow else log.print_rest())

    if error := with_job(handle, shown, print_log):
        return finish(shown, error, as_json=False)
    return ExitCode.SUCCEEDED


async def _follow(log: _Log, shown: PlainProgress) -> None:
    """Print a log until its job has ended; passing faults do not end it."""
    for delay in Backoff(initial=0.2, maximum=5.0, factor=1.5).delays():
        pause = delay
        try:
            ended = await log.has_ended()
            await log.print_rest()
        except _PASSING as error:
            shown.troubled(error)
            pause = wait_after(error, delay)
        else:
            if ended:
                return
        await asyncio.sleep(pause)


class _Log:
    """The log of one job, and how far it is printed."""

    def __init__(self, lifecycle: Lifecycle, job: Handle, *, timestamps: bool) -> None:
        self._lifecycle = lifecycle
        self._job = job
        self._timestamps = timestamps
        self._token = ""

    async def has_ended(self) -> bool:
        """Whether the job has ended, so that its log will not grow any more."""
        return (await self._lifecycle.get(self._job, operation_context())).phase.is_terminal

    async def print_rest(self) -> None:
        """Print what is not yet printed, however long the log is and its reader takes."""
        while await self._print_pages():
            pass

    async def _print_pages(self) -> bool:
        """Print pages within the time of one call; return whether that was over before the log was."""
        context, before = operation_context(), self._token

        def to_be_continued() -> bool:
            return not context.deadline.remaining and self._token not in {before, ""}

        try:
            async with aclosing(self._lifecycle.get_logs(self._job, context, token=before)) as pages:
                async for page in pages:
                    self._print(page)
                    if to_be_continued():
                        break
        except _PASSING:
            if not to_be_continued():
                raise
        return to_be_continued()

    def _print(self, page: LogPage) -> None:
        self._token = page.token
        for line in page.lines:
            stamp = f"{line.timestamp.isoformat()} " if self._timestamps and line.timestamp else ""
            click.echo(stamp + line.message, file=results())
