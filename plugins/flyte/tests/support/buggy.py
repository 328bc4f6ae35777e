"""A connector with a bug, which logs and asks over HTTP before that; served with `--modules buggy`."""

import logging

from fairlead import AsyncConnector, ResourceMeta, TransientError


class BuggyJob(ResourceMeta):
    is_away: bool = False


class BuggyConnector(AsyncConnector[BuggyJob]):
    """Raises in `get`, with a secret in the message."""

    name = "Buggy"
    task_type = "buggy"

    async def create(self, task, inputs, context):
        return BuggyJob()

    async def get(self, meta, context):
        secret = await context.secret("buggy_token")
        logging.getLogger("buggy").info("asking for the job")
        logging.getLogger("httpx").info("HTTP Request: GET https://buggy.example")
        logging.getLogger("httpcore.connection").debug("connect_tcp.started")
        if meta.is_away:
            raise TransientError("away")
        raise KeyError(f"no job for {secret}")

    async def delete(self, meta, context):
        pass
