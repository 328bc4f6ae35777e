"""Faults on the way: exactly one run, none lost."""

import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config

from fairlead import Phase
from fairlead_databricks_emulator import Drop, Garbage, Hang, RateLimit, Status

HELLO = "print('hello')\n"
KILLS = int(os.environ.get("FAIRLEAD_TEST_KILLS", "8"))

AFTER_ACCEPTANCE = {
    "drop": Drop(path="/runs/submit", when="after"),
    "hang": Hang(path="/runs/submit", when="after"),
    "garbage": Garbage(path="/runs/submit", when="after"),
    **{str(status): Status(path="/runs/submit", when="after", status=status) for status in (500, 502, 503, 504, 429)},
}


@pytest.mark.parametrize("fault", AFTER_ACCEPTANCE)
async def test_a_lost_answer_starts_no_second_run(runner, emulator, context, python, fault):
    """Accepted and then lost, a submission is sent again with its token: one run, and success."""
    before = len(emulator.runs)
    emulator.faults.add(AFTER_ACCEPTANCE[fault])
    resource = await runner.run(python(HELLO), {}, context())
    assert resource.phase is Phase.SUCCEEDED
    assert len(emulator.runs) == before + 1
    assert emulator.requests.count("/runs/submit") == 2
    bodies = [request.json() for request in emulator.requests.matching("/runs/submit")]
    assert bodies[0] == bodies[1]
    assert bodies[0]["idempotency_token"]


@pytest.mark.parametrize("fault", ["drop", "503", "429"])
def test_what_the_sdk_makes_of_it(emulator, tmp_path, fault, record_property, capsys):
    """For comparison: databricks-sdk sends the same submission again without a token, and starts two runs."""
    (tmp_path / "hello.py").write_text(HELLO)
    client = WorkspaceClient(config=Config(host=emulator.host, token=emulator.token, retry_timeout_seconds=10))
    before = len(emulator.runs)
    emulator.faults.add(AFTER_ACCEPTANCE[fault])
    task = {"task_key": "t", "spark_python_task": {"python_file": str(tmp_path / "hello.py")}, "environment_key": "e"}
    body = {"tasks": [task], "environments": [{"environment_key": "e", "spec": {}}]}
    client.api_client.do("POST", "/api/2.2/jobs/runs/submit", body=body)
    started = len(emulator.runs) - before
    with capsys.disabled():
        print(f"\n{fault} after acceptance: databricks-sdk started {started} runs, fairlead 1")
    assert started in {1, 2}


async def test_fifty_faults_while_polling(runner, emulator, context, python):
    """Drops, hangs, errors, garbage and limits in any order do not end a run."""
    kinds = [
        Drop(path="/runs/get"),
        Garbage(path="/runs/get"),
        Status(path="/runs/get", status=429, headers={"Retry-After": "0"}),
        *(Status(path="/runs/get", status=status) for status in (500, 502, 503, 504)),
        Status(path="/runs/get", status=400, body={"error_code": "COULD_NOT_ACQUIRE_LOCK", "message": "x"}),
    ]
    chosen = random.Random(7).choices(kinds, k=49)
    for fault in [Hang(path="/runs/get"), *chosen]:
        emulator.faults.add(fault)
    assert (await runner.run(python(HELLO), {}, context(), timeout=120)).phase is Phase.SUCCEEDED
    assert not emulator.faults.pending


async def test_a_rate_limit_is_waited_for(runner, emulator, context, python):
    """A limit with and without Retry-After only takes time."""
    emulator.faults.limit_rate(RateLimit(path="/runs/get", requests=1, seconds=0.2, retry_after=None))
    assert (await runner.run(python(HELLO), {}, context())).phase is Phase.SUCCEEDED


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after(lifecycle, emulator, context, python, form, monkeypatch):
    """The wait that the workspace asks for is kept, be it in seconds or as an HTTP date."""
    waits = []

    async def wait(seconds):
        waits.append(seconds)

    handle = await lifecycle.create(python(HELLO), {}, context())
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    headers = {"Retry-After": "40" if form == "seconds" else date}
    emulator.faults.add(Status(path="/runs/get", status=429, headers=headers))
    monkeypatch.setattr("fairlead_databricks.workspace.asyncio", SimpleNamespace(sleep=wait))
    await lifecycle.get(handle, context())
    assert len(waits) == 1
    assert 35 < waits[0] <= 40


async def test_a_failing_output_never_hides_the_failure(runner, emulator, context, python):
    """When the output cannot be fetched, the run's own failure is still the message."""
    emulator.faults.add(
        Status(path="/runs/get-output", status=400, body={"error_code": "INVALID_STATE", "message": "no"}, times=None)
    )
    resource = await runner.run(python("raise SystemExit(3)\n"), {}, context())
    assert resource.phase is Phase.FAILED
    assert "RUN_EXECUTION_ERROR" in resource.message
    assert "its output could not be fetched" in resource.message


@pytest.fixture
def command(emulator, tmp_path):
    """The command line against the workspace."""
    (tmp_path / "hello.py").write_text(HELLO)
    conf = {
        "spark_python_task": {"python_file": str(tmp_path / "hello.py")},
        "environment_key": "e",
        "environments": [{"environment_key": "e", "spec": {}}],
    }
    (tmp_path / "task.json").write_text(json.dumps({"type": "databricks", "custom": {"databricksConf": conf}}))
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "FAIRLEAD_"))
    }
    environment |= {"DATABRICKS_HOST": emulator.host, "DATABRICKS_TOKEN": emulator.token, "FAIRLEAD_TRACE": "1"}

    def start(key):
        words = [
            sys.executable,
            "-m",
            "fairlead",
            "run",
            str(tmp_path / "task.json"),
            "--idempotency-key",
            key,
            "--json",
            "-vv",
        ]
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def test_killed_between_acceptance_and_answer(emulator, command):
    """A process that is killed before it knows its run leaves it to the next one with the same key."""
    before = len(emulator.runs)
    emulator.faults.add(Hang(path="/runs/submit", when="after"))
    first = command("killed-early")
    while len(emulator.runs) == before:
        assert first.poll() is None, first.communicate()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    output, error = command("killed-early").communicate(timeout=60)
    assert json.loads(output)["phase"] == "SUCCEEDED", error
    assert len(emulator.runs) == before + 1


def test_killed_at_random_moments(emulator, command):
    """However often processes are killed, the same key leads to one run, and in the end to its success."""
    before, moments = len(emulator.runs), random.Random(11)
    for _ in range(KILLS):
        process = command("killed-often")
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=moments.uniform(0.1, 0.6))
        process.kill()
        process.communicate()
    output, error = command("killed-often").communicate(timeout=60)
    assert json.loads(output)["phase"] == "SUCCEEDED", error
    assert len(emulator.runs) == before + 1


def test_no_token_in_any_output(emulator, command):
    """With everything logged and traced, the token is nowhere."""
    output, error = command("secret").communicate(timeout=60)
    assert json.loads(output)["phase"] == "SUCCEEDED"
    assert "trace: create databricks" in error
    assert emulator.token not in output + error
