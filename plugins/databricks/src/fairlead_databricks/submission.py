"""Make the body of `runs/submit` out of a task.

A task that flytekit has serialised brings a container, whose image, arguments and environment go into the
run: classic compute, serverless and notebooks as in flytekit's own connector. Any other task says it all in
`databricksConf`.
"""

from __future__ import annotations

import copy
import os
from typing import Any

import msgspec

from fairlead import InvalidTask, TaskTemplate
from fairlead.validation import convert
from fairlead_databricks.custom import DatabricksCustom
from fairlead_databricks.placeholders import filled
from fairlead_databricks.request import COMPUTE, RUN_FIELDS, TASK_FIELDS, TASK_KINDS, check

WHERE = "custom.databricksConf"

_TASK_KEY = "flyte_task"
_NOTEBOOK_KEY = "flyte_notebook_task"
_PROVIDER_VARIABLE = "FLYTE_DATABRICKS_SERVICE_CREDENTIAL_PROVIDER"
_DEFAULT_ENVIRONMENT = "default"
_ENTRYPOINT = "flytekitplugins/databricks/entrypoint.py"
_SERVERLESS_ENTRYPOINT = "flytekitplugins/databricks/entrypoint_serverless.py"
_GIT_SOURCE = {
    "git_url": "https://github.com/flyteorg/flytetools",
    "git_provider": "gitHub",
    "git_commit": "572298df1f971fb58c258398bd70a6372f811c96",
}
"""Where flytekit's entry points are: the repository and commit that flytekit's own connector uses."""


class _Cluster(msgspec.Struct, frozen=True):
    spark_env_vars: dict[str, Any] = {}


class _Extended(msgspec.Struct, frozen=True):
    """The fields of a body that get additions for a task of flytekit, which takes that they have their shapes."""

    new_cluster: _Cluster = _Cluster()
    environments: list[dict[str, Any]] = []
    environment_variables: list[dict[str, Any]] = []


def submission(task: TaskTemplate[DatabricksCustom], inputs: dict[str, Any], token: str) -> dict[str, Any]:
    """Return the body for a task, checked; raise `InvalidTask` that names the path of what is wrong.

    `token` is the idempotency token, without which no run is ever started.
    """
    conf = filled(copy.deepcopy(task.custom.databricks_conf), inputs, WHERE)
    body = conf if "tasks" in conf else _single_task(conf, task)
    body.setdefault("run_name", task.id.name or "fairlead")
    body["idempotency_token"] = token
    check(body, WHERE)
    return body


def _single_task(conf: dict[str, Any], task: TaskTemplate[DatabricksCustom]) -> dict[str, Any]:
    """Return the body of a run whose one task is written beside the fields of the run."""
    for name in conf:
        if name not in TASK_FIELDS | RUN_FIELDS | {"python_file"}:
            message = f"`{WHERE}.{name}`: neither a field of `runs/submit` nor of its tasks"
            raise InvalidTask(message)
    python_file = conf.pop("python_file", "")
    body = {name: conf.pop(name) for name in list(conf) if name in RUN_FIELDS and name != "timeout_seconds"}
    only = {"task_key": _TASK_KEY, **conf}
    if "timeout_seconds" in only:
        body["timeout_seconds"] = only.pop("timeout_seconds")
    if not TASK_KINDS & set(only):
        _add_flyte_task(body, only, task, python_file)
    body["tasks"] = [only]
    return body


def _add_flyte_task(
    body: dict[str, Any], only: dict[str, Any], task: TaskTemplate[DatabricksCustom], python_file: str
) -> None:
    """Add what flytekit's connector adds for a task of flytekit: the entry point or the notebook, and its surroundings."""
    if not any(field in only for field in COMPUTE) and "environments" not in body:
        message = f"`{WHERE}`: no compute is given; name one of existing_cluster_id, new_cluster, environment_key or environments"
        raise InvalidTask(message)
    convert(body | only, _Extended, WHERE)
    serverless = "new_cluster" not in only and "existing_cluster_id" not in only
    if task.custom.notebook_path:
        only["task_key"] = _NOTEBOOK_KEY
        only["notebook_task"] = _notebook_task(task.custom, from_git="git_source" in body)
    else:
        only["spark_python_task"] = _python_task(task, python_file, serverless=serverless)
        body.setdefault("git_source", dict(_GIT_SOURCE))
    variables = _variables(task)
    if serverless:
        _add_environment(body, only, variables)
    elif "new_cluster" in only:
        only["new_cluster"] = _cluster(only["new_cluster"], task, variables)


def _notebook_task(custom: DatabricksCustom, *, from_git: bool) -> dict[str, Any]:
    notebook: dict[str, Any] = {"notebook_path": custom.notebook_path}
    if custom.notebook_base_parameters:
        notebook["base_parameters"] = {name: str(value) for name, value in custom.notebook_base_parameters.items()}
    return notebook | ({"source": "GIT"} if from_git else {})


def _python_task(task: TaskTemplate[DatabricksCustom], python_file: str, *, serverless: bool) -> dict[str, Any]:
    if task.container is None:
        message = f"`{WHERE}`: says no task; name one of {', '.join(sorted(TASK_KINDS))}"
        raise InvalidTask(message)
    parameters = list(task.container.args)
    provider = task.custom.databricks_service_credential_provider or os.environ.get(_PROVIDER_VARIABLE, "")
    if serverless and provider:
        parameters.append(f"--flyte-credential-provider={provider}")
    default = _SERVERLESS_ENTRYPOINT if serverless else _ENTRYPOINT
    return {"python_file": python_file or default, "source": "GIT", "parameters": parameters}


def _variables(task: TaskTemplate[DatabricksCustom]) -> dict[str, str]:
    """Return the environment of the task's container; with it, a failing task fails the run."""
    return {**task.container.env, "FLYTE_FAIL_ON_ERROR": "true"} if task.container else {}


def _cluster(
    cluster: dict[str, Any], task: TaskTemplate[DatabricksCustom], variables: dict[str, str]
) -> dict[str, Any]:
    """Return a new cluster with the task's image, Spark configuration and environment, where it has none of its own."""
    cluster = dict(cluster)
    if task.container and task.container.image and not cluster.get("docker_image"):
        cluster["docker_image"] = {"url": task.container.image}
    if task.custom.spark_conf and not cluster.get("spark_conf"):
        cluster["spark_conf"] = dict(task.custom.spark_conf)
    if variables:
        cluster["spark_env_vars"] = {**cluster.get("spark_env_vars", {}), **variables}
    return cluster


def _add_environment(body: dict[str, Any], only: dict[str, Any], variables: dict[str, str]) -> None:
    """Add the serverless environment of a task, and its variables by the field that is documented for them."""
    key = only.setdefault("environment_key", _DEFAULT_ENVIRONMENT)
    environments = body.setdefault("environments", [])
    if not any(environment.get("environment_key") == key for environment in environments):
        environments.append({"environment_key": key, "spec": {"client": "1"}})
    if variables:
        only.setdefault("environment_variables_key", _DEFAULT_ENVIRONMENT)
        entries = body.setdefault("environment_variables", [])
        entries.append(
            {"environment_variables_key": only["environment_variables_key"], "spec": {"variables": variables}}
        )
