"""The endpoints of the Jobs API, and answers that they should not give."""

from fairlead import Phase
from fairlead_databricks_emulator import Status

TASKS = [{"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}]


async def test_an_answer_without_a_run(runner, emulator, context, databricks):
    """When a submission is answered without a run, it is sent again with the same token, and finds its run."""
    before = len(emulator.runs)
    emulator.faults.add(Status(path="/runs/submit", status=200, body={}, when="after"))
    resource = await runner.run(databricks({"tasks": TASKS}), {}, context())
    assert resource.phase is Phase.SUCCEEDED, resource.message
    first, second = emulator.requests.matching("/runs/submit")
    assert first.json() == second.json()
    assert len(emulator.runs) == before + 1
