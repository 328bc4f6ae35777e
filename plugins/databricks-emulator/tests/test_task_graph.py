"""Task graphs: order, conditions, loops, retries, references, pages."""

import pytest

FAIL = "1 / 0"


def after(*keys, outcome=None, **more):
    dependency = {"outcome": outcome} if outcome else {}
    return {"depends_on": [{"task_key": key, **dependency} for key in keys], **more}


def test_order(client, tmp_path, results):
    """Tasks run after those they depend on."""
    log = f"open(r'{tmp_path}/order', 'a').write('KEY')"
    run = client.run(
        client.python(log.replace("KEY", "c"), key="c", **after("b")),
        client.python(log.replace("KEY", "b"), key="b", **after("a")),
        client.python(log.replace("KEY", "a"), key="a"),
    )
    assert (tmp_path / "order").read_text() == "abc"
    assert results(run) == {"a": "SUCCESS", "b": "SUCCESS", "c": "SUCCESS"}


def test_upstream_failure(client, results):
    """What depends on a failed task does not run, and the run fails because of the first."""
    run = client.run(client.python(FAIL, key="a"), client.python("", key="b", **after("a")))
    assert results(run) == {"a": "FAILED", "b": "UPSTREAM_FAILED"}
    assert run["state"]["state_message"].startswith("Task a failed with message")


@pytest.mark.parametrize(
    ("run_if", "mixed", "good", "bad"),
    [
        ("ALL_SUCCESS", "UPSTREAM_FAILED", "SUCCESS", "UPSTREAM_FAILED"),
        ("AT_LEAST_ONE_SUCCESS", "SUCCESS", "SUCCESS", "UPSTREAM_FAILED"),
        ("NONE_FAILED", "UPSTREAM_FAILED", "SUCCESS", "UPSTREAM_FAILED"),
        ("ALL_DONE", "SUCCESS", "SUCCESS", "SUCCESS"),
        ("AT_LEAST_ONE_FAILED", "SUCCESS", "EXCLUDED", "SUCCESS"),
        ("ALL_FAILED", "EXCLUDED", "EXCLUDED", "SUCCESS"),
    ],
)
def test_run_if(client, results, run_if, mixed, good, bad):
    """`run_if` decides by how the upstream tasks ended."""
    run = client.run(
        client.python("", key="good"),
        client.python("", key="fine"),
        client.python(FAIL, key="bad"),
        client.python(FAIL, key="worse"),
        client.python("", key="after_both", run_if=run_if, **after("good", "bad")),
        client.python("", key="after_good", run_if=run_if, **after("good", "fine")),
        client.python("", key="after_bad", run_if=run_if, **after("bad", "worse")),
    )
    ended = results(run)
    assert (ended["after_both"], ended["after_good"], ended["after_bad"]) == (mixed, good, bad)


def test_success_with_failures(client):
    """A run whose last tasks succeeded although others failed has succeeded with failures."""
    run = client.run(client.python(FAIL, key="a"), client.python("", key="b", **after("a", run_if="ALL_DONE")))
    assert run["state"]["result_state"] == "SUCCESS_WITH_FAILURES"
    assert run["status"]["termination_details"]["code"] == "SUCCESS_WITH_FAILURES"


@pytest.mark.parametrize(
    ("op", "left", "right", "outcome"),
    [("EQUAL_TO", "a", "a", "true"), ("NOT_EQUAL", "a", "a", "false"), ("GREATER_THAN", "10", "9", "true")],
)
def test_condition(client, results, op, left, right, outcome):
    """Tasks depend on what a condition finds; the others are excluded, and that is a success."""
    run = client.run(
        {"task_key": "c", "condition_task": {"op": op, "left": left, "right": right}},
        client.python("", key="true", **after("c", outcome="true")),
        client.python("", key="false", **after("c", outcome="false")),
    )
    other = "false" if outcome == "true" else "true"
    assert results(run) == {"c": "SUCCESS", outcome: "SUCCESS", other: "EXCLUDED"}
    assert run["state"]["result_state"] == "SUCCESS"
    condition = next(task for task in run["tasks"] if task["task_key"] == "c")
    assert condition["condition_task"]["outcome"] == outcome


def test_condition_that_cannot_be_evaluated(client):
    """An order is only asked of numbers."""
    run = client.run({"task_key": "c", "condition_task": {"op": "LESS_THAN", "left": "a", "right": "b"}})
    assert run["tasks"][0]["status"]["termination_details"]["code"] == "INVALID_RUN_CONFIGURATION"


def test_for_each(client, tmp_path):
    """A loop runs its task for each element, whose references it resolves, and shows its iterations."""
    inner = client.python("import sys; print(sys.argv[1]); assert sys.argv[1] != '2'", key="inner")
    inner["spark_python_task"]["parameters"] = ["{{input}}"]
    loop = {"task_key": "loop", "for_each_task": {"inputs": "[1, 2, 3]", "concurrency": 2, "task": inner}}
    run = client.run(loop)
    (task,) = run["tasks"]
    assert task["state"]["result_state"] == "FAILED"
    assert task["for_each_task"]["stats"]["task_run_stats"]["failed_iterations"] == 1
    iterations = client.show(task["run_id"])["iterations"]
    outputs = [client.get("runs/get-output", run_id=item["run_id"]).json() for item in iterations]
    assert sorted(output["logs"][0] for output in outputs) == ["1", "2", "3"]


def test_run_job(client, results):
    """A task can run another job, whose run it names and whose result it takes."""
    job_id = client.job(
        client.python("import sys; print(sys.argv[1])", key="inner", parameters=["{{job.parameters.day}}"]),
        parameters=[{"name": "day", "default": "Monday"}],
    )
    run = client.run({"task_key": "other", "run_job_task": {"job_id": job_id, "job_parameters": {"day": "Friday"}}})
    assert results(run) == {"other": "SUCCESS"}
    child = client.show(client.output(run, "other")["run_job_output"]["run_id"])
    assert client.output(child, "inner")["logs"] == "Friday\n"


def test_cancel_reaches_the_other_job(client):
    """To cancel a run cancels the runs of other jobs that its tasks have started."""
    job_id = client.job(client.python("import time; time.sleep(600)", key="inner"))
    run_id = client.submit({"task_key": "other", "run_job_task": {"job_id": job_id}})
    child = client.until(lambda: client.get("runs/list", job_id=job_id).json().get("runs"), bool)[0]["run_id"]
    client.post("runs/cancel", run_id=run_id)
    assert client.wait(run_id)["state"]["result_state"] == "CANCELED"
    assert client.wait(child)["state"]["result_state"] == "CANCELED"


def test_retries(client, tmp_path):
    """Each attempt of a task is an entry of its own, under the same key."""
    counter = f"""
        from pathlib import Path
        count = Path(r'{tmp_path}/count')
        count.write_text(count.read_text() + 'x' if count.exists() else 'x')
        assert count.read_text() == 'xxx'
    """
    run = client.run(client.python(counter, max_retries=5, min_retry_interval_millis=10))
    attempts = sorted(run["tasks"], key=lambda task: task["attempt_number"])
    assert [task["state"]["result_state"] for task in attempts] == ["FAILED", "FAILED", "SUCCESS"]
    assert len({task["run_id"] for task in attempts}) == 3
    assert {client.show(task["run_id"])["original_attempt_run_id"] for task in attempts} == {attempts[0]["run_id"]}
    assert run["state"]["result_state"] == "SUCCESS"


def test_waiting_for_retry(client):
    """Between attempts a task waits, its run goes on, and both can be cancelled."""
    run_id = client.submit(client.python(FAIL, max_retries=1, min_retry_interval_millis=600_000))
    states = {"TERMINATED", "WAITING_FOR_RETRY"}
    client.until(
        lambda: client.show(run_id), lambda run: {t["state"]["life_cycle_state"] for t in run["tasks"]} == states
    )
    assert client.show(run_id)["state"]["life_cycle_state"] == "RUNNING"
    client.post("runs/cancel", run_id=run_id)
    assert client.wait(run_id)["state"]["result_state"] == "CANCELED"


@pytest.mark.parametrize(("retry_on_timeout", "attempts"), [(True, 2), (False, 1)])
def test_retry_on_timeout(client, retry_on_timeout, attempts):
    """A timeout is retried only if the task says so."""
    task = client.python(
        "import time; time.sleep(600)", timeout_seconds=1, max_retries=1, retry_on_timeout=retry_on_timeout
    )
    run = client.run(task)
    assert [entry["state"]["result_state"] for entry in run["tasks"]] == ["TIMEDOUT"] * attempts


def test_task_values(client):
    """A notebook leaves values for those after it, in code and in references."""
    run = client.run(
        client.notebook("dbutils.jobs.taskValues.set('x', 41)", key="a"),
        client.notebook(
            "dbutils.notebook.exit(str(dbutils.jobs.taskValues.get('a', 'x') + int(dbutils.widgets.get('one'))))",
            key="b",
            parameters={"one": "1", "y": "{{tasks.a.values.x}}"},
            **after("a"),
        ),
        client.python("import sys; print(sys.argv[1:])", key="c", parameters=["{{tasks.a.values.x}}"], **after("a")),
    )
    assert client.output(run, "b")["notebook_output"] == {"result": "42", "truncated": False}
    assert client.output(run, "c")["logs"] == "['41']\n"


def test_pages_of_tasks(client):
    """More than 100 tasks come in pages, in an order that is arbitrary but the same each time, from API 2.2 on."""
    condition = {"op": "EQUAL_TO", "left": "1", "right": "1"}
    keys = [f"t{number:03}" for number in range(250)]
    run_id = client.submit(*({"task_key": key, "condition_task": condition} for key in keys))
    client.wait(run_id)

    def pages():
        token = ""
        while token is not None:
            run = client.get("runs/get", run_id=run_id, page_token=token).json()
            yield [task["task_key"] for task in run["tasks"]]
            token = run.get("next_page_token")

    first = list(pages())
    assert [len(page) for page in first] == [100, 100, 50]
    assert sorted(key for page in first for key in page) == keys
    assert first[0] != keys[:100]
    assert list(pages()) == first
    answer = client.get("runs/get", "2.1", run_id=run_id)
    assert (answer.status_code, "API 2.2" in answer.json()["message"]) == (400, True)


def test_disabled(client, results):
    """A task that is disabled does not run."""
    assert results(client.run(client.python(FAIL, disabled=True))) == {"main": "DISABLED"}
