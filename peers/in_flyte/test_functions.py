"""Tasks that are functions and that a connector runs as jobs."""

import json

SOURCE = """
import json
import sys
from pathlib import Path

import flyte
from fairlead import AsyncConnector, Phase, Resource, ResourceMeta
from fairlead_flyte.flyte import ConnectorExecutorMixin
from fairlead_flyte.local.attempts import runner

class Job(ResourceMeta):
    key: str = "k"

class Recording(AsyncConnector[Job]):
    task_type = "recording"

    async def create(self, task, inputs, context):
        Path("recorded").write_text(json.dumps([task.container.args, inputs, context.output_prefix]))
        return Job()

    async def get(self, meta, context):
        return Resource(phase=Phase.SUCCEEDED, outputs={"o0": 9})

    async def delete(self, meta, context): ...

class FunctionTask(ConnectorExecutorMixin, flyte.extend.AsyncFunctionTaskTemplate):
    pass

async def twice(x: int) -> int:
    return 2 * x

environment = flyte.TaskEnvironment("functions")
task = FunctionTask(
    name="twice",
    interface=environment.task(twice).interface,
    func=twice,
    task_type="recording",
    parent_env_name="functions",
    image="example/image:1",
)

if __name__ == "__main__":
    runner().lifecycle.registry.register(Recording)
    flyte.init(root_dir=Path.cwd())
    data = sys.argv[1]
    outputs = flyte.with_runcontext(mode="local", raw_data_path=data).run(task, x=4).outputs()
    print("outputs", *outputs)
"""


def test_a_function_with_local_data(start, tmp_path):
    """A function whose data is on this machine runs in this process, as flyte means it."""
    program = start(SOURCE, str(tmp_path / "data"))
    assert program.process.stdout.read() == "outputs 8\n"
    assert not (tmp_path / "recorded").exists()


def test_a_function_with_remote_data(start, tmp_path):
    """A function whose data a job elsewhere can get at is a job: its code and its inputs are uploaded below its prefix."""
    program = start(SOURCE, "memory://bucket/data")
    assert program.process.stdout.read().endswith("outputs 9\n")
    args, inputs, output_prefix = json.loads((tmp_path / "recorded").read_text())
    assert inputs == {"x": 4}
    assert output_prefix.startswith("memory://bucket/data/")
    assert args[args.index("--inputs") + 1] == f"{output_prefix}/inputs.pb"
    assert args[args.index("--outputs-path") + 1] == output_prefix
    assert args[args.index("--tgz") + 1].startswith(f"{output_prefix}/code_bundle/")
    assert args[-4:] == ["mod", "program", "instance", "twice"]
