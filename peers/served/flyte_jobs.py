"""A connector that does what a task's `custom` says, written for flyte 2; `fairlead_jobs.py` has the same for fairlead."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from flyte.connectors import AsyncConnector, ConnectorRegistry, Resource, ResourceMeta
from flyteidl2.connector.connector_pb2 import GetTaskLogsResponse, GetTaskLogsResponseBody
from flyteidl2.core.execution_pb2 import TaskExecution, TaskLog
from flyteidl2.logs.dataplane.payload_pb2 import LogLine
from google.protobuf.json_format import MessageToDict


@dataclass
class PeerJob(ResourceMeta):
    """A job, with all that it will do."""

    custom: dict


def fail(custom, operation):
    """Fail as the task says."""
    if message := custom.get(f"{operation}_fails"):
        raise RuntimeError(message)


def count(name):
    """Note a call."""
    with (Path(os.environ["PEER_FOLDER"]) / name).open("a") as calls:
        calls.write(".")


class PeerConnector(AsyncConnector):
    """Jobs that do as they are told."""

    name = "Peer"
    task_type_name = "peer"
    metadata_type = PeerJob

    async def create(self, task_template, output_prefix, inputs=None, task_execution_metadata=None, **kwargs):
        custom = MessageToDict(task_template.custom)
        fail(custom, "create")
        if custom.get("slow"):
            count("create-begun")
            try:
                await asyncio.sleep(custom["slow"])
            except asyncio.CancelledError:
                count("create-cancelled")
                raise
            count("create-ended")
        return PeerJob(custom)

    async def get(self, resource_meta, **kwargs):
        count("gets")
        custom = resource_meta.custom
        fail(custom, "get")
        return Resource(
            phase=TaskExecution.Phase.Value(custom.get("phase", "RUNNING")),
            message=custom.get("message", ""),
            log_links=[TaskLog(name="Console", uri="https://peer.example/1")],
            outputs=custom.get("outputs"),
            custom_info=custom.get("info"),
        )

    async def delete(self, resource_meta, **kwargs):
        fail(resource_meta.custom, "delete")

    async def get_logs(self, resource_meta, **kwargs):
        lines = [LogLine(message=line) for line in resource_meta.custom["lines"]]
        return GetTaskLogsResponse(body=GetTaskLogsResponseBody(results=resource_meta.custom["lines"], lines=lines))


ConnectorRegistry.register(PeerConnector())
