"""Idempotency tokens: one token, one run."""


def test_submit_again(client, databricks_emulator):
    """The same token gives the same run, also after it has ended."""
    task = client.python("")
    first = client.submit(task, idempotency_token="t")
    client.wait(first)
    assert client.submit(task, idempotency_token="t") == first
    assert len(databricks_emulator.runs) == 1
    assert client.submit(task, idempotency_token="u") != first


def test_run_now_again(client, databricks_emulator):
    """`run-now` knows its tokens too."""
    job_id = client.job(client.python(""))
    answers = [client.post("run-now", job_id=job_id, idempotency_token="t").json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["number_in_job"] == answers[0]["run_id"]
    assert len(databricks_emulator.runs) == 1


def test_token_of_a_deleted_run(client):
    """The token of a deleted run stays taken, and is an error."""
    task = client.python("")
    run_id = client.submit(task, idempotency_token="t")
    client.wait(run_id)
    assert client.post("runs/delete", run_id=run_id).status_code == 200
    assert client.get("runs/get", run_id=run_id).status_code == 400
    answer = client.post("runs/submit", tasks=[task], idempotency_token="t")
    assert (answer.status_code, "deleted" in answer.json()["message"]) == (400, True)


def test_long_token(client):
    """A token has at most 64 characters."""
    task = client.python("")
    assert client.post("runs/submit", tasks=[task], idempotency_token="t" * 64).status_code == 200
    assert client.post("runs/submit", tasks=[task], idempotency_token="t" * 65).status_code == 400


def test_delete_of_an_active_run(client):
    """A run that has not ended cannot be deleted."""
    run_id = client.submit(client.python("import time; time.sleep(600)"))
    answer = client.post("runs/delete", run_id=run_id)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_STATE")
