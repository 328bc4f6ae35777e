"""Runs that run again: by us, as often as is allowed, and by others."""

import asyncio

import httpx
import pytest

from fairlead import Phase
from fairlead.runner import Progress
from fairlead_databricks_emulator import Drop, Status

FAILS = "raise OSError('always')\n"


class Phases(Progress):
    """Notes the phases that were seen, and sets `event` at the first that is `wanted`."""

    def __init__(self, wanted=None):
        self.seen = []
        self.wanted = wanted
        self.event = asyncio.Event()

    def updated(self, resource):
        self.seen.append(resource.phase)
        if resource.phase is self.wanted:
            self.event.set()


@pytest.fixture
def failing_once(tmp_path, python):
    """A task that fails at first, and then works when the file `go` is there."""
    flag, go = tmp_path / "flag", tmp_path / "go"
    lines = [
        "import pathlib, time",
        f"flag, go = pathlib.Path({str(flag)!r}), pathlib.Path({str(go)!r})",
        "if not flag.exists():",
        "    flag.touch()",
        "    raise OSError('first time')",
        "while not go.exists(): time.sleep(0.01)",
    ]
    return (lambda **custom: python("\n".join(lines) + "\n", **custom)), go


async def test_a_repair_while_the_run_is_followed(runner, emulator, context, failing_once):
    """The run fails, goes back to RUNNING, and succeeds: who follows it sees no end before the last one."""
    make, go = failing_once
    before, phases = len(emulator.runs), Phases()
    go.touch()
    resource = await runner.run(make(maxRepairs=2), {}, context(), progress=phases)
    assert resource.phase is Phase.SUCCEEDED, resource.message
    assert (len(emulator.runs), emulator.requests.count("/runs/repair")) == (before + 1, 1)
    assert [phase for phase in phases.seen if phase.is_terminal] == [Phase.SUCCEEDED]


async def test_a_repair_by_somebody_else(runner, lifecycle, emulator, context, failing_once):
    """A run that had failed and runs again is followed again, with the same handle, to its new end."""
    make, go = failing_once
    task, same = make(), context()
    assert (await runner.run(task, {}, same)).phase is Phase.FAILED
    handle = await lifecycle.create(task, {}, same)
    async with httpx.AsyncClient(base_url=emulator.host) as http:
        body = {"run_id": emulator.runs[-1].run_id, "rerun_all_failed_tasks": True}
        headers = {"Authorization": f"Bearer {emulator.token}"}
        (await http.post("/api/2.2/jobs/runs/repair", json=body, headers=headers)).raise_for_status()
    phases = Phases(wanted=Phase.RUNNING)
    following = asyncio.create_task(runner.follow(handle, context(), progress=phases))
    await phases.event.wait()
    go.touch()
    assert (await following).phase is Phase.SUCCEEDED
    assert phases.seen[-2:] == [Phase.RUNNING, Phase.SUCCEEDED]


async def test_repairs_are_bounded(runner, emulator, context, python):
    """When the repairs are used up the failure counts."""
    resource = await runner.run(python(FAILS, maxRepairs=2), {}, context())
    assert resource.phase is Phase.FAILED
    assert emulator.requests.count("/runs/repair") == 2


@pytest.mark.parametrize("status", [400, 403, 404, 500])
async def test_a_refused_repair_hides_nothing(runner, emulator, context, python, monkeypatch, status):
    """Where a repair is refused or keeps failing, the run counts as it ended, and the message says why it was not repaired."""
    monkeypatch.setattr("fairlead_databricks.repair._ASKING_SECONDS", 0.2)
    body = {"error_code": "SOME_CODE", "message": "no repairs here"}
    emulator.faults.add(Status(path="/runs/repair", status=status, body=body, times=None))
    resource = await runner.run(python(FAILS, maxRepairs=1), {}, context())
    assert resource.phase is Phase.FAILED
    assert "OSError: always" in resource.message
    assert "its failed tasks could not be run again: " in resource.message
    assert "no repairs here" in resource.message


@pytest.mark.parametrize(
    "fault",
    [
        Status(path="/runs/repair", status=503, times=2),
        Status(path="/runs/repair", status=429, times=2),
        Drop(path="/runs/repair", when="after"),
        Status(path="/runs/repair", status=500, when="after"),
    ],
)
async def test_a_repair_after_passing_faults(runner, emulator, context, failing_once, fault):
    """A repair whose request fails or whose answer is lost is made all the same, and once."""
    make, go = failing_once
    go.touch()
    emulator.faults.add(fault)
    resource = await runner.run(make(maxRepairs=1), {}, context())
    assert resource.phase is Phase.SUCCEEDED, resource.message
    assert len(emulator.runs[-1].repairs) == 2


async def test_a_repair_that_is_refused_because_another_was_faster(runner, emulator, context, failing_once):
    """Where somebody else repairs the run at the same moment, it goes on, and its new end counts."""
    make, go = failing_once
    go.touch()
    emulator.faults.add(Status(path="/runs/repair", status=400, when="after"))
    resource = await runner.run(make(maxRepairs=1), {}, context())
    assert (resource.phase, len(emulator.runs[-1].repairs)) == (Phase.SUCCEEDED, 2)


@pytest.fixture
async def failed(runner, lifecycle, context, python):
    """The handle of a run that has failed and may be repaired, at which nobody has looked with it yet."""
    same = context()
    assert (await runner.run(python(FAILS), {}, same)).phase is Phase.FAILED
    return await lifecycle.create(python(FAILS, maxRepairs=1), {}, same)


async def test_one_look_starts_nothing(runner, lifecycle, emulator, context, failed):
    """Who looks once at a failed run is told that it can be repaired; who follows it repairs it."""
    resource = await lifecycle.get(failed, context())
    assert resource.phase is Phase.QUEUED
    assert "its failed tasks run again as soon as it is followed" in resource.message
    assert emulator.requests.count("/runs/repair") == 0
    resource = await runner.follow(failed, context())
    assert (resource.phase, emulator.requests.count("/runs/repair")) == (Phase.FAILED, 1)


async def test_what_was_deleted_is_not_repaired(runner, lifecycle, emulator, context, failed):
    """A failed run that was looked at and deleted stays as it is, also when somebody goes on following it."""
    await lifecycle.get(failed, context())
    await lifecycle.delete(failed, context())
    assert (await runner.follow(failed, context())).phase is Phase.FAILED
    assert emulator.requests.count("/runs/repair") == 0
