"""The runs of the workspace, the tokens they were started with, and what has become of them."""

from collections.abc import Iterator

import msgspec

from fairlead_databricks_emulator.errors import ApiError, invalid_parameter
from fairlead_databricks_emulator.runs.run import Run, TaskRun


class FoundTask(msgspec.Struct, frozen=True):
    """A task attempt, and the run it belongs to."""

    run: Run
    task: TaskRun


class RunStore:
    """All runs, the oldest first."""

    def __init__(self) -> None:
        self._runs: dict[int, Run] = {}
        self._run_of_token: dict[str, int] = {}

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    def add(self, run: Run, token: str) -> None:
        """Keep a run, and the idempotency token it was started with."""
        self._runs[run.run_id] = run
        if token:
            self._run_of_token[token] = run.run_id

    def of_token(self, token: str) -> Run | None:
        """Return the run that was started with a token, or None; raise `ApiError` where it is deleted."""
        if len(token) > 64:
            message = "The idempotency_token must not be longer than 64 characters"
            raise invalid_parameter(message)
        run_id = self._run_of_token.get(token) if token else None
        if run_id is None:
            return None
        if run_id not in self._runs:
            message = f"The run {run_id} with the idempotency token {token!r} has been deleted"
            raise ApiError(400, "INVALID_STATE", message)
        return self._runs[run_id]

    def get(self, run_id: int) -> Run | FoundTask:
        """Return a run, or the task attempt that has this id; raise `ApiError` 400 where neither does."""
        if run_id in self._runs:
            return self._runs[run_id]
        for run in self._runs.values():
            for task in run.tasks:
                for candidate in (task, *task.iterations):
                    if candidate.run_id == run_id:
                        return FoundTask(run, candidate)
        message = f"Run {run_id} does not exist."
        raise invalid_parameter(message)

    def run(self, run_id: int) -> Run:
        """Return a run, also by the id of one of its task attempts."""
        found = self.get(run_id)
        return found if isinstance(found, Run) else found.run

    def delete(self, run_id: int) -> None:
        """Forget a run that has ended; its token stays taken."""
        run = self.run(run_id)
        if not run.progress.is_terminal:
            raise ApiError(400, "INVALID_STATE", f"Run {run_id} is active; only runs that have ended can be deleted.")
        del self._runs[run.run_id]

    def clear(self) -> None:
        """Forget all runs and tokens."""
        self._runs.clear()
        self._run_of_token.clear()
