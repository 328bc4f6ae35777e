"""The workspace: its files, secrets, queries, jobs and runs, and what may be asked of them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from fairlead_databricks_emulator.errors import invalid_parameter
from fairlead_databricks_emulator.execution.executor import Executor
from fairlead_databricks_emulator.execution.launch import Launcher
from fairlead_databricks_emulator.execution.scheduler import execute_run
from fairlead_databricks_emulator.files import WorkspaceFiles
from fairlead_databricks_emulator.queries import QueryStore
from fairlead_databricks_emulator.runs.jobs import JobStore
from fairlead_databricks_emulator.runs.parsing import convert, parse_settings
from fairlead_databricks_emulator.runs.repair import RepairRequest, prepare_repair, reopen
from fairlead_databricks_emulator.runs.run import Repair, Run, new_id
from fairlead_databricks_emulator.runs.starts import Overrides, RunNowRequest, job_parameters, overridden, selected
from fairlead_databricks_emulator.runs.states import CANCELED, TOO_MANY_RUNS, LifeCycle
from fairlead_databricks_emulator.runs.store import RunStore
from fairlead_databricks_emulator.secret_store import SecretStore


class Workspace:
    """Everything that the API shows and changes. It belongs to one event loop."""

    def __init__(self, data: Path, *, secrets: Mapping[str, Mapping[str, str]], grace: float) -> None:
        self.id = new_id()
        self.files = WorkspaceFiles(data / "files")
        self.open_files: dict[int, Path] = {}  # of DBFS, by handle
        self.secrets = SecretStore(data / "secrets", secrets)
        self.queries = QueryStore()
        self.jobs = JobStore()
        self.runs = RunStore()
        launcher = Launcher(data, self.files, self.queries, self.secrets, grace=grace)
        self._executor = Executor(launcher, self._start_child, self._wait_for)
        self._executions: dict[int, asyncio.Task[None]] = {}

    def submit(self, body: dict[str, Any]) -> Run:
        """Start a run of the tasks in the body, or return the one that has its idempotency token."""
        token = _token(body)
        if before := self.runs.of_token(token):
            return before
        settings = parse_settings(body)
        if not settings.tasks:
            message = "tasks[] is empty"
            raise invalid_parameter(message)
        return self._start(Run(settings, job_id=new_id(), run_type="SUBMIT_RUN"), token)

    def run_now(self, body: dict[str, Any]) -> Run:
        """Start a run of a job, or return the one that has the idempotency token of the body."""
        request = convert(body, RunNowRequest)
        if before := self.runs.of_token(request.idempotency_token):
            return before
        settings = self.jobs.get(request.job_id).settings
        overrides = msgspec.convert(request, Overrides, from_attributes=True)
        settings = selected(overridden(settings, overrides), request.only)
        settings = msgspec.structs.replace(settings, queue=request.queue or settings.queue)
        parameters = job_parameters(settings, request.job_parameters)
        run = Run(settings, job_id=request.job_id, run_type="JOB_RUN", parameters=parameters)
        return self._start(run, request.idempotency_token)

    def repair(self, body: dict[str, Any]) -> Repair:
        """Run tasks of an ended run again, with the settings its job has now and the parameters of the body."""
        request = convert(body, RepairRequest)
        run = self.runs.run(request.run_id)
        keys = prepare_repair(run, request)
        settings = run.settings if run.run_type == "SUBMIT_RUN" else self.jobs.get(run.job_id).settings
        run.parameters = job_parameters(settings, request.job_parameters)
        overrides = msgspec.convert(request, Overrides, from_attributes=True)
        repair = reopen(run, keys, overridden(settings, overrides))
        self._execute(run, keys)
        return repair

    def cancel_all(self, job_id: int | None = None, *, only_queued: bool = False) -> None:
        """Begin to end all runs, or those of a job, or those that wait for their turn."""
        for run in self.runs:
            if job_id in {None, run.job_id} and (not only_queued or run.state is LifeCycle.QUEUED):
                run.request_stop(CANCELED)

    async def reset(self) -> None:
        """End all runs, wait for that, and forget runs, jobs, queries and tokens."""
        self.cancel_all()
        await asyncio.gather(*self._executions.values())
        self._executions.clear()
        self.runs.clear()
        self.jobs.clear()
        self.queries.clear()

    def _start_child(self, job_id: int, parameters: dict[str, Any]) -> Run:
        return self.run_now({"job_id": job_id, "job_parameters": parameters})

    def _wait_for(self, run: Run) -> asyncio.Task[None]:
        return self._executions[run.run_id]

    def _start(self, run: Run, token: str) -> Run:
        """Keep a run and begin it, unless its job has as many runs as it may."""
        active = [other for other in self.runs if other.job_id == run.job_id and not other.progress.is_terminal]
        self.runs.add(run, token)
        if run.run_type == "JOB_RUN" and len(active) >= run.settings.max_concurrent_runs:
            self._queue(run, active)
        else:
            self._execute(run, {spec.task_key for spec in run.settings.tasks})
        return run

    def _execute(self, run: Run, keys: set[str]) -> None:
        self._executions[run.run_id] = asyncio.create_task(execute_run(run, keys, self._executor))

    def _queue(self, run: Run, active: list[Run]) -> None:
        if run.settings.queue.enabled:
            run.progress.move(LifeCycle.QUEUED)
            self._executions[run.run_id] = asyncio.create_task(self._wait_and_execute(run, active))
            return
        run.progress.end(TOO_MANY_RUNS)
        for task in run.tasks:
            task.progress.end(TOO_MANY_RUNS)
        self._executions[run.run_id] = asyncio.create_task(asyncio.sleep(0))

    async def _wait_and_execute(self, run: Run, active: list[Run]) -> None:
        """Run when as many of the runs before have ended as the job asks for, or at once when asked to end."""
        stopped = asyncio.ensure_future(run.stop.wait())
        before = {self._wait_for(other) for other in active}
        while len(before) >= run.settings.max_concurrent_runs and not run.stop.outcome:
            await asyncio.wait({*before, stopped}, return_when=asyncio.FIRST_COMPLETED)
            before = {execution for execution in before if not execution.done()}
        stopped.cancel()
        await execute_run(run, {spec.task_key for spec in run.settings.tasks}, self._executor)


def _token(body: dict[str, Any]) -> str:
    token = body.get("idempotency_token") or ""
    if not isinstance(token, str):
        message = "idempotency_token must be a string"
        raise invalid_parameter(message)
    return token
