"""Faults on request: they happen to real connections, as often as asked."""

import threading
from contextlib import suppress

import httpx
import pytest

from fairlead_databricks_emulator import Drop, ExpireTokens, Garbage, Hang, InventState, RateLimit, Status


@pytest.fixture
def emulator(databricks_emulator):
    return databricks_emulator


def attempt(client):
    return client.post("runs/submit", tasks=[client.python("")])


@pytest.mark.parametrize(("when", "runs"), [("before", 0), ("after", 1)])
def test_drop(client, emulator, when, runs):
    """A dropped connection ends without an answer, before the run is there or after."""
    emulator.faults.add(Drop(path="/runs/submit", when=when))
    with pytest.raises(httpx.TransportError):
        attempt(client)
    assert len(emulator.runs) == runs
    assert attempt(client).status_code == 200
    assert len(emulator.runs) == runs + 1


@pytest.mark.parametrize(("when", "runs"), [("before", 0), ("after", 1)])
def test_status(client, emulator, when, runs):
    """A status comes with the body and headers asked for, so many times."""
    fault = Status(
        path="/runs/submit", status=503, body={"message": "later"}, headers={"Retry-After": "7"}, when=when, times=2
    )
    emulator.faults.add(fault)
    for _ in range(2):
        answer = attempt(client)
        assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"message": "later"}, "7")
    assert len(emulator.runs) == 2 * runs
    assert attempt(client).status_code == 200


def test_text_body(client, emulator):
    """A body of text is sent as it is."""
    headers = {"Content-Type": "text/html"}
    emulator.faults.add(Status(path="/runs/submit", status=502, body="<pre>no</pre>", headers=headers))
    answer = attempt(client)
    assert (answer.text, answer.headers["content-type"]) == ("<pre>no</pre>", "text/html")


def test_garbage(client, emulator):
    """Garbage is a 200 that is no JSON."""
    emulator.faults.add(Garbage(path="/runs/submit"))
    answer = attempt(client)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="delimiter|Expecting"):
        answer.json()


@pytest.mark.parametrize(("when", "runs"), [("before", 0), ("after", 1)])
def test_hang_outlasts_the_client(client, emulator, when, runs):
    """A request that hangs times out on the side of the client, with or without effect."""
    emulator.faults.add(Hang(path="/runs/submit", when=when))
    with pytest.raises(httpx.ReadTimeout):
        client.http.post("/api/2.2/jobs/runs/submit", json={"tasks": [client.python("")]}, timeout=0.2)
    assert len(emulator.runs) == runs


def test_hang_until_released(client, emulator):
    """A request that hangs goes on when it is released."""
    emulator.faults.add(Hang(path="/runs/submit", when="after"))
    answers = []
    thread = threading.Thread(target=lambda: answers.append(attempt(client)))
    thread.start()
    client.until(lambda: len(emulator.runs), bool)
    assert not answers
    emulator.faults.release()
    thread.join()
    assert answers[0].json()["run_id"] == emulator.runs[0].run_id


def test_hang_for_a_time(client, emulator):
    """A request that hangs for some seconds is answered after them."""
    emulator.faults.add(Hang(path="/runs/submit", seconds=0.1))
    answer = attempt(client)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.1


def test_a_hanging_request_does_not_keep_the_emulator_from_stopping(fresh):
    """An emulator stops while requests hang, and they are answered or cut off."""
    fresh.emulator.faults.add(Hang(path="/runs/submit"))
    thread = threading.Thread(target=_ignoring_errors, args=(attempt, fresh))
    thread.start()
    fresh.until(lambda: fresh.emulator.requests.count("/runs/submit"), bool)
    fresh.emulator.stop()
    thread.join()


def test_for_ever_and_only_of_a_method(client, emulator):
    """A fault without a number of times happens until it is cleared, and only to its method."""
    emulator.faults.add(Status(path="/runs/get", method="GET", status=500, times=None))
    run_id = client.submit(client.python(""))
    assert {client.get("runs/get", run_id=run_id).status_code for _ in range(5)} == {500}
    assert emulator.faults.pending
    emulator.faults.clear()
    assert client.wait(run_id)["state"]["result_state"] == "SUCCESS"


@pytest.mark.parametrize("retry_after", [None, "3"])
def test_rate_limit(client, emulator, retry_after):
    """Beyond its rate an endpoint answers 429, with `Retry-After` or without."""
    emulator.faults.limit_rate(RateLimit(path="/runs/list", requests=2, seconds=60, retry_after=retry_after))
    answers = [client.get("runs/list") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers.get("retry-after") == retry_after
    assert answers[2].json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"


@pytest.mark.parametrize(("status", "text"), [(401, "expired"), (403, "(token expired)")])
def test_expired_tokens(client, emulator, status, text):
    """Expired tokens are refused with 401 or 403; a new one is good."""
    credentials = (emulator.client_id, emulator.client_secret)
    form = {"grant_type": "client_credentials"}

    def token():
        return client.http.post("/oidc/v1/token", data=form, auth=credentials).json()["access_token"]

    def ask(token):
        return client.http.get("/api/2.2/jobs/list", headers={"Authorization": f"Bearer {token}"})

    old = token()
    assert ask(old).status_code == 200
    emulator.tokens.expire(ExpireTokens(status=status))
    assert (ask(old).status_code, text in ask(old).json()["message"]) == (status, True)
    assert ask(token()).status_code == 200
    assert client.get("list").status_code == 200


@pytest.mark.parametrize("shown", ["state", "status"])
def test_only_one_shape_of_state(client, emulator, shown):
    """Runs and tasks can be shown with `state` or `status` alone."""
    run_id = client.submit(client.python(""))
    client.wait(run_id)
    emulator.faults.show_states(shown)
    run = client.show(run_id, include_history="true")
    for item in (run, *run["tasks"], *run["repair_history"]):
        assert {"state", "status"} & item.keys() == {shown}


def test_invented_state(client, emulator):
    """A run can be shown in a state that nobody knows, until that is cleared."""
    run_id = client.submit(client.python(""))
    client.wait(run_id)
    emulator.faults.invent_state(InventState(run_id=run_id, life_cycle_state="PONDERING", state="MUSING", code="NEW"))
    run = client.show(run_id)
    assert run["state"]["life_cycle_state"] == "PONDERING"
    assert run["status"] == {"state": "MUSING", "termination_details": {"code": "NEW"}}
    emulator.faults.clear()
    assert client.show(run_id)["state"]["life_cycle_state"] == "TERMINATED"


def test_faults_over_http(client, emulator):
    """All that Python can ask for can be asked for over HTTP, without a token."""
    with httpx.Client(base_url=emulator.host) as anonymous:
        for fault in (
            {"action": "status", "path": "/runs/list", "status": 500},
            {"action": "rate_limit", "path": "/runs/list", "requests": 1, "seconds": 60},
            {"action": "expire_tokens", "status": 403, "personal": True},
            {"action": "show_states", "show": "status"},
            {"action": "invent_state", "run_id": 1, "state": "MUSING"},
        ):
            assert anonymous.post("/emulator/faults", json=fault).status_code == 200
        assert [client.get("runs/list").status_code for _ in range(2)] == [500, 429]
        assert client.get("list").status_code == 403
        assert anonymous.get("/emulator/requests").json()["requests"]["GET /api/2.2/jobs/runs/list"] == 2
        assert anonymous.post("/emulator/reset").status_code == 200
        refused = anonymous.post("/emulator/faults", json={"action": "explode"})
        assert (refused.status_code, "explode" in refused.json()["message"]) == (400, True)
    assert client.get("runs/list").json() == {}
    assert emulator.requests.counts() == {"GET /api/2.2/jobs/runs/list": 1}


def test_reset_ends_runs(client, emulator):
    """A reset ends what is running and forgets it."""
    run_id = client.submit(client.python("import time; time.sleep(600)"))
    client.wait(run_id, {"RUNNING"})
    client.http.post("/emulator/reset")
    assert emulator.runs == ()
    assert client.get("runs/get", run_id=run_id).status_code == 400


def test_recorded_requests(client, emulator):
    """Requests are kept with their body, also those that faults happened to."""
    emulator.faults.add(Drop(path="/runs/submit"))
    with pytest.raises(httpx.TransportError):
        client.post("runs/submit", run_name="lost")
    (request,) = emulator.requests.matching("/runs/submit", "POST")
    assert request.json() == {"run_name": "lost"}
    assert emulator.requests.count("/runs/submit", "GET") == 0


def _ignoring_errors(function, *arguments):
    with suppress(httpx.TransportError):
        function(*arguments)
