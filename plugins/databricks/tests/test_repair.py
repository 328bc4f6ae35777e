"""Runs that run again: by us, as often as is allowed, and by others."""

import asyncio

import httpx
import pytest

from fairlead import Phase
from fairlead.runner import Progress

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
