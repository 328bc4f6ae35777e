"""The logs that clusters deliver, as they are written, moved aside and kept from us."""

import asyncio
import subprocess
import sys

import httpx
import pytest

from fairlead import LogOriginator, TaskTemplate
from fairlead_databricks_emulator import InventState, Status

CLUSTER = {"spark_version": "15.4.x-scala2.12", "node_type_id": "n", "num_workers": 1}
PLACES = {"dbfs": "dbfs:/cluster-logs", "volumes": "/Volumes/main/default/logs"}
OLDER = "stdout--2026-11-21--10-00"


async def read(lifecycle, handle, context, token=""):
    """Return the lines since the token, and the token after them."""
    pages = [page async for page in lifecycle.get_logs(handle, context(), token=token)]
    return [line.message for page in pages for line in page.lines], pages[-1].token if pages else token


class Driver:
    """The driver of a cluster, which delivers its logs through the API."""

    def __init__(self, emulator, place, cluster_id):
        self.emulator = emulator
        self.place = place
        self.cluster_id = cluster_id
        self.http = httpx.Client(base_url=emulator.host, headers={"Authorization": f"Bearer {emulator.token}"})

    def deliver(self, **files):
        """Write whole files, as the delivery does."""
        for name, content in files.items():
            file = {"log4j": "log4j-active.log", "older": OLDER}.get(name, name)
            path = f"{PLACES[self.place]}/{self.cluster_id}/driver/{file}"
            if self.place == "volumes":
                answer = self.http.put(f"/api/2.0/fs/files{path}", params={"overwrite": "true"}, content=content)
            else:
                form = {"path": (None, path), "overwrite": (None, "true"), "contents": ("f", content)}
                answer = self.http.post("/api/2.0/dbfs/put", files=form)
            answer.raise_for_status()

    def label(self, stream):
        return f"[{self.cluster_id}/{stream}] "


@pytest.fixture(params=PLACES)
async def delivered(request, lifecycle, runner, emulator, context, databricks, tmp_path):
    """A run whose cluster delivers its logs, and which looks as if it went on; with its handle and its driver."""
    place = request.param
    path = tmp_path / "quiet.py"
    path.write_text("")
    cluster = {**CLUSTER, "cluster_log_conf": {place: {"destination": PLACES[place]}}}
    task = databricks({"spark_python_task": {"python_file": str(path)}, "new_cluster": cluster})
    same = context()
    await runner.run(task, {}, same)
    run = emulator.runs[-1]
    emulator.faults.invent_state(InventState(run_id=run.run_id, life_cycle_state="RUNNING", state="RUNNING"))
    driver = Driver(emulator, place, run.tasks[-1].cluster.cluster_id)
    driver.deliver(stdout="", stderr="", log4j="")
    yield await lifecycle.create(task, {}, same), driver
    driver.http.close()


async def test_what_a_cluster_has_delivered(lifecycle, context, delivered):
    """The three logs of the driver follow one another, each line with the cluster and the log it is from."""
    handle, driver = delivered
    driver.deliver(stdout="out 1\nout 2\n", stderr="error\n", log4j="started\n")
    pages = [page async for page in lifecycle.get_logs(handle, context())]
    assert [(line.message, line.originator) for page in pages for line in page.lines] == [
        (driver.label("stdout") + "out 1", LogOriginator.USER),
        (driver.label("stdout") + "out 2", LogOriginator.USER),
        (driver.label("stderr") + "error", LogOriginator.USER),
        (driver.label("log4j") + "started", LogOriginator.SYSTEM),
    ]


async def test_new_lines_only(lifecycle, emulator, context, delivered):
    """What was read is not read again; a line without its end waits for it, or for the end of the run."""
    handle, driver = delivered
    label = driver.label("stdout")
    driver.deliver(stdout="one\ntw")
    lines, token = await read(lifecycle, handle, context)
    assert lines == [label + "one"]
    driver.deliver(stdout="one\ntwo\nthree")
    lines, token = await read(lifecycle, handle, context, token)
    assert lines == [label + "two"]
    assert await read(lifecycle, handle, context, token) == ([], token)
    emulator.faults.clear()
    assert (await read(lifecycle, handle, context, token))[0] == [label + "three"]


async def test_files_that_are_moved_aside(lifecycle, context, delivered):
    """When the hour is over, what was still to be read of the old file comes before the new one; nothing comes twice."""
    handle, driver = delivered
    label = driver.label("stdout")
    driver.deliver(stdout="one\ntwo\nthr")
    lines, token = await read(lifecycle, handle, context)
    assert lines == [label + "one", label + "two"]
    driver.deliver(older="one\ntwo\nthree\nfour", stdout="five\n")
    lines, token = await read(lifecycle, handle, context, token)
    assert lines == [label + "three", label + "four", label + "five"]
    driver.deliver(stdout="five\nsix\n")
    assert (await read(lifecycle, handle, context, token))[0] == [label + "six"]


async def test_compressed_files_are_named(lifecycle, context, delivered):
    """Older lines of log4j are compressed: it is said once where they are."""
    handle, driver = delivered
    driver.deliver(log4j="one\n")
    _, token = await read(lifecycle, handle, context)
    driver.deliver(**{"log4j-2026-11-21-10.log.gz": b"\x1f\x8b"}, log4j="three\n")
    lines, token = await read(lifecycle, handle, context, token)
    assert "log4j-2026-11-21-10.log.gz, which is compressed" in lines[0]
    assert lines[1:] == [driver.label("log4j") + "three"]
    assert await read(lifecycle, handle, context, token) == ([], token)


async def test_long_files(lifecycle, emulator, context, delivered):
    """A file of several megabytes is read a megabyte at a time, in pages, and after any page the rest is the rest."""
    handle, driver = delivered
    written = [f"line {number} {'x' * 80}" for number in range(25_000)]
    driver.deliver(stdout="\n".join(written) + "\n")
    emulator.requests.clear()
    pages = [page async for page in lifecycle.get_logs(handle, context())]
    label = driver.label("stdout")
    assert [line.message for page in pages for line in page.lines] == [label + line for line in written]
    assert all(sum(len(line.message) for line in page.lines) < 200_000 for page in pages)
    reads = emulator.requests.matching("/dbfs/read") + emulator.requests.matching("/driver/stdout", "GET")
    assert len(reads) == 3
    middle = len(pages) // 2
    rest, _ = await read(lifecycle, handle, context, pages[middle].token)
    assert rest == [line.message for page in pages[middle + 1 :] for line in page.lines]


async def test_logs_that_may_not_be_read(lifecycle, emulator, context, delivered):
    """Where the place of the logs is closed to us, it is said once, and the rest goes on."""
    handle, driver = delivered
    body = {"error_code": "PERMISSION_DENIED", "message": "no access to the logs"}
    for path in ("/dbfs/list", "/driver"):
        emulator.faults.add(Status(path=path, status=403, body=body, times=2))
    lines, token = await read(lifecycle, handle, context)
    assert len(lines) == 1
    assert f"{PLACES[driver.place]}/{driver.cluster_id}/driver cannot be read" in lines[0]
    assert "no access to the logs" in lines[0]
    assert await read(lifecycle, handle, context, token) == ([], token)


async def test_logs_that_are_not_there_yet(lifecycle, emulator, context, delivered):
    """Before the first delivery there is nothing, and no error."""
    handle, _ = delivered
    for path in ("/dbfs/list", "/driver"):
        emulator.faults.add(
            Status(path=path, status=404, body={"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "x"})
        )
    assert await read(lifecycle, handle, context) == ([], "")


@pytest.fixture
def clustered(databricks, tmp_path):
    """A function that makes a task on a cluster of a job, or one of its own."""

    def make(source, conf, *, shared=False):
        path = tmp_path / "job.py"
        path.write_text(source)
        cluster = {**CLUSTER, "cluster_log_conf": conf}
        task = {"task_key": "only", "spark_python_task": {"python_file": str(path)}}
        if shared:
            return {
                "tasks": [{**task, "job_cluster_key": "shared"}],
                "job_clusters": [{"job_cluster_key": "shared", "new_cluster": cluster}],
            }
        return databricks({"tasks": [{**task, "new_cluster": cluster}]})

    return make


async def test_s3(lifecycle, runner, context, clustered):
    """Where no API reads the logs, one line says where they are."""
    task, same = (
        clustered("print('hello')\n", {"s3": {"destination": "s3://bucket/logs", "region": "eu-west-1"}}),
        context(),
    )
    await runner.run(task, {}, same)
    handle = await lifecycle.create(task, {}, same)
    (hello, where), token = await read(lifecycle, handle, context)
    assert hello == "hello"
    assert "delivered to s3://bucket/logs/" in where
    assert "/driver, which no API of Databricks reads" in where
    assert await read(lifecycle, handle, context, token) == ([], token)


@pytest.fixture
def shared_job(emulator, clustered):
    """The id of a job whose task runs on a cluster of the job."""
    body = clustered("print('hello')\n", {"dbfs": {"destination": "dbfs:/shared-logs"}}, shared=True)
    headers = {"Authorization": f"Bearer {emulator.token}"}
    created = httpx.post(f"{emulator.host}/api/2.2/jobs/create", json={"name": "shared", **body}, headers=headers)
    return created.raise_for_status().json()["job_id"]


async def test_the_cluster_of_a_job(lifecycle, runner, emulator, context, shared_job):
    """A cluster that tasks of a job share delivers too."""
    task, same = TaskTemplate(type="databricks_job", custom={"jobId": shared_job}), context()
    await runner.run(task, {}, same)
    lines, _ = await read(lifecycle, await lifecycle.create(task, {}, same), context)
    assert f"[{emulator.runs[-1].tasks[-1].cluster.cluster_id}/stdout] hello" in lines


async def test_the_command_line_follows(lifecycle, emulator, context, clustered, monkeypatch):
    """`fairlead logs --follow` prints each line of a running job once, in its order, to the end."""
    monkeypatch.setenv("DATABRICKS_HOST", emulator.host)
    monkeypatch.setenv("DATABRICKS_TOKEN", emulator.token)
    source = "import time\nfor number in range(60):\n    print('line', number, flush=True)\n    time.sleep(0.03)\n"
    handle = await lifecycle.create(clustered(source, {"dbfs": {"destination": "dbfs:/followed"}}), {}, context())
    words = [sys.executable, "-m", "fairlead", "logs", str(handle), "--follow"]
    process = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    lines = output.decode().splitlines()
    stdout = f"[{emulator.runs[-1].tasks[-1].cluster.cluster_id}/stdout] "
    expected = [f"line {number}" for number in range(60)]
    assert [line for line in lines if line.startswith("line ")] == expected
    assert [line.removeprefix(stdout) for line in lines if line.startswith(stdout)] == expected
    assert process.returncode == 0
