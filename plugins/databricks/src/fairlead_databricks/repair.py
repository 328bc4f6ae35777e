"""Run the failed tasks of a run again, as often as its task allows."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from fairlead import Deadline, FairleadError, Phase, QuotaExceeded
from fairlead_databricks import jobs
from fairlead_databricks.metadata import DatabricksJobMetadata
from fairlead_databricks.model import Run, RunTask
from fairlead_databricks.verdict import verdict_of_run, verdict_of_task

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace

_LEFT_OUT = {"DISABLED", "EXCLUDED"}
_FAILED = {Phase.FAILED, Phase.RETRYABLE_FAILED}

_ASKING_SECONDS = 15.0
_REMEMBERED = 10_000

_logger = logging.getLogger("fairlead.databricks")

_Key = tuple[str, str]  # the instance and the run


class _Repair(msgspec.Struct):
    repair_id: int | None = None


class Seen(NamedTuple):
    """A run after a look at it.

    `is_due` is whether it has failed and is repaired at the next look, and `refusal` why a repair that was left
    could not be made.
    """

    run: Run
    is_due: bool = False
    refusal: str = ""


class Repairs:
    """Repairs the runs that somebody follows: a failed one at the second look at it, and none that was deleted.

    So who looks once, to show a state or before deleting a job, starts nothing.
    """

    def __init__(self) -> None:
        self._due: deque[_Key] = deque(maxlen=_REMEMBERED)
        self._deleted: deque[_Key] = deque(maxlen=_REMEMBERED)

    def give_up(self, meta: DatabricksJobMetadata) -> None:
        """Repair a run no more."""
        self._deleted.append(_key(meta))

    async def look(self, run: Run, meta: DatabricksJobMetadata, workspace: Workspace, *, deadline: Deadline) -> Seen:
        """Repair a run if it has failed, repairs are left and it is due, and return it as it is then."""
        if not (meta.max_repairs and _has_failed(run, meta)):
            return Seen(run)
        run, key = await jobs.get(workspace, meta.run_id, deadline=deadline, with_history=True), _key(meta)
        if not _may_repair(run, meta) or key in self._deleted:
            return Seen(run)
        if key not in self._due:
            self._due.append(key)
            return Seen(run, is_due=True)
        self._due.remove(key)
        return await _repaired(run, meta, workspace, deadline)


async def _repaired(run: Run, meta: DatabricksJobMetadata, workspace: Workspace, deadline: Deadline) -> Seen:
    """Ask for the failed tasks of a run to be run again, and return the run as it is then.

    Where that is refused, or fails for 15 seconds or half of the time that is left, what counts is how the run is
    then: it has ended, or goes on because another process was faster. Only a rate limit is raised: it ends. One
    that was heard, but does not show yet, is still due.
    """
    while _may_repair(run, meta):
        refusal = await _ask(run, meta, workspace, _soon(deadline))
        before, run = run, await jobs.get(workspace, meta.run_id, deadline=deadline, with_history=True)
        if _has_failed(run, meta) and _repairs(run) == _repairs(before):
            return Seen(run, is_due=not refusal, refusal=refusal)
    return Seen(run)


async def _ask(run: Run, meta: DatabricksJobMetadata, workspace: Workspace, deadline: Deadline) -> str:
    """Ask for one repair, and return why that was refused, nothing if it was not.

    It may be sent again without a token, because it names the repair before it: a second one like it is refused.
    """
    try:
        await workspace.write("jobs/runs/repair", _Repair, _body(run, meta), deadline=deadline, resend=True)
    except QuotaExceeded:
        raise
    except FairleadError as error:
        _logger.warning("run %s was not repaired: %s", meta.run_id, error)
        return str(error)
    return ""


def _soon(deadline: Deadline) -> Deadline:
    return Deadline.after(min(_ASKING_SECONDS, deadline.remaining / 2))


def _has_failed(run: Run, meta: DatabricksJobMetadata) -> bool:
    return verdict_of_run(run, success_with_failures=meta.success_with_failures == "succeed").phase in _FAILED


def _may_repair(run: Run, meta: DatabricksJobMetadata) -> bool:
    """Whether a run has failed and repairs are left; its history tells how many there were."""
    return _has_failed(run, meta) and len(_repairs(run)) < meta.max_repairs


def _body(run: Run, meta: DatabricksJobMetadata) -> dict[str, Any]:
    keys = [task.task_key for task in run.latest_tasks() if _is_to_run_again(task)]
    latest = _repairs(run)[-1:]
    return {
        "run_id": run.run_id,
        **({"rerun_tasks": keys} if keys else {"rerun_all_failed_tasks": True}),
        **({"latest_repair_id": latest[0]} if latest else {}),
        **meta.parameters,
    }


def _is_to_run_again(task: RunTask) -> bool:
    """Whether a task has not succeeded, unless it was left out on purpose."""
    verdict = verdict_of_task(task)
    left_out = task.state is not None and task.state.result_state in _LEFT_OUT
    return verdict.phase is not Phase.SUCCEEDED and not left_out


def _repairs(run: Run) -> list[int]:
    """Return the ids of the repairs so far; the first entry of the history is the original run."""
    return [item.id for item in run.repair_history if item.type == "REPAIR" and item.id is not None]


def _key(meta: DatabricksJobMetadata) -> _Key:
    return meta.databricks_instance, meta.run_id
