"""Connectors that do what a task's `custom` says, as in `flytekit_jobs.py` and `flyte_jobs.py`, written for fairlead."""

import asyncio
import os
from pathlib import Path

from fairlead import (
    AsyncConnector,
    InvalidTask,
    LogLine,
    LogLink,
    LogPage,
    Phase,
    Resource,
    ResourceMeta,
    ResourceNotFound,
    SyncConnector,
    TaskError,
    TransientError,
)

ERRORS = {"invalid": InvalidTask, "outage": TransientError, "gone": ResourceNotFound, "bug": RuntimeError}


class PeerJob(ResourceMeta):
    """A job, with all that it will do."""

    custom: dict


def fail(custom, operation):
    """Fail as the task says; the first word of the message says with which error."""
    if message := custom.get(f"{operation}_fails"):
        raise ERRORS[message.partition(":")[0]](message)


def resource(custom):
    """Return the state that the task says."""
    return Resource(
        phase=Phase[custom.get("phase", "RUNNING")],
        message=custom.get("message", ""),
        log_links=(LogLink("Console", "https://peer.example/1", ready=False),),
        outputs=custom.get("outputs"),
        custom_info=custom.get("info"),
        error=TaskError(code=custom["code"]) if "code" in custom else None,
    )


def count(name):
    """Note a call."""
    with (Path(os.environ["PEER_FOLDER"]) / name).open("a") as calls:
        calls.write(".")


class PeerConnector(AsyncConnector[PeerJob]):
    """Jobs that do as they are told."""

    name = "Peer"
    task_type = "peer"

    async def create(self, task, inputs, context):
        fail(task.custom, "create")
        if task.custom.get("slow"):
            count("create-begun")
            await asyncio.sleep(task.custom["slow"])
            count("create-ended")
        return PeerJob(custom=task.custom)

    async def get(self, meta, context):
        count("gets")
        fail(meta.custom, "get")
        return resource(meta.custom)

    async def delete(self, meta, context):
        fail(meta.custom, "delete")

    async def get_logs(self, meta, context, *, token=""):
        yield LogPage(tuple(LogLine(line) for line in meta.custom["lines"]), token="")


class PeerSyncConnector(SyncConnector):
    """Answers at once."""

    name = "Peer Sync"
    task_type = "peer_sync"

    async def do(self, task, inputs, context):
        fail(task.custom, "do")
        return resource(task.custom)
