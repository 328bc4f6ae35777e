"""How runs and their tasks are shown."""

import hashlib
from collections.abc import Sequence
from typing import Any

from fairlead_databricks_emulator.api.paging import Page, page_of
from fairlead_databricks_emulator.api.state_view import state_view
from fairlead_databricks_emulator.faults import FaultBook
from fairlead_databricks_emulator.runs.run import Repair, Run, TaskRun
from fairlead_databricks_emulator.runs.states import Progress, Result, now_ms

PAGE = 100
CREATOR = "emulator@example.com"


class RunViews:
    """Shows runs: `host` and `workspace_id` go into links, `faults` say which words states have."""

    def __init__(self, host: str, workspace_id: int, faults: FaultBook) -> None:
        self._host = host
        self._workspace_id = workspace_id
        self._faults = faults

    def run(self, run: Run, *, page_token: str = "", with_history: bool = False) -> dict[str, Any]:
        """Return a run with one page of its tasks, and only if asked for with the history of its repairs."""
        page = page_of(page_token, total=len(run.tasks), size=PAGE)
        view = {**self.summary(run), "tasks": [self._task(run, task) for task in page.of(shuffled(run))]}
        if with_history:
            view["repair_history"] = [self._repair(repair) for repair in run.repairs]
        if run.parameters:
            view["job_parameters"] = [{"name": name, "value": value} for name, value in run.parameters.items()]
        if run.settings.is_legacy:
            view |= _legacy_fields(run)
        return _with_token(view, page)

    def summary(self, run: Run) -> dict[str, Any]:
        """Return the scalars of a run, which all pages repeat."""
        echoed: dict[str, Any] = {
            name: run.settings.raw[name] for name in ("git_source", "job_clusters") if name in run.settings.raw
        }
        return {
            "job_id": run.job_id,
            "run_id": run.run_id,
            "number_in_job": run.run_id,
            "job_run_id": run.run_id,
            "creator_user_name": CREATOR,
            "run_name": run.settings.name,
            "run_type": run.run_type,
            "run_page_url": self._page_url(run, run.run_id),
            "format": "SINGLE_TASK" if run.settings.is_legacy else "MULTI_TASK",
            "trigger": "ONE_TIME",
            "start_time": run.start_time,
            "end_time": run.progress.end_time,
            "run_duration": (run.progress.end_time or now_ms()) - run.start_time,
            "setup_duration": 0,
            "execution_duration": 0,
            "cleanup_duration": 0,
            **echoed,
            **state_view(run.run_id, run.progress, self._faults),
        }

    def task_run(self, run: Run, task: TaskRun) -> dict[str, Any]:
        """Return a task attempt as a run of its own: what its run id leads to."""
        view = {
            **self.summary(run),
            **self._task(run, task),
            "original_attempt_run_id": task.original_run_id,
            "job_run_id": run.run_id,
            "number_in_job": run.run_id,
            "run_name": task.spec.task_key,
        }
        if task.iterations:
            view["iterations"] = [self._task(run, iteration) for iteration in task.iterations[:PAGE]]
        return view

    def _task(self, run: Run, task: TaskRun) -> dict[str, Any]:
        """Return one entry of `tasks[]`: what was submitted, and how it goes."""
        view = {
            **task.spec.raw,
            **_times(task.progress),
            "run_id": task.run_id,
            "attempt_number": task.attempt,
            "run_page_url": self._page_url(run, task.run_id),
            "run_if": task.spec.run_if,
            **state_view(task.run_id, task.progress, self._faults),
        }
        if task.cluster:
            view["cluster_instance"] = {
                "cluster_id": task.cluster.cluster_id,
                "spark_context_id": task.cluster.spark_context_id,
            }
        return view | _by_kind(task)

    def _repair(self, repair: Repair) -> dict[str, Any]:
        view = {
            "type": "ORIGINAL" if repair.id is None else "REPAIR",
            "start_time": repair.progress.start_time,
            "end_time": repair.progress.end_time,
            "task_run_ids": repair.task_run_ids,
            **state_view(0, repair.progress, self._faults),
        }
        return view if repair.id is None else {"id": repair.id, **view}

    def _page_url(self, run: Run, run_id: int) -> str:
        return f"{self._host}/?o={self._workspace_id}#job/{run.job_id}/run/{run_id}"


def shuffled(run: Run) -> list[TaskRun]:
    """Return the tasks of a run in an order that is arbitrary, but always the same."""
    return sorted(run.tasks, key=lambda task: hashlib.sha256(f"{run.run_id} {task.run_id}".encode()).digest())


def _with_token(view: dict[str, Any], page: Page) -> dict[str, Any]:
    return {**view, "next_page_token": page.next_token} if page.next_token else view


def _times(progress: Progress) -> dict[str, int]:
    """Return the times of a task; durations are 0 until it has ended."""
    begun = progress.running_since or progress.end_time
    return {
        "start_time": progress.start_time,
        "end_time": progress.end_time,
        "setup_duration": begun - progress.start_time if progress.end_time else 0,
        "execution_duration": progress.end_time - begun if progress.end_time else 0,
        "cleanup_duration": 0,
    }


def _by_kind(task: TaskRun) -> dict[str, Any]:
    if task.output.condition:
        return {"condition_task": {**task.spec.raw["condition_task"], "outcome": task.output.condition}}
    if task.spec.for_each_task:
        statistics = {"task_run_stats": _statistics(task.iterations)}
        return {"for_each_task": {**task.spec.raw["for_each_task"], "stats": statistics}}
    return {}


def _statistics(iterations: Sequence[TaskRun]) -> dict[str, int]:
    ended = [item.outcome.result for item in iterations if item.outcome]
    return {
        "total_iterations": len(iterations),
        "scheduled_iterations": len(iterations),
        "active_iterations": len(iterations) - len(ended),
        "completed_iterations": len(ended),
        "succeeded_iterations": ended.count(Result.SUCCESS),
        "failed_iterations": len(ended) - ended.count(Result.SUCCESS),
    }


def _legacy_fields(run: Run) -> dict[str, Any]:
    """Return what runs with one task at the top level have in addition."""
    raw = run.settings.raw
    clusters = {name: raw[name] for name in ("new_cluster", "existing_cluster_id", "libraries") if name in raw}
    view: dict[str, Any] = {
        "task": {name: value for name, value in raw.items() if name.endswith("_task")},
        "cluster_spec": clusters,
    }
    if cluster := run.tasks[-1].cluster:
        view["cluster_instance"] = {
            "cluster_id": cluster.cluster_id,
            "spark_context_id": cluster.spark_context_id,
        }
    return view
