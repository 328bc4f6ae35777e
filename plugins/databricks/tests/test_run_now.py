"""What a run of an existing job is started with."""

import httpx
import pytest

from fairlead import InvalidTask, Phase, TaskTemplate
from fairlead.task import TypedInterface, Variable
from fairlead_databricks_emulator import Status

BRANCH = {"condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}
SENT = {
    "jobParameters": ("job_parameters", {"day": "{{inputs.day}}"}, {"day": "sunday"}),
    "notebookParams": ("notebook_params", {"day": "{{inputs.day}}"}, {"day": "sunday"}),
    "pythonParams": ("python_params", ["--day", "{{inputs.day}}"], ["--day", "sunday"]),
    "pythonNamedParams": ("python_named_params", {"day": "{{inputs.day}}"}, {"day": "sunday"}),
    "jarParams": ("jar_params", ["{{inputs.day}}"], ["sunday"]),
    "sparkSubmitParams": ("spark_submit_params", ["--class", "{{inputs.day}}"], ["--class", "sunday"]),
    "sqlParams": ("sql_params", {"day": "{{inputs.day}}"}, {"day": "sunday"}),
    "dbtCommands": ("dbt_commands", ["dbt run --vars {{inputs.day}}"], ["dbt run --vars sunday"]),
    "pipelineParams": ("pipeline_params", {"full_refresh": True}, {"full_refresh": True}),
    "only": ("only", ["a", "+b"], ["a", "+b"]),
    "performanceTarget": ("performance_target", "STANDARD", "STANDARD"),
    "queue": ("queue", {"enabled": True}, {"enabled": True}),
}


@pytest.fixture
def job(emulator):
    """A function that saves a job and returns its id."""

    def save(*tasks, **settings):
        headers = {"Authorization": f"Bearer {emulator.token}"}
        body = {"name": "job", "tasks": list(tasks), **settings}
        answer = httpx.post(f"{emulator.host}/api/2.2/jobs/create", json=body, headers=headers)
        return answer.raise_for_status().json()["job_id"]

    return save


def run_of(job_id, *, outputs=(), **custom):
    interface = TypedInterface(outputs={name: Variable() for name in outputs})
    return TaskTemplate(type="databricks_job", custom={"jobId": job_id, **custom}, interface=interface)


def run_named(name):
    return TaskTemplate(type="databricks_job", custom={"jobName": name})


@pytest.mark.parametrize("key", SENT)
async def test_each_kind_of_parameter(runner, emulator, context, job, key):
    """The parameters of each kind of task arrive under their own name, with the inputs in their texts."""
    name, given, expected = SENT[key]
    job_id = job(*({"task_key": task, **BRANCH} for task in "ab"))
    resource = await runner.run(run_of(job_id, **{key: given}), {"day": "sunday"}, context())
    assert resource.phase is Phase.SUCCEEDED, resource.message
    (request,) = emulator.requests.matching("/run-now")
    body = request.json()
    assert body.pop("idempotency_token")
    assert body == {"job_id": job_id, name: expected}


async def test_what_the_parameters_do(runner, lifecycle, emulator, context, job, tmp_path):
    """A Python file gets its arguments, a notebook its widgets, and `only` chooses among the tasks."""
    (tmp_path / "show.py").write_text("import sys\nprint(sys.argv[1:])\n")
    notebook = "# Databricks notebook source\ndbutils.notebook.exit(dbutils.widgets.get('day'))\n"
    (tmp_path / "book.py").write_text(notebook)
    job_id = job(
        {"task_key": "python", "spark_python_task": {"python_file": str(tmp_path / "show.py"), "parameters": ["none"]}},
        {"task_key": "notebook", "notebook_task": {"notebook_path": str(tmp_path / "book")}},
        {"task_key": "other", **BRANCH},
    )
    custom = {"only": ["python", "notebook"], "pythonParams": ["sun"], "notebookParams": {"day": "day"}}
    task, same = run_of(job_id, outputs=["notebook"], **custom), context()
    assert (await runner.run(task, {}, same)).outputs == {"notebook": "day"}
    assert sorted(task.spec.task_key for task in emulator.runs[-1].tasks) == ["notebook", "python"]
    handle = await lifecycle.create(task, {}, same)
    lines = [line.message async for page in lifecycle.get_logs(handle, context()) for line in page.lines]
    assert lines == ["[python] ['sun']"]


async def test_a_repair_is_given_the_parameters_again(runner, emulator, context, job, tmp_path):
    """A repair inherits nothing, so it gets the parameters of the run, but neither `only` nor `queue`."""
    (tmp_path / "fails.py").write_text("exit(1)\n")
    job_id = job({"task_key": "a", "spark_python_task": {"python_file": str(tmp_path / "fails.py")}})
    given = {"pythonParams": ["x"], "jobParameters": {"day": "sunday"}, "only": ["a"], "queue": {"enabled": True}}
    await runner.run(run_of(job_id, maxRepairs=2, **given), {}, context())
    first, second = (request.json() for request in emulator.requests.matching("/runs/repair"))
    again = {"rerun_tasks": ["a"], "python_params": ["x"], "job_parameters": {"day": "sunday"}}
    assert first == {"run_id": emulator.runs[-1].run_id, **again}
    assert second == {**first, "latest_repair_id": emulator.runs[-1].repairs[1].id}


@pytest.mark.parametrize(
    ("custom", "message"),
    [
        ({"pythonParams": ["ok", "grüße"]}, "`custom.pythonParams[1]`: Databricks takes only ASCII"),
        ({"sparkSubmitParams": ["ä"]}, "`custom.sparkSubmitParams[0]`: Databricks takes only ASCII"),
        ({"notebookParams": {"x": "y" * 10_000}}, "`custom.notebookParams`: 10008 bytes as JSON"),
        ({"jarParams": ["x"], "notebookParams": {"x": "y"}}, "takes no jarParams beside notebookParams"),
        ({"sqlParams": {"x": "{{inputs.y}}"}}, "`custom.sqlParams.x`: there is no input `y`"),
        ({"sqlParams": ["x"]}, "`custom.sqlParams`"),
        ({"notebookParameters": {}}, "notebookParameters"),
        ({"jobId": 0}, "`custom.jobId`"),
    ],
)
async def test_refused_before_any_call(runner, emulator, context, custom, message):
    """What Databricks would refuse is refused with the path of the fault, and nothing is sent."""
    with pytest.raises(InvalidTask) as caught:
        await runner.run(run_of(1, **custom), {}, context())
    assert message in str(caught.value)
    assert len(emulator.requests) == 0


async def test_a_job_that_runs_continuously(runner, emulator, context, job):
    """Where Databricks starts nothing because the job runs all the time, that is said."""
    emulator.faults.add(Status(path="/run-now", status=200, body={}))
    with pytest.raises(InvalidTask, match="the job is running continuously"):
        await runner.run(run_of(1), {}, context())


async def test_a_name_is_compared_exactly(runner, emulator, context, job):
    """A job whose name differs only in case is another job: it is neither run nor in the way."""
    for _ in range(101):
        job({"task_key": "a", **BRANCH}, name="Nightly")
    job_id = job({"task_key": "a", **BRANCH}, name="nightly")
    for _ in range(101):
        job({"task_key": "a", **BRANCH}, name="NIGHTLY")
    assert (await runner.run(run_named("nightly"), {}, context())).phase is Phase.SUCCEEDED
    assert emulator.runs[-1].job_id == job_id
    with pytest.raises(InvalidTask, match="`custom.jobName`: no job is named 'nIGHTLY'"):
        await runner.run(run_named("nIGHTLY"), {}, context())
    with pytest.raises(InvalidTask, match="`custom.jobName`: several jobs are named 'Nightly'"):
        await runner.run(run_named("Nightly"), {}, context())


async def test_an_input_in_the_name(runner, emulator, context, job):
    """The name of the job may hold inputs, as all texts may."""
    job_id = job({"task_key": "a", **BRANCH}, name="report of sunday")
    resource = await runner.run(run_named("report of {{inputs.day}}"), {"day": "sunday"}, context())
    assert (resource.phase, emulator.runs[-1].job_id) == (Phase.SUCCEEDED, job_id)
    with pytest.raises(InvalidTask, match="`custom.jobName`: there is no input `day`"):
        await runner.run(run_named("report of {{inputs.day}}"), {}, context())
