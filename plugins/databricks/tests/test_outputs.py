"""What a run gives back, and what is said where it cannot be read."""

import math

import httpx
import msgspec
import pytest

from fairlead import Backoff, Deadline, Phase, TransientError
from fairlead_databricks import DatabricksJobMetadata, jobs, outputs
from fairlead_databricks.credentials import PersonalAccessToken
from fairlead_databricks.outputs import concluded
from fairlead_databricks.verdict import verdict_of_run
from fairlead_databricks.workspace import Workspace
from fairlead_databricks_emulator import Status

FORBIDDEN = Status(path="/runs/get-output", status=403, body={"error_code": "PERMISSION_DENIED"}, times=None)
BROKEN = Status(path="/runs/get-output", status=500, times=None)


@pytest.fixture
def notebook(tmp_path):
    """A function that makes a notebook task out of what the notebook exits with."""

    def make(exits_with, key="only", **task):
        path = tmp_path / f"{key}.py"
        path.write_text(f"# Databricks notebook source\nimport json\ndbutils.notebook.exit({exits_with})\n")
        return {"task_key": key, "notebook_task": {"notebook_path": str(path.with_suffix(""))}, **task}

    return make


@pytest.fixture
async def workspace(emulator):
    """The workspace as the connectors use it, with short waits."""
    backoff = Backoff(initial=0.01, maximum=0.05)
    workspace = Workspace(emulator.host, PersonalAccessToken(emulator.token), request_seconds=5, backoff=backoff)
    yield workspace
    await workspace.close()


@pytest.fixture
def conclude(runner, emulator, context, databricks, workspace):
    """A function that runs tasks, and returns the verdict and the declared outputs; `faults` stand in the way of these."""

    async def make(*tasks, declared, texts=(), faults=()):
        handle = await runner.create(databricks({"tasks": list(tasks)}), {}, context())
        assert (await runner.follow(handle, context())).phase is Phase.SUCCEEDED
        meta = DatabricksJobMetadata.decode(handle.meta)
        meta = msgspec.structs.replace(meta, outputs=declared, text_outputs=texts)
        run = await jobs.get(workspace, meta.run_id, deadline=Deadline.after(10))
        emulator.requests.clear()
        for fault in faults:
            emulator.faults.add(fault)
        return await concluded(
            run, verdict_of_run(run), meta, workspace, deadline=Deadline.after(0.2 if faults else 10)
        )

    return make


@pytest.fixture
def job(emulator):
    """A function that creates a job and returns a task that runs it."""

    def make(*tasks):
        headers = {"Authorization": f"Bearer {emulator.token}"}
        answer = httpx.post(f"{emulator.host}/api/2.2/jobs/create", json={"tasks": tasks}, headers=headers)
        return {"task_key": "other", "run_job_task": {"job_id": answer.json()["job_id"]}}

    return make


@pytest.mark.parametrize(
    ("exits_with", "as_text", "as_any"),
    [("'1e5'", "1e5", 100000.0), ("'2026'", "2026", 2026), ("'[1]'", "[1]", [1]), ("'plain'", "plain", "plain")],
)
async def test_a_string_stays_what_it_is(conclude, notebook, exits_with, as_text, as_any):
    """What looks like JSON is read as that, unless the output is declared as a string."""
    _, given = await conclude(notebook(exits_with), declared=("only", "result"), texts=("result",))
    assert given == {"only": as_any, "result": as_text}


async def test_nan_is_read(conclude, notebook):
    """What Python writes as JSON is read, also where it is none."""
    _, given = await conclude(notebook("json.dumps({'loss': float('nan'), 'rows': 3})"), declared=("loss", "rows"))
    assert given["rows"] == 3
    assert math.isnan(given["loss"])


async def test_a_cut_result_is_no_whole_one(conclude, notebook):
    """Digits that were cut after 5 MB are no number: they are given as a text, and the verdict says so."""
    verdict, given = await conclude(notebook("'1' * (5 * 1024 * 1024 + 1)"), declared=("result",))
    assert (verdict.phase, given) == (Phase.SUCCEEDED, {"result": "1" * 5 * 1024 * 1024})
    assert verdict.message == "Databricks has cut the result of task `only` after 5 MB"


async def test_outputs_that_a_cut_has_cost(conclude, notebook):
    """Where declared outputs are missing because the result was cut, the run has not given what it should."""
    exits_with = "json.dumps({'rows': 3, 'rest': 'x' * 6_000_000})"
    verdict, given = await conclude(notebook(exits_with), declared=("rows",))
    assert (verdict.phase, verdict.code, given) == (Phase.FAILED, "OUTPUTS_MISSING", None)
    assert "its outputs `rows` are missing: Databricks has cut the result of task `only`" in verdict.message


async def test_outputs_that_may_not_be_read(conclude, notebook):
    """Where the outputs may not be read, the verdict names them, the task and the reason."""
    verdict, given = await conclude(notebook("'1'"), declared=("result",), faults=[FORBIDDEN])
    assert (verdict.phase, given) == (Phase.FAILED, None)
    for part in ("its outputs `result` are missing", "the output of task `only` cannot be read", "PERMISSION_DENIED"):
        assert part in verdict.message


async def test_a_lasting_fault(conclude, notebook, monkeypatch):
    """A fault counts as passing for a time after the run's end, and then no longer keeps it from ending."""
    with pytest.raises(TransientError, match="the run has succeeded, but its outputs cannot be read: .*HTTP 500"):
        await conclude(notebook("'1'"), declared=("result",), faults=[BROKEN])
    monkeypatch.setattr(outputs, "_PATIENCE_SECONDS", 0.0)
    verdict, _ = await conclude(notebook("'1'"), declared=("result",), faults=[BROKEN])
    assert verdict.phase is Phase.FAILED
    assert "HTTP 500" in verdict.message


async def test_what_gives_no_result_is_not_asked(runner, emulator, context, python):
    """Outputs of a Python file are those that it writes itself, so no fault of Databricks can cost them."""
    emulator.faults.add(FORBIDDEN)
    resource = await runner.run(python("print('hello')\n", outputs=("rows",)), {}, context())
    assert (resource.phase, resource.outputs) == (Phase.SUCCEEDED, None)
    assert emulator.requests.count("/runs/get-output") == 0


async def test_the_outputs_of_another_job(conclude, notebook, job):
    """A task that runs another job gives what that job's only task gives, also its fields."""
    inner = notebook("json.dumps({'rows': 3})", "inner")
    verdict, given = await conclude(job(inner), declared=("other", "rows"))
    assert (verdict.phase, given) == (Phase.SUCCEEDED, {"other": {"rows": 3}, "rows": 3})


async def test_the_outputs_of_another_job_with_several_tasks(conclude, notebook, job, monkeypatch):
    """Of several tasks, the results are given by key; of too many only the first are read, and that is said."""
    tasks = [notebook("'one'", "first"), notebook("'two'", "second", depends_on=[{"task_key": "first"}])]
    _, given = await conclude(job(*tasks), declared=("other",))
    assert given == {"other": {"first": "one", "second": "two"}}
    monkeypatch.setattr(outputs, "_MOST_TASKS", 1)
    verdict, given = await conclude(job(*tasks), declared=("first", "second"))
    assert given == {"first": "one"}
    assert "its outputs `second` are missing" in verdict.message
    assert "only the first 1 tasks are read" in verdict.message


async def test_another_job_is_followed_one_level(conclude, notebook, job, emulator):
    """A job that runs a job that runs a job is not followed to its end."""
    inner = notebook("'deep'", "inner")
    _, given = await conclude(job({**job(inner), "task_key": "middle"}), declared=("other",))
    assert given is None
    assert emulator.requests.count("/runs/get-output") == 2


def test_metas_name_outputs_that_are_texts():
    """A meta without the names of texts is one of before, and decodes."""
    meta = DatabricksJobMetadata("x", "1", outputs=("a",), text_outputs=("a",))
    assert msgspec.json.decode(meta.encode())["text_outputs"] == ["a"]
    assert DatabricksJobMetadata.decode(b'{"databricks_instance":"x","run_id":"1","outputs":["a"]}').text_outputs == ()
