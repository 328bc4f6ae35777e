"""Connectors that do what a task's `custom` says, written for flytekit; `fairlead_jobs.py` has the same for fairlead."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from flyteidl.admin.agent_pb2 import GetTaskLogsResponse, GetTaskLogsResponseBody
from flyteidl.core.execution_pb2 import TaskExecution, TaskLog
from flytekit.extend.backend.base_connector import (
    AsyncConnectorBase,
    ConnectorRegistry,
    Resource,
    ResourceMeta,
    SyncConnectorBase,
)


@dataclass
class PeerJob(ResourceMeta):
    """A job, with all that it will do."""

    custom: dict


def fail(custom, operation):
    """Fail as the task says."""
    if message := custom.get(f"{operation}_fails"):
        raise RuntimeError(message)


def resource(custom):
    """Return the state that the task says."""
    return Resource(
        phase=TaskExecution.Phase.Value(custom.get("phase", "RUNNING")),
        message=custom.get("message", ""),
        log_links=[TaskLog(name="Console", uri="https://peer.example/1")],
        outputs=custom.get("outputs"),
        custom_info=custom.get("info"),
    )


def count(name):
    """Note a call."""
    with (Path(os.environ["PEER_FOLDER"]) / name).open("a") as calls:
        calls.write(".")


class PeerConnector(AsyncConnectorBase):
    """Jobs that do as they are told."""

    name = "Peer"

    def __init__(self):
        super().__init__(task_type_name="peer", metadata_type=PeerJob)

    async def create(self, task_template, inputs=None, **kwargs):
        custom = dict(task_template.custom)
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
        fail(resource_meta.custom, "get")
        return resource(resource_meta.custom)

    async def delete(self, resource_meta, **kwargs):
        fail(resource_meta.custom, "delete")

    async def get_logs(self, resource_meta, **kwargs):
        return GetTaskLogsResponse(body=GetTaskLogsResponseBody(results=resource_meta.custom["lines"]))


class PeerSyncConnector(SyncConnectorBase):
    """Answers at once."""

    name = "Peer Sync"

    def __init__(self):
        super().__init__(task_type_name="peer_sync")

    async def do(self, task_template, output_prefix, inputs=None, **kwargs):
        custom = dict(task_template.custom)
        fail(custom, "do")
        return resource(custom)


ConnectorRegistry.register(PeerConnector())
ConnectorRegistry.register(PeerSyncConnector())
