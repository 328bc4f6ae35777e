"""Runs from their first task to their last: order, attempts, timeouts, and runs that wait for one another."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager

from fairlead_databricks_emulator.execution.conditions import reason_to_skip, roll_up
from fairlead_databricks_emulator.runs.run import Run, StopSignal, TaskRun
from fairlead_databricks_emulator.runs.specs import TaskSpec
from fairlead_databricks_emulator.runs.states import TIMED_OUT, LifeCycle, Outcome, Result

Attempt = Callable[[Run, TaskRun], Awaitable[Outcome]]


async def execute_run(run: Run, keys: Collection[str], attempt: Attempt) -> None:
    """Run the newest attempts of the tasks `keys` in order, retry them as they say, and end the run.

    `attempt` runs one attempt to its end. Tasks that are not among `keys` count as they are.
    """
    run.progress.move(LifeCycle.RUNNING)
    done = {spec.task_key: asyncio.Event() for spec in run.settings.tasks}
    for key in done.keys() - set(keys):
        done[key].set()
    with _timeout(run.settings.timeout_seconds, run.request_stop):
        await asyncio.gather(*(_execute_task(run, key, done, attempt) for key in keys))
    run.progress.end(_run_outcome(run))


async def _execute_task(run: Run, key: str, done: dict[str, asyncio.Event], attempt: Attempt) -> None:
    """Wait for the upstream tasks of one task, run it as often as needed, and tell its downstream tasks."""
    task = run.latest(key)
    await _upstream(task, done)
    ending = reason_to_skip(task.spec, [run.latest(dependency.task_key) for dependency in task.spec.depends_on])
    try:
        if ending and not task.stop.outcome:
            task.progress.end(ending)
        else:
            await _attempts(run, task, attempt)
    finally:
        done[key].set()


async def _upstream(task: TaskRun, done: dict[str, asyncio.Event]) -> None:
    for dependency in task.spec.depends_on:
        waiting = {asyncio.ensure_future(done[dependency.task_key].wait()), asyncio.ensure_future(task.stop.wait())}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for future in waiting:
            future.cancel()


async def _attempts(run: Run, task: TaskRun, attempt: Attempt) -> None:
    while True:
        outcome = await run_attempt(run, task, attempt)
        if run.stop.outcome or not _is_retried(task.spec, task.attempt, outcome):
            return
        task = run.add_attempt(task.spec, state=LifeCycle.WAITING_FOR_RETRY)
        await _pause(task.spec.min_retry_interval_millis / 1000, task.stop)


async def run_attempt(run: Run, task: TaskRun, attempt: Attempt) -> Outcome:
    """Run one attempt to its end, within its timeout; one that is asked to end before does not begin."""
    if task.stop.outcome is None:
        task.progress.move(LifeCycle.PENDING)
        with _timeout(task.spec.timeout_seconds, task.request_stop):
            outcome = await attempt(run, task)
    else:
        outcome = task.stop.outcome
    if task.output.values:
        run.task_values.setdefault(task.spec.task_key, {}).update(task.output.values)
    task.progress.end(outcome)
    return outcome


def _is_retried(spec: TaskSpec, attempt: int, outcome: Outcome) -> bool:
    retriable = spec.retry_on_timeout if outcome.result is Result.TIMEDOUT else outcome.result is Result.FAILED
    return retriable and (spec.max_retries < 0 or attempt < spec.max_retries)


async def _pause(seconds: float, stop: StopSignal) -> None:
    if seconds:
        with_stop = asyncio.ensure_future(stop.wait())
        await asyncio.wait({with_stop}, timeout=seconds)
        with_stop.cancel()


@contextmanager
def _timeout(seconds: int, request_stop: Callable[[Outcome], None]) -> Iterator[None]:
    """Ask for an end with TIMEDOUT after so many seconds; 0 means never."""
    if not seconds:
        yield
        return
    timer = asyncio.get_running_loop().call_later(seconds, request_stop, TIMED_OUT)
    try:
        yield
    finally:
        timer.cancel()


def _run_outcome(run: Run) -> Outcome:
    if run.stop.outcome:
        return run.stop.outcome
    outcome = roll_up(run.latest_tasks())
    if run.settings.is_legacy and run.tasks[-1].outcome:
        return run.tasks[-1].outcome
    return outcome
