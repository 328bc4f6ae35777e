"""A flytekit task in this process: its values as Flyte's messages, its job by fairlead's runner, and back."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from flyteidl2.connector.connector_pb2 import CreateTaskRequest, TaskExecutionMetadata
from flyteidl2.core.tasks_pb2 import TaskTemplate as FlyteTaskTemplate
from flyteidl2.task.common_pb2 import Inputs
from flytekit import FlyteContext, PythonFunctionTask
from flytekit.configuration import ImageConfig, SerializationSettings
from flytekit.core.type_engine import TypeEngine
from flytekit.tools.translator import get_serializable

from fairlead import FairleadError, Phase
from fairlead_flyte.flytekit.failures import failed, raised
from fairlead_flyte.flytekit.functions import prepared
from fairlead_flyte.flytekit.outputs import outputs_of
from fairlead_flyte.local.attempts import run_with_retries
from fairlead_flyte.local.background import background
from fairlead_flyte.local.interruption import wait_for
from fairlead_flyte.local.progress import TaskProgress
from fairlead_flyte.wire import reread

if TYPE_CHECKING:
    from flytekit.core.base_task import PythonTask
    from flytekit.models.task import TaskTemplate

    from fairlead import Resource


class ConnectorExecutorMixin:
    """Runs a flytekit task through the fairlead connector of its task type, wherever flytekit would run it locally.

    To be mixed into a task class before flytekit's own: `class MyTask(ConnectorExecutorMixin, PythonTask)`. It takes
    the place of flytekit's `AsyncConnectorExecutorMixin` and `SyncConnectorExecutorMixin`.
    """

    def execute(self: Any, **inputs: Any) -> Any:
        """Run the task with native inputs to its end, and return its outputs.

        Honours the timeout and the retries of the task's metadata. Raises flytekit's `FlyteUserException` where the
        task failed, `FlyteTimeout` where it took too long, `FlyteConnectorNotFound` where nothing serves its type.
        Ctrl-C and SIGTERM delete the job. In the job itself, a task that is a function calls it.
        """
        context = FlyteContext.current_context()
        if isinstance(self, PythonFunctionTask) and not context.execution_state.is_local_execution():
            return PythonFunctionTask.execute(self, **inputs)
        output_prefix = context.file_access.get_random_remote_directory()
        request = _request(self, inputs, output_prefix)
        resource = _run(self, request)
        if resource.phase is not Phase.SUCCEEDED:
            raise failed(self.name, resource)
        return outputs_of(self, resource, output_prefix)


def _request(task: PythonTask[Any], inputs: dict[str, Any], output_prefix: str) -> CreateTaskRequest:
    """Return what Flyte's backend would send to a connector."""
    context = FlyteContext.current_context()
    settings = context.serialization_settings or SerializationSettings(ImageConfig())
    template: TaskTemplate = get_serializable(OrderedDict(), settings, task).template
    if isinstance(task, PythonFunctionTask):
        template, literals = prepared(task, template, inputs, output_prefix)
    else:
        literals = TypeEngine.dict_to_literal_map(context, inputs, task.get_input_types())
    message = reread(template.to_flyte_idl(), FlyteTaskTemplate)
    execution = TaskExecutionMetadata(task_execution_id={"task_id": message.id})
    return CreateTaskRequest(
        inputs=reread(literals.to_flyte_idl(), Inputs),
        template=message,
        output_prefix=output_prefix,
        task_execution_metadata=execution,
    )


def _run(task: PythonTask[Any], request: CreateTaskRequest) -> Resource:
    progress = TaskProgress(task.name)
    try:
        return wait_for(background.submit(run_with_retries(request, progress), progress.last_words))
    except FairleadError as error:
        raise raised(task.name, error) from error
