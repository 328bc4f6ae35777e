"""Local stand-ins of external systems for the tasks of local workflows."""

from __future__ import annotations

import asyncio
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fairlead import LocalBackend, TaskCategory
from fairlead.local import local_backend as start_backend
from fairlead_flyte.local.background import background
from fairlead_flyte.local.interruption import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

_running: dict[str, LocalBackend] = {}


def backend_of(task_type: str) -> LocalBackend:
    """Return the stand-in that runs for a task type, or one that says nothing."""
    return _running.get(task_type, LocalBackend())


@contextmanager
def local_backend(task_type: str) -> Iterator[LocalBackend]:
    """Run tasks of that type against a local stand-in of the external system, as `fairlead run --local` does.

    Raises `InvalidTask` where no stand-in is installed, `PluginError` where it does not start.

    Example::

        with local_backend("databricks"):
            my_workflow(x=1)
    """
    end = asyncio.Event()
    started: Future[LocalBackend] = Future()
    job = background.submit(_serve(TaskCategory.parse(task_type), started, end))
    try:
        futures: list[Future[Any]] = [started, job.future]
        wait(futures, return_when=FIRST_COMPLETED)
        if job.future.done():
            job.future.result()
        _running[task_type] = started.result()
        yield _running[task_type]
    finally:
        _running.pop(task_type, None)
        background.call(end.set)
        wait_for(job)


async def _serve(category: TaskCategory, started: Future[LocalBackend], end: asyncio.Event) -> None:
    async with start_backend(category) as backend:
        started.set_result(backend)
        await end.wait()
