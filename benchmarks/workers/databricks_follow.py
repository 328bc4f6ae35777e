"""Follow many Databricks runs with one Runner, and print the answers and the calls per run and minute."""

import asyncio
import json
import sys

from fairlead import (
    ConnectorRegistry,
    Context,
    Deadline,
    DeadlineExceeded,
    Lifecycle,
    Progress,
    Resource,
    Runner,
    TaskTemplate,
)
from fairlead_databricks import DatabricksConnector
from fairlead_databricks_emulator import Emulator, InventState

_CONDITION = {"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}
_WARM_UP = 15.0


class Counter(Progress):
    """Counts the answers that the runner gets."""

    answers = 0

    def updated(self, resource: Resource) -> None:
        """Count one."""
        Counter.answers += 1


async def main(count: int, seconds: float) -> None:
    """Start the runs, make them look as if they went on, and follow them."""
    registry = ConnectorRegistry(discover=False)
    registry.register(DatabricksConnector)
    with Emulator() as emulator:
        configs, secrets = {"databricks_host": emulator.host}, {"DATABRICKS_TOKEN": emulator.token}
        task = TaskTemplate(type="databricks", custom={"databricksConf": {"tasks": [_CONDITION]}})
        async with Lifecycle(registry) as lifecycle:
            runner = Runner(lifecycle)
            handles = []
            for number in range(count):
                context = Context(idempotency_key=f"run-{number}", configs=configs, secrets=secrets)
                handles.append(await lifecycle.create(task, {}, context))
                run_id = emulator.runs[-1].run_id
                emulator.faults.invent_state(InventState(run_id=run_id, life_cycle_state="RUNNING", state="RUNNING"))
            end = Context(configs=configs, secrets=secrets, deadline=Deadline.after(_WARM_UP + seconds))
            following = asyncio.gather(
                *(runner.follow(handle, end, progress=Counter()) for handle in handles), return_exceptions=True
            )
            await asyncio.sleep(_WARM_UP)
            answers, calls = Counter.answers, len(emulator.requests)
            await asyncio.sleep(seconds - 2)
            answers, calls = Counter.answers - answers, len(emulator.requests) - calls
            ends = await following
    assert all(isinstance(error, DeadlineExceeded) for error in ends)
    minutes = (seconds - 2) / 60
    share = {"answers": answers / count / minutes, "calls": calls / count / minutes, "share": calls / answers}
    print(json.dumps(share))


asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
