"""A ready task class for any connector."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from flyte.extend import TaskTemplate
from flyte.models import NativeInterface

from fairlead_flyte.flyte.execution import ConnectorExecutorMixin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyte.models import SerializationContext


class ConnectorTask(ConnectorExecutorMixin, TaskTemplate):  # type: ignore[misc]  # where flyte is not installed
    """A task of a connector's task type.

    `custom` holds the connector's settings; `inputs` and `outputs` the Python types by name. What else flyte's
    `TaskTemplate` takes, such as `timeout` and `retries`, is passed on to it. As every task that is no function, it needs an
    environment: `TaskEnvironment.from_task("environment", task)`.

    Example::

        sleep = ConnectorTask(name="sleep", task_type="dummy", custom={"duration": 2}, inputs={"x": int}, outputs={"x": int})
        environment = flyte.TaskEnvironment.from_task("environment", sleep)

        run = flyte.with_runcontext(mode="local").run(sleep, x=1)
    """

    def __init__(
        self,
        name: str,
        *,
        task_type: str,
        custom: Mapping[str, Any] | None = None,
        inputs: Mapping[str, type] | None = None,
        outputs: Mapping[str, type] | None = None,
        **options: Any,
    ) -> None:
        declared = {key: (type_, inspect.Parameter.empty) for key, type_ in (inputs or {}).items()}
        interface = NativeInterface(declared, dict(outputs or {}))
        super().__init__(name=name, interface=interface, task_type=task_type, **{"image": None, **options})
        self._custom = dict(custom or {})

    def custom_config(self, sctx: SerializationContext) -> dict[str, Any]:
        """Return the connector's settings."""
        return self._custom
