"""Flyte's task template and execution metadata as fairlead's.

The messages are those of Flyte 2; Flyte 1's bytes are read as the same (`fairlead_flyte.literals`).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from flyteidl2.core.identifier_pb2 import ResourceType
from flyteidl2.core.interface_pb2 import TypedInterface as FlyteInterface
from flyteidl2.core.tasks_pb2 import Resources as FlyteResources
from flyteidl2.core.tasks_pb2 import Sql as FlyteSql
from google.protobuf.struct_pb2 import Struct

from fairlead import ExecutionMetadata, TaskMetadata, TaskTemplate, TypedInterface
from fairlead.task import Container, Identifier, K8sPod, Resources, SecretReference, SecurityContext, Sql
from fairlead_flyte.literal_types import from_variables
from fairlead_flyte.plain import from_map, from_struct
from fairlead_flyte.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyteidl2.connector.connector_pb2 import TaskExecutionMetadata
    from flyteidl2.core import identifier_pb2, literals_pb2, security_pb2, tasks_pb2

RESERVED_KEYS = ("secrets", "configs", "taskType")
"""The keys of `custom` that Flyte 2 reads itself, as the `Connection` (`flyteplugins/go/tasks/plugins/webapi/connector`)."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode
_decode_interface = msgspec.msgpack.Decoder(TypedInterface).decode

_RESOURCE_TYPES = {number: name.lower() for name, number in ResourceType.items()}
_RESOURCE_NAMES = {number: name.lower() for name, number in FlyteResources.ResourceName.items()}
_DIALECTS = {number: name.lower() for name, number in FlyteSql.Dialect.items()}


def from_template(template: tasks_pb2.TaskTemplate, *, native: Any, reserved: Iterable[str] = ()) -> TaskTemplate:
    """Return a task template, without the `reserved` keys of `custom`; `native` is kept beside it."""
    custom = _decode(_custom(template.custom.SerializeToString(deterministic=True)))
    for key in reserved:
        custom.pop(key, None)
    target = template.WhichOneof("target")
    return TaskTemplate(
        type=template.type,
        task_type_version=template.task_type_version,
        id=_identifier(template.id),
        interface=_decode_interface(_interface(template.interface.SerializeToString(deterministic=True))),
        custom=custom,
        config=from_map(template.config),
        container=_container(template.container) if target == "container" else None,
        k8s_pod=_k8s_pod(template.k8s_pod) if target == "k8s_pod" else None,
        sql=_sql(template.sql) if target == "sql" else None,
        metadata=_metadata(template.metadata),
        security_context=_security_context(template.security_context),
        native=native,
    )


def from_execution(execution: TaskExecutionMetadata) -> ExecutionMetadata:
    """Return which execution a task belongs to."""
    id_ = execution.task_execution_id
    workflow = id_.node_execution_id.execution_id
    return ExecutionMetadata(
        project=workflow.project or id_.task_id.project,
        domain=workflow.domain or id_.task_id.domain,
        execution=workflow.name,
        node_id=id_.node_execution_id.node_id,
        retry_attempt=id_.retry_attempt,
        max_attempts=execution.max_attempts,
        namespace=execution.namespace,
        labels=from_map(execution.labels),
        annotations=from_map(execution.annotations),
        environment=from_map(execution.environment_variables),
        k8s_service_account=execution.k8s_service_account,
        identity=_identity(execution.identity),
    )


def idempotency_key(id_: identifier_pb2.TaskExecutionIdentifier) -> str:
    """Return the key of one attempt of one task execution, the same from Flyte 1 and 2; empty where there is no id."""
    return f"flyte-{_digest(id_)}" if id_.ByteSize() else ""


def execution_key(id_: identifier_pb2.TaskExecutionIdentifier) -> str:
    """Return what all attempts of one task execution have in common; empty where there is no id."""
    execution = type(id_)()
    execution.CopyFrom(id_)
    execution.ClearField("retry_attempt")
    return _digest(execution) if execution.ByteSize() else ""


def _digest(id_: identifier_pb2.TaskExecutionIdentifier) -> str:
    return hashlib.sha256(id_.SerializeToString(deterministic=True)).hexdigest()[:48]


@remembered
def _custom(serialized: bytes) -> bytes:
    """Return a `Struct` as MessagePack, of which each execution gets its own dict, because a connector may change that."""
    return _encode(from_struct(Struct.FromString(serialized)))


@remembered
def _interface(serialized: bytes) -> bytes:
    """Return an interface as MessagePack, for the same reason."""
    interface = FlyteInterface.FromString(serialized)
    return _encode(TypedInterface(inputs=from_variables(interface.inputs), outputs=from_variables(interface.outputs)))


def _identifier(id_: identifier_pb2.Identifier) -> Identifier:
    return Identifier(
        resource_type=_RESOURCE_TYPES.get(id_.resource_type, ""),
        project=id_.project,
        domain=id_.domain,
        name=id_.name,
        version=id_.version,
        org=id_.org,
    )


def _container(container: tasks_pb2.Container) -> Container:
    return Container(
        image=container.image,
        command=list(container.command),
        args=list(container.args),
        env=_pairs(container.env),
        resources=Resources(
            requests=_amounts(container.resources.requests), limits=_amounts(container.resources.limits)
        ),
        config=_pairs(container.config),
    )


def _pairs(pairs: Iterable[literals_pb2.KeyValuePair]) -> dict[str, str]:
    return {pair.key: pair.value for pair in pairs}


def _amounts(entries: Iterable[FlyteResources.ResourceEntry]) -> dict[str, str]:
    return {_RESOURCE_NAMES.get(entry.name, ""): entry.value for entry in entries}


def _k8s_pod(pod: tasks_pb2.K8sPod) -> K8sPod:
    return K8sPod(
        labels=from_map(pod.metadata.labels),
        annotations=from_map(pod.metadata.annotations),
        pod_spec=from_struct(pod.pod_spec),
        primary_container_name=pod.primary_container_name,
    )


def _sql(sql: FlyteSql) -> Sql:
    return Sql(sql.statement, _DIALECTS.get(sql.dialect, ""))


def _metadata(metadata: tasks_pb2.TaskMetadata) -> TaskMetadata:
    return TaskMetadata(
        discoverable=metadata.discoverable,
        discovery_version=metadata.discovery_version,
        timeout=metadata.timeout.ToNanoseconds() / 1e9 or None,
        retries=metadata.retries.retries,
        interruptible=metadata.interruptible if metadata.WhichOneof("interruptible_value") else None,
        cache_serializable=metadata.cache_serializable,
        deprecated_error_message=metadata.deprecated_error_message,
        tags=from_map(metadata.tags),
    )


def _security_context(context: security_pb2.SecurityContext) -> SecurityContext:
    secrets = [
        SecretReference(key=secret.key, group=secret.group, group_version=secret.group_version, env_var=secret.env_var)
        for secret in context.secrets
    ]
    run_as = context.run_as
    return SecurityContext(iam_role=run_as.iam_role, k8s_service_account=run_as.k8s_service_account, secrets=secrets)


def _identity(identity: security_pb2.Identity) -> dict[str, Any]:
    fields = ("iam_role", "k8s_service_account", "execution_identity")
    return {field: value for field in fields if (value := getattr(identity, field))}
