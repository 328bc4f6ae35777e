"""Tasks whose own function runs in the job: what it finds below the output prefix, and how it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flytekit.core.context_manager import ExecutionState, FlyteContext, FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.core.utils import write_proto_to_file
from flytekit.extend.backend.utils import render_task_template

if TYPE_CHECKING:
    from flytekit import PythonFunctionTask
    from flytekit.models.literals import LiteralMap
    from flytekit.models.task import TaskTemplate


def prepared(
    task: PythonFunctionTask[Any], template: TaskTemplate, inputs: dict[str, Any], output_prefix: str
) -> tuple[TaskTemplate, LiteralMap]:
    """Write the inputs to `{output_prefix}/inputs.pb`; return the template with its arguments filled in, and the inputs."""
    context = FlyteContext.current_context()
    state = context.new_execution_state().with_params(mode=ExecutionState.Mode.TASK_EXECUTION)
    with FlyteContextManager.with_context(context.with_execution_state(state)) as inside:
        literals = TypeEngine.dict_to_literal_map(inside, inputs, task.get_input_types())
        path = inside.file_access.get_random_local_path()
        write_proto_to_file(literals.to_flyte_idl(), path)
        inside.file_access.put_data(path, f"{output_prefix}/inputs.pb")
    return render_task_template(template, output_prefix) if template.container else template, literals
