"""Tasks that are functions and run in the job: their code and inputs below the output prefix, and how they are called."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flyte.storage
from flyte._code_bundle import build_code_bundle
from flyte._deploy import build_images
from flyte._initialize import get_init_config
from flyte._internal.runtime import io
from flyte._internal.runtime.task_serde import get_proto_task
from flyte.connectors.utils import _render_task_template
from flyte.models import CodeBundle, SerializationContext

if TYPE_CHECKING:
    from flyte._internal.runtime.convert import Inputs
    from flyte.extend import AsyncFunctionTaskTemplate
    from flyte.models import TaskContext
    from flyteidl2.core import tasks_pb2

_DESTINATION = "/opt/flyte/"  # where flyte's own connector mixin puts the code


def runs_here(context: TaskContext) -> bool:
    """Whether a function runs in this process: in the job itself, and where no job elsewhere could get at its data."""
    return context.mode == "remote" or not flyte.storage.is_remote(context.raw_data_path.path)


async def function_template(
    task: AsyncFunctionTaskTemplate[..., Any, Any], context: TaskContext, inputs: Inputs, output_prefix: str
) -> tasks_pb2.TaskTemplate:
    """Upload the code and the inputs of a function; return its template with the arguments filled in."""
    root = get_init_config().root_dir
    environment = task.parent_env() if task.parent_env else None
    serialization = SerializationContext(
        project=context.action.project,
        domain=context.action.domain,
        org=context.action.org,
        code_bundle=await _uploaded_code(root, output_prefix),
        version=context.version,
        image_cache=await build_images.aio(environment) if environment else None,
        root_dir=root,
    )
    await io.upload_inputs(inputs, io.inputs_path(output_prefix))
    template: tasks_pb2.TaskTemplate = get_proto_task(task, serialization, context)
    return _render_task_template(template, output_prefix)  # type: ignore[no-any-return]


async def _uploaded_code(root: Path, output_prefix: str) -> CodeBundle:
    with tempfile.TemporaryDirectory(prefix="flyte-code-bundle-") as folder:
        bundle = await build_code_bundle(from_dir=root, dryrun=True, copy_bundle_to=Path(folder))
        target = f"{output_prefix}/code_bundle/{Path(str(bundle.tgz)).name}"
        remote = await flyte.storage.put(bundle.tgz, target)
    return CodeBundle(tgz=remote, computed_version=bundle.computed_version, destination=_DESTINATION)
