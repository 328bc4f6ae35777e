"""Many runs, few calls, and the same answers."""

import asyncio

import pytest

from fairlead import Phase
from fairlead_databricks.following import PAGE
from fairlead_databricks_emulator import InventState, Status

CONDITION = {"task_key": "c", "condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}


@pytest.fixture
def pretend(lifecycle, emulator, context, databricks):
    """A function that submits runs that cost nothing, and makes them look as if they were running."""

    async def make(count):
        handles = []
        for _ in range(count):
            handles.append(await lifecycle.create(databricks({"tasks": [CONDITION]}), {}, context()))
            invented = InventState(run_id=emulator.runs[-1].run_id, life_cycle_state="RUNNING", state="RUNNING")
            emulator.faults.invent_state(invented)
        return handles

    return make


async def look(lifecycle, handles, context):
    return await asyncio.gather(*(lifecycle.get(handle, context()) for handle in handles))


async def test_many_runs_are_asked_for_together(lifecycle, emulator, context, pretend):
    """After a first look, sixty runs take three calls a round, and the answers are those of a call each."""
    handles = await pretend(60)
    first = await look(lifecycle, handles, context)
    emulator.requests.clear()
    second = await look(lifecycle, handles, context)
    assert emulator.requests.count("/runs/list") == -(-60 // PAGE)
    assert emulator.requests.count("/runs/get") == 0
    assert [(one.phase, one.message, one.log_links) for one in first] == [
        (one.phase, one.message, one.log_links) for one in second
    ]
    assert all(0 < resource.poll_after <= 10 for resource in second)


async def test_few_runs_are_asked_for_alone(lifecycle, emulator, context, pretend):
    """Two runs take a call each, and no host is told when to ask again."""
    handles = await pretend(2)
    await look(lifecycle, handles, context)
    resources = await look(lifecycle, handles, context)
    assert emulator.requests.count("/runs/list") == 0
    assert [resource.poll_after for resource in resources] == [None, None]


async def test_it_never_costs_more(lifecycle, emulator, context, pretend, databricks):
    """Where the runs of others stand between ours, there are still no more calls than one for each."""
    handles = []
    for _ in range(12):
        handles += await pretend(1)
        await pretend(3)
    await look(lifecycle, handles, context)
    emulator.requests.clear()
    await look(lifecycle, handles, context)
    calls = emulator.requests.count("/runs/list") + emulator.requests.count("/runs/get")
    assert calls <= len(handles)


async def test_an_end_is_seen_in_a_shared_page(lifecycle, emulator, context, pretend):
    """A run that ends among many is reported as ended, and the others go on."""
    handles = await pretend(20)
    await look(lifecycle, handles, context)
    emulator.faults.clear()
    resources = await look(lifecycle, handles, context)
    assert {resource.phase for resource in resources} == {Phase.SUCCEEDED}


async def test_a_fault_of_a_shared_page_ends_nothing(lifecycle, emulator, context, pretend):
    """When a page fails for a while, all who wait for it get their answer later."""
    handles = await pretend(20)
    await look(lifecycle, handles, context)
    emulator.faults.add(Status(path="/runs/list", status=503, times=5))
    resources = await look(lifecycle, handles, context)
    assert {resource.phase for resource in resources} == {Phase.RUNNING}


async def test_two_hundred_and_fifty_tasks(runner, lifecycle, emulator, context, databricks):
    """A run with more tasks than a page holds is read to its last page."""
    tasks = [{**CONDITION, "task_key": f"c{number}"} for number in range(250)]
    emulator.requests.clear()
    resource = await runner.run(databricks({"tasks": tasks}), {}, context())
    assert resource.phase is Phase.SUCCEEDED
    pages = [request for request in emulator.requests.matching("/runs/get") if "page_token" in str(request.query)]
    assert len(pages) >= 2
