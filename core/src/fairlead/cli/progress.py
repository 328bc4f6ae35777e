"""What stderr shows while a task runs: a live line on a terminal, else one line a change."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from fairlead.runner import Progress

if TYPE_CHECKING:
    from fairlead.category import TaskCategory
    from fairlead.errors import FairleadError
    from fairlead.handle import Handle
    from fairlead.resource import Resource


class PlainProgress(Progress):
    """One line a change; also remembers what the task is, its handle and its last resource."""

    def __init__(self, *, silent: bool = False) -> None:
        self.category: TaskCategory | None = None
        self.handle: Handle | None = None
        self._silent = silent
        self.resource: Resource | None = None
        self._started = time.monotonic()
        self._links: set[str] = set()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def line(self, text: str) -> None:
        """Write one line; where stderr cannot be written, be silent from then on."""
        if self._silent:
            return
        try:
            print(text, file=sys.stderr, flush=True)
        except OSError:
            self._silent = True

    def created(self, handle: Handle) -> None:
        """Print the handle at once: whatever happens next, it leads back to the job."""
        self.handle = handle
        self.line(f"handle: {handle}")

    def updated(self, resource: Resource) -> None:
        """Print the state if it has changed, and links that are new."""
        before, self.resource = self.resource, resource
        self._print_links(resource)
        if before is None or (before.phase, before.message) != (resource.phase, resource.message):
            self.show(resource)

    def troubled(self, error: FairleadError) -> None:
        """Print a passing fault."""
        self.line(f"{self.elapsed:6.1f}s  trying again: {error}")

    def deleted(self, handle: Handle, error: FairleadError | None) -> None:
        """Print that the job was deleted, or that it goes on."""
        if error is None:
            self.line("the job was deleted")
        else:
            self.line(f"the job could NOT be deleted: {error}\nits handle: {handle}")

    def show(self, resource: Resource) -> None:
        """Show a state that differs from the one before."""
        self.line(
            f"{self.elapsed:6.1f}s  {resource.phase.name}" + (f"  {resource.message}" if resource.message else "")
        )

    def _print_links(self, resource: Resource) -> None:
        for link in resource.log_links:
            if link.ready and link.uri not in self._links:
                self._links.add(link.uri)
                self.line(f"{link.name}: {link.uri}")


class LiveProgress(PlainProgress):
    """A live line with phase, elapsed time and message, below the lines that stay."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        super().__init__()
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.fields[phase]}", markup=False, style="bold"),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._row = self._bar.add_task("", total=None, phase="SUBMITTING")

    def __enter__(self) -> Self:
        """Start the live line."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the live line away, and leave the last state."""
        self._bar.stop()
        if self.resource is not None:
            super().show(self.resource)

    def line(self, text: str) -> None:
        """Write one line above the live one."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, resource: Resource) -> None:
        """Change the live line."""
        self._bar.update(self._row, phase=resource.phase.name, description=resource.message)


def progress() -> PlainProgress:
    """Return what fits stderr."""
    return LiveProgress() if sys.stderr.isatty() else PlainProgress()
