"""`fairlead run`: one task to its end."""

from __future__ import annotations

import os
import uuid
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from fairlead.category import TaskCategory
from fairlead.cli.completion import complete_task
from fairlead.cli.finish import finish
from fairlead.cli.interrupt import Interrupted, run_interruptibly
from fairlead.cli.parsing import SUFFIXES
from fairlead.cli.progress import PlainProgress, progress
from fairlead.cli.streams import keep_for_results
from fairlead.cli.taskfile import NAME_RULE, read_mapping, read_task
from fairlead.cli.values import input_values, key_option, parse_assignments, timeout_option
from fairlead.cli.verbosity import redactor
from fairlead.context import Context
from fairlead.errors import ConnectorNotFound, DeadlineExceeded, FairleadError, InvalidTask, TransientError
from fairlead.lifecycle import Lifecycle
from fairlead.local import LocalBackend, local_backend
from fairlead.logs import get_logger
from fairlead.runner import Runner
from fairlead.task import TaskTemplate

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

_logger = get_logger(__name__)

_GRACE_SECONDS = 15
_ENDING_SECONDS = 2 * _GRACE_SECONDS  # a submission may take its time, and then the deletion


@click.command
@click.argument("task", shell_complete=complete_task)
@click.option(
    "--input",
    "inputs",
    metavar="K=V",
    multiple=True,
    callback=parse_assignments,
    help="An input; its value is JSON where it parses as JSON and the task declares no string, else text. Repeatable.",
)
@click.option(
    "--inputs",
    "inputs_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A YAML, TOML or JSON file with inputs.",
)
@click.option(
    "--timeout",
    callback=timeout_option,
    metavar="DURATION",
    help="Delete the job and exit with 124 after this long, such as 90s or 10m.",
)
@click.option(
    "--idempotency-key",
    callback=key_option,
    metavar="KEY",
    help="The same key finds the same job again, also after a crash.",
)
@click.option("--detach", is_flag=True, help="Print the handle and leave the job running.")
@click.option("--local", "locally", is_flag=True, help="Run against a local stand-in of the external system.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def run(
    *,
    task: str,
    inputs: dict[str, str],
    inputs_file: Path | None,
    timeout: float | None,
    idempotency_key: str | None,
    detach: bool,
    locally: bool,
    as_json: bool,
) -> int:
    """Run a task to its end and print its outputs.

    TASK is a YAML, TOML or JSON task file, or a task type. Exits with 0 when the task succeeded, 1 when it
    failed, 2 for an invalid task, 3 for a missing or broken plugin, 4 when the external system refused,
    124 after a timeout and 130 after an interruption.

    \b
    Example:
      fairlead run echo --input greeting=hello
      fairlead run task.yaml --timeout 10m --json
      HANDLE=$(fairlead run task.yaml --detach) && fairlead wait "$HANDLE"
    """
    if detach and locally:
        message = "--detach and --local exclude each other: the stand-in ends with this command"
        raise click.UsageError(message)
    if detach and timeout is not None:
        message = "--detach and --timeout exclude each other: nobody is left to end the job; `fairlead wait --timeout` follows it for so long"
        raise click.UsageError(message)
    keep_for_results()
    shown, key = progress(), idempotency_key or uuid.uuid4().hex
    try:
        template, given = _task_and_inputs(task, inputs_file, inputs)
        shown.category = category = template.category
        context = Context(idempotency_key=key, redactor=redactor)
        runner = Runner(grace=_GRACE_SECONDS)
        connector = runner.lifecycle.registry.get_connector(*category)  # here, where Ctrl-C can still end a slow import
        if detach and connector.is_sync:
            message = f"task type `{category}` answers at once, so there is nothing to detach from"
            raise InvalidTask(message)
        _logger.info("the idempotency key is %s", key)
        backend = local_backend(category) if locally else nullcontext(LocalBackend())
        act = runner.create if detach else partial(runner.run, timeout=timeout)
        drive = partial(act, template, given, progress=shown)
        run_interruptibly(
            _driven(drive, runner, context, backend, shown),
            asked=f"interrupted: ending the job, which takes {_ENDING_SECONDS} seconds at most; once more to stop at once",
            last_words=lambda: _last_words(shown, key),
        )
    except (FairleadError, Interrupted) as error:
        if shown.handle is None and isinstance(error, TransientError | DeadlineExceeded):
            shown.line(f"if a job was started all the same, --idempotency-key {key} finds it")
        return finish(shown, _located(error, task, shown), as_json=as_json)
    return finish(shown, None, as_json=as_json)


def _located(error: FairleadError | Interrupted, task: str, shown: PlainProgress) -> FairleadError | Interrupted:
    """Return the error with the name of the task file, where the task is what is wrong; reading names its file itself."""
    if isinstance(error, InvalidTask) and _is_file(task) and shown.category is not None:
        return error.with_message(f"{task}: {error}")
    if isinstance(error, ConnectorNotFound) and not _is_file(task) and Path(task).is_file():
        return InvalidTask(f"`{task}` is a file, and no task type of that name is installed; {NAME_RULE}")
    return error


def _task_and_inputs(
    task: str, inputs_file: Path | None, inputs: dict[str, str]
) -> tuple[TaskTemplate, dict[str, Any]]:
    """Return the task, and its inputs: those of the task file, then of the inputs file, then of the command line."""
    template, given = _template(task)
    if inputs_file is not None:
        given |= read_mapping(inputs_file)
    declared = template.interface.inputs if template.interface else {}
    return template, given | input_values(inputs, declared)


def _template(task: str) -> tuple[TaskTemplate, dict[str, Any]]:
    if _is_file(task):
        return read_task(Path(task))
    try:
        category = TaskCategory.parse(task)
    except ValueError as error:
        raise InvalidTask(str(error)) from error
    return TaskTemplate(type=category.name, task_type_version=category.version), {}


def _is_file(task: str) -> bool:
    return task.endswith(SUFFIXES) or os.sep in task


async def _driven(
    drive: Callable[[Context], Awaitable[object]],
    runner: Runner,
    context: Context,
    backend: AbstractAsyncContextManager[LocalBackend],
    shown: PlainProgress,
) -> None:
    """Start the stand-in, if there is one, and drive the task with what it gives."""
    async with backend as local, runner.lifecycle:
        with shown:
            bound = msgspec.structs.replace(context, configs=local.configs, secrets=local.secrets)
            await drive(bound)
        if not isinstance(backend, nullcontext):
            await _show_log(runner.lifecycle, shown, bound)


async def _show_log(lifecycle: Lifecycle, shown: PlainProgress, context: Context) -> None:
    """Print the log of a job in a stand-in, which nobody can ask for it later."""
    if shown.handle is None:
        return
    try:
        async for page in lifecycle.get_logs(shown.handle, context):
            for line in page.lines:
                shown.line(f"log: {line.message}")
    except FairleadError as error:
        shown.line(f"no log: {error}")


def _last_words(shown: PlainProgress, key: str) -> str:
    if shown.handle is not None:
        return f"stopped at once; the job may go on\nhandle: {shown.handle}"
    return f"stopped at once; if a job was started, --idempotency-key {key} finds it"
