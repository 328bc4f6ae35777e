"""What Flyte's backend would send to a connector for a flyte 2 task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyte._internal.runtime import convert
from flyte._internal.runtime.task_serde import get_proto_task
from flyte.extend import AsyncFunctionTaskTemplate
from flyte.models import SerializationContext
from flyteidl2.connector.connector_pb2 import CreateTaskRequest, TaskExecutionMetadata

from fairlead_flyte.flyte.functions import function_template

if TYPE_CHECKING:
    from flyte.extend import TaskTemplate
    from flyte.models import TaskContext
    from flyteidl2.core import tasks_pb2


async def request_for(
    task: TaskTemplate[..., Any, Any], context: TaskContext, inputs: dict[str, Any]
) -> CreateTaskRequest:
    """Return the request for a task with native inputs; what the job of a function needs is uploaded below its prefix."""
    output_prefix = context.raw_data_path.get_random_remote_path()
    given = await convert.convert_from_native_to_inputs(task.native_interface, **inputs)
    if isinstance(task, AsyncFunctionTaskTemplate):
        template = await function_template(task, context, given, output_prefix)
    else:
        template = get_proto_task(task, _serialization(context), context)
    return CreateTaskRequest(
        inputs=given.proto_inputs,
        template=template,
        output_prefix=output_prefix,
        task_execution_metadata=_execution(context, template),
    )


def _serialization(context: TaskContext) -> SerializationContext:
    return SerializationContext(
        project=context.action.project,
        domain=context.action.domain,
        org=context.action.org,
        code_bundle=context.code_bundle,
        version=context.version,
        image_cache=context.compiled_image_cache,
    )


def _execution(context: TaskContext, template: tasks_pb2.TaskTemplate) -> TaskExecutionMetadata:
    action = context.action
    run = {"project": action.project, "domain": action.domain, "name": action.run_name or action.name}
    node = {"node_id": action.name, "execution_id": run}
    return TaskExecutionMetadata(task_execution_id={"task_id": template.id, "node_execution_id": node})
