"""Runs and the attempts of their tasks: the state that everything else reads and moves."""

import asyncio
import secrets
from pathlib import Path
from typing import Any, Literal

import msgspec

from fairlead_databricks_emulator.runs.specs import RunSettings, TaskSpec
from fairlead_databricks_emulator.runs.states import LifeCycle, Outcome, Progress

RunType = Literal["JOB_RUN", "SUBMIT_RUN", "WORKFLOW_RUN"]


def new_id() -> int:
    """Return an id as large as those of the service."""
    return 10**14 + secrets.randbelow(9 * 10**14)


class StopSignal:
    """A request to end early, with the outcome that this will have; the first request counts."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self._event = asyncio.Event()

    def request(self, outcome: Outcome) -> None:
        """Ask for the end."""
        self.outcome = self.outcome or outcome
        self._event.set()

    async def wait(self) -> None:
        """Wait until somebody asks for the end."""
        await self._event.wait()


class ClusterInstance(msgspec.Struct, frozen=True):
    """The classic cluster that a task ran on."""

    cluster_id: str
    spark_context_id: str


class StatementResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one SQL statement has returned: its columns by name and type, and its first rows as texts."""

    columns: list[tuple[str, str]]
    rows: list[list[str | None]]
    is_truncated: bool = False


class SqlOutput(msgspec.Struct, kw_only=True):
    """The text that a SQL task runs, and the results so far."""

    query_text: str
    statements: list[StatementResult] = []


class TaskOutput(msgspec.Struct, kw_only=True):
    """What a task attempt has left behind; each kind of task fills its part."""

    error: str = ""
    error_trace: str = ""
    log: Path | None = None
    notebook_result: str | None = None
    condition: str = ""
    child_run_id: int = 0
    sql: SqlOutput | None = None
    values: dict[str, Any] = {}


class TaskRun:
    """One attempt of one task."""

    def __init__(self, spec: TaskSpec, *, attempt: int = 0, original: int = 0, state: LifeCycle) -> None:
        self.run_id = new_id()
        self.spec = spec
        self.attempt = attempt
        self.original_run_id = original or self.run_id
        self.progress = Progress(state)
        self.stop = StopSignal()
        self.output = TaskOutput()
        self.cluster: ClusterInstance | None = None
        self.iterations: list[TaskRun] = []
        self.input: Any = None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, or None before."""
        return self.progress.outcome

    def request_stop(self, outcome: Outcome) -> None:
        """Begin to end it; what it has started is ended with it."""
        if not self.progress.is_terminal:
            self.progress.move(LifeCycle.TERMINATING)
            self.stop.request(outcome)
            for iteration in self.iterations:
                iteration.request_stop(outcome)


class Repair(msgspec.Struct, kw_only=True):
    """One entry of the repair history; the first, without an id, is the original run."""

    id: int | None
    task_run_ids: list[int]
    progress: Progress


class Run:
    """A run of a job, or a submitted one."""

    def __init__(
        self, settings: RunSettings, *, job_id: int, run_type: RunType, parameters: dict[str, str] | None = None
    ) -> None:
        self.run_id = new_id()
        self.job_id = job_id
        self.run_type: RunType = run_type
        self.settings = settings
        self.parameters = parameters or {}
        self.progress = Progress()
        self.start_time = self.progress.start_time
        self.stop = StopSignal()
        self.tasks = [TaskRun(spec, state=_first_state(spec)) for spec in settings.tasks]
        self.repairs = [Repair(id=None, task_run_ids=[task.run_id for task in self.tasks], progress=self.progress)]
        self.task_values: dict[str, dict[str, Any]] = {}
        self.clusters: dict[str, ClusterInstance] = {}

    @property
    def state(self) -> LifeCycle:
        """Where it stands."""
        return self.progress.state

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, or None before."""
        return self.progress.outcome

    def latest(self, task_key: str) -> TaskRun:
        """Return the newest attempt of a task."""
        return next(task for task in reversed(self.tasks) if task.spec.task_key == task_key)

    def latest_tasks(self) -> list[TaskRun]:
        """Return the newest attempt of each task, in the order of the settings."""
        return [self.latest(spec.task_key) for spec in self.settings.tasks]

    def add_attempt(self, spec: TaskSpec, *, state: LifeCycle) -> TaskRun:
        """Add one more attempt of a task, which is already asked to end if the run is."""
        before = self.latest(spec.task_key)
        task = TaskRun(spec, attempt=before.attempt + 1, original=before.original_run_id, state=state)
        self.tasks.append(task)
        self.repairs[-1].task_run_ids.append(task.run_id)
        if self.stop.outcome:
            task.request_stop(self.stop.outcome)
        return task

    def reopen(self) -> None:
        """Run again, as a repair does: the history so far keeps its own progress."""
        self.progress = Progress(LifeCycle.RUNNING)
        self.stop = StopSignal()
        self.clusters = {}

    def request_stop(self, outcome: Outcome) -> None:
        """Begin to end it, with all its tasks."""
        if not self.progress.is_terminal:
            self.progress.move(LifeCycle.TERMINATING)
            self.stop.request(outcome)
            for task in self.tasks:
                task.request_stop(outcome)


def _first_state(spec: TaskSpec) -> LifeCycle:
    return LifeCycle.BLOCKED if spec.depends_on else LifeCycle.PENDING
