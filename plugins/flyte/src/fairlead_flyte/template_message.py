"""fairlead's task template and execution metadata as Flyte's: the way back of `fairlead_flyte.template`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from flyteidl2.connector.connector_pb2 import TaskExecutionMetadata
from flyteidl2.core import identifier_pb2, security_pb2, tasks_pb2
from flyteidl2.core.interface_pb2 import TypedInterface as FlyteInterface
from flyteidl2.core.interface_pb2 import Variable as FlyteVariable
from flyteidl2.core.interface_pb2 import VariableEntry, VariableMap
from flyteidl2.core.literals_pb2 import KeyValuePair
from google.protobuf.duration_pb2 import Duration

from fairlead_flyte.literal_types import to_literal_type
from fairlead_flyte.plain import to_struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fairlead import ExecutionMetadata, TaskMetadata, TaskTemplate, TypedInterface, Variable
    from fairlead.task import Container, Identifier, K8sPod, SecurityContext, Sql


def to_template(task: TaskTemplate[Any]) -> tasks_pb2.TaskTemplate:
    """Return the message of a task template, whatever its `native` is."""
    template = tasks_pb2.TaskTemplate(
        type=task.type,
        task_type_version=task.task_type_version,
        id=_identifier(task.id),
        interface=_interface(task.interface) if task.interface else None,
        custom=to_struct(msgspec.to_builtins(task.custom, str_keys=True, enc_hook=str)),
        config=task.config,
        metadata=_metadata(task.metadata),
        security_context=_security_context(task.security_context),
    )
    if task.container is not None:
        template.container.CopyFrom(_container(task.container))
    elif task.k8s_pod is not None:
        template.k8s_pod.CopyFrom(_k8s_pod(task.k8s_pod))
    elif task.sql is not None:
        template.sql.CopyFrom(_sql(task.sql))
    return template


def to_variables(variables: Mapping[str, Variable]) -> VariableMap:
    """Return the message of declared inputs or outputs."""
    entries = [
        VariableEntry(
            key=name, value=FlyteVariable(type=to_literal_type(variable.type), description=variable.description)
        )
        for name, variable in variables.items()
    ]
    return VariableMap(variables=entries)


def to_execution(execution: ExecutionMetadata) -> TaskExecutionMetadata:
    """Return the message of an execution's metadata."""
    return TaskExecutionMetadata(
        task_execution_id={
            "node_execution_id": {
                "node_id": execution.node_id,
                "execution_id": {
                    "project": execution.project,
                    "domain": execution.domain,
                    "name": execution.execution,
                },
            },
            "retry_attempt": execution.retry_attempt,
        },
        max_attempts=execution.max_attempts,
        namespace=execution.namespace,
        labels=execution.labels,
        annotations=execution.annotations,
        environment_variables=execution.environment,
        k8s_service_account=execution.k8s_service_account,
        identity=security_pb2.Identity(**execution.identity),
    )


def _identifier(id_: Identifier) -> identifier_pb2.Identifier:
    return identifier_pb2.Identifier(
        resource_type=id_.resource_type.upper(),
        project=id_.project,
        domain=id_.domain,
        name=id_.name,
        version=id_.version,
        org=id_.org,
    )


def _interface(interface: TypedInterface) -> FlyteInterface:
    return FlyteInterface(inputs=to_variables(interface.inputs), outputs=to_variables(interface.outputs))


def _metadata(metadata: TaskMetadata) -> tasks_pb2.TaskMetadata:
    message = tasks_pb2.TaskMetadata(
        discoverable=metadata.discoverable,
        discovery_version=metadata.discovery_version,
        retries={"retries": metadata.retries},
        cache_serializable=metadata.cache_serializable,
        deprecated_error_message=metadata.deprecated_error_message,
        tags=metadata.tags,
    )
    if metadata.timeout is not None:
        duration = Duration()
        duration.FromNanoseconds(round(metadata.timeout * 1e9))
        message.timeout.CopyFrom(duration)
    if metadata.interruptible is not None:
        message.interruptible = metadata.interruptible
    return message


def _security_context(context: SecurityContext) -> security_pb2.SecurityContext:
    secrets = [
        security_pb2.Secret(
            key=secret.key, group=secret.group, group_version=secret.group_version, env_var=secret.env_var
        )
        for secret in context.secrets
    ]
    run_as = security_pb2.Identity(iam_role=context.iam_role, k8s_service_account=context.k8s_service_account)
    return security_pb2.SecurityContext(run_as=run_as, secrets=secrets)


def _container(container: Container) -> tasks_pb2.Container:
    resources = tasks_pb2.Resources(
        requests=_amounts(container.resources.requests), limits=_amounts(container.resources.limits)
    )
    return tasks_pb2.Container(
        image=container.image,
        command=container.command,
        args=container.args,
        env=_pairs(container.env),
        resources=resources,
        config=_pairs(container.config),
    )


def _amounts(amounts: Mapping[str, str]) -> list[tasks_pb2.Resources.ResourceEntry]:
    return [tasks_pb2.Resources.ResourceEntry(name=name.upper(), value=value) for name, value in amounts.items()]


def _pairs(values: Mapping[str, str]) -> list[KeyValuePair]:
    return [KeyValuePair(key=key, value=value) for key, value in values.items()]


def _k8s_pod(pod: K8sPod) -> tasks_pb2.K8sPod:
    return tasks_pb2.K8sPod(
        metadata={"labels": pod.labels, "annotations": pod.annotations},
        pod_spec=to_struct(pod.pod_spec),
        primary_container_name=pod.primary_container_name,
    )


def _sql(sql: Sql) -> tasks_pb2.Sql:
    return tasks_pb2.Sql(statement=sql.statement, dialect=sql.dialect.upper())
