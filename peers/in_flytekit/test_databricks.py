"""Databricks tasks in flytekit's workflows, on a workspace on this machine."""

import importlib
import subprocess

import pytest
from flytekit.exceptions.user import FlyteUserException

from fairlead_flyte.flytekit import ConnectorTask, local_backend

SERVERLESS = {"environment_key": "e", "environments": [{"environment_key": "e", "spec": {"environment_version": "2"}}]}


@pytest.fixture(scope="module", autouse=True)
def workspace():
    """A workspace that runs what is submitted."""
    with local_backend("databricks"):
        yield


def job(path, source, **options):
    path.write_text(source)
    task = {"python_file": str(path), "parameters": ["{{inputs.x}}"]}
    conf = {"run_name": "job", "spark_python_task": task, **SERVERLESS}
    return ConnectorTask(
        name="job", task_type="databricks", custom={"databricksConf": conf}, inputs={"x": int}, **options
    )


def test_a_python_file(tmp_path, capfd):
    """The submitted file runs with the inputs of the workflow, and its run is linked."""
    written = tmp_path / "written"
    job(tmp_path / "job.py", f"import sys; open({str(written)!r}, 'w').write(sys.argv[1])")(x=7)
    assert written.read_text() == "7"
    assert "job: Databricks" in capfd.readouterr().err


def test_a_failing_file(tmp_path):
    """A run that fails tells why, and links to itself."""
    with pytest.raises(FlyteUserException) as caught:
        job(tmp_path / "job.py", "raise ValueError('no such table')")(x=7)
    assert "no such table" in str(caught.value)
    assert "http" in str(caught.value)


FUNCTION = """
from dataclasses import dataclass
from flytekit import PythonFunctionTask, task, workflow
from flytekit.extend import TaskPlugins
from fairlead_flyte.flytekit import ConnectorExecutorMixin

@dataclass
class Databricks:
    conf: dict

class DatabricksTask(ConnectorExecutorMixin, PythonFunctionTask[Databricks]):
    def __init__(self, task_config, task_function, **options):
        super().__init__(task_config, task_function, task_type="databricks", **options)

    def get_custom(self, settings):
        return {"databricksConf": self.task_config.conf}

TaskPlugins.register_pythontask_plugin(Databricks, DatabricksTask)
config = Databricks({})

@task(task_config=config, container_image="example/image:1")
def words(text: str, times: int) -> list[str]:
    return text.split() * times

@workflow
def my_workflow(text: str) -> list[str]:
    return words(text=text, times=2)
"""

ENTRYPOINT = """
import sys
sys.path.insert(0, {folder!r})
from flytekit.bin.entrypoint import execute_task_cmd
execute_task_cmd(sys.argv[2:], standalone_mode=False)
"""


def test_a_function(tmp_path, monkeypatch):
    """A function runs in the job: it finds its inputs below the output prefix, and the workflow finds its outputs there."""
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "entrypoint.py").write_text(ENTRYPOINT.format(folder=str(tmp_path)))
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    (tmp_path / "acme_function.py").write_text(FUNCTION)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("acme_function")
    source = {"git_url": f"file://{repository}", "git_provider": "gitHub", "git_branch": "main"}
    module.config.conf = {"run_name": "f", "git_source": source, "python_file": "entrypoint.py", **SERVERLESS}
    assert module.my_workflow(text="a b") == ["a", "b", "a", "b"]
