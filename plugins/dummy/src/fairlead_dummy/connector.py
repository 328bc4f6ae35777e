"""The connector to the simulated system."""

import asyncio
import hashlib
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Any

from fairlead import (
    AsyncConnector,
    Context,
    ErrorKind,
    LogLink,
    LogPage,
    Phase,
    Resource,
    ResourceMeta,
    TaskError,
    TaskTemplate,
    TransientError,
)
from fairlead_dummy import system
from fairlead_dummy.simulation import DummyCustom, log_lines, moment

_logger = logging.getLogger("fairlead.dummy")


class DummyJob(ResourceMeta, omit_defaults=True):
    """A simulated job: all that it will do is in its meta."""

    job_id: str
    started_at: float
    custom: DummyCustom
    inputs: dict[str, Any] = {}


class DummyConnector(AsyncConnector[DummyJob]):
    """Simulates jobs of any duration and outcome.

    Nothing is kept in the process: what a job is doing follows from its meta and the clock, so that any
    process can follow it.
    """

    name = "Dummy"
    task_type = "dummy"
    custom_type = DummyCustom

    async def create(self, task: TaskTemplate[DummyCustom], inputs: dict[str, Any], context: Context) -> DummyJob:
        """Start a simulated job, or find the one that was started with this idempotency key."""
        key = context.idempotency_key or uuid.uuid4().hex
        job_id = hashlib.sha256(key.encode()).hexdigest()[:16]
        job = DummyJob(job_id=job_id, started_at=system.now(), custom=task.custom, inputs=inputs)
        return DummyJob.decode(system.adopt_or_start(job_id, job.encode()))

    async def get(self, meta: DummyJob, context: Context) -> Resource:
        """Compute where the job stands now, after the faults that it asked for."""
        faults = meta.custom.faults
        if faults.slow_get:
            await asyncio.sleep(faults.slow_get)
        if (
            faults.transient_gets
            and (failed := system.count_call(meta.job_id, faults.transient_gets)) < faults.transient_gets
        ):
            message = f"simulated fault {failed + 1} of {faults.transient_gets}"
            raise TransientError(message)
        return _resource(meta)

    async def delete(self, meta: DummyJob, context: Context) -> None:
        """End the job now, if it has not ended."""
        system.mark_deleted(meta.job_id)

    async def get_logs(self, meta: DummyJob, context: Context, *, token: str = "") -> AsyncIterator[LogPage]:
        """Yield the lines that the job has written since `token`."""
        lines = log_lines(meta.custom, meta.started_at, _elapsed(meta)[0])
        seen = int(token or 0)
        if len(lines) > seen:
            yield LogPage(tuple(lines[seen:]), str(len(lines)))


def _elapsed(meta: DummyJob) -> tuple[float, bool]:
    """Return for how many seconds the job has run, and whether it was deleted."""
    deleted_at = system.deleted_at(meta.job_id)
    end = system.now() if deleted_at is None else deleted_at
    return max(0.0, end - meta.started_at), deleted_at is not None


def _resource(meta: DummyJob) -> Resource:
    elapsed, deleted = _elapsed(meta)
    now = moment(meta.custom, elapsed, deleted=deleted)
    state = meta.custom.faults.unknown_state
    if state and not now.phase.is_terminal:
        _logger.warning("job %s is in the unknown state %s; it counts as running", meta.job_id, state)
        return _running(meta, Phase.RUNNING, state)
    if not now.phase.is_terminal:
        return _running(meta, now.phase, now.message)
    outputs = meta.inputs if meta.custom.outputs is None else meta.custom.outputs
    return Resource(
        phase=now.phase,
        message=now.message,
        log_links=_links(meta),
        outputs=outputs if now.phase is Phase.SUCCEEDED else None,
        error=_error(now.phase),
    )


def _running(meta: DummyJob, phase: Phase, message: str) -> Resource:
    return Resource(phase=phase, message=message, log_links=_links(meta), poll_after=meta.custom.poll_after)


def _links(meta: DummyJob) -> tuple[LogLink, ...]:
    return (LogLink("Dummy Console", f"https://dummy.example/jobs/{meta.job_id}"),)


def _error(phase: Phase) -> TaskError | None:
    if phase is Phase.RETRYABLE_FAILED:
        return TaskError(code="SimulatedOutage", kind=ErrorKind.SYSTEM, recoverable=True)
    return TaskError(code="SimulatedFailure") if phase is Phase.FAILED else None
