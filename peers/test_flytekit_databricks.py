"""flytekit's own Databricks connector beside ours: the same bodies, the same workspace."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import uv

from fairlead import ConnectorRegistry, Context, Handle, Lifecycle, Phase, Runner, TaskTemplate
from fairlead.task import Container
from fairlead_databricks import DatabricksConnector, DatabricksJobMetadata
from fairlead_databricks.custom import DatabricksCustom
from fairlead_databricks.request import RUN_FIELDS
from fairlead_databricks.submission import submission
from fairlead_databricks_emulator import Emulator

WORKER = Path(__file__).with_name("flytekit_worker.py")
IMAGE, ARGS, ENV = "registry.example/image:1", ["pyflyte-execute", "--inputs", "s3://in"], {"A": "1"}
CLUSTER = {"spark_version": "15.4.x-scala2.12", "node_type_id": "n", "num_workers": 4}
GIT = {"git_url": "https://example.com/x", "git_provider": "gitHub", "git_branch": "main"}


@pytest.fixture(scope="module")
def flytekit(tmp_path_factory):
    """A function that asks flytekit's connector, in an environment of its own."""
    folder = tmp_path_factory.mktemp("flytekit")
    python = folder / "bin" / "python"
    for words in (
        ["venv", "--python", sys.executable, folder],
        ["pip", "install", "--python", python, "flytekitplugins-spark", "aiohttp"],
    ):
        subprocess.run([uv.find_uv_bin(), *map(str, words)], check=True, capture_output=True)

    def ask(do, custom, args=ARGS, **environment):
        request = {"do": do, "custom": custom, "image": IMAGE, "args": args, "env": dict(ENV)}
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS_", "FLYTE_"))}
        done = subprocess.run(
            [python, WORKER],
            input=json.dumps(request),
            env=clean | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.rpartition("\0")[2])

    return ask


def as_one_task(body):
    """Return a body with its older form for a single task written as `tasks`."""
    if "tasks" in body:
        return body
    run = {name: value for name, value in body.items() if name in RUN_FIELDS}
    key = "flyte_notebook_task" if "notebook_task" in body else "flyte_task"
    return {**run, "tasks": [{"task_key": key, **{name: body[name] for name in body if name not in RUN_FIELDS}}]}


def ours(custom):
    task = TaskTemplate(type="databricks", custom=custom, container=Container(image=IMAGE, args=ARGS, env=ENV))
    return submission(task.with_custom(DatabricksCustom), {}, "token")


@pytest.mark.parametrize(
    "custom",
    [
        {
            "databricksConf": {"run_name": "x", "timeout_seconds": 60, "max_retries": 1, "new_cluster": CLUSTER},
            "sparkConf": {"a": "b"},
        },
        {"databricksConf": {"run_name": "x", "existing_cluster_id": "c", "git_source": GIT, "python_file": "mine.py"}},
        {
            "databricksConf": {
                "run_name": "x",
                "new_cluster": {**CLUSTER, "spark_env_vars": {"B": "2"}, "spark_conf": {"c": "d"}},
            }
        },
        {
            "databricksConf": {"run_name": "x", "existing_cluster_id": "c"},
            "notebookPath": "/n",
            "notebookBaseParameters": {"p": "1"},
        },
        {"databricksConf": {"run_name": "x", "existing_cluster_id": "c", "git_source": GIT}, "notebookPath": "n"},
        {"databricksConf": {"run_name": "x", "environment_key": "e"}},
        {
            "databricksConf": {
                "run_name": "x",
                "environments": [{"environment_key": "default", "spec": {"client": "2"}}],
            }
        },
        {"databricksConf": {"run_name": "x", "environment_key": "e"}, "notebookPath": "/n"},
        {"databricksConf": {"run_name": "x", "environment_key": "e"}, "databricksServiceCredentialProvider": "p"},
    ],
    ids=[
        "new-cluster",
        "existing-cluster",
        "merged",
        "notebook",
        "notebook-from-git",
        "serverless",
        "environments",
        "serverless-notebook",
        "provider",
    ],
)
def test_bodies(flytekit, custom):
    """Our bodies are flytekit's, but for the token, and the variables of serverless tasks in the documented field."""
    theirs, made = as_one_task(flytekit("spec", copy.deepcopy(custom))), ours(custom)
    assert made.pop("idempotency_token") == "token"
    for environment in theirs.get("environments", ()):
        variables = environment["spec"].pop("environment_vars")
        assert made.pop("environment_variables") == [
            {"environment_variables_key": "default", "spec": {"variables": variables}}
        ]
        assert made["tasks"][0].pop("environment_variables_key") == "default"
    for cluster in (task.get("new_cluster", {}) for task in theirs["tasks"]):
        cluster.get("spark_conf") or cluster.pop("spark_conf", None)  # flytekit sends an empty one
    assert made == theirs


@pytest.fixture
def workspace(tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "job.py").write_text("import sys\nprint('ran with', sys.argv[1:])\n")
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    source = {"git_url": f"file://{repository}", "git_provider": "gitHub", "git_branch": "main"}
    with Emulator(tls=True) as emulator:
        yield (
            emulator,
            {
                "databricksConf": {
                    "run_name": "x",
                    "new_cluster": CLUSTER,
                    "git_source": source,
                    "python_file": "job.py",
                }
            },
        )


async def test_a_swap_under_a_running_job(flytekit, workspace, monkeypatch):
    """Flytekit's connector runs a job on the emulator over TLS, and ours goes on with the meta that it wrote."""
    emulator, custom = workspace
    instance = emulator.host.removeprefix("https://")
    environment = {
        "SSL_CERT_FILE": str(emulator.ca_file),
        "FLYTE_DATABRICKS_INSTANCE": instance,
        "_FSEC_FLYTE_DATABRICKS_ACCESS_TOKEN": emulator.token,
    }
    answer = flytekit("run", custom, ["a", "b"], **environment)
    assert answer["phases"][-1] == Phase.SUCCEEDED
    monkeypatch.setenv("SSL_CERT_FILE", str(emulator.ca_file))
    registry = ConnectorRegistry(discover=False)
    registry.register(DatabricksConnector)
    context = Context(secrets={"DATABRICKS_TOKEN": emulator.token}, configs={"databricks_host": emulator.host})
    async with Lifecycle(registry) as lifecycle:
        handle = Handle(DatabricksConnector().category, json.dumps(answer["meta"]).encode())
        assert (await lifecycle.get(handle, context)).phase is Phase.SUCCEEDED
        assert emulator.token.encode() not in DatabricksJobMetadata.decode(handle.meta).encode()
        task = TaskTemplate(type="databricks", custom=custom, container=Container(image=IMAGE, args=["a", "b"]))
        resource = await Runner(lifecycle).run(task, {}, context)
        assert resource.phase is Phase.SUCCEEDED, resource.message
    outputs = {run.tasks[-1].outcome.result for run in emulator.runs}
    assert outputs == {"SUCCESS"}
