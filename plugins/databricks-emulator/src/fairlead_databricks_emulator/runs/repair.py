"""Repairs: which tasks of a run run again, and what that needs."""

import msgspec

from fairlead_databricks_emulator.errors import ApiError, invalid_parameter
from fairlead_databricks_emulator.runs.run import Repair, Run, new_id
from fairlead_databricks_emulator.runs.specs import RunSettings
from fairlead_databricks_emulator.runs.states import LifeCycle, Result

_DONE = {Result.SUCCESS, Result.EXCLUDED}


class RepairRequest(msgspec.Struct, kw_only=True):
    """The body of `runs/repair`."""

    run_id: int
    rerun_tasks: list[str] = []
    rerun_all_failed_tasks: bool = False
    rerun_dependent_tasks: bool = False
    latest_repair_id: int | None = None
    job_parameters: dict[str, str] = {}
    notebook_params: dict[str, str] = {}
    python_params: list[str] = []
    python_named_params: dict[str, str] = {}
    sql_params: dict[str, str] = {}


def prepare_repair(run: Run, request: RepairRequest) -> set[str]:
    """Check a request and return the keys of the tasks that run again; raise `ApiError` where it cannot be."""
    if not run.progress.is_terminal:
        raise ApiError(
            400, "INVALID_STATE", f"Run {run.run_id} is in progress; only runs that have ended are repaired."
        )
    if bool(request.rerun_tasks) == request.rerun_all_failed_tasks:
        message = "Exactly one of rerun_tasks and rerun_all_failed_tasks is needed"
        raise invalid_parameter(message)
    if len(set(request.rerun_tasks)) < len(request.rerun_tasks):
        message = "rerun_tasks cannot contain duplicate task keys"
        raise invalid_parameter(message)
    _check_latest(run, request.latest_repair_id)
    known = {spec.task_key for spec in run.settings.tasks}
    if unknown := set(request.rerun_tasks) - known:
        message = f"rerun_tasks names unknown tasks: {', '.join(sorted(unknown))}"
        raise invalid_parameter(message)
    return _keys(run, request)


def reopen(run: Run, keys: set[str], settings: RunSettings) -> Repair:
    """Take a run back to RUNNING, with one more attempt for each of its tasks in `keys`."""
    run.settings = settings
    run.reopen()
    repair = Repair(id=new_id(), task_run_ids=[], progress=run.progress)
    run.repairs.append(repair)
    for spec in settings.tasks:
        if spec.task_key in keys:
            run.add_attempt(spec, state=LifeCycle.BLOCKED if spec.depends_on else LifeCycle.PENDING)
    return repair


def _check_latest(run: Run, given: int | None) -> None:
    latest = run.repairs[-1].id
    if latest is not None and given is None:
        message = "The latest repair ID needs to be provided in order to create a new repair"
        raise invalid_parameter(message)
    if given is not None and given != latest:
        message = f"The latest repair ID {given} is not that of the latest repair, {latest}"
        raise invalid_parameter(message)


def _keys(run: Run, request: RepairRequest) -> set[str]:
    failed = {task.spec.task_key for task in run.latest_tasks() if task.outcome and task.outcome.result not in _DONE}
    keys = failed if request.rerun_all_failed_tasks else set(request.rerun_tasks)
    return _with_dependents(run, keys) if request.rerun_dependent_tasks else keys


def _with_dependents(run: Run, keys: set[str]) -> set[str]:
    grown = keys | {
        spec.task_key
        for spec in run.settings.tasks
        if any(dependency.task_key in keys for dependency in spec.depends_on)
    }
    return grown if grown == keys else _with_dependents(run, grown)
