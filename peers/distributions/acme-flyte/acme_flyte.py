"""A connector as users of flyte 2 write them; it knows nothing of fairlead."""

import json
from dataclasses import dataclass

from flyte.connectors import AsyncConnector, ConnectorRegistry, Resource, ResourceMeta
from flyte.connectors.utils import convert_to_flyte_phase
from flyte.io import DataFrame
from flyteidl2.connector.connector_pb2 import (
    GetTaskLogsResponse,
    GetTaskLogsResponseBody,
    GetTaskLogsResponseHeader,
    GetTaskMetricsResponse,
)
from flyteidl2.core.execution_pb2 import TaskLog
from flyteidl2.logs.dataplane.payload_pb2 import LogLine, LogLineOriginator

PAGES = {"": (["one", "two"], "second"), "second": (["three"], "")}


@dataclass
class AcmeMeta(ResourceMeta):
    """A job of Acme."""

    job_id: str
    state: str


class AcmeConnector(AsyncConnector):
    """Runs jobs on Acme."""

    name = "Acme"
    task_type_name = "acme"
    metadata_type = AcmeMeta

    async def create(self, task_template, output_prefix, inputs=None, task_execution_metadata=None, **kwargs):
        """Start a job."""
        seen = {
            "inputs": {name: repr(value) for name, value in (inputs or {}).items()},
            "connection": sorted(kwargs),
            "type": task_template.type,
        }
        return AcmeMeta(job_id=json.dumps(seen), state=dict(task_template.custom).get("state", "done"))

    async def get(self, resource_meta, **kwargs):
        """Return the state."""
        return Resource(
            phase=convert_to_flyte_phase(resource_meta.state),
            message=f"connected with {sorted(kwargs)}",
            log_links=[TaskLog(name="Console", uri="https://acme.example/1", link_type=TaskLog.DASHBOARD, ready=True)],
            outputs={"seen": resource_meta.job_id, "table": DataFrame(uri="bq://acme:set.table", format="bigquery")},
            custom_info={"n": 1},
        )

    async def delete(self, resource_meta):
        """End the job; takes no connection."""

    async def get_logs(self, resource_meta, token="", **kwargs):
        """Yield a page of the log: its lines, and then the token of the next page."""
        lines, following = PAGES[token]
        structured = [LogLine(message=line, originator=LogLineOriginator.USER) for line in lines]
        yield GetTaskLogsResponse(body=GetTaskLogsResponseBody(lines=structured))
        if following:
            yield GetTaskLogsResponse(header=GetTaskLogsResponseHeader(token=following))

    async def get_metrics(self, resource_meta, **kwargs):
        """Return the metrics."""
        response = GetTaskMetricsResponse()
        response.results.add(metric="load").data.update({"value": 1})
        return response


ConnectorRegistry.register(AcmeConnector())
