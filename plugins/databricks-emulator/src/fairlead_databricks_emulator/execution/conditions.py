"""Whether a task runs, given how its upstream tasks ended; and what a condition task finds."""

from collections.abc import Callable, Sequence

from fairlead_databricks_emulator.runs.run import TaskRun
from fairlead_databricks_emulator.runs.specs import ConditionTask, RunIf, TaskSpec
from fairlead_databricks_emulator.runs.states import (
    DISABLED,
    EXCLUDED,
    SUCCESS,
    SUCCESS_WITH_FAILURES,
    UPSTREAM_CANCELED,
    UPSTREAM_FAILED,
    LifeCycle,
    Outcome,
    Result,
)

_FAILURES = {Result.FAILED, Result.TIMEDOUT, Result.CANCELED, Result.UPSTREAM_FAILED, Result.UPSTREAM_CANCELED}
_CONSEQUENCES = {Result.UPSTREAM_FAILED, Result.UPSTREAM_CANCELED}
_RUN_IF: dict[RunIf, Callable[[Sequence[Result]], bool]] = {
    "ALL_SUCCESS": lambda results: all(result is Result.SUCCESS for result in results),
    "AT_LEAST_ONE_SUCCESS": lambda results: Result.SUCCESS in results,
    "NONE_FAILED": lambda results: not _failed(results) and Result.SUCCESS in results,
    "ALL_DONE": lambda _: True,
    "AT_LEAST_ONE_FAILED": lambda results: any(result in _FAILURES for result in results),
    "ALL_FAILED": lambda results: all(result in _FAILURES for result in results),
}


def reason_to_skip(spec: TaskSpec, upstream: Sequence[TaskRun]) -> Outcome | None:
    """Return how a task ends without running, or None if it runs.

    `upstream` are the finished tasks that it depends on, in the order of `depends_on`.
    """
    if spec.disabled:
        return DISABLED
    if not upstream:
        return None
    if any(_misses(task, dependency.outcome) for task, dependency in zip(upstream, spec.depends_on, strict=True)):
        return EXCLUDED
    results = [task.outcome.result for task in upstream if task.outcome]
    if _RUN_IF[spec.run_if](results):
        return None
    return _skipped_because_of(results, spec.run_if)


def compare(condition: ConditionTask) -> bool:
    """Return what a condition finds: texts are compared for equality, numbers for order.

    Raises `ValueError` where an order is asked of something that is no number.
    """
    if condition.op == "EQUAL_TO":
        return condition.left == condition.right
    if condition.op == "NOT_EQUAL":
        return condition.left != condition.right
    left, right = float(condition.left), float(condition.right)
    return {
        "GREATER_THAN": left > right,
        "GREATER_THAN_OR_EQUAL": left >= right,
        "LESS_THAN": left < right,
        "LESS_THAN_OR_EQUAL": left <= right,
    }[condition.op]


def roll_up(tasks: Sequence[TaskRun]) -> Outcome:
    """Return how a run ends whose tasks have ended: what counts are the tasks that nothing depends on."""
    upstream = {dependency.task_key for task in tasks for dependency in task.spec.depends_on}
    failed = [task for task in tasks if task.outcome and task.outcome.result in _FAILURES]
    decisive = [task for task in failed if task.spec.task_key not in upstream]
    if decisive:
        return _failed_because_of(failed)
    return SUCCESS_WITH_FAILURES if failed else SUCCESS


def _failed_because_of(failed: Sequence[TaskRun]) -> Outcome:
    """Return the end of a run with `tasks[]`: INTERNAL_ERROR, even where the code of a user raised."""
    outcomes = [(task.spec.task_key, task.outcome) for task in failed if task.outcome]
    own = [(key, outcome) for key, outcome in outcomes if outcome.result not in _CONSEQUENCES]
    key, first = (own or outcomes)[0]
    if first.result in {Result.CANCELED, Result.TIMEDOUT}:
        return Outcome(result=first.result, code=first.code, type=first.type, message=first.message)
    message = f"Task {key} failed with message: {first.message.rstrip('.')}."
    return Outcome(
        life_cycle=LifeCycle.INTERNAL_ERROR, result=Result.FAILED, code=first.code, type=first.type, message=message
    )


def _misses(task: TaskRun, wanted: str | None) -> bool:
    return wanted is not None and task.outcome is SUCCESS and task.output.condition != wanted


def _skipped_because_of(results: Sequence[Result], run_if: RunIf) -> Outcome:
    if run_if in {"AT_LEAST_ONE_FAILED", "ALL_FAILED"}:
        return EXCLUDED
    if Result.CANCELED in results or Result.UPSTREAM_CANCELED in results:
        return UPSTREAM_CANCELED
    return UPSTREAM_FAILED if _failed(results) else EXCLUDED


def _failed(results: Sequence[Result]) -> bool:
    return any(result in _FAILURES for result in results)
