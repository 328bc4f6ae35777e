"""`fairlead status`, `wait` and `cancel`: a job by its handle, from any process."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import click

from fairlead.cli.document import document, print_json, unprintable
from fairlead.cli.exits import ExitCode
from fairlead.cli.finish import finish
from fairlead.cli.interrupt import Interrupted, run_interruptibly
from fairlead.cli.progress import PlainProgress, progress
from fairlead.cli.streams import keep_for_results, results
from fairlead.cli.values import duration_option
from fairlead.cli.verbosity import redactor
from fairlead.context import Context, Deadline
from fairlead.errors import FairleadError, ResourceNotFound
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
        shown.updated(await lifecycle.get(job, operation_context()))

    if error := with_job(handle, shown, look):
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
            await Runner(lifecycle).follow(job, operation_context(timeout), progress=shown)

    return finish(shown, with_job(handle, shown, follow), as_json=as_json)


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
            phase = (await lifecycle.get(job, operation_context(_LOOK_SECONDS))).phase
            ended = phase if phase.is_terminal else None
        await lifecycle.delete(job, operation_context())
        if as_json:
            with suppress(ResourceNotFound):  # what is deleted may be forgotten
                shown.updated(await lifecycle.get(job, operation_context()))

    if error := with_job(handle, shown, end):
        return finish(shown, error, as_json=as_json)
    if as_json:
        print_json(document(shown.category, shown.handle, shown.resource))
    else:
        click.echo(f"the job had ended before, as {ended.name}" if ended else "the job was deleted", err=True)
    return ExitCode.SUCCEEDED


def with_job(text: str, shown: PlainProgress, work: Work) -> FairleadError | Interrupted | None:
    """Read a handle, load its connector, do the work, and return how that failed; a signal leaves the job."""
    keep_for_results()
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


def operation_context(seconds: float | None = _OPERATION_SECONDS) -> Context:
    """Return the context of one operation that may take so many seconds, None for any number."""
    return Context(deadline=Deadline.after(seconds), redactor=redactor)


def _print_state(resource: Resource | None) -> None:
    if resource is None:
        return
    click.echo(resource.phase.name + (f"  {resource.message}" if resource.message else ""), file=results())
    for link in resource.log_links:
        click.echo(f"{link.name}: {link.uri}", file=results())
    if resource.outputs is not None:
        print_json(resource.outputs)
