"""Run the failed tasks of a run again, as often as its task allows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead import Deadline, InvalidTask, Phase
from fairlead_databricks import jobs
from fairlead_databricks.metadata import DatabricksJobMetadata
from fairlead_databricks.model import Run, RunTask
from fairlead_databricks.verdict import Verdict, verdict_of_run, verdict_of_task

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace

_LEFT_OUT = {"DISABLED", "EXCLUDED"}
_FAILED = {Phase.FAILED, Phase.RETRYABLE_FAILED}

_logger = logging.getLogger("fairlead.databricks")


class _Repair(msgspec.Struct):
    repair_id: int | None = None


def may_repair(run: Run, verdict: Verdict, meta: DatabricksJobMetadata) -> bool:
    """Whether a run has failed and repairs are left; the run itself tells how many there were."""
    return verdict.phase in _FAILED and len(_repairs(run)) < meta.max_repairs


async def repair(run: Run, meta: DatabricksJobMetadata, workspace: Workspace, *, deadline: Deadline) -> Run:
    """Ask for the failed tasks to be run again, and return the run as it is then.

    A repair takes no idempotency token, so a request whose answer is lost is not sent again: the next look at
    the run shows whether it was heard. One that is refused, because another process was faster, say, leaves
    the run as it is.
    """
    try:
        await workspace.write("jobs/runs/repair", _Repair, _body(run, meta), deadline=deadline, resend=False)
    except InvalidTask as error:
        _logger.warning("run %s could not be repaired: %s", meta.run_id, error)
        again = await jobs.get(workspace, meta.run_id, deadline=deadline)
        return again if verdict_of_run(again).phase not in _FAILED else run
    return await jobs.get(workspace, meta.run_id, deadline=deadline)


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
