"""Bodies made out of tasks: those of flytekit, and plain ones."""

import pytest

from fairlead import InvalidTask, TaskTemplate
from fairlead.task import Container, Identifier
from fairlead_databricks.custom import DatabricksCustom
from fairlead_databricks.submission import submission

CONTAINER = Container(image="registry.example/image:1", args=["pyflyte-execute", "--inputs", "s3://in"], env={"A": "1"})
NEW_CLUSTER = {"spark_version": "15.4.x-scala2.12", "num_workers": 4.0}


def body(container=CONTAINER, inputs=None, token="key", **custom):
    task = TaskTemplate(type="databricks", id=Identifier(name="wf.task"), custom=custom, container=container)
    return submission(task.with_custom(DatabricksCustom), inputs or {}, token)


def test_classic():
    """A new cluster gets the image, the environment and the Spark configuration; the arguments are the parameters."""
    made = body(databricksConf={"new_cluster": NEW_CLUSTER, "timeout_seconds": 60}, sparkConf={"spark.x": "y"})
    (task,) = made["tasks"]
    assert made["idempotency_token"] == "key"
    assert (made["run_name"], made["timeout_seconds"]) == ("wf.task", 60)
    assert task["new_cluster"] == {
        "spark_version": "15.4.x-scala2.12",
        "num_workers": 4,
        "docker_image": {"url": "registry.example/image:1"},
        "spark_conf": {"spark.x": "y"},
        "spark_env_vars": {"A": "1", "FLYTE_FAIL_ON_ERROR": "true"},
    }
    assert type(task["new_cluster"]["num_workers"]) is int
    assert task["spark_python_task"] == {
        "python_file": "flytekitplugins/databricks/entrypoint.py",
        "source": "GIT",
        "parameters": list(CONTAINER.args),
    }
    assert made["git_source"]["git_url"].startswith("https://")


def test_what_the_user_gives_wins():
    """An own image, Spark configuration, git source and file are kept; the variables are merged."""
    cluster = {
        **NEW_CLUSTER,
        "docker_image": {"url": "mine"},
        "spark_conf": {"a": "b"},
        "spark_env_vars": {"A": "0", "B": "2"},
    }
    git = {"git_url": "https://example.com/x", "git_provider": "gitHub", "git_branch": "main"}
    made = body(
        databricksConf={"new_cluster": cluster, "git_source": git, "python_file": "mine.py"}, sparkConf={"c": "d"}
    )
    (task,) = made["tasks"]
    assert task["new_cluster"]["docker_image"] == {"url": "mine"}
    assert task["new_cluster"]["spark_conf"] == {"a": "b"}
    assert task["new_cluster"]["spark_env_vars"] == {"A": "1", "B": "2", "FLYTE_FAIL_ON_ERROR": "true"}
    assert (made["git_source"], task["spark_python_task"]["python_file"]) == (git, "mine.py")


def test_an_existing_cluster_is_left_alone():
    """Nothing is added to a cluster that runs already."""
    made = body(databricksConf={"existing_cluster_id": "c-1"})
    assert made["tasks"][0]["existing_cluster_id"] == "c-1"
    assert "new_cluster" not in made["tasks"][0]


def test_serverless():
    """The environment is added where it is missing, and the variables by their documented field."""
    made = body(databricksConf={"environment_key": "e"}, databricksServiceCredentialProvider="p")
    (task,) = made["tasks"]
    assert made["environments"] == [{"environment_key": "e", "spec": {"client": "1"}}]
    assert task["environment_key"] == "e"
    assert task["spark_python_task"]["python_file"] == "flytekitplugins/databricks/entrypoint_serverless.py"
    assert task["spark_python_task"]["parameters"][-1] == "--flyte-credential-provider=p"
    (variables,) = made["environment_variables"]
    assert variables["environment_variables_key"] == task["environment_variables_key"]
    assert variables["spec"] == {"variables": {"A": "1", "FLYTE_FAIL_ON_ERROR": "true"}}


@pytest.mark.parametrize(
    "git", [{}, {"git_source": {"git_url": "https://x", "git_provider": "gitHub", "git_branch": "b"}}]
)
def test_notebook(git):
    """A notebook runs from the workspace, or from the user's git source; its parameters are texts."""
    made = body(databricksConf={"existing_cluster_id": "c", **git}, notebookPath="/n", notebookBaseParameters={"a": 1})
    expected = {"notebook_path": "/n", "base_parameters": {"a": "1"}, **({"source": "GIT"} if git else {})}
    assert made["tasks"][0]["notebook_task"] == expected
    assert ("git_source" in made) == bool(git)


def test_a_plain_task():
    """Without a container, `databricksConf` says it all, also in the short form for one task."""
    conf = {
        "spark_python_task": {"python_file": "/x.py"},
        "existing_cluster_id": "c",
        "max_retries": 2.0,
        "run_name": "mine",
    }
    made = body(container=None, databricksConf=conf)
    assert made == {
        "run_name": "mine",
        "idempotency_token": "key",
        "tasks": [
            {
                "task_key": "flyte_task",
                "spark_python_task": {"python_file": "/x.py"},
                "existing_cluster_id": "c",
                "max_retries": 2,
            }
        ],
    }


def test_several_tasks_pass_as_they_are():
    """A whole body is only given a name and the token."""
    tasks = [{"task_key": key, "notebook_task": {"notebook_path": f"/{key}"}} for key in "ab"]
    made = body(container=None, databricksConf={"tasks": tasks})
    assert made["tasks"] == tasks


def test_the_task_is_not_changed():
    """The same template can be submitted again."""
    conf = {"new_cluster": dict(NEW_CLUSTER)}
    assert body(databricksConf=conf) == body(databricksConf=conf)
    assert conf == {"new_cluster": NEW_CLUSTER}


def test_inputs_in_texts():
    """`{{inputs.x}}` stands for an input, in any text; Databricks' own references stay."""
    conf = {
        "existing_cluster_id": "c",
        "spark_python_task": {
            "python_file": "/x.py",
            "parameters": ["--n={{inputs.n}}", "{{ inputs.d }}", "{{job.id}}"],
        },
    }
    made = body(container=None, inputs={"n": 5, "d": {"a": [1]}}, databricksConf=conf)
    assert made["tasks"][0]["spark_python_task"]["parameters"] == ["--n=5", '{"a": [1]}', "{{job.id}}"]
    with pytest.raises(
        InvalidTask, match=r"custom.databricksConf.spark_python_task.parameters\[0\]`: there is no input `n`"
    ):
        body(container=None, databricksConf=conf)


@pytest.mark.parametrize(
    ("custom", "container", "message"),
    [
        ({}, CONTAINER, "no compute is given"),
        *(
            ({"databricksConf": conf}, CONTAINER, f"`custom.databricksConf.{path}`: expected `{kind}`, got")
            for conf, path, kind in (
                ({"environments": {"default": {}}}, "environments", "array"),
                ({"environments": None}, "environments", "array"),
                ({"environments": ["e"]}, "environments[0]", "object"),
                ({"environments": [], "environment_variables": None}, "environment_variables", "array"),
                ({"environment_key": "e", "environment_variables": {}}, "environment_variables", "array"),
                ({"new_cluster": "small"}, "new_cluster", "object"),
                ({"new_cluster": None}, "new_cluster", "object"),
                ({"new_cluster": {"spark_env_vars": None}}, "new_cluster.spark_env_vars", "object"),
                ({"new_cluster": {"spark_env_vars": ["A=1"]}}, "new_cluster.spark_env_vars", "object"),
            )
        ),
        ({"databricksConf": {"existing_cluster_id": "c"}}, None, "says no task"),
        (
            {"databricksConf": {"existing_cluster_id": "c", "wrkers": 1}},
            CONTAINER,
            "`custom.databricksConf.wrkers`: neither a field",
        ),
        (
            {"databricksConf": {"existing_cluster_id": "c", "new_cluster": {}}},
            CONTAINER,
            "found existing_cluster_id and new_cluster",
        ),
    ],
)
def test_refused_before_any_call(custom, container, message):
    """A task that cannot be submitted is refused with the path of the fault."""
    with pytest.raises(InvalidTask) as caught:
        body(container=container, **custom)
    assert message in str(caught.value)
