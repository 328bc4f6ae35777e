"""Flyte's task template and execution metadata as fairlead's."""

import pytest
from flyteidl2.connector.connector_pb2 import TaskExecutionMetadata
from flyteidl2.core.identifier_pb2 import TaskExecutionIdentifier
from flyteidl2.core.tasks_pb2 import TaskTemplate as FlyteTemplate

from fairlead import TaskMetadata
from fairlead.task import Container, Identifier, K8sPod, Resources, SecretReference, SecurityContext, Sql, Variable
from fairlead_flyte.template import RESERVED_KEYS, execution_key, from_execution, from_template, idempotency_key


def read(reserved=(), **fields):
    return from_template(FlyteTemplate(type="jobs", **fields), native=None, reserved=reserved)


def test_what_a_task_is():
    """Type, version and identifier are taken over."""
    id_ = {"resource_type": "TASK", "project": "p", "domain": "d", "name": "n", "version": "v", "org": "o"}
    task = read(task_type_version=3, id=id_)
    assert task.category == ("jobs", 3)
    assert task.id == Identifier(resource_type="task", project="p", domain="d", name="n", version="v", org="o")


def test_an_empty_template():
    """What a template does not say is empty, and there is no container, pod nor statement."""
    task = from_template(FlyteTemplate(), native="the message")
    assert (task.type, task.custom, task.config, task.native) == ("", {}, {}, "the message")
    assert (task.container, task.k8s_pod, task.sql) == (None, None, None)
    assert task.metadata == TaskMetadata()
    assert (task.interface.inputs, task.interface.outputs) == ({}, {})


def test_custom_numbers():
    """Whole numbers are ints again, which protobuf has sent as doubles; others stay."""
    custom = {"nodes": 4, "share": 0.5, "big": 2.0**60, "deep": [{"n": 1}, None, True, "x"], "none": None}
    assert read(custom=custom).custom == custom
    assert [type(read(custom=custom).custom[key]) for key in ("nodes", "share", "big")] == [int, float, float]


def test_custom_is_one_execution_s_own():
    """What a connector does to its settings, no other execution of the same task sees."""
    custom = {"cluster": {"workers": 4}, "tags": ["a"]}
    first = read(custom=custom).custom
    first["cluster"]["workers"] = 8
    first["tags"].clear()
    assert read(custom=custom).custom == custom


def test_the_interface_is_one_execution_s_own():
    """What a connector does to the interface, no other execution of the same task sees."""
    interface = {"inputs": {"variables": [{"key": "x", "value": {"type": {"collection_type": {"simple": "INTEGER"}}}}]}}
    first = read(interface=interface).interface.inputs
    first["x"].type["collectionType"] = "changed"
    first["y"] = first["x"]
    again = read(interface=interface).interface.inputs
    assert list(again) == ["x"]
    assert again["x"].type == {"collectionType": {"simple": "INTEGER"}}


def test_reserved_keys():
    """Keys of custom that belong to the host are not shown to the connector."""
    custom = dict.fromkeys(RESERVED_KEYS, "x") | {"rows": 3}
    assert read(reserved=RESERVED_KEYS, custom=custom).custom == {"rows": 3}


def test_the_interface():
    """Declared inputs and outputs are named as fairlead has them: simple types by name, others in JSON form."""
    variables = [
        {"key": "n", "value": {"type": {"simple": "INTEGER"}, "description": "how many"}},
        {"key": "l", "value": {"type": {"collection_type": {"simple": "STRING"}}}},
        {"key": "x", "value": {}},
    ]
    task = read(interface={"inputs": {"variables": variables}, "outputs": {"variables": variables[:1]}})
    assert task.interface.inputs == {
        "n": Variable("integer", "how many"),
        "l": Variable({"collectionType": {"simple": "STRING"}}),
        "x": Variable("any"),
    }
    assert list(task.interface.outputs) == ["n"]


def test_a_container():
    """A container keeps its image, command, arguments, environment and resources."""
    container = {
        "image": "python:3.12",
        "command": ["run"],
        "args": ["--now"],
        "env": [{"key": "A", "value": "1"}],
        "resources": {"requests": [{"name": "CPU", "value": "500m"}], "limits": [{"name": "MEMORY", "value": "1Gi"}]},
        "config": [{"key": "c", "value": "2"}],
    }
    assert read(container=container).container == Container(
        image="python:3.12",
        command=["run"],
        args=["--now"],
        env={"A": "1"},
        resources=Resources(requests={"cpu": "500m"}, limits={"memory": "1Gi"}),
        config={"c": "2"},
    )


def test_a_pod():
    """A pod keeps its labels, annotations and specification."""
    pod = {
        "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
        "pod_spec": {"containers": [{"name": "main"}]},
        "primary_container_name": "main",
    }
    assert read(k8s_pod=pod).k8s_pod == K8sPod(
        labels={"a": "b"},
        annotations={"c": "d"},
        pod_spec={"containers": [{"name": "main"}]},
        primary_container_name="main",
    )


@pytest.mark.parametrize("dialect", ["undefined", "ansi", "hive", "other"])
def test_a_statement(dialect):
    """A statement keeps its text and its dialect."""
    assert read(sql={"statement": "SELECT 1", "dialect": dialect.upper()}).sql == Sql("SELECT 1", dialect)


def test_metadata():
    """How the task is to be treated is taken over; a timeout is in seconds."""
    metadata = {
        "discoverable": True,
        "discovery_version": "2",
        "timeout": {"seconds": 90, "nanos": 500_000_000},
        "retries": {"retries": 3},
        "interruptible": False,
        "cache_serializable": True,
        "deprecated_error_message": "use another",
        "tags": {"a": "b"},
    }
    assert read(metadata=metadata).metadata == TaskMetadata(
        discoverable=True,
        discovery_version="2",
        timeout=90.5,
        retries=3,
        interruptible=False,
        cache_serializable=True,
        deprecated_error_message="use another",
        tags={"a": "b"},
    )


def test_the_security_context():
    """The secrets that a task asks for are named, and as whom it runs."""
    context = {
        "run_as": {"iam_role": "role", "k8s_service_account": "robot"},
        "secrets": [{"group": "g", "group_version": "1", "key": "k", "env_var": "E"}],
    }
    assert read(security_context=context).security_context == SecurityContext(
        iam_role="role",
        k8s_service_account="robot",
        secrets=[SecretReference(key="k", group="g", group_version="1", env_var="E")],
    )


def execution_id(attempt=0, execution="e", **fields):
    node = {"node_id": "n", "execution_id": {"project": "p", "domain": "d", "name": execution}}
    return TaskExecutionIdentifier(node_execution_id=node, retry_attempt=attempt, **fields)


def test_project_and_domain_of_the_task():
    """Where the execution does not say its project and domain, the task does."""
    id_ = TaskExecutionIdentifier(task_id={"project": "p", "domain": "d"})
    execution = from_execution(TaskExecutionMetadata(task_execution_id=id_))
    assert (execution.project, execution.domain, execution.execution) == ("p", "d", "")


def test_keys():
    """Each attempt of each execution has a key of its own; the attempts of one have one key in common."""
    ids = [execution_id(), execution_id(1), execution_id(execution="f"), execution_id(task_id={"name": "t"})]
    assert len({idempotency_key(id_) for id_ in ids}) == 4
    assert execution_key(ids[0]) == execution_key(ids[1])
    assert len({execution_key(id_) for id_ in ids[1:]}) == 3


def test_no_keys():
    """Without an execution there is no key."""
    assert (idempotency_key(TaskExecutionIdentifier()), execution_key(TaskExecutionIdentifier())) == ("", "")
    assert execution_key(TaskExecutionIdentifier(retry_attempt=1)) == ""
