"""Time `Lifecycle.get` of a Databricks run, or create the run."""

import asyncio
import json
import os
import statistics
import sys
import time

from fairlead import ConnectorRegistry, Context, Handle, Lifecycle, Runner, TaskTemplate
from fairlead_databricks import DatabricksConnector, DatabricksJobMetadata

_CONDITION = {"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}


async def main(run_id: str, calls: int) -> None:
    """Create a run, or get one many times, and print the numbers."""
    registry = ConnectorRegistry(discover=False)
    registry.register(DatabricksConnector)
    async with Lifecycle(registry) as lifecycle:
        if run_id == "create":
            task = TaskTemplate(type="databricks", custom={"databricksConf": {"tasks": [_CONDITION]}})
            runner = Runner(lifecycle)
            handle = await runner.create(task, {}, Context())
            await runner.follow(handle, Context())
            print(json.dumps({"run_id": int(DatabricksJobMetadata.decode(handle.meta).run_id)}))
            return
        host = os.environ["DATABRICKS_HOST"].removeprefix("https://")
        handle = Handle(DatabricksConnector().category, DatabricksJobMetadata(host, run_id).encode())
        times = []
        for _ in range(calls):
            started = time.perf_counter()
            await lifecycle.get(handle, Context())
            times.append(time.perf_counter() - started)
    print(json.dumps({"milliseconds": statistics.median(times) * 1000}))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
