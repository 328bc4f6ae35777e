"""A ready task class for any connector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flytekit.core.base_task import PythonTask
from flytekit.core.interface import Interface

from fairlead_flyte.flytekit.execution import ConnectorExecutorMixin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flytekit.configuration import SerializationSettings


class ConnectorTask(ConnectorExecutorMixin, PythonTask[Any]):  # type: ignore[misc]  # where flytekit is not installed
    """A task of a connector's task type, for use in a workflow.

    `custom` holds the connector's settings; `inputs` and `outputs` the Python types by name. What else flytekit's
    `PythonTask` takes, such as `metadata=TaskMetadata(timeout=…, retries=…)`, is passed on to it.

    Example::

        sleep = ConnectorTask(name="sleep", task_type="dummy", custom={"duration": 2}, inputs={"x": int}, outputs={"x": int})

        @workflow
        def my_workflow(x: int) -> int:
            return sleep(x=x)
    """

    def __init__(
        self,
        name: str,
        *,
        task_type: str,
        custom: Mapping[str, Any] | None = None,
        inputs: Mapping[str, type] | None = None,
        outputs: Mapping[str, type] | None = None,
        config: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        interface = Interface(inputs=dict(inputs or {}), outputs=dict(outputs or {}))
        super().__init__(task_type=task_type, name=name, task_config=None, interface=interface, **options)
        self._custom = dict(custom or {})
        self._config = dict(config or {})

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        """Return the connector's settings."""
        return self._custom

    def get_config(self, settings: SerializationSettings) -> dict[str, str]:
        """Return the `config` of the task template."""
        return self._config
