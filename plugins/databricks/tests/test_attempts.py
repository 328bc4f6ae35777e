"""A run of 250 tasks with three attempts each, in pages: the latest attempt of each task decides."""

import httpx
import pytest

from fairlead import ErrorKind, Phase
from fairlead_databricks_emulator import InventState

TASKS = 250
BRANCH = {"condition_task": {"op": "EQUAL_TO", "left": "1", "right": "1"}}
USERS_FAULT = {"life_cycle_state": "TERMINATED", "result_state": "FAILED", "message": "Workload failed"}
PLATFORMS_FAULT = {"life_cycle_state": "INTERNAL_ERROR", "result_state": "FAILED", "message": "no cluster"}


@pytest.fixture
async def many(lifecycle, runner, emulator, context, databricks):
    """The handle of such a run, which was repaired twice as a whole, and its attempts by task key, the oldest first."""
    task, same = databricks({"tasks": [{"task_key": f"c{number}", **BRANCH} for number in range(TASKS)]}), context()
    await runner.run(task, {}, same)
    handle, run = await lifecycle.create(task, {}, same), emulator.runs[-1]
    headers = {"Authorization": f"Bearer {emulator.token}"}
    async with httpx.AsyncClient(base_url=emulator.host, headers=headers) as http:
        for repairs in (1, 2):
            body = {"run_id": run.run_id, "rerun_tasks": [f"c{number}" for number in range(TASKS)]}
            latest = {} if repairs == 1 else {"latest_repair_id": run.repairs[-1].id}
            (await http.post("/api/2.2/jobs/runs/repair", json={**body, **latest})).raise_for_status()
            assert (await runner.follow(handle, context())).phase is Phase.SUCCEEDED
    attempts = {}
    for attempt in run.tasks:
        attempts.setdefault(attempt.spec.task_key, []).append(attempt)
    assert {len(of_one) for of_one in attempts.values()} == {3}
    emulator.faults.show_states("state")
    emulator.faults.invent_state(InventState(run_id=run.run_id, **PLATFORMS_FAULT))
    emulator.requests.clear()
    return handle, attempts


def invent(emulator, attempts, words):
    for attempt in attempts:
        emulator.faults.invent_state(InventState(run_id=attempt.run_id, **words))


async def test_all_pages_are_read(lifecycle, emulator, context, many):
    """750 entries are eight pages."""
    handle, _ = many
    await lifecycle.get(handle, context())
    assert emulator.requests.count("/runs/get") == 8


@pytest.mark.parametrize(
    ("earlier", "latest", "phase", "kind"),
    [
        (USERS_FAULT, PLATFORMS_FAULT, Phase.RETRYABLE_FAILED, ErrorKind.SYSTEM),
        (PLATFORMS_FAULT, USERS_FAULT, Phase.FAILED, ErrorKind.USER),
    ],
)
async def test_the_latest_attempt_decides(lifecycle, emulator, context, many, earlier, latest, phase, kind):
    """Whose fault it was, and which task is to blame, the latest attempt says; hundreds of earlier failures say nothing."""
    handle, attempts = many
    for of_one in attempts.values():
        invent(emulator, of_one[:2], earlier)
    invent(emulator, attempts["c17"][2:], latest)
    resource = await lifecycle.get(handle, context())
    assert (resource.phase, resource.error.kind) == (phase, kind)
    blamed = [line for line in resource.message.splitlines() if line.startswith("task ")]
    assert len(blamed) == 1
    assert blamed[0].startswith("task c17 ")
    assert "more tasks" not in resource.message


async def test_earlier_failures_are_forgiven(lifecycle, emulator, context, many):
    """Where every task has worked in the end, no task is to blame for what the run says of itself."""
    handle, attempts = many
    for of_one in attempts.values():
        invent(emulator, of_one[:2], USERS_FAULT)
    resource = await lifecycle.get(handle, context())
    assert resource.phase is Phase.RETRYABLE_FAILED
    assert not [line for line in resource.message.splitlines() if line.startswith("task ")]
