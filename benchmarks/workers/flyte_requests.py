"""Write a GetTask and a CreateTask request, framed as gRPC sends them, into the files of the arguments."""

import json
import struct
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
from flyteidl.admin.agent_pb2 import CreateTaskRequest, GetTaskRequest, TaskCategory, TaskExecutionMetadata
from flyteidl.core.identifier_pb2 import TASK, Identifier
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import (
    Binary,
    KeyValuePair,
    Literal,
    LiteralCollection,
    LiteralMap,
    Primitive,
    RetryStrategy,
    Scalar,
)
from flyteidl.core.tasks_pb2 import Container, RuntimeMetadata, TaskMetadata, TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

_INTEGER, _FLOAT, _STRING, _BOOLEAN, _DATETIME, _STRUCT = (
    LiteralType(simple=simple)
    for simple in (
        SimpleType.INTEGER,
        SimpleType.FLOAT,
        SimpleType.STRING,
        SimpleType.BOOLEAN,
        SimpleType.DATETIME,
        SimpleType.STRUCT,
    )
)

_CLUSTER = {
    "spark_version": "15.4.x-scala2.12",
    "node_type_id": "n2-highmem-4",
    "num_workers": 4,
    "autotermination_minutes": 20.5,
    "spark_conf": {"spark.sql.shuffle.partitions": "64", "spark.databricks.io.cache.enabled": "true"},
    "custom_tags": [{"key": "team", "value": "forecasting"}, {"key": "cost-center", "value": "4711"}],
    "enable_elastic_disk": True,
}


def _primitive(**value: object) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(**value)))


def _inputs() -> dict[str, tuple[LiteralType, Literal]]:
    """Return 20 inputs of all common kinds, with their declared types."""
    encoded = msgspec.msgpack.encode({"learning_rate": 0.05, "depth": 8, "features": ["price", "weekday", "holiday"]})
    numbers = [_primitive(integer=number) for number in range(6)]
    return {
        **{f"count_{number}": (_INTEGER, _primitive(integer=1000 + number)) for number in range(5)},
        **{f"label_{number}": (_STRING, _primitive(string_value=f"region-{number}-north")) for number in range(5)},
        **{f"share_{number}": (_FLOAT, _primitive(float_value=number / 7)) for number in range(3)},
        **{f"flag_{number}": (_BOOLEAN, _primitive(boolean=not number)) for number in range(2)},
        "since": (_DATETIME, _primitive(datetime=Timestamp(seconds=1_750_000_000))),
        "numbers": (LiteralType(collection_type=_INTEGER), Literal(collection=LiteralCollection(literals=numbers))),
        "weights": (
            LiteralType(map_value_type=_FLOAT),
            Literal(map=LiteralMap(literals={key: _primitive(float_value=0.25) for key in ("a", "b", "c", "d")})),
        ),
        **{
            name: (_STRUCT, Literal(scalar=Scalar(binary=Binary(value=encoded, tag="msgpack"))))
            for name in ("model", "settings")
        },
    }


def _declared(types: Mapping[str, LiteralType]) -> VariableMap:
    return VariableMap(
        variables={name: Variable(type=type_, description=f"What the {name} is.") for name, type_ in types.items()}
    )


def _create() -> CreateTaskRequest:
    """Return a request without an execution: each one is a new job, none is taken for the repetition of another."""
    inputs, custom = _inputs(), Struct()
    custom.update({"databricksConf": {"run_name": "nightly", "new_cluster": _CLUSTER, "max_retries": 1}})
    template = TaskTemplate(
        id=Identifier(resource_type=TASK, project="forecasts", domain="production", name="jobs.train", version="v41"),
        type="noop",
        metadata=TaskMetadata(
            runtime=RuntimeMetadata(type=RuntimeMetadata.FLYTE_SDK, version="1.16.0", flavor="python"),
            retries=RetryStrategy(retries=2),
        ),
        interface=TypedInterface(
            inputs=_declared({name: type_ for name, (type_, _) in inputs.items()}), outputs=_declared({"score": _FLOAT})
        ),
        custom=custom,
        container=Container(
            image="registry.example/forecasts:v41",
            env=[
                KeyValuePair(key="FLYTE_INTERNAL_IMAGE", value="registry.example/forecasts:v41"),
                KeyValuePair(key="FLYTE_SDK_LOGGING_LEVEL", value="20"),
            ],
            args=["pyflyte-execute", "--inputs", "s3://bucket/inputs.pb", "--output-prefix", "s3://bucket/outputs"],
        ),
    )
    return CreateTaskRequest(
        inputs=LiteralMap(literals={name: literal for name, (_, literal) in inputs.items()}),
        template=template,
        output_prefix="s3://bucket/metadata/forecasts-production-a8b7c6d5/n0/data/0",
        task_execution_metadata=TaskExecutionMetadata(
            namespace="forecasts-production",
            labels={"domain": "production", "node-id": "n0", "workflow-name": "jobs-nightly-forecast"},
            annotations={"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
            k8s_service_account="default",
        ),
    )


def _get() -> GetTaskRequest:
    meta = b'{"job_id": "877342190441522", "host": "noop.example"}'
    return GetTaskRequest(resource_meta=meta, task_category=TaskCategory(name="noop"), output_prefix="s3://bucket/n0")


def main(get_file: str, create_file: str) -> None:
    """Write both, and print their sizes."""
    sizes = {}
    for name, file, request in (("get", get_file, _get()), ("create", create_file, _create())):
        message = request.SerializeToString()
        Path(file).write_bytes(struct.pack(">?I", False, len(message)) + message)
        sizes[name] = len(message)
    print(json.dumps(sizes))


main(*sys.argv[1:])
