"""The smallest complete sync connector."""

from typing import Any

from fairlead import Context, Phase, Resource, SyncConnector, TaskTemplate


class EchoConnector(SyncConnector):
    """Returns its inputs as its outputs."""

    name = "Echo"
    task_type = "echo"

    async def do(self, task: TaskTemplate, inputs: dict[str, Any], context: Context) -> Resource:
        """Succeed at once, with the inputs as outputs."""
        return Resource(phase=Phase.SUCCEEDED, outputs=inputs)
