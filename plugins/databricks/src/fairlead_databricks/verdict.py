"""What a run's state means: a total mapping of both forms that the API gives it.

`status` (version 2.2) is read first, `state` where it is absent. A state that is not known keeps the run
going under its own name. How a run has ended is known only from a code: nothing but SUCCESS is a success.
"""

from __future__ import annotations

from typing import NamedTuple

from fairlead import ErrorKind, Phase, TaskError
from fairlead_databricks.model import Run, RunState, RunStatus, RunTask

LIVE = {
    "BLOCKED": Phase.QUEUED,
    "PENDING": Phase.INITIALIZING,
    "QUEUED": Phase.QUEUED,
    "RUNNING": Phase.RUNNING,
    "TERMINATING": Phase.RUNNING,
    "WAITING": Phase.WAITING_FOR_RESOURCES,
    "WAITING_FOR_RETRY": Phase.WAITING_FOR_RESOURCES,
}
"""The states of a run that has not ended, of both forms."""

TERMINATION_CODES = {
    "SUCCESS": Phase.SUCCEEDED,
    "SUCCESS_WITH_FAILURES": Phase.FAILED,  # unless the task says otherwise
    "CANCELED": Phase.ABORTED,
    "USER_CANCELED": Phase.ABORTED,
    "BREAKING_CHANGE": Phase.RETRYABLE_FAILED,
    "CLOUD_FAILURE": Phase.RETRYABLE_FAILED,
    "CLUSTER_ERROR": Phase.RETRYABLE_FAILED,
    "CLUSTER_REQUEST_LIMIT_EXCEEDED": Phase.RETRYABLE_FAILED,
    "CLUSTER_TERMINATED_BY_USER": Phase.FAILED,
    "DRIVER_ERROR": Phase.RETRYABLE_FAILED,
    "INTERNAL_ERROR": Phase.RETRYABLE_FAILED,
    "MAX_CONCURRENT_RUNS_EXCEEDED": Phase.RETRYABLE_FAILED,
    "MAX_JOB_QUEUE_SIZE_EXCEEDED": Phase.RETRYABLE_FAILED,
    "MAX_SPARK_CONTEXTS_EXCEEDED": Phase.RETRYABLE_FAILED,
    "REPOSITORY_CHECKOUT_FAILED": Phase.RETRYABLE_FAILED,
    "STORAGE_ACCESS_ERROR": Phase.RETRYABLE_FAILED,
    "WORKSPACE_RUN_LIMIT_EXCEEDED": Phase.RETRYABLE_FAILED,
    "BUDGET_POLICY_LIMIT_EXCEEDED": Phase.FAILED,
    "DISABLED": Phase.FAILED,
    "FEATURE_DISABLED": Phase.FAILED,
    "INVALID_CLUSTER_REQUEST": Phase.FAILED,
    "INVALID_RUN_CONFIGURATION": Phase.FAILED,
    "LIBRARY_INSTALLATION_ERROR": Phase.FAILED,
    "RESOURCE_NOT_FOUND": Phase.FAILED,
    "RUN_EXECUTION_ERROR": Phase.FAILED,
    "SKIPPED": Phase.FAILED,
    "UNAUTHORIZED_ERROR": Phase.FAILED,
}
"""How a run ended, by `status.termination_details.code`."""

TERMINATION_TYPES = {
    "SUCCESS": Phase.FAILED,
    "CLIENT_ERROR": Phase.FAILED,
    "CLOUD_FAILURE": Phase.RETRYABLE_FAILED,
    "INTERNAL_ERROR": Phase.RETRYABLE_FAILED,
}
"""For a code that is not known, what its type says; without a success's own code it is none."""

RESULT_STATES = {
    "SUCCESS": Phase.SUCCEEDED,
    "SUCCESS_WITH_FAILURES": Phase.FAILED,  # unless the task says otherwise
    "CANCELED": Phase.ABORTED,
    "DISABLED": Phase.FAILED,
    "EXCLUDED": Phase.FAILED,
    "FAILED": Phase.FAILED,
    "MAXIMUM_CONCURRENT_RUNS_REACHED": Phase.RETRYABLE_FAILED,
    "TIMEDOUT": Phase.FAILED,
    "UPSTREAM_CANCELED": Phase.FAILED,
    "UPSTREAM_FAILED": Phase.FAILED,
}
"""How a run ended, by `state.result_state`."""


NEVER_BEGAN = {"DISABLED", "EXCLUDED", "SKIPPED", "UPSTREAM_CANCELED", "UPSTREAM_FAILED"}
"""The codes and results of what was never executed, as the reference of `TerminationCode` and `RunResultState` says."""


class Verdict(NamedTuple):
    """What a state means. `code` is the state's or the end's own name; `unknown` is set where it is a new one."""

    phase: Phase
    code: str
    message: str = ""
    unknown: bool = False

    @property
    def error(self) -> TaskError | None:
        """Whose fault a failure is."""
        if self.phase is Phase.RETRYABLE_FAILED:
            return TaskError(code=self.code, kind=ErrorKind.SYSTEM, recoverable=True)
        return TaskError(code=self.code) if self.phase is Phase.FAILED else None


def verdict_of_run(run: Run, *, success_with_failures: bool = False) -> Verdict:
    """Return what the state of a run means; `success_with_failures` is whether such a run counts as a success."""
    verdict = verdict_of(run.state, run.status, success_with_failures=success_with_failures)
    if verdict.code == "INTERNAL_ERROR" and run.status is None and run.state and run.state.result_state == "FAILED":
        # a run with `tasks` whose user code raised: only its tasks say that it was the user's code
        failed = [verdict_of_task(task) for task in run.latest_tasks()]
        if any(task.phase is Phase.FAILED for task in failed):
            return verdict._replace(phase=Phase.FAILED, code="FAILED")
    return verdict


def verdict_of_task(task: RunTask) -> Verdict:
    """Return what the state of one task's attempt means."""
    return verdict_of(task.state, task.status)


def never_began(task: RunTask) -> bool:
    """Whether a task was ended before it ran, by another task's end or by its conditions: it has neither output nor log."""
    result = task.state.result_state if task.state else None
    return verdict_of_task(task).code in NEVER_BEGAN or result in NEVER_BEGAN


def verdict_of(state: RunState | None, status: RunStatus | None, *, success_with_failures: bool = False) -> Verdict:
    """Return what a state means, in whichever form it is given."""
    verdict = _of_status(status) if status is not None and status.state else None
    if verdict and verdict.code == "CANCELED" and state and state.result_state == "TIMEDOUT":
        verdict = verdict._replace(
            phase=RESULT_STATES["TIMEDOUT"], code="TIMEDOUT"
        )  # the newer form has no code for it
    if verdict is None:
        verdict = _of_state(state) if state is not None else Verdict(Phase.RUNNING, "", "no state given", unknown=True)
    if verdict.code == "SUCCESS_WITH_FAILURES" and success_with_failures:
        return verdict._replace(phase=Phase.SUCCEEDED)
    return verdict


def _of_status(status: RunStatus) -> Verdict | None:
    """Read the newer form; None where it says that the run ended, but not how."""
    name, details = status.state or "", status.termination_details
    if name != "TERMINATED":
        queued = status.queue_details.message if status.queue_details else None
        return _live(name, queued or "")
    if details is None or not (details.code or details.type):
        return None
    code = details.code or details.type or ""
    phase = TERMINATION_CODES.get(code)
    known = phase if phase is not None else TERMINATION_TYPES.get(details.type or "", Phase.FAILED)
    return Verdict(known, code, details.message or "", unknown=phase is None)


def _of_state(state: RunState) -> Verdict:
    name, message = state.life_cycle_state or "", state.state_message or ""
    if name == "TERMINATED":
        result = state.result_state or ""
        if not result:
            return Verdict(Phase.RUNNING, name, "TERMINATED, without a result yet")
        phase = RESULT_STATES.get(result)
        return Verdict(phase if phase is not None else Phase.FAILED, result, message, unknown=phase is None)
    if name == "SKIPPED":
        return Verdict(Phase.FAILED, name, message)
    if name == "INTERNAL_ERROR":
        return Verdict(Phase.RETRYABLE_FAILED, name, message)
    return _live(name, state.queue_reason or message)


def _live(name: str, message: str) -> Verdict:
    phase = LIVE.get(name)
    if phase is None:
        return Verdict(Phase.RUNNING, name, f"{name}: {message}" if message else name, unknown=True)
    return Verdict(phase, name, message)
