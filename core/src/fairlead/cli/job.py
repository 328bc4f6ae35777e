"""`fairlead status`, `wait`, `logs` and `cancel`: a job by its handle, from any process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import click

from fairlead.backoff import Backoff
from fairlead.cli.document import document, print_json, unprintable
from fairlead.cli.exits import ExitCode
from fairlead.cli.finish import finish
from fairlead.cli.interrupt import Interrupted, run_interruptibly
from fairlead.cli.progress import PlainProgress, progress
from fairlead.cli.values import duration_option
from fairlead.cli.verbosity import redactor
from fairlead.context import Context, Deadline
from fairlead.errors import FairleadError
from fairlead.handle import Handle
from fairlead.lifecycle import Lifecycle
from fairlead.resource import Phase, Resource
from fairlead.runner import Runner

_OPERATION_SECONDS = 30.0
_LOOK_SECONDS = 5.0

_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


Work = Callable[[Lifecycle, Handle], Coroutine[Any, Any, None]]


@click.command
@click.argument("handle")
@_as_json
def status(*, handle: str, as_json: bool) -> int:
    """Show the state of a job; exits with 0 whatever the state is.

    \b
    Example:
      fairlead status "$HANDLE"
    """
    shown = PlainProgress(silent=True)

    async def look(lifecycle: Lifecycle, job: Handle) -> None:
        shown.updated(await lifecycle.get(job, _context(_OPERATION_SECONDS)))

    if error := _with_job(handle, shown, look):
        return finish(shown, error, as_json=as_json)
    if as_json:
        print_json(document(shown.category, shown.handle, shown.resource))
    else:
        _print_state(shown.resource)
    return ExitCode.SUCCEEDED


@click.command
@click.argument("handle")
@click.option(
    "--timeout", callback=duration_option, metavar="DURATION", help="Exit with 124 after this long; the job goes on."
)
@_as_json
def wait(*, handle: str, timeout: float | None, as_json: bool) -> int:
    """Follow a job to its end and print its outputs; exits as `fairlead run` does.

    Ctrl-C ends only this command; the job goes on.

    \b
    Example:
      fairlead wait "$HANDLE" --timeout 1h
    """
    shown = progress()

    async def follow(lifecycle: Lifecycle, job: Handle) -> None:
        with shown:
            await Runner(lifecycle).follow(job, _context(timeout), progress=shown)

    return finish(shown, _with_job(handle, shown, follow), as_json=as_json)


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

    async def print_log(lifecycle: Lifecycle, job: Handle) -> None:
        await _print_log(lifecycle, job, follow=follow, timestamps=timestamps)

    shown = PlainProgress(silent=True)
    if error := _with_job(handle, shown, print_log):
        return finish(shown, error, as_json=False)
    return ExitCode.SUCCEEDED


@click.command
@click.argument("handle")
@_as_json
def cancel(*, handle: str, as_json: bool) -> int:
    """End a job; harmless on one that has ended, whose phase stays as it is.

    \b
    Example:
      fairlead cancel "$HANDLE"
    """
    shown = PlainProgress(silent=True)

    ended: Phase | None = None

    async def end(lifecycle: Lifecycle, job: Handle) -> None:
        nonlocal ended
        with suppress(FairleadError):  # a job that cannot be looked at can still be deleted
            phase = (await lifecycle.get(job, _context(_LOOK_SECONDS))).phase
            ended = phase if phase.is_terminal else None
        await lifecycle.delete(job, _context(_OPERATION_SECONDS))
        if as_json:
            shown.updated(await lifecycle.get(job, _context(_OPERATION_SECONDS)))

    if error := _with_job(handle, shown, end):
        return finish(shown, error, as_json=as_json)
    if as_json:
        print_json(document(shown.category, shown.handle, shown.resource))
    else:
        click.echo(f"the job had ended before, as {ended.name}" if ended else "the job was deleted", err=True)
    return ExitCode.SUCCEEDED


def _with_job(text: str, shown: PlainProgress, work: Work) -> FairleadError | Interrupted | None:
    """Read a handle, load its connector, do the work, and return how that failed; a signal leaves the job."""
    try:
        shown.handle = job = Handle.parse(text)
        shown.category = job.category
        lifecycle = Lifecycle()
        lifecycle.registry.get_connector(*job.category)  # here, where Ctrl-C can still end a slow import
        leaving = f"the job goes on\nhandle: {job}"
        run_interruptibly(_closing(work, lifecycle, job), asked=leaving, last_words=lambda: leaving)
    except (FairleadError, Interrupted) as error:
        return error
    return unprintable(shown.category, shown.resource) if shown.resource else None


async def _closing(work: Work, lifecycle: Lifecycle, job: Handle) -> None:
    async with lifecycle:
        await work(lifecycle, job)


def _context(seconds: float | None) -> Context:
    return Context(deadline=Deadline.after(seconds), redactor=redactor)


def _print_state(resource: Resource | None) -> None:
    if resource is None:
        return
    click.echo(resource.phase.name + (f"  {resource.message}" if resource.message else ""))
    for link in resource.log_links:
        click.echo(f"{link.name}: {link.uri}")
    if resource.outputs is not None:
        print_json(resource.outputs)


async def _print_log(lifecycle: Lifecycle, job: Handle, *, follow: bool, timestamps: bool) -> None:
    token = ""
    for delay in Backoff(initial=0.2, maximum=5.0, factor=1.5).delays():
        ended = follow and (await lifecycle.get(job, _context(_OPERATION_SECONDS))).phase.is_terminal
        async for page in lifecycle.get_logs(job, _context(_OPERATION_SECONDS), token=token):
            token = page.token
            for line in page.lines:
                stamp = f"{line.timestamp.isoformat()} " if timestamps and line.timestamp else ""
                click.echo(stamp + line.message)
        if ended or not follow:
            return
        await asyncio.sleep(delay)
