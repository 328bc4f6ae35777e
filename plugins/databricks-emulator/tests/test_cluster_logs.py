"""The logs that clusters deliver."""

import json
import os
import signal

import pytest
from databricks.sdk.errors import NotFound

CODE = """
import subprocess, sys
print("to stdout")
print("to stderr", file=sys.stderr)
subprocess.run(["sh", "-c", "echo from a child"], check=True)
"""
DBFS = {"dbfs": {"destination": "dbfs:/cluster-logs"}}
VOLUME = {"volumes": {"destination": "/Volumes/main/default/v/logs"}}


def cluster(logs):
    return {"num_workers": 0, "spark_version": "15.4.x-scala2.12", "cluster_log_conf": logs}


def cluster_id(run, key="main"):
    return next(task["cluster_instance"]["cluster_id"] for task in run["tasks"] if task["task_key"] == key)


@pytest.mark.parametrize(("logs", "directory"), [(DBFS, "/cluster-logs"), (VOLUME, "/Volumes/main/default/v/logs")])
def test_streams_are_delivered(client, sdk, logs, directory):
    """What a task writes is in `stdout` and `stderr` of its driver, and all of it in its output."""
    run = client.run(client.python(CODE, new_cluster=cluster(logs)))
    driver = f"{directory}/{cluster_id(run)}/driver"
    assert sorted(entry.path for entry in sdk.dbfs.list(driver)) == [
        f"{driver}/{name}" for name in ("log4j-active.log", "stderr", "stdout")
    ]

    def read(name):
        with sdk.dbfs.open(f"{driver}/{name}", read=True) as file:
            return file.read(-1).decode()

    assert read("stdout") == "to stdout\nfrom a child\n"
    assert read("stderr") == "to stderr\n"
    log4j = read("log4j-active.log").splitlines()
    assert "INFO Emulator: Task main, run" in log4j[0]
    assert log4j[-1].endswith("ended with exit code 0")
    assert sorted(client.output(run)["logs"].splitlines()) == ["from a child", "to stderr", "to stdout"]


def test_each_run_has_a_cluster_of_its_own(client):
    """The cluster of a task is fresh for each run."""
    task = client.python("", new_cluster=cluster(DBFS))
    assert cluster_id(client.run(task)) != cluster_id(client.run(task))


def test_while_it_runs(client, sdk, tmp_path):
    """Logs are delivered while the task runs, also a line that has not ended."""
    code = f"""
import time
from pathlib import Path
print("first")
print("unfinished", end="")
while not Path({str(tmp_path / "go")!r}).exists():
    time.sleep(0.01)
"""
    run_id = client.submit(client.python(code, new_cluster=cluster(DBFS)))
    run = client.until(lambda: client.show(run_id), lambda run: "cluster_instance" in run["tasks"][0])
    path = f"/cluster-logs/{cluster_id(run)}/driver/stdout"
    read = lambda: sdk.dbfs.download(path).read() if sdk.dbfs.exists(path) else b""  # noqa: E731
    client.until(read, lambda content: content == b"first\nunfinished")
    assert client.output(run)["logs"] == "first\n"
    (tmp_path / "go").touch()
    assert client.output(client.wait(run_id))["logs"] == "first\nunfinished"


def test_notebooks_and_failures(client, sdk):
    """What a notebook prints is delivered too, and so is the traceback of what fails."""
    run = client.run(client.notebook("print('shown')\n1 / 0", new_cluster=cluster(DBFS)))
    driver = f"/cluster-logs/{cluster_id(run)}/driver"
    assert sdk.dbfs.download(f"{driver}/stdout").read() == b"shown\n"
    assert b"ZeroDivisionError" in sdk.dbfs.download(f"{driver}/stderr").read()
    assert b"ended with exit code 1" in sdk.dbfs.download(f"{driver}/log4j-active.log").read()


def test_cancelled(client, sdk, tmp_path):
    """The logs of a task that is cancelled stay, and say so."""
    code = f"print('begun')\nopen({str(tmp_path / 'begun')!r}, 'w').write('x')\nimport time; time.sleep(600)"
    run_id = client.submit(client.python(code, new_cluster=cluster(DBFS)))
    client.file(tmp_path / "begun")
    client.post("runs/cancel", run_id=run_id)
    driver = f"/cluster-logs/{cluster_id(client.wait(run_id))}/driver"
    assert sdk.dbfs.download(f"{driver}/stdout").read() == b"begun\n"
    assert b"was stopped" in sdk.dbfs.download(f"{driver}/log4j-active.log").read()


def test_shared_cluster(client, sdk):
    """Tasks that name the same cluster share it and its logs; after a repair it is a fresh one."""
    tasks = [
        client.python("print('one')", key="one", job_cluster_key="c"),
        client.python("print('two')\n1 / 0", key="two", job_cluster_key="c", depends_on=[{"task_key": "one"}]),
    ]
    run = client.run(*tasks, job_clusters=[{"job_cluster_key": "c", "new_cluster": cluster(DBFS)}])
    assert cluster_id(run, "one") == cluster_id(run, "two")
    assert sdk.dbfs.download(f"/cluster-logs/{cluster_id(run, 'one')}/driver/stdout").read() == b"one\ntwo\n"
    client.post("runs/repair", run_id=run["run_id"], rerun_all_failed_tasks=True)
    repaired = client.wait(run["run_id"])
    attempts = {task["cluster_instance"]["cluster_id"] for task in repaired["tasks"] if task["task_key"] == "two"}
    assert len(attempts) == 2


def test_long_lines(client, sdk):
    """A line of any length arrives whole."""
    run = client.run(client.python("print('x' * 1_000_000)", new_cluster=cluster(DBFS)))
    content = sdk.dbfs.download(f"/cluster-logs/{cluster_id(run)}/driver/stdout").read()
    assert content == b"x" * 1_000_000 + b"\n"
    assert client.output(run)["logs"] == content.decode()


def test_a_process_that_stays(client, sdk, tmp_path):
    """A process that a task leaves behind, with its output open, keeps the run from ending only for a moment."""
    code = f"""
import subprocess
process = subprocess.Popen(["sleep", "600"], start_new_session=True)
open({str(tmp_path / "pid")!r}, "w").write(str(process.pid))
print("done")
"""
    run = client.run(client.python(code, new_cluster=cluster(DBFS)))
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert sdk.dbfs.download(f"/cluster-logs/{cluster_id(run)}/driver/stdout").read() == b"done\n"


def test_nothing_else_is_delivered(client, sdk):
    """S3 is accepted and nothing delivered there, and without a destination nothing is."""
    logs = {"s3": {"destination": "s3://bucket/logs", "region": "eu-west-1"}}
    run = client.run(client.python("print(1)", new_cluster=cluster(logs)))
    assert client.output(run)["logs"] == "1\n"
    with pytest.raises(NotFound):
        sdk.dbfs.get_status(f"/cluster-logs/{cluster_id(run)}")


@pytest.mark.parametrize("logs", [{"dbfs": {"destination": "/logs"}}, {"volumes": {"destination": "dbfs:/logs"}}])
def test_wrong_destination(client, logs):
    """A destination that is no path of its kind is the reason in code and message."""
    run = client.run(client.python("", new_cluster=cluster(logs)))
    (task,) = run["tasks"]
    assert task["status"]["termination_details"]["code"] == "INVALID_CLUSTER_REQUEST"
    assert "destination must begin with" in client.output(run)["error"]


def test_runtime_version(client):
    """A process knows which Databricks Runtime was asked for."""
    code = "import json, os\nprint(json.dumps(os.environ.get('DATABRICKS_RUNTIME_VERSION')))"
    classic = client.run(client.python(code, new_cluster=cluster(DBFS)))
    assert json.loads(client.output(classic)["logs"]) == "15.4"
    assert json.loads(client.output(client.run(client.python(code)))["logs"]) is None
