"""Runs of Python files: states, output, errors, cancellation."""

import signal
from pathlib import Path

import pytest


def test_success(client):
    """A run that succeeds says so in old words and new, and its task keeps what was printed."""
    run = client.run(client.python("import sys; print('hello', sys.argv[1:])", parameters=["a", "b"]))
    assert run["state"]["life_cycle_state"] == "TERMINATED"
    assert run["state"]["result_state"] == "SUCCESS"
    assert run["status"] == {
        "state": "TERMINATED",
        "termination_details": {"code": "SUCCESS", "type": "SUCCESS", "message": ""},
    }
    output = client.output(run)
    assert output["logs"] == "hello ['a', 'b']\n"
    assert output["logs_truncated"] is False
    assert output["metadata"]["run_id"] == run["tasks"][0]["run_id"]


def test_failure_is_rolled_up_as_internal_error(client):
    """A task whose code raised is TERMINATED, its run INTERNAL_ERROR; both FAILED, and a client error."""
    run = client.run(client.python("raise ValueError('no good')"))
    message = "Workload failed, see run output for details"
    assert run["state"]["life_cycle_state"] == "INTERNAL_ERROR"
    assert run["state"]["result_state"] == "FAILED"
    assert run["state"]["state_message"] == f"Task main failed with message: {message}."
    (task,) = run["tasks"]
    assert (task["state"]["life_cycle_state"], task["state"]["result_state"]) == ("TERMINATED", "FAILED")
    details = {"code": "RUN_EXECUTION_ERROR", "type": "CLIENT_ERROR", "message": message}
    assert task["status"] == {"state": "TERMINATED", "termination_details": details}


def test_error_and_trace(client):
    """The output of a failed task has the last line of its traceback, and the traceback without the driver."""
    output = client.output(client.run(client.python("def inner():\n    raise ValueError('no good')\ninner()")))
    assert output["error"] == "ValueError: no good"
    assert output["error_trace"].startswith("Traceback (most recent call last):\n  File")
    assert "main.py" in output["error_trace"].splitlines()[1]
    assert "raise ValueError" in output["error_trace"]
    assert "task_driver" not in output["error_trace"]
    assert "ValueError: no good" in output["logs"]


@pytest.mark.parametrize(("code", "result"), [("0", "SUCCESS"), ("", "SUCCESS"), ("3", "FAILED")])
def test_exit(client, results, code, result):
    """A task that exits with 0 or nothing has succeeded, with anything else failed."""
    run = client.run(client.python(f"import sys; sys.exit({code})"))
    assert results(run) == {"main": result}


def test_killed_process(client):
    """A process that vanishes leaves its exit code in the error."""
    run = client.run(client.python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert client.output(run)["error"] == f"The Python process exited unexpectedly with exit code {-signal.SIGKILL}"


def test_missing_file(client):
    """A task whose file is not there fails without a process."""
    task = {"task_key": "main", "spark_python_task": {"python_file": "/nowhere/at/all.py"}}
    run = client.run(task)
    assert run["tasks"][0]["status"]["termination_details"]["code"] == "RESOURCE_NOT_FOUND"
    assert "/nowhere/at/all.py" in client.output(run)["error"]


def test_unsupported_kind(client):
    """A task that the emulator cannot run fails and says so."""
    run = client.run({"task_key": "main", "dbt_task": {"commands": ["dbt run"]}})
    assert run["tasks"][0]["status"]["termination_details"]["code"] == "FEATURE_DISABLED"
    assert client.output(run)["error"] == "The emulator does not run a dbt_task"


def test_output_of_parent_is_refused(client):
    """The output of a run with `tasks[]` is refused, even of one task, but not through API 2.0."""
    run = client.run(client.python("print(1)"))
    answer = client.get("runs/get-output", run_id=run["run_id"])
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "each individual task run" in answer.json()["message"]
    assert client.get("runs/get-output", version="2.0", run_id=run["run_id"]).json()["logs"] == "1\n"


def test_legacy_shape(client):
    """A task at the top level runs, ends as its task ends, and has its output under the id of the run."""
    body = client.python("1 / 0")
    body.pop("task_key")
    run_id = client.post("runs/submit", "2.1", existing_cluster_id="1-2-three", **body).json()["run_id"]
    run = client.wait(run_id)
    assert (run["state"]["life_cycle_state"], run["state"]["result_state"]) == ("TERMINATED", "FAILED")
    assert run["cluster_instance"]["cluster_id"] == "1-2-three"
    assert "ZeroDivisionError" in client.get("runs/get-output", run_id=run_id).json()["error"]


def test_classic_and_serverless(client):
    """A task on classic compute has a cluster instance and gets its variables, one on serverless compute has none."""
    code = "import os; print(os.environ.get('COLOUR'))"
    cluster = {"num_workers": 0, "spark_env_vars": {"COLOUR": "red"}}
    run = client.run(
        client.python(code, key="classic", new_cluster=cluster),
        client.python(code, key="serverless", environment_key="e", environment_variables_key="v"),
        environments=[{"environment_key": "e", "spec": {"environment_version": "2"}}],
        environment_variables=[{"environment_variables_key": "v", "spec": {"variables": {"COLOUR": "blue"}}}],
    )
    tasks = {task["task_key"]: task for task in run["tasks"]}
    assert tasks["classic"]["cluster_instance"].keys() == {"cluster_id", "spark_context_id"}
    assert tasks["classic"]["new_cluster"] == cluster
    assert "cluster_instance" not in tasks["serverless"]
    assert client.output(run, "classic")["logs"] == "red\n"
    assert client.output(run, "serverless")["logs"] == "blue\n"


def test_ids_and_link(client):
    """Ids are large numbers, equal where the service has them equal, and the link has the legacy form."""
    run = client.run(client.python(""))
    assert run["run_id"] > 10**14
    assert run["number_in_job"] == run["job_run_id"] == run["run_id"]
    assert run["run_page_url"].startswith(f"{client.emulator.host}/?o=")
    assert run["run_page_url"].endswith(f"#job/{run['job_id']}/run/{run['run_id']}")


def test_arguments_from_query_or_body_as_number_or_text(client):
    """Arguments of a GET come from the query or a JSON body, ids as numbers or texts, in all versions."""
    run_id = client.submit(client.python(""))
    client.wait(run_id)
    for version in ("2.0", "2.1", "2.2"):
        for given in (run_id, str(run_id)):
            answer = client.http.request("GET", f"/api/{version}/jobs/runs/get", json={"run_id": given})
            assert answer.json()["run_id"] == run_id
        assert client.get("runs/get", version, run_id=run_id).json()["run_id"] == run_id


def test_cancel_ends_the_whole_tree(client, tmp_path):
    """Cancel ends the process and its children, which get the time to say goodbye."""
    run_id = client.submit(
        client.python(f"""
        import subprocess, sys, signal, time
        def leave(*_):
            open(r'{tmp_path}/goodbye', 'w').write('bye')
            sys.exit(1)
        signal.signal(signal.SIGTERM, leave)
        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
        open(r'{tmp_path}/child', 'w').write(str(child.pid))
        time.sleep(600)
        """)
    )
    child = int(client.file(tmp_path / "child"))
    assert client.post("runs/cancel", run_id=run_id).json() == {}
    run = client.wait(run_id)
    assert run["state"]["result_state"] == run["tasks"][0]["state"]["result_state"] == "CANCELED"
    assert run["status"]["termination_details"]["code"] == "USER_CANCELED"
    assert (tmp_path / "goodbye").read_text() == "bye"
    client.until(lambda: _is_running(child), lambda running: not running)


def test_cancel_is_asynchronous(client, tmp_path):
    """A run whose process does not listen is TERMINATING for a while, until the process is killed."""
    run_id = client.submit(
        client.python(f"""
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open(r'{tmp_path}/ready', 'w').write('yes')
        time.sleep(600)
        """)
    )
    client.file(tmp_path / "ready")
    client.post("runs/cancel", run_id=run_id)
    assert client.show(run_id)["state"]["life_cycle_state"] == "TERMINATING"
    assert client.wait(run_id)["state"]["result_state"] == "CANCELED"


def test_cancel_of_an_ended_run_does_nothing(client):
    """To cancel a run that has ended is no error and has no effect."""
    run = client.run(client.python(""))
    assert client.post("runs/cancel", run_id=run["run_id"]).json() == {}
    assert client.show(run["run_id"])["state"]["result_state"] == "SUCCESS"


def test_cancel_of_one_task(client, tmp_path, results):
    """The id of a task run cancels that task alone."""
    waiting = f"open(r'{tmp_path}/ready', 'w').write('yes'); import time; time.sleep(600)"
    run_id = client.submit(client.python(waiting, key="slow"), client.python("", key="quick"))
    client.file(tmp_path / "ready")
    task = next(task for task in client.show(run_id)["tasks"] if task["task_key"] == "slow")
    client.post("runs/cancel", run_id=task["run_id"])
    assert results(client.wait(run_id)) == {"slow": "CANCELED", "quick": "SUCCESS"}


def test_timeouts(client):
    """A task or run that takes longer than it may ends as TIMEDOUT."""
    sleep = "import time; time.sleep(600)"
    task = client.submit(client.python(sleep, timeout_seconds=1))
    whole = client.submit(client.python(sleep), timeout_seconds=1)
    for run in (client.wait(task), client.wait(whole)):
        assert run["state"]["result_state"] == run["tasks"][0]["state"]["result_state"] == "TIMEDOUT"


def test_long_logs_are_cut(client):
    """Of long logs the last 5 MB are shown."""
    output = client.output(client.run(client.python("print('x' * 6_000_000); print('end')")))
    assert output["logs_truncated"] is True
    assert len(output["logs"]) == 5 * 1024 * 1024
    assert output["logs"].endswith("x\nend\n")


def test_unknown_run(client):
    """A run that is not there is a 400."""
    answer = client.get("runs/get", run_id=1)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert answer.json()["message"] == "Run 1 does not exist."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"tasks": [{"task_key": "a"}]}, "one kind of task"),
        ({"tasks": []}, "empty"),
        ({"tasks": [{"task_key": "a", "spark_python_task": {}}]}, "python_file"),
        ({"tasks": [{"task_key": "a b", "spark_python_task": {"python_file": "/x"}}]}, "tasks[0]"),
        (
            {
                "tasks": [
                    {"task_key": key, "spark_python_task": {"python_file": "/x"}, "depends_on": [{"task_key": other}]}
                    for key, other in ("ab", "ba")
                ]
            },
            "cycle",
        ),
    ],
)
def test_refused_bodies(client, body, message):
    """A body that cannot be run is a 400 that says what is wrong with it."""
    answer = client.post("runs/submit", **body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert message in answer.json()["message"]


def test_unknown_routes_and_broken_json(client):
    """Unknown routes are a 404, a body that is no JSON a 400, both in the shape of the service."""
    assert client.http.get("/api/2.2/jobs/nothing").json()["error_code"] == "ENDPOINT_NOT_FOUND"
    broken = client.http.post("/api/2.2/jobs/runs/submit", content=b"{")
    assert (broken.status_code, broken.json()["error_code"]) == (400, "MALFORMED_REQUEST")


def _is_running(process_id):
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
