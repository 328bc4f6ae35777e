"""Drive one task to its end in this process."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import msgspec

from fairlead.backoff import Backoff, wait_after
from fairlead.context import Context, Deadline
from fairlead.errors import DeadlineExceeded, FairleadError, QuotaExceeded, TransientError
from fairlead.handle import Handle
from fairlead.lifecycle import Lifecycle
from fairlead.logs import get_logger
from fairlead.resource import Phase, Resource
from fairlead.task import TaskTemplate

_logger = get_logger(__name__)

_PASSING = (TransientError, QuotaExceeded, DeadlineExceeded)

_CREATE_SECONDS = 120.0
_DO_SECONDS = 24 * 3600.0  # what connectors pass on to their clients, some of which take no infinite timeout
_LAST_LOOK_SECONDS = 5.0
_SHORTEST_POLL = 0.05


class Progress:
    """What a caller of the runner may want to know while it runs; every method may be left as it is."""

    def created(self, handle: Handle) -> None:
        """Note that the job exists; from now on its handle leads back to it."""

    def updated(self, resource: Resource) -> None:
        """Note the state that a `get` has found, also an unchanged one."""

    def troubled(self, error: FairleadError) -> None:
        """Note a passing fault, after which the runner goes on."""

    def deleted(self, handle: Handle, error: FairleadError | None) -> None:
        """Note that the job was deleted, or why that could not be done."""


class Runner:
    """Creates, polls and ends jobs; any number of them at once, each in a coroutine of its own.

    `poll` is the interval between two `get`s, from small to large; a connector's `poll_after` takes its
    place, but is never less than 50 ms. `operation_seconds` is the deadline of one operation. `grace` is how long, in seconds, ending a
    job may take after a timeout or a cancellation.
    """

    def __init__(
        self,
        lifecycle: Lifecycle | None = None,
        *,
        poll: Backoff | None = None,
        operation_seconds: float = 30.0,
        grace: float = 15.0,
    ) -> None:
        self.lifecycle = lifecycle or Lifecycle()
        self._poll = poll or Backoff(initial=0.2, maximum=10.0, factor=1.5, jitter=0.2)
        self._operation_seconds = operation_seconds
        self._grace = grace

    async def run(
        self,
        task: TaskTemplate,
        inputs: dict[str, Any],
        context: Context,
        *,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> Resource:
        """Run a task to its end and return its last resource, whatever the outcome.

        `timeout` is in seconds; without one the task's own counts, and a sync connector has a day. On expiry, and when the coroutine is
        cancelled, the job is deleted before `DeadlineExceeded` or the cancellation is raised. No other
        error deletes the job: its handle, which `progress` is told, leads back to it.
        """
        progress = progress or Progress()
        deadline = Deadline.after(task.metadata.timeout if timeout is None else timeout)
        if self.lifecycle.registry.get_connector(*task.category).is_sync:
            within = Deadline.after(min(deadline.remaining, _DO_SECONDS))
            resource = await self.lifecycle.do(task, inputs, _until(context, within))
            progress.updated(resource)
            return resource
        handle = await self.create(task, inputs, _until(context, deadline), progress=progress)
        try:
            return await self.follow(handle, _until(context, deadline), progress=progress)
        except (DeadlineExceeded, asyncio.CancelledError):
            await self._end(handle, context, progress)
            raise

    async def create(
        self, task: TaskTemplate, inputs: dict[str, Any], context: Context, *, progress: Progress | None = None
    ) -> Handle:
        """Submit a job, trying again with the same idempotency key after passing faults.

        A context without a key gets a random one, so that each try finds what the one before has started.
        A cancellation waits for a submission that is under way, and deletes what it has started.
        """
        progress = progress or Progress()
        key = context.idempotency_key or uuid.uuid4().hex
        context = msgspec.structs.replace(context, idempotency_key=key)
        submission = asyncio.ensure_future(self._submitted(task, inputs, context, progress))
        try:
            handle = await asyncio.shield(submission)
        except asyncio.CancelledError:
            await self._abandon(submission, context, progress)
            raise
        progress.created(handle)
        return handle

    async def follow(self, handle: Handle, context: Context, *, progress: Progress | None = None) -> Resource:
        """Poll a job until it has ended, and return its last resource.

        Passing faults do not end it. Raises `DeadlineExceeded` at the context's deadline; the job goes on.
        """
        progress = progress or Progress()
        phase, delays, page, trouble = Phase.UNDEFINED, self._poll.delays(), "", ""
        while True:
            try:
                resource = await self.lifecycle.get(handle, self._for_operation(context))
            except _PASSING as error:
                trouble = f"; the last fault: {error}"
                progress.troubled(error)
                delay = wait_after(error, next(delays))
            else:
                trouble = ""
                page = "".join(f"; {link.name}: {link.uri}" for link in resource.log_links[:1])
                progress.updated(resource)
                if resource.phase.is_terminal:
                    return resource
                if resource.phase is not phase:
                    phase, delays = resource.phase, self._poll.delays()
                delay = next(delays) if resource.poll_after is None else max(_SHORTEST_POLL, resource.poll_after)
            remaining = context.deadline.remaining
            if not remaining:
                message = (
                    f"the job did not end in the time allowed; its last known phase is {phase.name}{page}{trouble}"
                )
                raise DeadlineExceeded(message)
            await asyncio.sleep(min(delay, remaining))

    async def _submitted(
        self, task: TaskTemplate, inputs: dict[str, Any], context: Context, progress: Progress
    ) -> Handle:
        limit = Deadline.after(min(_CREATE_SECONDS, context.deadline.remaining))
        delays = self._poll.delays()
        while True:
            try:
                return await self.lifecycle.create(task, inputs, self._for_operation(context))
            except _PASSING as error:
                delay = wait_after(error, next(delays))
                if delay >= limit.remaining:
                    raise
                progress.troubled(error)
                await asyncio.sleep(delay)

    async def _abandon(self, submission: asyncio.Future[Handle], context: Context, progress: Progress) -> None:
        """Wait for a submission that nobody wants any more, and delete the job if there is one."""
        done, _ = await asyncio.wait([submission], timeout=self._grace)
        if not done:
            submission.cancel()
            _logger.warning(
                "the submission did not end; if it started a job, idempotency key %s finds it", context.idempotency_key
            )
        elif not submission.cancelled() and submission.exception() is None:
            await self._end(submission.result(), context, progress)

    async def _end(self, handle: Handle, context: Context, progress: Progress) -> None:
        """Delete a job in a task of its own, which is not being cancelled as this one may be: plugins cannot pass for that."""
        deletion = self.lifecycle.delete(handle, _until(context, Deadline.after(self._grace)))
        try:
            await asyncio.create_task(deletion)
        except FairleadError as error:
            progress.deleted(handle, error)
        else:
            progress.deleted(handle, None)

    def _for_operation(self, context: Context) -> Context:
        """Return the context of one operation; near the end it still has time to see that the job has ended."""
        seconds = min(self._operation_seconds, max(_LAST_LOOK_SECONDS, context.deadline.remaining))
        return _until(context, Deadline.after(seconds))


def _until(context: Context, deadline: Deadline) -> Context:
    return msgspec.structs.replace(context, deadline=deadline)
