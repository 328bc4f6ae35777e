"""The connectors: a run of its own (`databricks`, `spark`), and a run of an existing job (`databricks_job`)."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from fairlead import (
    AsyncConnector,
    Backoff,
    Context,
    DeadlineExceeded,
    InvalidTask,
    LogPage,
    Phase,
    Resource,
    TaskTemplate,
)
from fairlead_databricks import jobs
from fairlead_databricks.custom import DatabricksCustom, DatabricksJobCustom
from fairlead_databricks.failure import explain
from fairlead_databricks.following import Following
from fairlead_databricks.links import links
from fairlead_databricks.login import FLYTE_TOKEN, TOKEN, find_instance
from fairlead_databricks.logs import log_pages
from fairlead_databricks.metadata import DatabricksJobMetadata
from fairlead_databricks.model import Run
from fairlead_databricks.outputs import concluded
from fairlead_databricks.places import Places
from fairlead_databricks.repair import Repairs, Seen
from fairlead_databricks.run_now import repeated, run_parameters
from fairlead_databricks.submission import submission
from fairlead_databricks.verdict import Verdict, verdict_of_run

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace

_CONFIRM = Backoff(initial=0.2, maximum=3.0)

_logger = logging.getLogger("fairlead.databricks")


class _RunConnector(AsyncConnector[DatabricksJobMetadata]):
    """What both kinds of runs have in common: following one, reading its logs and ending it."""

    secrets = (TOKEN, FLYTE_TOKEN)
    request_seconds: ClassVar[float] = 20.0
    """How long one answer may take before its request is given up, and where that is safe, sent again."""

    backoff: ClassVar[Backoff] = Backoff(initial=0.5, maximum=10.0)
    """The waits before requests are sent again."""

    def __init__(self) -> None:
        self._places = Places(request_seconds=self.request_seconds, backoff=self.backoff)
        self._repairs = Repairs()

    async def close(self) -> None:
        """Close the connections to all workspaces."""
        await self._places.close()

    async def get(self, meta: DatabricksJobMetadata, context: Context) -> Resource:
        """Return the state of the run; of one that has ended, also its outputs, or why it failed."""
        following = await self._places.find(meta.databricks_instance, meta.token_secret, context)
        run = await following.get(meta.run_id, deadline=context.deadline)
        seen = await self._repairs.look(run, meta, following.workspace, deadline=context.deadline)
        return await _resource(seen, meta, following, context)

    async def delete(self, meta: DatabricksJobMetadata, context: Context) -> None:
        """Cancel the run, and wait until it has ended. From now on it is not repaired any more."""
        self._repairs.give_up(meta)
        following = await self._places.find(meta.databricks_instance, meta.token_secret, context)
        await jobs.cancel(following.workspace, meta.run_id, deadline=context.deadline)
        for delay in _CONFIRM.delays():
            run = await following.get(meta.run_id, deadline=context.deadline)
            if verdict_of_run(run).phase.is_terminal:
                return
            if delay >= context.deadline.remaining:
                message = f"run {meta.run_id} in {meta.databricks_instance} was cancelled, but has not ended yet"
                raise DeadlineExceeded(message)
            await asyncio.sleep(delay)

    async def get_logs(
        self, meta: DatabricksJobMetadata, context: Context, *, token: str = ""
    ) -> AsyncIterator[LogPage]:
        """Yield what the tasks have written, as far as Databricks returns it, and the delivered logs of their clusters."""
        workspace = await self._workspace(meta.databricks_instance, meta.token_secret, context)
        run = await jobs.get(workspace, meta.run_id, deadline=context.deadline)
        async for page in log_pages(run, workspace, token=token, deadline=context.deadline):
            yield page

    async def _workspace(self, instance: str, token_secret: str, context: Context) -> Workspace:
        return (await self._places.find(instance, token_secret, context)).workspace


class DatabricksConnector(_RunConnector):
    """Runs Databricks jobs: submits a run of its own, follows it, explains its failures and cancels it."""

    name = "Databricks"
    task_type = "databricks"
    custom_type = DatabricksCustom

    async def create(
        self, task: TaskTemplate[DatabricksCustom], inputs: dict[str, Any], context: Context
    ) -> DatabricksJobMetadata:
        """Submit a run, or find the one that was submitted with this idempotency key."""
        task = msgspec.structs.replace(task, custom=task.custom.filled(inputs))
        custom, token = task.custom, context.idempotency_key or uuid.uuid4().hex
        instance = find_instance(custom.databricks_instance, context)
        body = submission(task, inputs, token)
        workspace = await self._workspace(instance, custom.databricks_token_secret, context)
        run_id = await jobs.submit(workspace, body, deadline=context.deadline)
        return _metadata(task, instance, run_id, {})


class SparkConnector(DatabricksConnector):
    """Runs tasks of flytekit's older Databricks plugin, whose task type is `spark`."""

    name = "Databricks (spark)"
    task_type = "spark"


class DatabricksJobConnector(_RunConnector):
    """Runs existing Databricks jobs, by id or by name."""

    name = "Databricks Job"
    task_type = "databricks_job"
    custom_type = DatabricksJobCustom

    async def create(
        self, task: TaskTemplate[DatabricksJobCustom], inputs: dict[str, Any], context: Context
    ) -> DatabricksJobMetadata:
        """Start a run of the job, or find the one that was started with this idempotency key."""
        custom, token = task.custom.filled(inputs), context.idempotency_key or uuid.uuid4().hex
        if (custom.job_id is None) == (not custom.job_name):
            message = "`custom`: name the job by exactly one of jobId and jobName"
            raise InvalidTask(message)
        instance = find_instance(custom.databricks_instance, context)
        parameters = run_parameters(custom, inputs)
        body = {"idempotency_token": token, **parameters}
        workspace = await self._workspace(instance, custom.databricks_token_secret, context)
        job_id = custom.job_id
        if job_id is None:
            job_id = await jobs.find_job(workspace, custom.job_name, deadline=context.deadline)
        run_id = await jobs.run_now(workspace, {"job_id": job_id, **body}, deadline=context.deadline)
        return _metadata(task, instance, run_id, repeated(parameters))


def _metadata(task: TaskTemplate[Any], instance: str, run_id: int, parameters: dict[str, Any]) -> DatabricksJobMetadata:
    declared = task.interface.outputs if task.interface else {}
    return DatabricksJobMetadata(
        databricks_instance=instance,
        run_id=str(run_id),
        token_secret=task.custom.databricks_token_secret,
        outputs=tuple(declared),
        text_outputs=tuple(name for name, variable in declared.items() if variable.type == "string"),
        success_with_failures=task.custom.success_with_failures,
        max_repairs=task.custom.max_repairs,
        parameters=parameters if task.custom.max_repairs else {},
    )


def _verdict(run: Run, meta: DatabricksJobMetadata) -> Verdict:
    return verdict_of_run(run, success_with_failures=meta.success_with_failures == "succeed")


async def _resource(seen: Seen, meta: DatabricksJobMetadata, following: Following, context: Context) -> Resource:
    run, verdict = seen.run, _verdict(seen.run, meta)
    if seen.is_due:
        message = f"{verdict.code}: {verdict.message}; its failed tasks run again as soon as it is followed"
        verdict = verdict._replace(phase=Phase.QUEUED, message=message)
    if verdict.unknown:
        _logger.warning("run %s is in the unknown state %s", meta.run_id, verdict.code)
    message, outputs = verdict.message, None
    if verdict.phase is Phase.SUCCEEDED:
        verdict, outputs = await concluded(run, verdict, meta, following.workspace, deadline=context.deadline)
        message = verdict.message
    elif verdict.phase.is_terminal:
        message = await explain(run, verdict, following.workspace, deadline=context.deadline)
        message += f"\nits failed tasks could not be run again: {seen.refusal}" if seen.refusal else ""
    return Resource(
        phase=verdict.phase,
        message=message,
        log_links=links(run, meta.databricks_instance),
        outputs=outputs,
        error=verdict.error,
        poll_after=None if verdict.phase.is_terminal else following.poll_after,
    )
