"""Ctrl-C, SIGTERM and the end of the program, while a job of a workflow runs."""

import signal

import pytest

WORKFLOW = """
from flytekit import workflow
from fairlead_flyte.flytekit import ConnectorTask

endless = ConnectorTask(name="endless", task_type="dummy", custom={"outcome": "never_end"})

@workflow
def my_workflow():
    endless()

if __name__ == "__main__":
    my_workflow()
"""

STUBBORN = """
import asyncio
from flytekit import workflow
from fairlead import AsyncConnector, Phase, Resource, ResourceMeta
from fairlead_flyte.flytekit import ConnectorTask
from fairlead_flyte.local.attempts import runner

class Job(ResourceMeta):
    job_id: str = "j"

class Stubborn(AsyncConnector[Job]):
    task_type = "stubborn"
    async def create(self, task, inputs, context): return Job()
    async def get(self, meta, context): return Resource(phase=Phase.RUNNING)
    async def delete(self, meta, context):
        print("deleting", flush=True)
        await asyncio.Event().wait()

runner().lifecycle.registry.register(Stubborn)
ConnectorTask(name="t", task_type="stubborn")()
"""


def handle_of(program):
    return program.wait_for("handle: ").split()[-1]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 1), (signal.SIGTERM, 143)])
def test_a_signal_deletes_the_job(start, fairlead, number, code):
    """The first signal deletes the job before the program ends, as the external system knows."""
    program = start(WORKFLOW)
    handle = handle_of(program)
    program.signal(number)
    assert program.end() == code
    assert "endless: the job was deleted" in program.said
    assert fairlead("status", handle).stdout.startswith("ABORTED")


def test_a_second_signal_ends_at_once(start):
    """A job that cannot be deleted does not keep the user: the second signal ends the program, with the handle."""
    program = start(STUBBORN)
    handle = handle_of(program)
    program.signal(signal.SIGINT)
    assert program.process.stdout.readline() == "deleting\n"
    program.signal(signal.SIGINT)
    assert program.end() == 1
    assert f"t: stopped at once; the job may go on\nhandle: {handle}" in program.said


def test_pyflyte_run(environment, tmp_path):
    """`pyflyte run` runs a workflow with a connector as it runs any other."""
    import subprocess
    import sys

    (tmp_path / "wf.py").write_text(
        "from flytekit import workflow\n"
        "from fairlead_flyte.flytekit import ConnectorTask\n"
        "echo = ConnectorTask(name='echo', task_type='echo', inputs={'x': int}, outputs={'x': int})\n"
        "@workflow\n"
        "def my_workflow(x: int) -> int:\n"
        "    return echo(x=x)\n"
    )
    command = [
        sys.executable,
        "-m",
        "flytekit.clis.sdk_in_container.pyflyte",
        "run",
        "wf.py",
        "my_workflow",
        "--x",
        "5",
    ]
    done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "5"
