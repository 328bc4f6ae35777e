"""The hooks: what a plugin may observe, refuse or answer.

A plugin implements any of these functions, marked with `fairlead.hookimpl`, in a module or object that
the entry-point group `fairlead.plugins` names. It may take fewer arguments than the specification.
Arguments are frozen structs and plain values.

Hooks that say *may be async* can be `async def`. They run on the event loop, one after the other in
pluggy's order (last registered first, `tryfirst` and `trylast` respected), inside the wrappers
(`wrapper=True`). A plain function blocks the loop while it runs, so it should be quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pluggy

if TYPE_CHECKING:
    from fairlead.category import TaskCategory
    from fairlead.connector import Connector, ConnectorMetadata
    from fairlead.context import Context
    from fairlead.errors import PluginError
    from fairlead.events import OperationEvent
    from fairlead.resource import Resource, ResourceMeta
    from fairlead.task import TaskTemplate

hookspec = pluggy.HookspecMarker("fairlead")
hookimpl = pluggy.HookimplMarker("fairlead")


class Registrar(Protocol):
    """What a hook may do with the registry."""

    def register(self, connector: Connector | type[Connector], *, override: bool = False) -> None:
        """Add a connector; raise `PluginError` where it is no valid one, or its task type is taken."""

    def report_failure(self, failure: PluginError) -> None:
        """Keep the failure of one of several plugins that the hook loads, so that the others go on."""


@hookspec
def fairlead_register_connectors(registry: Registrar) -> None:
    """Register connectors that no entry point names, such as a bridge to another system's connectors.

    Called once, when the registry is first asked for something; plain functions only. An error is
    recorded as a failure of the plugin, and what it registered before stays.

    Example::

        @fairlead.hookimpl
        def fairlead_register_connectors(registry):
            registry.register(BatchConnector())
    """


@hookspec(firstresult=True)
def fairlead_connector_metadata(metadata: ConnectorMetadata) -> ConnectorMetadata | None:
    """Return changed metadata of a connector, None to leave it; `hidden=True` takes it off the lists.

    Called for each connector whose metadata a host asks for; plain functions only. The first answer
    that is not None counts.

    Example::

        @fairlead.hookimpl
        def fairlead_connector_metadata(metadata):
            if metadata.name == "Example Batch":
                return msgspec.structs.replace(metadata, hidden=True)
    """


@hookspec
def fairlead_before_create(task: TaskTemplate, inputs: dict[str, Any], context: Context) -> None:
    """Refuse a task by raising `InvalidTask`, before a job is submitted or a sync connector called.

    May be async. `task.custom` is as the connector will see it. Any other error also stops the task,
    as a `PluginError` that names the plugin: a policy that cannot be checked does not let tasks pass.

    Example::

        @fairlead.hookimpl
        async def fairlead_before_create(task, context):
            if not await allowed(context.execution.project, task.type):
                raise fairlead.InvalidTask(f"project may not run {task.type}")
    """


@hookspec
def fairlead_after_create(task: TaskTemplate, meta: ResourceMeta, context: Context) -> None:
    """Observe that a job was submitted; its meta is known.

    May be async. Errors are logged with the plugin's name and change nothing.

    Example::

        @fairlead.hookimpl
        def fairlead_after_create(task, meta):
            audit.info("started %s: %s", task.type, meta)
    """


@hookspec
def fairlead_after_get(category: TaskCategory, meta: ResourceMeta, resource: Resource, context: Context) -> None:
    """Observe the state that a connector reported.

    May be async. Errors are logged with the plugin's name and change nothing.

    Example::

        @fairlead.hookimpl
        def fairlead_after_get(category, resource):
            if resource.phase is fairlead.Phase.FAILED:
                alert(category, resource.message)
    """


@hookspec
def fairlead_before_delete(category: TaskCategory, meta: ResourceMeta, context: Context) -> None:
    """Observe that a job is about to be cancelled.

    May be async. Errors are logged with the plugin's name and change nothing: a cancel must not fail
    because an observer did.

    Example::

        @fairlead.hookimpl
        def fairlead_before_delete(category, meta):
            audit.info("cancelling %s: %s", category, meta)
    """


@hookspec
def fairlead_after_delete(category: TaskCategory, meta: ResourceMeta, context: Context) -> None:
    """Observe that a job was cancelled, or had ended already.

    May be async. Errors are logged with the plugin's name and change nothing.

    Example::

        @fairlead.hookimpl
        def fairlead_after_delete(category, meta):
            audit.info("cancelled %s: %s", category, meta)
    """


@hookspec
def fairlead_operation_finished(event: OperationEvent) -> None:
    """Observe the end of every operation, also of a failed one: the place for metrics and tracing.

    May be async. Errors are logged with the plugin's name and change nothing.

    Example::

        @fairlead.hookimpl
        def fairlead_operation_finished(event):
            latency.labels(event.category.name, event.operation).observe(event.seconds)
    """


@hookspec(firstresult=True)
def fairlead_get_secret(name: str, context: Context) -> str | None:
    """Return the secret of that name, None if this plugin does not know it.

    Called when a connector asks for a secret that the request did not bring. May be async. The first
    answer that is not None counts. An error ends the operation with a `PluginError`.

    Example::

        @fairlead.hookimpl
        async def fairlead_get_secret(name, context):
            return await vault.read(f"{context.execution.namespace}/{name}")
    """
