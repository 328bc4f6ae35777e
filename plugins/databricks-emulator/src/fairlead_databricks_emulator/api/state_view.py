"""How the state of a run or task is shown: in the old words, in the new ones, or in invented ones."""

from typing import Any

from fairlead_databricks_emulator.faults import FaultBook, InventState
from fairlead_databricks_emulator.runs.states import LifeCycle, Outcome, Progress, Result


def state_view(run_id: int, progress: Progress, faults: FaultBook) -> dict[str, Any]:
    """Return the fields `state` and `status`, as far as they are to be shown."""
    if invented := faults.invented.get(run_id):
        shown = {"state": _invented_state(invented), "status": _invented_status(invented)}
    else:
        shown = {"state": _state(progress), "status": _status(progress)}
    return {name: value for name, value in shown.items() if value and faults.shown in {name, "both"}}


def _state(progress: Progress) -> dict[str, Any]:
    """Return the old `state`."""
    outcome = progress.outcome
    state: dict[str, Any] = {"life_cycle_state": progress.state}
    if outcome:
        state["result_state"] = outcome.result
    state["state_message"] = outcome.message if outcome else _MESSAGES.get(progress.state, "")
    stopped = outcome is not None and outcome.result in {Result.CANCELED, Result.TIMEDOUT}
    state["user_cancelled_or_timedout"] = stopped
    return state


def _status(progress: Progress) -> dict[str, Any]:
    """Return the new `status`."""
    status: dict[str, Any] = {"state": progress.state.status}
    if progress.outcome:
        status["termination_details"] = _termination(progress.outcome)
    if progress.state is LifeCycle.QUEUED:
        message = "The run is queued: the maximum number of concurrent runs of its job is reached."
        status["queue_details"] = {"code": "MAX_CONCURRENT_RUNS_REACHED", "message": message}
    return status


def _termination(outcome: Outcome) -> dict[str, str]:
    return {"code": outcome.code, "type": outcome.type, "message": outcome.message}


def _invented_state(invented: InventState) -> dict[str, Any]:
    words = {"life_cycle_state": invented.life_cycle_state, "result_state": invented.result_state}
    state = {name: word for name, word in words.items() if word}
    return {**state, "state_message": invented.message} if state else {}


def _invented_status(invented: InventState) -> dict[str, Any]:
    words = {"code": invented.code, "type": invented.type, "message": invented.message}
    details = {name: word for name, word in words.items() if word}
    if not invented.state:
        return {}
    return {"state": invented.state, **({"termination_details": details} if details else {})}


_MESSAGES = {
    LifeCycle.PENDING: "Waiting for cluster",
    LifeCycle.RUNNING: "In run",
    LifeCycle.TERMINATING: "Terminating the run",
    LifeCycle.QUEUED: "The run is queued",
    LifeCycle.WAITING_FOR_RETRY: "Waiting for retry",
}
