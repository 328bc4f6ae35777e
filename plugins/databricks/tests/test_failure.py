"""The story of a run that has not succeeded."""

import httpx

from fairlead import Phase

FOREVER = "import time\nprint('started', flush=True)\nwhile True: time.sleep(0.1)\n"
FAILS = "raise ValueError('the root of it')\n"
ENVIRONMENTS = [{"environment_key": "e", "spec": {}}]


def script(tmp_path, source, key, *upstream):
    """Return a task that runs Python, after others."""
    path = tmp_path / f"{key}.py"
    path.write_text(source)
    after = [{"task_key": one} for one in upstream]
    return {
        "task_key": key,
        "spark_python_task": {"python_file": str(path)},
        "environment_key": "e",
        "depends_on": after,
    }


async def test_a_run_that_took_too_long(runner, context, python):
    """A run that hits its own timeout has failed, by both forms of its state, and its task's log is shown."""
    task = python(FOREVER)
    task.custom["databricksConf"]["timeout_seconds"] = 2
    resource = await runner.run(task, {}, context())
    assert (resource.phase, resource.error.code) == (Phase.FAILED, "TIMEDOUT")
    assert resource.message.startswith("TIMEDOUT: Run timed out.")
    assert "task flyte_task (TIMEDOUT)" in resource.message
    assert "started" in resource.message


async def test_the_root_cause_comes_first(runner, emulator, context, databricks, tmp_path):
    """However many tasks could not begin because of it, the one that failed is shown, and only it is asked for its output."""
    tasks = [script(tmp_path, "", f"b{number}", "zroot") for number in range(4)]
    conf = {"tasks": [*tasks, script(tmp_path, FAILS, "zroot")], "environments": ENVIRONMENTS}
    resource = await runner.run(databricks(conf), {}, context())
    blamed = [line for line in resource.message.splitlines() if line.startswith("task ")]
    assert "zroot" in blamed[0]
    assert "ValueError: the root of it" in blamed[0]
    assert blamed[1:] == [f"task b{number} (SKIPPED): An upstream task failed." for number in (0, 1)]
    assert "and 2 more tasks" in resource.message
    assert emulator.requests.count("/runs/get-output") == 1


def job(emulator, *tasks):
    """Create a job and return its id."""
    headers = {"Authorization": f"Bearer {emulator.token}"}
    body = {"name": "inner", "tasks": tasks, "environments": ENVIRONMENTS}
    answer = httpx.post(f"{emulator.host}/api/2.2/jobs/create", json=body, headers=headers)
    return answer.json()["job_id"]


async def test_the_failure_of_another_job(runner, emulator, context, databricks, tmp_path):
    """Where a task runs another job, the failure is that of the job's task, one level deep."""
    inner = job(emulator, script(tmp_path, FAILS, "inner"))
    middle = job(emulator, {"task_key": "middle", "run_job_task": {"job_id": inner}})
    outer = databricks({"tasks": [{"task_key": "outer", "run_job_task": {"job_id": inner}}]})
    resource = await runner.run(outer, {}, context())
    assert "  task inner (RUN_EXECUTION_ERROR): ValueError: the root of it" in resource.message
    assert resource.message.count("/runs/") == 2
    emulator.requests.clear()
    deeper = databricks({"tasks": [{"task_key": "outer", "run_job_task": {"job_id": middle}}]})
    assert "task middle (RUN_EXECUTION_ERROR)" in (await runner.run(deeper, {}, context())).message
    assert emulator.requests.count("/runs/get-output") == 2


async def test_a_job_that_cannot_be_read(lifecycle, runner, emulator, context, databricks, tmp_path):
    """Where the run of another job cannot be read, the message says so and keeps the rest."""
    inner = job(emulator, script(tmp_path, FAILS, "inner"))
    task, same = databricks({"tasks": [{"task_key": "outer", "run_job_task": {"job_id": inner}}]}), context()
    await runner.run(task, {}, same)
    handle, child = await lifecycle.create(task, {}, same), emulator.runs[-1]
    async with httpx.AsyncClient(base_url=emulator.host, headers={"Authorization": f"Bearer {emulator.token}"}) as http:
        await http.post("/api/2.2/jobs/runs/delete", json={"run_id": child.run_id})
    message = (await lifecycle.get(handle, context())).message
    assert "task outer (RUN_EXECUTION_ERROR): Workload failed" in message
    assert f"its run {child.run_id} could not be fetched" in message
