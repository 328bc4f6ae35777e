"""Turning a task into a process of the task driver, and its result into an outcome."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from fairlead_databricks_emulator.execution.environments import Environments
from fairlead_databricks_emulator.execution.process import run_process
from fairlead_databricks_emulator.execution.references import References
from fairlead_databricks_emulator.execution.refusal import Refusal
from fairlead_databricks_emulator.execution.sources import Sources
from fairlead_databricks_emulator.execution.variables import environment_variables
from fairlead_databricks_emulator.files import WorkspaceFiles
from fairlead_databricks_emulator.runs.run import ClusterInstance, Run, TaskRun, new_id
from fairlead_databricks_emulator.runs.specs import PythonWheelTask
from fairlead_databricks_emulator.runs.states import SUCCESS, WORKLOAD_FAILED, LifeCycle, Outcome, TerminationCode

_PACKAGE = Path(__file__).parents[1]
_START = (
    "import sys; sys.path[0] = sys.argv.pop(1); job = sys.argv.pop(1); from task_driver.main import main; "
    "del sys.path[0]; main(job)"
)


class DriverResult(msgspec.Struct, kw_only=True):
    """What the task driver writes down."""

    succeeded: bool
    error: str = ""
    error_trace: str = ""
    notebook_result: str | None = None
    values: dict[str, Any] = {}


class Launcher:
    """Runs the tasks that are Python."""

    def __init__(self, data: Path, files: WorkspaceFiles, *, grace: float) -> None:
        self._directory = data / "runs"
        self._files = files
        self._sources = Sources(data / "git", files)
        self._environments = Environments(data / "environments", files)
        self._grace = grace

    async def run(self, run: Run, task: TaskRun) -> Outcome:
        """Run a task in a process to its end, and return how it ended; raise `Refusal` where it cannot be started."""
        if task.spec.is_classic:
            task.cluster = _cluster(task)
        directory = self._directory / str(task.run_id)
        directory.mkdir(parents=True)
        job = await asyncio.to_thread(self._job, run, task)
        job["result"] = str(directory / "result.json")
        (directory / "task.json").write_bytes(msgspec.json.encode(job))
        interpreter = await self._environments.interpreter(run, task)
        task.progress.move(LifeCycle.RUNNING)
        task.output.log = directory / "output.log"
        code = await run_process(
            [interpreter, "-c", _START, str(_PACKAGE), str(directory / "task.json")],
            log=task.output.log,
            environment=_environment(environment_variables(run, task, self._files)),
            directory=directory,
            stop=task.stop,
            grace=self._grace,
        )
        return _outcome(task, directory / "result.json", code)

    def _job(self, run: Run, task: TaskRun) -> dict[str, Any]:
        """Return what the task driver needs to know."""
        references = References(run, task)
        job: dict[str, Any] = {"widgets": {}, "arguments": [], "task_values": run.task_values}
        if script := task.spec.spark_python_task:
            path = self._sources.locate(run, references.resolve(script.python_file), script.source)
            return job | {"kind": "script", "path": str(path), "arguments": references.resolve(script.parameters)}
        if notebook := task.spec.notebook_task:
            path = self._sources.locate(run, references.resolve(notebook.notebook_path), notebook.source)
            widgets = {**run.parameters, **references.resolve(notebook.base_parameters)}
            return job | {"kind": "notebook", "path": str(path), "widgets": _texts(widgets)}
        if wheel := task.spec.python_wheel_task:
            arguments = references.resolve(_wheel_arguments(wheel))
            return job | {
                "kind": "wheel",
                "package": wheel.package_name,
                "entry_point": wheel.entry_point,
                "arguments": arguments,
            }
        kind = next((name for name in task.spec.raw if name.endswith("_task")), "task")
        raise Refusal(TerminationCode.FEATURE_DISABLED, f"The emulator does not run a {kind}")


def _cluster(task: TaskRun) -> ClusterInstance:
    cluster_id = task.spec.existing_cluster_id or f"{new_id() % 10000:04}-{new_id() % 10**6:06}-emulated"
    return ClusterInstance(cluster_id, str(new_id()))


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", **variables}


def _texts(widgets: Mapping[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else str(value) for name, value in widgets.items()}


def _wheel_arguments(wheel: PythonWheelTask) -> list[str]:
    return wheel.parameters + [f"--{name}={value}" for name, value in wheel.named_parameters.items()]


def _outcome(task: TaskRun, result_file: Path, code: int | None) -> Outcome:
    """Return how a process ended, after keeping what it has left."""
    if code is None and task.stop.outcome:
        return task.stop.outcome
    if not result_file.exists():
        task.output.error = f"The Python process exited unexpectedly with exit code {code}"
        return WORKLOAD_FAILED
    result = msgspec.json.decode(result_file.read_bytes(), type=DriverResult)
    task.output.error, task.output.error_trace = result.error, result.error_trace
    task.output.notebook_result, task.output.values = result.notebook_result, result.values
    return SUCCESS if result.succeeded else WORKLOAD_FAILED
