"""A flyte 2 task in this process: its values as Flyte's messages, its job by fairlead's runner, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyte._context import internal_ctx
from flyte.extend import AsyncFunctionTaskTemplate

from fairlead import FairleadError, Phase
from fairlead_flyte.flyte.credentials import configs_of, secrets_of
from fairlead_flyte.flyte.failures import failed, raised
from fairlead_flyte.flyte.functions import runs_here
from fairlead_flyte.flyte.outputs import outputs_of
from fairlead_flyte.flyte.progress import RunProgress
from fairlead_flyte.flyte.request import request_for
from fairlead_flyte.local.attempts import run_once
from fairlead_flyte.local.background import background
from fairlead_flyte.local.interruption import join

if TYPE_CHECKING:
    from flyteidl2.connector.connector_pb2 import CreateTaskRequest

    from fairlead import Resource


class ConnectorExecutorMixin:
    """Runs a flyte task through the fairlead connector of its task type, wherever flyte would run it locally.

    To be mixed into a task class before flyte's own: `class MyTask(ConnectorExecutorMixin, TaskTemplate)`. It takes the
    place of flyte's `AsyncConnectorExecutorMixin`.
    """

    async def execute(self: Any, **inputs: Any) -> Any:
        """Run one attempt of the task with native inputs to its end, and return its native outputs.

        Honours the task's timeout; flyte's own local runner honours its retries, but for what raises
        `NonRecoverableError`. A task that is a function runs in this process, unless the raw data is remote, such that a
        job elsewhere can get at it.
        """
        context = internal_ctx().data.task_context
        if context is None:
            message = f"the task {self.name} is not part of a run; use flyte.with_runcontext(mode='local').run(task, …)"
            raise RuntimeError(message)
        if isinstance(self, AsyncFunctionTaskTemplate) and runs_here(context):
            return await AsyncFunctionTaskTemplate.execute(self, **inputs)
        request = await request_for(self, context, inputs)
        resource = await _run(self.name, request, RunProgress(self.name, context.action.name))
        if resource.phase is not Phase.SUCCEEDED:
            raise failed(self.name, resource)
        return await outputs_of(self, request, resource)


async def _run(name: str, request: CreateTaskRequest, progress: RunProgress) -> Resource:
    try:
        secrets, configs = secrets_of(request.template), configs_of(request.template)
        work = run_once(request, progress, secrets=secrets, configs=configs)
        return await join(background.submit(work, progress.last_words))
    except FairleadError as error:
        raise raised(name, error) from error
