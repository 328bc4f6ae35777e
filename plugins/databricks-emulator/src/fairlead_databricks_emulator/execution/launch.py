"""Turning a task into a process of the task driver, and its result into an outcome."""

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec

from fairlead_databricks_emulator.execution.cluster import cluster_instance, runtime_variables
from fairlead_databricks_emulator.execution.driver_logs import DriverLogs, driver_logs
from fairlead_databricks_emulator.execution.environments import Environments
from fairlead_databricks_emulator.execution.instructions import Instructions
from fairlead_databricks_emulator.execution.process import run_process
from fairlead_databricks_emulator.execution.spark import spark_variables
from fairlead_databricks_emulator.execution.variables import environment_variables
from fairlead_databricks_emulator.files import WorkspaceFiles
from fairlead_databricks_emulator.queries import QueryStore
from fairlead_databricks_emulator.runs.run import Run, SqlOutput, StatementResult, TaskRun
from fairlead_databricks_emulator.runs.states import SUCCESS, WORKLOAD_FAILED, LifeCycle, Outcome
from fairlead_databricks_emulator.secret_store import SecretStore
from fairlead_databricks_emulator.task_driver.command import driver_command


class DriverResult(msgspec.Struct, kw_only=True):
    """What the task driver writes down."""

    succeeded: bool
    error: str = ""
    error_trace: str = ""
    notebook_result: str | None = None
    values: dict[str, Any] = {}
    statements: list[StatementResult] = []


class Launcher:
    """Runs the tasks that are a process: Python and SQL."""

    def __init__(
        self, data: Path, files: WorkspaceFiles, queries: QueryStore, secrets: SecretStore, *, grace: float
    ) -> None:
        self._directory = data / "runs"
        self._files = files
        self._secrets = secrets
        self._instructions = Instructions(data, files, queries, secrets.directory)
        self._environments = Environments(data / "environments", files)
        self._grace = grace

    async def run(self, run: Run, task: TaskRun) -> Outcome:
        """Run a task in a process to its end, and return how it ended; raise `Refusal` where it cannot be started."""
        task.cluster = cluster_instance(run, task)
        directory = self._directory / str(task.run_id)
        directory.mkdir(parents=True)
        instructions = await asyncio.to_thread(self._instructions.of, run, task)
        if task.spec.sql_task:
            task.output.sql = SqlOutput(query_text=instructions["text"])
        job_file = directory / "task.json"
        job_file.write_bytes(msgspec.json.encode({**instructions, "result": str(directory / "result.json")}))
        driver = driver_logs(run, task, self._files)
        interpreter = await self._environments.interpreter(run, task)
        environment = self._environment(run, task, interpreter, directory, driver)
        task.progress.move(LifeCycle.RUNNING)
        task.output.log = directory / "output.log"
        _begin(driver, task)
        code = await run_process(
            driver_command(interpreter, job_file),
            log=task.output.log,
            environment=environment,
            directory=directory,
            stop=task.stop,
            grace=self._grace,
            driver=driver,
        )
        _end(driver, task, code)
        return _outcome(task, directory / "result.json", code)

    def _environment(
        self, run: Run, task: TaskRun, interpreter: str, directory: Path, driver: DriverLogs | None
    ) -> dict[str, str]:
        cluster = run.settings.cluster_of(task.spec)
        conf = {name: self._resolved(value) for name, value in cluster.spark_conf.items()}
        asked = environment_variables(run, task, self._files)
        spark = spark_variables(
            directory, conf, files=self._files, name=task.spec.task_key, interpreter=interpreter, driver=driver
        )
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            **runtime_variables(run, task),
            **{name: self._resolved(value) for name, value in asked.items()},
            **spark,
        }

    def _resolved(self, value: Any) -> Any:
        return self._secrets.resolve(value) if isinstance(value, str) else value


def _begin(driver: DriverLogs | None, task: TaskRun) -> None:
    if driver:
        driver.begin()
        driver.note(f"Task {task.spec.task_key}, run {task.run_id}, begins")


def _end(driver: DriverLogs | None, task: TaskRun, code: int | None) -> None:
    if driver:
        how = "was stopped" if code is None else f"ended with exit code {code}"
        driver.note(f"Task {task.spec.task_key}, run {task.run_id}, {how}")


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
    if task.output.sql:
        task.output.sql.statements = result.statements
    return SUCCESS if result.succeeded else WORKLOAD_FAILED
