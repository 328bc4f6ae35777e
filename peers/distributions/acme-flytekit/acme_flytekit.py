"""Connectors as flytekit's users write them; they know nothing of fairlead."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from flyteidl.admin.agent_pb2 import GetTaskLogsResponse, GetTaskLogsResponseBody, GetTaskMetricsResponse
from flyteidl.core.execution_pb2 import TaskExecution, TaskLog
from flytekit import FlyteContextManager, StructuredDataset
from flytekit.core.type_engine import TypeEngine
from flytekit.extend.backend.base_agent import AgentRegistry, AsyncAgentBase
from flytekit.extend.backend.base_connector import (
    AsyncConnectorBase,
    ConnectorRegistry,
    Resource,
    ResourceMeta,
    SyncConnectorBase,
)
from flytekit.extend.backend.utils import convert_to_flyte_phase, get_connector_secret
from flytekit.models.literals import LiteralMap


@dataclass
class AcmeMeta(ResourceMeta):
    """A job of Acme, in a form of its own."""

    job_id: str
    state: str

    def encode(self):
        """Write it as nobody else would."""
        return b"acme:" + json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data):
        """Read what encode wrote."""
        return cls(**json.loads(data.removeprefix(b"acme:")))


def deleted(job_id):
    """Return the file that says that a job was deleted."""
    return Path(os.environ["ACME_FOLDER"]) / f"{job_id}.deleted"


class AcmeConnector(AsyncConnectorBase):
    """Runs jobs on Acme."""

    name = "Acme"

    def __init__(self):
        super().__init__(task_type_name="acme", metadata_type=AcmeMeta)

    async def create(self, task_template, output_prefix, inputs=None, task_execution_metadata=None, **kwargs):
        """Start a job."""
        context = FlyteContextManager.current_context()
        types = {
            name: TypeEngine.guess_python_type(variable.type)
            for name, variable in task_template.interface.inputs.items()
        }
        values = await TypeEngine._literal_map_to_kwargs(context, inputs, types)
        seen = {
            "inputs": {name: repr(value) for name, value in values.items()},
            "custom": task_template.custom,
            "type": task_template.type,
            "prefix": bool(output_prefix),
            "attempt": task_execution_metadata.task_execution_id.retry_attempt,
        }
        return AcmeMeta(job_id=json.dumps(seen), state=task_template.custom.get("state", "done"))

    async def get(self, resource_meta):
        """Return the state."""
        return Resource(
            phase=convert_to_flyte_phase(resource_meta.state),
            message="a message",
            log_links=[TaskLog(name="Console", uri="https://acme.example/1")],
            outputs={"seen": resource_meta.job_id, "table": StructuredDataset(uri="bq://acme:set.table")},
            custom_info={"n": 1},
        )

    async def delete(self, resource_meta):
        """End the job."""
        deleted(hash(resource_meta.job_id)).touch()

    def get_logs(self, resource_meta, **kwargs):
        """Return the log."""
        return GetTaskLogsResponse(body=GetTaskLogsResponseBody(results=["first", "second"]))

    async def get_metrics(self, resource_meta, **kwargs):
        """Return the metrics."""
        response = GetTaskMetricsResponse()
        response.results.add(metric="load").data.update({"value": 1})
        return response


class OldAgent(AsyncAgentBase):
    """Is written in the words of before, with plain methods."""

    name = "Old Acme"

    def __init__(self):
        super().__init__(task_type_name="acme_old", task_type_version=2, metadata_type=AcmeMeta)

    def create(self, task_template, output_prefix, inputs, task_execution_metadata, **kwargs):
        """Start a job."""
        return AcmeMeta(job_id="old", state="succeeded")

    def get(self, resource_meta, **kwargs):
        """Return the state, and a literal map."""
        context = FlyteContextManager.current_context()
        literals = TypeEngine.dict_to_literal_map(
            context, {"n": [1, 2], "who": get_connector_secret("acme_who")}, {"n": list[int], "who": str}
        )
        return Resource(
            phase=convert_to_flyte_phase(resource_meta.state), outputs=LiteralMap(literals=literals.literals)
        )

    def delete(self, resource_meta, **kwargs):
        """End the job."""


class SyncAcme(SyncConnectorBase):
    """Answers at once."""

    name = "Sync Acme"

    def __init__(self):
        super().__init__(task_type_name="acme_sync")

    def do(self, task_template, output_prefix, inputs=None, **kwargs):
        """Say what there was."""
        return Resource(phase=TaskExecution.SUCCEEDED, outputs={"names": sorted(inputs.literals)})


class Databricks(AcmeConnector):
    """Claims a task type of fairlead's own."""

    name = "Another Databricks"

    def __init__(self):
        AsyncConnectorBase.__init__(self, task_type_name="databricks", metadata_type=AcmeMeta)


for connector in (AcmeConnector(), SyncAcme(), Databricks()):
    ConnectorRegistry.register(connector)
AgentRegistry.register(OldAgent())
