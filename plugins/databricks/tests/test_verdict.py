"""Every state that Databricks knows, and one that it does not."""

import pytest
from databricks.sdk.service import jobs

from fairlead import ErrorKind, Phase
from fairlead_databricks.model import QueueDetails, Run, RunState, RunStatus, RunTask, TerminationDetails
from fairlead_databricks.verdict import LIVE, RESULT_STATES, TERMINATION_CODES, never_began, verdict_of, verdict_of_run

LIVE_STATES = sorted({state.value for state in jobs.RunLifecycleStateV2State} - {"TERMINATED"})
LIVE_LIFE_CYCLES = sorted(
    {state.value for state in jobs.RunLifeCycleState} - {"TERMINATED", "SKIPPED", "INTERNAL_ERROR"}
)


def terminated(code, type_="CLIENT_ERROR", message="why"):
    return RunStatus(state="TERMINATED", termination_details=TerminationDetails(code, type_, message))


@pytest.mark.parametrize("state", LIVE_STATES)
@pytest.mark.parametrize("beside", [None, RunState(life_cycle_state="TERMINATED", result_state="SUCCESS")])
def test_live_status(state, beside):
    """A status that is no end is none, whatever stands beside it."""
    verdict = verdict_of(beside, RunStatus(state=state))
    assert not verdict.phase.is_terminal
    assert not verdict.unknown


@pytest.mark.parametrize("state", LIVE_LIFE_CYCLES)
def test_live_state(state):
    """The same in the older form."""
    verdict = verdict_of(RunState(life_cycle_state=state), None)
    assert not verdict.phase.is_terminal
    assert not verdict.unknown


@pytest.mark.parametrize("code", [code.value for code in jobs.TerminationCodeCode])
def test_termination_codes(code):
    """Every code of the SDK is mapped to an end; only SUCCESS succeeds."""
    verdict = verdict_of(None, terminated(code))
    assert verdict.phase.is_terminal
    assert not verdict.unknown
    assert (verdict.phase is Phase.SUCCEEDED) == (code == "SUCCESS")


@pytest.mark.parametrize("result", [result.value for result in jobs.RunResultState])
def test_result_states(result):
    """Every result of the older form is mapped to an end; only SUCCESS succeeds."""
    verdict = verdict_of(RunState(life_cycle_state="TERMINATED", result_state=result), None)
    assert verdict.phase.is_terminal
    assert not verdict.unknown
    assert (verdict.phase is Phase.SUCCEEDED) == (result == "SUCCESS")


@pytest.mark.parametrize("type_", [type_.value for type_ in jobs.TerminationTypeType])
def test_an_unknown_code_is_read_by_its_type(type_):
    """A code of a newer service is no success; whether to try again, its type says."""
    verdict = verdict_of(None, terminated("METEORITE", type_))
    retryable = type_ in {"CLOUD_FAILURE", "INTERNAL_ERROR"}
    assert verdict.phase is (Phase.RETRYABLE_FAILED if retryable else Phase.FAILED)
    assert (verdict.code, verdict.unknown) == ("METEORITE", True)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (None, RunStatus(state="PONDERING")),
        (RunState(life_cycle_state="PONDERING"), None),
        (RunState(life_cycle_state="PONDERING"), RunStatus(state="PONDERING")),
        (None, None),
        (RunState(), RunStatus()),
        (None, RunStatus(state="TERMINATED")),
        (RunState(life_cycle_state="TERMINATED"), None),
    ],
)
def test_what_is_not_known_goes_on(state, status):
    """An invented state, none at all, or an end without a result is no end; the name is shown."""
    verdict = verdict_of(state, status)
    assert verdict.phase is Phase.RUNNING
    if status and status.state == "PONDERING":
        assert verdict.unknown
        assert "PONDERING" in verdict.message


def test_both_forms_agree_on_an_end():
    """A status that says only that the run ended is completed by the older form."""
    state = RunState(life_cycle_state="TERMINATED", result_state="TIMEDOUT", state_message="too long")
    assert verdict_of(state, RunStatus(state="TERMINATED"))[:3] == (Phase.FAILED, "TIMEDOUT", "too long")


def test_a_timeout_is_no_cancellation():
    """The newer form has no code for a timeout, so the older one beside it tells it from a cancellation."""
    verdict = verdict_of(RunState("TERMINATED", "TIMEDOUT"), terminated("CANCELED", message="Run timed out."))
    assert verdict[:3] == (Phase.FAILED, "TIMEDOUT", "Run timed out.")
    assert verdict_of(RunState("TERMINATED", "CANCELED"), terminated("CANCELED")).phase is Phase.ABORTED


@pytest.mark.parametrize(
    ("began", "form"),
    [
        (False, {"status": terminated("SKIPPED")}),
        (False, {"state": RunState("SKIPPED", "UPSTREAM_FAILED")}),
        (False, {"state": RunState("INTERNAL_ERROR", "UPSTREAM_CANCELED"), "status": terminated("INTERNAL_ERROR")}),
        (False, {"state": RunState("TERMINATED", "EXCLUDED")}),
        (True, {"state": RunState("TERMINATED", "FAILED")}),
        (True, {"status": terminated("CANCELED")}),
        (True, {"status": RunStatus("RUNNING")}),
        (True, {}),
    ],
)
def test_what_never_began(began, form):
    """A task that was skipped or left out is known by both forms."""
    assert never_began(RunTask(**form)) is not began


def test_success_with_failures_by_policy():
    """A run with failures counts as failed, unless the task says otherwise."""
    for form in (
        {"status": terminated("SUCCESS_WITH_FAILURES")},
        {"state": RunState("TERMINATED", "SUCCESS_WITH_FAILURES")},
    ):
        run = Run(run_id=1, **form)
        assert verdict_of_run(run).phase is Phase.FAILED
        assert verdict_of_run(run, success_with_failures=True).phase is Phase.SUCCEEDED


USER_FAILURE = RunTask(task_key="main", run_id=2, state=RunState("TERMINATED", "FAILED", "Workload failed"))
ROLLED_UP = RunState("INTERNAL_ERROR", "FAILED", "Task main failed with message: Workload failed")


def test_a_users_exception_is_not_the_platforms_fault():
    """A run with tasks reports a user's exception as INTERNAL_ERROR; its tasks tell the truth, so it is not retried."""
    run = Run(run_id=1, state=ROLLED_UP, tasks=[USER_FAILURE])
    assert verdict_of_run(run).phase is Phase.FAILED
    status = terminated("RUN_EXECUTION_ERROR")
    assert verdict_of_run(Run(run_id=1, state=ROLLED_UP, status=status)).phase is Phase.FAILED
    assert verdict_of_run(Run(run_id=1, state=ROLLED_UP)).phase is Phase.RETRYABLE_FAILED
    platform = RunTask(task_key="main", run_id=2, state=RunState("INTERNAL_ERROR", "FAILED", "no cluster"))
    assert verdict_of_run(Run(run_id=1, state=ROLLED_UP, tasks=[platform])).phase is Phase.RETRYABLE_FAILED


def test_whose_fault_it_is():
    """The error of a retryable failure is the system's, that of another one the user's."""
    assert verdict_of(None, terminated("CLUSTER_ERROR")).error.kind is ErrorKind.SYSTEM
    assert verdict_of(None, terminated("RUN_EXECUTION_ERROR")).error.kind is ErrorKind.USER
    assert verdict_of(None, terminated("SUCCESS", "SUCCESS")).error is None


def test_why_a_run_is_queued():
    """The reason for which a run waits is its message."""
    queued = RunStatus(state="QUEUED", queue_details=QueueDetails("ACTIVE_RUNS_LIMIT_REACHED", "too many runs"))
    assert verdict_of(None, queued)[:3] == (Phase.QUEUED, "QUEUED", "too many runs")


def test_no_value_of_the_sdk_is_missing():
    """When a newer SDK has a state, a result or a code that is not mapped, this fails."""
    assert set(LIVE_STATES) | set(LIVE_LIFE_CYCLES) == set(LIVE)
    assert {code.value for code in jobs.TerminationCodeCode} - set(TERMINATION_CODES) == set()
    assert {result.value for result in jobs.RunResultState} == set(RESULT_STATES)


def test_the_latest_attempt_of_each_task():
    """Of several attempts the one with the highest number counts, in whatever order they come."""
    tasks = [
        RunTask(task_key=key, run_id=10 * attempt + number, attempt_number=attempt, start_time=number)
        for attempt in (2, 0, 1)
        for number, key in enumerate("bca")
    ]
    assert [(task.task_key, task.attempt_number) for task in Run(tasks=tasks).latest_tasks()] == [
        ("b", 2),
        ("c", 2),
        ("a", 2),
    ]
