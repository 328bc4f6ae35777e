"""Runs inside an environment with flytekit: its own Databricks connector, driven by a JSON request on stdin."""

import asyncio
import json
import sys
from types import SimpleNamespace

from flytekitplugins.spark.connector import DatabricksConnectorV2, _get_databricks_job_spec

TERMINAL = {3, 4, 5, 8}


def template(request):
    """Return what the connector reads of a task template."""
    container = SimpleNamespace(image=request["image"], args=request["args"], env=request["env"])
    return SimpleNamespace(custom=request["custom"], container=container)


async def run(request):
    """Create, poll and delete, as Flyte's backend does, and return the meta and the phases."""
    connector, phases = DatabricksConnectorV2(), []
    meta = await connector.create(template(request))
    while not phases or phases[-1] not in TERMINAL:
        phases.append((await connector.get(meta)).phase)
        await asyncio.sleep(0.05)
    await connector.delete(meta)
    return {"meta": json.loads(meta.encode()), "phases": phases}


def main():
    """Answer one request."""
    request = json.load(sys.stdin)
    answer = _get_databricks_job_spec(template(request)) if request["do"] == "spec" else asyncio.run(run(request))
    print("\0" + json.dumps(answer))


main()
