"""What the official SDK knows, so that a newer one shows what has changed."""

import pytest
from databricks.sdk.service import jobs

from fairlead_databricks_emulator.runs.states import LifeCycle, Result, TerminationCode, TerminationType


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (LifeCycle, jobs.RunLifeCycleState),
        (Result, jobs.RunResultState),
        (TerminationCode, jobs.TerminationCodeCode),
        (TerminationType, jobs.TerminationTypeType),
    ],
)
def test_words_are_those_of_the_service(ours, theirs):
    """Every word for a state is one that the SDK knows."""
    assert {word.value for word in ours} <= {word.value for word in theirs}


def test_new_states():
    """Every old state has a new one that the SDK knows."""
    assert {state.status for state in LifeCycle} <= {word.value for word in jobs.RunLifecycleStateV2State}


def test_fields_of_runs(client):
    """Every field of a run and of its tasks is one that the SDK knows, so that none is misspelled."""
    run = client.run(client.python("", existing_cluster_id="c"))
    assert run.keys() - {"format"} <= set(jobs.Run.__dataclass_fields__)
    assert run["tasks"][0].keys() <= set(jobs.RunTask.__dataclass_fields__)
    history = client.show(run["run_id"], include_history="true")["repair_history"]
    assert history[0].keys() <= set(jobs.RepairHistoryItem.__dataclass_fields__)
    assert client.output(run).keys() <= set(jobs.RunOutput.__dataclass_fields__)
