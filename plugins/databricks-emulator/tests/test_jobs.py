"""Saved jobs: their settings, their runs, and runs that wait for one another."""

import pytest

SLEEP = "import time; time.sleep(600)"


def run_now(client, job_id, **arguments):
    answer = client.post("run-now", job_id=job_id, **arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()["run_id"]


def test_create_get_reset_update_delete(client):
    """A job is kept, replaced, changed and forgotten."""
    job_id = client.job(client.python("", key="a"), name="one", tags={"x": "1"})
    job = client.get("get", job_id=job_id).json()
    assert (job["job_id"], job["settings"]["name"]) == (job_id, "one")
    changes = {"name": "two", "tasks": [client.python("", key="b")]}
    client.post("update", job_id=job_id, new_settings=changes, fields_to_remove=["tags"])
    settings = client.get("get", job_id=job_id).json()["settings"]
    assert (settings["name"], [task["task_key"] for task in settings["tasks"]]) == ("two", ["a", "b"])
    assert "tags" not in settings
    client.post("reset", job_id=job_id, new_settings={"name": "three"})
    assert "tasks" not in client.get("get", job_id=job_id).json()["settings"]
    assert client.post("delete", job_id=job_id).json() == {}
    assert client.get("get", job_id=job_id).status_code == 400


def test_list(client):
    """Jobs are listed, the newest first, by page and by name in any case, tasks only if asked for."""
    job_ids = [client.job(client.python(""), name=f"Job {number}") for number in range(3)]
    first = client.get("list", limit=2).json()
    assert [job["job_id"] for job in first["jobs"]] == [job_ids[2], job_ids[1]]
    rest = client.get("list", limit=2, page_token=first["next_page_token"]).json()
    assert [job["job_id"] for job in rest["jobs"]] == [job_ids[0]]
    assert "next_page_token" not in rest
    (found,) = client.get("list", name="job 1", expand_tasks="true").json()["jobs"]
    assert found["settings"]["tasks"][0]["task_key"] == "main"
    assert "tasks" not in first["jobs"][0]["settings"]
    assert client.get("list", limit=101).status_code == 400


def test_legacy_parameters(client):
    """Parameters for all tasks of a kind replace those of the job."""
    show = client.python("import sys; print(sys.argv[1:])", parameters=["job"])
    book = client.notebook("dbutils.notebook.exit(str(dbutils.widgets.getAll()))", key="b", parameters={"x": "1"})
    run_id = run_now(client, client.job(show, book), python_params=["run"], notebook_params={"y": "2"})
    run = client.wait(run_id)
    assert client.output(run)["logs"] == "['run']\n"
    assert client.output(run, "b")["notebook_output"]["result"] == "{'x': '1', 'y': '2'}"


@pytest.mark.parametrize(
    ("only", "keys"), [(["b"], {"b"}), (["+b"], {"a", "b"}), (["b+"], {"b", "c"}), (["+b+"], {"a", "b", "c"})]
)
def test_only(client, only, keys):
    """`only` chooses tasks, with those above or below."""
    job_id = client.job(
        client.python("", key="a"),
        client.python("", key="b", depends_on=[{"task_key": "a"}]),
        client.python("", key="c", depends_on=[{"task_key": "b"}]),
    )
    run = client.wait(run_now(client, job_id, only=only))
    assert {task["task_key"] for task in run["tasks"]} == keys


def test_queue(client):
    """A run waits in the queue until its job has no other, and can be cancelled there."""
    job_id = client.job(client.python(SLEEP))
    first, second, third = (run_now(client, job_id) for _ in range(3))
    assert client.show(second)["state"]["life_cycle_state"] == client.show(second)["status"]["state"] == "QUEUED"
    assert client.show(second)["status"]["queue_details"]["code"] == "MAX_CONCURRENT_RUNS_REACHED"
    client.post("runs/cancel", run_id=third)
    assert client.wait(third)["state"]["result_state"] == "CANCELED"
    client.post("runs/cancel", run_id=first)
    assert client.wait(second, {"RUNNING"})["run_id"] == second
    client.post("runs/cancel-all", job_id=job_id)
    assert client.wait(second)["state"]["result_state"] == "CANCELED"


def test_skipped_without_queue(client):
    """Without a queue a run that is one too many is skipped."""
    job_id = client.job(client.python(SLEEP), queue={"enabled": False})
    run_now(client, job_id)
    run = client.wait(run_now(client, job_id))
    assert run["state"]["life_cycle_state"] == "SKIPPED"
    assert run["state"]["result_state"] == "MAXIMUM_CONCURRENT_RUNS_REACHED"


def test_runs_list(client):
    """Runs are listed, the newest first, by page, job, type and whether they have ended."""
    job_id = client.job(client.python(SLEEP, key="sleeper"))
    active = run_now(client, job_id)
    ended = [client.run(client.python(""))["run_id"] for _ in range(2)]

    def listed(**arguments):
        return [run["run_id"] for run in client.get("runs/list", **arguments).json().get("runs", [])]

    assert listed() == [*ended[::-1], active]
    assert listed(active_only="true") == [active]
    assert listed(completed_only="true") == ended[::-1]
    assert listed(job_id=job_id) == listed(run_type="JOB_RUN") == [active]
    first = client.get("runs/list", limit=2).json()
    assert listed(limit=2, page_token=first["next_page_token"]) == [active]
    assert "tasks" not in first["runs"][0]
    assert client.get("runs/list", expand_tasks="true").json()["runs"][0]["tasks"]
    assert client.get("runs/list", "2.1", limit=2).json()["has_more"] is True


@pytest.mark.parametrize(
    "arguments",
    [{"limit": 25}, {"limit": -1}, {"active_only": "true", "completed_only": "true"}, {"page_token": "mine"}],
)
def test_refused_lists(client, arguments):
    """What cannot be listed is a 400."""
    assert client.get("runs/list", **arguments).status_code == 400
