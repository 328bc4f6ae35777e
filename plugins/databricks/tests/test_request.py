"""Request bodies: what is refused, and that no field of the API is missing."""

import dataclasses
import inspect

import pytest
from databricks.sdk.service import jobs

from fairlead import InvalidTask
from fairlead_databricks.model import Run
from fairlead_databricks.request import RUN_FIELDS, TASK_FIELDS, check

PYTHON = {"spark_python_task": {"python_file": "/x.py"}}
ONE = {"task_key": "one", **PYTHON, "existing_cluster_id": "c"}
SERVERLESS = {"task_key": "one", **PYTHON, "environment_key": "e"}


@pytest.mark.parametrize(
    "body",
    [
        {"tasks": [ONE]},
        {"tasks": [SERVERLESS], "environments": [{"environment_key": "e", "spec": {}}]},
        {"tasks": [{"task_key": "n", "notebook_task": {"notebook_path": "/n"}}]},
        {"tasks": [{"task_key": "s", "sql_task": {"warehouse_id": "w", "query": {"query_id": "q"}}}]},
        {
            "tasks": [ONE, {**ONE, "task_key": "two", "depends_on": [{"task_key": "one"}]}],
            "run_name": "x",
            "timeout_seconds": 5,
        },
    ],
)
def test_good(body):
    """Bodies that Databricks takes pass."""
    check(body, "conf")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "`conf`: object missing required field `tasks`"),
        ({"tasks": []}, "`conf.tasks`: expected `array` of length >= 1"),
        ({"tasks": [ONE], "run_nmae": "x"}, "`conf`: unknown field `run_nmae`. Did you mean `run_name`?"),
        (
            {"tasks": [{**ONE, "max_retires": 1}]},
            "`conf.tasks[0]`: unknown field `max_retires`. Did you mean `max_retries`?",
        ),
        ({"tasks": [ONE], "timeout_seconds": "1h"}, "`conf.timeout_seconds`: expected `int | null`, got `str`"),
        ({"tasks": [{**ONE, "spark_python_task": {}}]}, "`conf.tasks[0].spark_python_task`: object missing required"),
        ({"tasks": [{"task_key": "a b", **PYTHON, "existing_cluster_id": "c"}]}, "`conf.tasks[0].task_key`"),
        ({"tasks": [{"task_key": "one", **PYTHON}]}, "`conf.tasks[0]`: no compute is given"),
        ({"tasks": [{**ONE, "new_cluster": {}}]}, "found existing_cluster_id and new_cluster"),
        ({"tasks": [SERVERLESS]}, "`conf.tasks[0].environment_key`: `e` is not among `environments`"),
        ({"tasks": [{"task_key": "one", "existing_cluster_id": "c"}]}, "found none"),
        ({"tasks": [{**ONE, "notebook_task": {"notebook_path": "/n"}}]}, "found notebook_task and spark_python_task"),
        ({"tasks": [ONE, ONE]}, "`conf.tasks[1].task_key`: `one` is the key of two tasks"),
        (
            {"tasks": [{**ONE, "depends_on": [{"task_key": "x"}]}]},
            "`conf.tasks[0].depends_on[0].task_key`: there is no task `x`",
        ),
        ({"tasks": [ONE], "idempotency_token": "k" * 65}, "`conf.idempotency_token`"),
    ],
)
def test_refused_with_the_path(body, message):
    """What Databricks would refuse is refused here, with the path of the fault."""
    with pytest.raises(InvalidTask) as caught:
        check(body, "conf")
    assert message in str(caught.value)


def test_no_field_of_the_sdk_is_missing():
    """When a newer SDK has a field of a submitted run or task that is not known here, this fails."""
    assert {field.name for field in dataclasses.fields(jobs.SubmitTask)} - TASK_FIELDS == set()
    assert set(inspect.signature(jobs.JobsAPI.submit).parameters) - {"self"} - RUN_FIELDS == set()


NOT_READ = (
    "attempt_number cleanup_duration creator_user_name deployment_id description duration_target "
    "effective_performance_target effective_usage_policy_id environment_variables execution_duration git_source has_more "
    "iterations job_parameters job_run_id number_in_job original_attempt_run_id overriding_parameters "
    "queue_duration run_duration run_type schedule setup_duration trigger trigger_info version_id"
)


def test_every_field_of_a_run_is_read_or_known_not_to_be():
    """When a newer SDK has a field of a run that nobody has looked at, this fails."""
    fields = {field.name for field in dataclasses.fields(jobs.Run)}
    assert fields - set(Run.__struct_fields__) == set(NOT_READ.split())
