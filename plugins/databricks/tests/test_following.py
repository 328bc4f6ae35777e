"""Many runs, few calls, and the same answers."""

import asyncio
from types import SimpleNamespace

import httpx
import pytest

from fairlead import Phase, ResourceNotFound, TransientError
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


@pytest.fixture
async def forgotten(lifecycle, emulator, context, pretend):
    """The handles of twenty runs that are followed, the newest of which was deleted in the workspace."""
    handles = await pretend(20)
    await look(lifecycle, handles, context)
    headers = {"Authorization": f"Bearer {emulator.token}"}
    async with httpx.AsyncClient(base_url=emulator.host, headers=headers) as http:
        body = {"run_id": emulator.runs[-1].run_id}
        (await http.post("/api/2.2/jobs/runs/delete", json=body)).raise_for_status()
    return handles


async def test_an_error_of_one_run_is_not_that_of_others(lifecycle, context, forgotten):
    """Where one of many was deleted, only who asks for it hears that."""
    *others, deleted = forgotten
    shared = asyncio.create_task(look(lifecycle, others, context))
    with pytest.raises(ResourceNotFound):
        await lifecycle.get(deleted, context())
    assert {resource.phase for resource in await shared} == {Phase.RUNNING}


async def test_nobody_waits_for_the_faults_of_one_run(lifecycle, emulator, context, forgotten):
    """While one of many cannot be read, because Databricks fails where it was deleted, say, the others are answered."""
    *others, deleted = forgotten
    emulator.faults.add(Status(path="/runs/get", status=500, times=None))
    failing = asyncio.create_task(lifecycle.get(deleted, context()))
    resources = await look(lifecycle, others, context)
    assert not failing.done()
    assert {resource.phase for resource in resources} == {Phase.RUNNING}
    failing.cancel()
    with pytest.raises((asyncio.CancelledError, TransientError)):
        await failing


async def test_who_is_not_asked_for_is_forgotten(lifecycle, context, pretend, monkeypatch):
    """Runs that nobody asks for any more are not counted, however long another one goes on."""
    now = [1000.0]
    monkeypatch.setattr("fairlead_databricks.following.time", SimpleNamespace(monotonic=lambda: now[0]))
    long, *others = await pretend(12)
    await look(lifecycle, [long, *others], context)
    for _ in range(3):
        now[0] += 60
        resource = await lifecycle.get(long, context())
    assert resource.poll_after is None


async def test_a_failure_in_a_shared_page_is_repaired(lifecycle, emulator, context, pretend, python, tmp_path):
    """A run that is seen to fail among many is repaired as often as its task allows, though no page has its history."""
    go = tmp_path / "go"
    source = f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)\nexit(1)\n"
    failing = await lifecycle.create(python(source, maxRepairs=2), {}, context())
    run = emulator.runs[-1]
    handles = [failing, *await pretend(12)]
    resource = (await look(lifecycle, handles, context))[0]
    go.touch()
    while not resource.phase.is_terminal:
        resource = (await look(lifecycle, handles, context))[0]
    assert resource.phase is Phase.FAILED, resource.message
    assert (len(run.repairs), emulator.requests.count("/runs/repair")) == (3, 2)


async def test_many_ends_are_confirmed_together(lifecycle, emulator, context, pretend):
    """When forty runs are ended at once, there are fewer questions than runs about whether they have."""
    handles = await pretend(40)
    await look(lifecycle, handles, context)
    emulator.requests.clear()
    emulator.faults.clear()
    await asyncio.gather(*(lifecycle.delete(handle, context()) for handle in handles))
    assert emulator.requests.count("/runs/cancel") == len(handles)
    questions = emulator.requests.count("/runs/get") + emulator.requests.count("/runs/list")
    assert 0 < questions < len(handles)


async def test_two_hundred_and_fifty_tasks(runner, lifecycle, emulator, context, databricks):
    """A run with more tasks than a page holds is read to its last page."""
    tasks = [{**CONDITION, "task_key": f"c{number}"} for number in range(250)]
    emulator.requests.clear()
    resource = await runner.run(databricks({"tasks": tasks}), {}, context())
    assert resource.phase is Phase.SUCCEEDED
    pages = [request for request in emulator.requests.matching("/runs/get") if "page_token" in str(request.query)]
    assert len(pages) >= 2
