"""Time the `get` of flytekit's own Databricks connector."""

import asyncio
import json
import os
import statistics
import sys
import time

from flytekitplugins.spark.connector import DatabricksConnectorV2, DatabricksJobMetadata


async def main(run_id: str, calls: int) -> None:
    """Get a run many times, and print the median."""
    host = os.environ["DATABRICKS_HOST"].removeprefix("https://")
    connector, token = DatabricksConnectorV2(), os.environ["DATABRICKS_TOKEN"]
    meta = DatabricksJobMetadata(databricks_instance=host, run_id=run_id, auth_token=token, auth_type="pat")
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        await connector.get(meta)
        times.append(time.perf_counter() - started)
    print(json.dumps({"milliseconds": statistics.median(times) * 1000}))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
