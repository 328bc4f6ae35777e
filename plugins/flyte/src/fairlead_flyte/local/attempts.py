"""One task of a local workflow to its end, by the same request that Flyte's backend would send."""

from __future__ import annotations

import asyncio
import uuid
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from fairlead import (
    Backoff,
    ConnectorNotFound,
    Context,
    DeadlineExceeded,
    Phase,
    QuotaExceeded,
    Runner,
    TransientError,
)
from fairlead_flyte.bridge import register_loaded
from fairlead_flyte.literals import from_literals
from fairlead_flyte.local.backends import backend_of
from fairlead_flyte.local.background import background
from fairlead_flyte.template import RESERVED_KEYS, from_execution, from_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl2.connector.connector_pb2 import CreateTaskRequest

    from fairlead import Progress, Resource

_PASSING = (DeadlineExceeded, QuotaExceeded, TransientError)
_RETRY = Backoff(initial=0.5, maximum=30.0)


@cache
def runner() -> Runner:
    """Return the runner of this process; its connectors are closed at the end."""
    made = Runner()
    background.close_at_exit(made.lifecycle.close)
    return made


async def run_with_retries(request: CreateTaskRequest, progress: Progress) -> Resource:
    """Run a task until an attempt has ended for good, at most once more than the template has `retries`.

    As in Flyte, RETRYABLE_FAILED and an expired timeout are worth another attempt; so is a passing fault that
    outlasted the submission. Returns the last resource, whatever the outcome; raises `FairleadError`.
    """
    retries = request.template.metadata.retries.retries
    for attempt, delay in zip(range(retries), _RETRY.delays(), strict=False):
        request.task_execution_metadata.task_execution_id.retry_attempt = attempt
        try:
            resource = await run_once(request, progress)
        except _PASSING as error:
            progress.troubled(error)
        else:
            if resource.phase is not Phase.RETRYABLE_FAILED:
                return resource
        await asyncio.sleep(delay)
    request.task_execution_metadata.task_execution_id.retry_attempt = retries
    return await run_once(request, progress)


async def run_once(
    request: CreateTaskRequest,
    progress: Progress,
    *,
    secrets: Mapping[str, str] = MappingProxyType({}),
    configs: Mapping[str, str] = MappingProxyType({}),
) -> Resource:
    """Run one attempt, within the timeout of the template, and return the last resource; raises `FairleadError`.

    `secrets` and `configs` are those of the request, as Flyte 2 has them; those of a stand-in that runs come first.
    """
    task = from_template(request.template, native=request, reserved=RESERVED_KEYS)
    backend = backend_of(task.type)
    context = Context(
        idempotency_key=f"local-{uuid.uuid4().hex}",
        secrets={**secrets, **backend.secrets},
        configs={**configs, **backend.configs},
        output_prefix=request.output_prefix,
        execution=from_execution(request.task_execution_metadata),
    )
    _find_connector(task.type, task.task_type_version)
    return await runner().run(task, from_literals(request.inputs.literals), context, progress=progress)


def _find_connector(task_type: str, version: int) -> None:
    """Look for the connector also where the workflow's own modules may have registered one: at flytekit's and flyte's."""
    registry = runner().lifecycle.registry
    try:
        registry.get_connector(task_type, version)
    except ConnectorNotFound:
        register_loaded(registry)
