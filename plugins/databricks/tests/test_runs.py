"""Runs on a workspace that really runs them."""

import asyncio

import pytest
from databricks.sdk import WorkspaceClient

from fairlead import AuthenticationError, Handle, InvalidTask, Phase, TaskTemplate
from fairlead.task import TypedInterface, Variable
from fairlead_databricks_emulator import InventState

HELLO = "import sys\nprint('hello', *sys.argv[1:])\n"
FAILS = "print('before')\ndef divide():\n    return 1 / 0\ndivide()\n"
FOREVER = "import time\nprint('started', flush=True)\nwhile True: time.sleep(0.1)\n"


def notebook(tmp_path, source, name="notebook"):
    path = tmp_path / f"{name}.py"
    path.write_text(f"# Databricks notebook source\n{source}")
    return {"notebook_path": str(path.with_suffix(""))}


async def lines_of(lifecycle, handle, context):
    return [line.message async for page in lifecycle.get_logs(handle, context()) for line in page.lines]


async def test_a_python_file(runner, lifecycle, context, python):
    """Parameters go in, the log comes back, the links lead to the run."""
    task, same = python(HELLO, "{{inputs.name}}"), context()
    resource = await runner.run(task, {"name": "world"}, same)
    assert (resource.phase, resource.outputs) == (Phase.SUCCEEDED, None)
    assert "/jobs/" in resource.log_links[0].uri
    handle = await lifecycle.create(task, {"name": "world"}, same)
    assert await lines_of(lifecycle, handle, context) == ["hello world"]


async def test_a_notebook_with_outputs(runner, context, databricks, tmp_path):
    """What a notebook passes to `dbutils.notebook.exit` is the output, where the task declares outputs."""
    source = "import json\ndbutils.notebook.exit(json.dumps({'n': int(dbutils.widgets.get('n')) + 1}))\n"
    conf = {"notebook_task": {**notebook(tmp_path, source), "base_parameters": {"n": "{{inputs.n}}"}}}
    resource = await runner.run(databricks(conf, outputs=("result", "n")), {"n": 41}, context())
    assert resource.outputs == {"result": {"n": 42}, "n": 42}
    assert (await runner.run(databricks(conf), {"n": 41}, context())).outputs is None


async def test_several_tasks(runner, context, databricks, tmp_path):
    """A graph of tasks runs in order; each gives its own output."""
    tasks = [
        {"task_key": "first", "notebook_task": notebook(tmp_path, "dbutils.notebook.exit('one')\n", "first")},
        {
            "task_key": "second",
            "depends_on": [{"task_key": "first"}],
            "notebook_task": notebook(tmp_path, "dbutils.notebook.exit('two')\n", "second"),
        },
    ]
    resource = await runner.run(databricks({"tasks": tasks}, outputs=("first", "second")), {}, context())
    assert resource.phase is Phase.SUCCEEDED, resource.message
    assert resource.outputs == {"first": "one", "second": "two"}
    assert {link.name for link in resource.log_links} >= {"Databricks Run", "Task first", "Task second"}


async def test_a_failure_is_explained(runner, context, python):
    """The message shows the task, the exception, the line, the log, the code and the page; it is the user's fault."""
    resource = await runner.run(python(FAILS), {}, context())
    assert resource.phase is Phase.FAILED
    for part in ("flyte_task", "RUN_EXECUTION_ERROR", "ZeroDivisionError", "line 3", "before", "/runs/"):
        assert part in resource.message
    assert (resource.error.code, resource.error.recoverable) == ("RUN_EXECUTION_ERROR", False)


async def test_delete_is_harmless(runner, lifecycle, context, python):
    """A run that has ended, or that nobody knows, can be deleted."""
    task, same = python(HELLO), context()
    await runner.run(task, {}, same)
    handle = await lifecycle.create(task, {}, same)
    await lifecycle.delete(handle, context())
    assert (await lifecycle.get(handle, context())).phase is Phase.SUCCEEDED
    await lifecycle.delete(Handle(handle.category, handle.meta.replace(b'"run_id":"', b'"run_id":"9')), context())


async def test_the_same_key_is_the_same_run(lifecycle, emulator, context, python):
    """However often a create is repeated, also at once, there is one run."""
    task, before, same = python(HELLO), len(emulator.runs), context()
    handles = await asyncio.gather(*(lifecycle.create(task, {}, same) for _ in range(10)))
    assert len({str(handle) for handle in handles}) == 1
    assert len(emulator.runs) == before + 1


async def test_an_existing_job(runner, emulator, context, tmp_path):
    """A job is run by id and by name, with its parameters; the wrong ones are named."""
    client = WorkspaceClient(host=emulator.host, token=emulator.token)
    created = client.api_client.do(
        "POST",
        "/api/2.2/jobs/create",
        body={
            "name": "nightly",
            "parameters": [{"name": "day", "default": "none"}],
            "tasks": [
                {
                    "task_key": "only",
                    "notebook_task": {
                        **notebook(tmp_path, "dbutils.notebook.exit(dbutils.widgets.get('day'))\n"),
                        "base_parameters": {"day": "{{job.parameters.day}}"},
                    },
                }
            ],
        },
    )
    for custom in ({"jobId": created["job_id"]}, {"jobName": "nightly"}):
        task = TaskTemplate(
            type="databricks_job",
            custom={**custom, "jobParameters": {"day": "{{inputs.day}}"}},
            interface=TypedInterface(outputs={"result": Variable()}),
        )
        resource = await runner.run(task, {"day": "sunday"}, context())
        assert resource.phase is Phase.SUCCEEDED, resource.message
        assert resource.outputs["result"] == "sunday"
    for custom in ({}, {"jobId": 1, "jobName": "x"}, {"jobName": "absent"}):
        with pytest.raises(InvalidTask, match="jobName"):
            await runner.run(TaskTemplate(type="databricks_job", custom=custom), {}, context())


@pytest.mark.parametrize("shape", ["state", "status", "both"])
async def test_every_form_of_state(runner, emulator, context, python, shape):
    """Answers with either form of the state, or both, lead to the same end."""
    emulator.faults.show_states(shape)
    assert (await runner.run(python(HELLO), {}, context())).phase is Phase.SUCCEEDED
    assert (await runner.run(python(FAILS), {}, context())).phase is Phase.FAILED


async def test_an_invented_state_goes_on(lifecycle, emulator, context, python):
    """A state of a newer service keeps the run going under its own name."""
    handle = await lifecycle.create(python(FOREVER), {}, context())
    emulator.faults.invent_state(
        InventState(run_id=emulator.runs[-1].run_id, life_cycle_state="PONDERING", state="PONDERING")
    )
    resource = await lifecycle.get(handle, context())
    assert (resource.phase, resource.message) == (Phase.RUNNING, "PONDERING")
    emulator.faults.clear()
    await lifecycle.delete(handle, context())


async def test_a_refused_token(lifecycle, emulator, context, python):
    """A token that is not valid is an authentication error, and does not stand in it."""
    before = len(emulator.runs)
    with pytest.raises(AuthenticationError) as caught:
        await lifecycle.create(python(HELLO), {}, context(secrets={"DATABRICKS_TOKEN": "dapi-wrong-token"}))
    assert "dapi-wrong-token" not in str(caught.value)
    assert len(emulator.runs) == before


async def test_a_refused_service_principal(lifecycle, emulator, context, python, monkeypatch, tmp_path):
    """A client secret that is not valid is an authentication error that names the client, not its secret."""
    settings = {"HOST": emulator.host, "CLIENT_ID": emulator.client_id, "CLIENT_SECRET": "not-the-secret"}
    for name, value in settings.items():
        monkeypatch.setenv(f"DATABRICKS_{name}", value)
    with pytest.raises(AuthenticationError, match=f"refused the client id {emulator.client_id}") as caught:
        await lifecycle.create(python(HELLO), {}, context(secrets={}))
    assert "not-the-secret" not in str(caught.value)


@pytest.mark.parametrize("shape", ["state", "status"])
@pytest.mark.parametrize(("policy", "phase"), [("fail", Phase.FAILED), ("succeed", Phase.SUCCEEDED)])
async def test_success_with_failures(runner, lifecycle, emulator, context, python, shape, policy, phase):
    """What a run with some failed tasks counts as, the task says."""
    task, same = python(HELLO, successWithFailures=policy), context()
    await runner.run(task, {}, same)
    handle, name = await lifecycle.create(task, {}, same), "SUCCESS_WITH_FAILURES"
    words = {"life_cycle_state": "TERMINATED", "result_state": name, "state": "TERMINATED", "code": name}
    emulator.faults.show_states(shape)
    emulator.faults.invent_state(InventState(run_id=emulator.runs[-1].run_id, type="SUCCESS", **words))
    assert (await lifecycle.get(handle, context())).phase is phase
