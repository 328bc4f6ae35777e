"""Runs that are not over in time: cancelled, seen to have ended, and named."""

import re

import pytest

from fairlead import Backoff, DeadlineExceeded
from fairlead.runner import Progress
from fairlead_databricks_emulator import InventState, Status

FOREVER = "import time\nwhile True: time.sleep(0.1)\n"


class Ends(Progress):
    """Notes how the run had ended when its end was told; does something when the run exists, and when it was looked at.

    The first trouble that is told ends all faults.
    """

    def __init__(self, emulator, *, created=None, updated=None):
        self.emulator = emulator
        self.told = []
        self._created = created or (lambda: None)
        self._updated = updated or (lambda: None)

    def created(self, handle):
        self._created()

    def updated(self, resource):
        self._updated()

    def troubled(self, error):
        self.emulator.faults.clear()

    def deleted(self, handle, error):
        outcome = self.emulator.runs[-1].outcome
        self.told.append((error, outcome and outcome.result))


async def test_past_the_time_allowed(runner, emulator, context, python):
    """The run is cancelled, its end is confirmed, and the error names the run and leads to its page."""
    ends = Ends(emulator)
    with pytest.raises(DeadlineExceeded, match="did not end in the time allowed") as caught:
        await runner.run(python(FOREVER), {}, context(), timeout=1.0, progress=ends)
    assert ends.told == [(None, "CANCELED")]
    run = emulator.runs[-1]
    page = rf"Databricks Run: {re.escape(emulator.host)}/jobs/{run.job_id}/runs/{run.run_id}\?o=\d+"
    assert re.search(page, str(caught.value))


async def test_faults_to_the_end(runner, emulator, context, python, monkeypatch):
    """Where asking fails until the end, the error has the page that was seen before, and the last fault."""
    monkeypatch.setattr("fairlead.runner._LAST_LOOK_SECONDS", 0.5)

    def fail():
        emulator.faults.add(Status(path="/runs/get", status=503, times=None))

    ends = Ends(emulator, updated=fail)
    with pytest.raises(DeadlineExceeded) as caught:
        await runner.run(python(FOREVER), {}, context(), timeout=0.5, progress=ends)
    assert ends.told == [(None, "CANCELED")]
    assert f"/runs/{emulator.runs[-1].run_id}" in str(caught.value)
    assert "; the last fault: " in str(caught.value)


async def test_faults_from_the_beginning(runner, emulator, context, python, monkeypatch):
    """A run that could never be looked at is cancelled all the same."""
    monkeypatch.setattr("fairlead.runner._LAST_LOOK_SECONDS", 0.5)

    def fail():
        emulator.faults.add(Status(path="/runs/get", status=500, times=None))

    ends = Ends(emulator, created=fail)
    with pytest.raises(DeadlineExceeded, match="its last known phase is UNDEFINED; the last fault: "):
        await runner.run(python(FOREVER), {}, context(), timeout=0.5, progress=ends)
    assert ends.told == [(None, "CANCELED")]


async def test_a_run_that_does_not_end(lifecycle, emulator, context, python, monkeypatch):
    """A run that was cancelled but goes on is not called ended."""
    monkeypatch.setattr("fairlead_databricks.connector._CONFIRM", Backoff(initial=60, maximum=60))
    handle = await lifecycle.create(python(FOREVER), {}, context())
    run_id = emulator.runs[-1].run_id
    emulator.faults.invent_state(InventState(run_id=run_id, life_cycle_state="TERMINATING", state="TERMINATING"))
    with pytest.raises(DeadlineExceeded, match=f"run {run_id} in .* was cancelled, but has not ended yet"):
        await lifecycle.delete(handle, context(seconds=20))
