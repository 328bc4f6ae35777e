"""Repairs: an ended run goes on under its id."""

import pytest


@pytest.fixture
def failed(client, tmp_path):
    """A run whose first task failed because a file is not there, and whose second did therefore not run."""
    check = f"from pathlib import Path; assert Path(r'{tmp_path}/there').exists()"
    return client.run(
        client.python(check, key="a"),
        client.python("", key="b", depends_on=[{"task_key": "a"}]),
        client.python("", key="c"),
    )["run_id"]


def repair(client, run_id, **arguments):
    return client.post("runs/repair", run_id=run_id, **arguments)


def test_all_failed_tasks(client, failed, tmp_path):
    """A repair takes the run back to RUNNING and adds attempts of what failed, beside the old ones."""
    (tmp_path / "there").touch()
    repair_id = repair(client, failed, rerun_all_failed_tasks=True).json()["repair_id"]
    run = client.wait(failed)
    assert run["state"]["result_state"] == "SUCCESS"
    entries = sorted((task["task_key"], task["attempt_number"], task["state"]["result_state"]) for task in run["tasks"])
    assert entries == [
        ("a", 0, "FAILED"),
        ("a", 1, "SUCCESS"),
        ("b", 0, "UPSTREAM_FAILED"),
        ("b", 1, "SUCCESS"),
        ("c", 0, "SUCCESS"),
    ]
    assert "repair_history" not in run
    original, repaired = client.show(failed, include_history="true")["repair_history"]
    assert (original["type"], original["state"]["result_state"], "id" in original) == ("ORIGINAL", "FAILED", False)
    assert (repaired["type"], repaired["id"], repaired["state"]["result_state"]) == ("REPAIR", repair_id, "SUCCESS")
    assert len(original["task_run_ids"]) == 3
    assert len(repaired["task_run_ids"]) == 2


def test_running_again(client, tmp_path):
    """While a repair runs, the run is RUNNING with no result."""
    first = client.python("1 / 0", key="a")
    run_id = client.run(first)["run_id"]
    client.script("import time; time.sleep(600)", name="a.py")
    repair(client, run_id, rerun_tasks=["a"])
    run = client.show(run_id)
    assert run["state"]["life_cycle_state"] == run["status"]["state"] == "RUNNING"
    assert "result_state" not in run["state"]
    refused = repair(client, run_id, rerun_tasks=["a"])
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_STATE")
    client.post("runs/cancel", run_id=run_id)
    assert client.wait(run_id)["state"]["result_state"] == "CANCELED"


def test_dependents(client, failed, tmp_path):
    """Tasks that depend on the repaired ones run again if asked, also those that had succeeded."""
    (tmp_path / "there").touch()
    repair(client, failed, rerun_tasks=["a"], rerun_dependent_tasks=True)
    attempts = [task["task_key"] for task in client.wait(failed)["tasks"]]
    assert sorted(attempts) == ["a", "a", "b", "b", "c"]


def test_latest_repair_id(client, failed):
    """From the second repair on the id of the one before is needed."""
    first = repair(client, failed, rerun_all_failed_tasks=True).json()["repair_id"]
    client.wait(failed)
    refused = repair(client, failed, rerun_all_failed_tasks=True)
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "The latest repair ID needs to be provided in order to create a new repair",
    )
    assert repair(client, failed, rerun_all_failed_tasks=True, latest_repair_id=1).status_code == 400
    assert repair(client, failed, rerun_all_failed_tasks=True, latest_repair_id=first).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Exactly one"),
        ({"rerun_tasks": ["a"], "rerun_all_failed_tasks": True}, "Exactly one"),
        ({"rerun_tasks": ["a", "a"]}, "duplicate task keys"),
        ({"rerun_tasks": ["z"]}, "unknown tasks: z"),
    ],
)
def test_refused(client, failed, arguments, message):
    """A repair that cannot be is a 400."""
    answer = repair(client, failed, **arguments)
    assert (answer.status_code, message in answer.json()["message"]) == (400, True)


def test_parameters_are_not_inherited(client):
    """A repair has the defaults of the job for parameters that it does not give, whatever the run had."""
    show = client.python("import sys; print(sys.argv[1]); 1 / 0", parameters=["{{job.parameters.day}}"])
    job_id = client.job(show, parameters=[{"name": "day", "default": "Monday"}])
    run_id = client.post("run-now", job_id=job_id, job_parameters={"day": "Friday"}).json()["run_id"]
    assert client.output(client.wait(run_id))["logs"].startswith("Friday")
    repair(client, run_id, rerun_all_failed_tasks=True)
    assert client.output(client.wait(run_id))["logs"].startswith("Monday")
