"""The examples, run as their first lines tell, against the local stand-in."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def fairlead():
    hidden = ("DATABRICKS_", "FAIRLEAD_", "FLYTE_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}

    def start(*words):
        command = [sys.executable, "-m", "fairlead", "run", *words, "--local"]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start


def test_a_python_file(fairlead):
    """Parameters go in, the log comes back."""
    process = fairlead("examples/databricks/hello.yaml", "--input", "name=you", "--input", "times=2")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert "log: 1: hello you\nlog: 2: hello you\n" in error


def test_a_notebook(fairlead):
    """A parameter goes in, the declared output comes back on stdout."""
    output, error = fairlead("examples/databricks/notebook.yaml", "--input", "count=4").communicate(timeout=60)
    assert json.loads(output) == {"result": {"squares": [0, 1, 4, 9], "sum": 14}}, error


def test_a_graph(fairlead):
    """Tasks run one after the other, and the output of the last one comes back."""
    output, error = fairlead("examples/databricks/graph.yaml").communicate(timeout=60)
    assert json.loads(output) == {"squares": {"squares": [0, 1, 4, 9, 16], "sum": 30}}, error


def test_a_failure(fairlead):
    """The exception, its line and the log are shown, and the exit code is 1."""
    process = fairlead("examples/databricks/failing.yaml")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    for part in ("ZeroDivisionError", "failing.py", "line 4", "about to divide"):
        assert part in error


def test_a_cancelled_task(fairlead, tmp_path):
    """Ctrl-C cancels the run before the command ends."""
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(3600)\n")
    conf = {"spark_python_task": {"python_file": str(tmp_path / "slow.py")}, "environment_key": "e"}
    conf["environments"] = [{"environment_key": "e", "spec": {}}]
    (tmp_path / "slow.json").write_text(json.dumps({"type": "databricks", "custom": {"databricksConf": conf}}))
    process = fairlead(str(tmp_path / "slow.json"))
    while "RUNNING" not in (line := process.stderr.readline()):
        assert line
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the job was deleted" in error
