"""One attempt of one task, by its kind: conditions, loops, runs of other jobs, and Python."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from fairlead_databricks_emulator.errors import ApiError
from fairlead_databricks_emulator.execution.conditions import compare
from fairlead_databricks_emulator.execution.launch import Launcher
from fairlead_databricks_emulator.execution.references import References
from fairlead_databricks_emulator.execution.refusal import Refusal
from fairlead_databricks_emulator.execution.scheduler import run_attempt
from fairlead_databricks_emulator.runs.parsing import parse_task
from fairlead_databricks_emulator.runs.run import Run, TaskRun
from fairlead_databricks_emulator.runs.specs import ConditionTask, ForEachTask, RunJobTask
from fairlead_databricks_emulator.runs.states import (
    CANCELED,
    SUCCESS,
    WORKLOAD_FAILED,
    LifeCycle,
    Outcome,
    Result,
    TerminationCode,
    refused,
)

StartJob = Callable[[int, dict[str, Any]], Run]
WaitFor = Callable[[Run], "asyncio.Task[None]"]


class Executor:
    """Runs task attempts. `start_job` starts a run of another job, `wait_for` gives the end of a run."""

    def __init__(self, launcher: Launcher, start_job: StartJob, wait_for: WaitFor) -> None:
        self._launcher = launcher
        self._start_job = start_job
        self._wait_for = wait_for

    async def __call__(self, run: Run, task: TaskRun) -> Outcome:
        """Run one attempt to its end; never raises, because whatever goes wrong is an outcome."""
        try:
            return await self._dispatch(run, task)
        except Refusal as refusal:
            task.output.error = refusal.message
            return refused(refusal.code, refusal.message)
        except ApiError as error:
            task.output.error = error.message
            return refused(TerminationCode.INVALID_RUN_CONFIGURATION, error.message)
        except Exception as error:
            task.output.error = f"The emulator failed: {error!r}"
            return refused(TerminationCode.INTERNAL_ERROR, task.output.error)

    async def _dispatch(self, run: Run, task: TaskRun) -> Outcome:
        if task.spec.condition_task:
            return _decide(run, task, task.spec.condition_task)
        if task.spec.for_each_task:
            return await self._for_each(run, task, task.spec.for_each_task)
        if task.spec.run_job_task:
            return await self._run_job(run, task, task.spec.run_job_task)
        outcome = await self._launcher.run(run, task)
        return task.stop.outcome or outcome

    async def _for_each(self, run: Run, task: TaskRun, loop: ForEachTask) -> Outcome:
        task.progress.move(LifeCycle.RUNNING)
        spec = parse_task(loop.task, where=f"{task.spec.task_key}.for_each_task.task")
        task.iterations = [TaskRun(spec, state=LifeCycle.PENDING) for _ in _inputs(run, task, loop)]
        for iteration, value in zip(task.iterations, _inputs(run, task, loop), strict=True):
            iteration.input = value
        turn = asyncio.Semaphore(loop.concurrency)
        await asyncio.gather(*(self._iterate(run, iteration, turn) for iteration in task.iterations))
        if task.stop.outcome:
            return task.stop.outcome
        failed = [item for item in task.iterations if item.outcome and item.outcome.result is not Result.SUCCESS]
        task.output.error = failed[0].output.error if failed else ""
        return WORKLOAD_FAILED if failed else SUCCESS

    async def _iterate(self, run: Run, iteration: TaskRun, turn: asyncio.Semaphore) -> None:
        async with turn:
            await run_attempt(run, iteration, self)

    async def _run_job(self, run: Run, task: TaskRun, other: RunJobTask) -> Outcome:
        task.progress.move(LifeCycle.RUNNING)
        child = self._start_job(other.job_id, References(run, task).resolve(other.job_parameters))
        task.output.child_run_id = child.run_id
        stopped = asyncio.ensure_future(task.stop.wait())
        ended = self._wait_for(child)
        await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if task.stop.outcome:
            child.request_stop(CANCELED)
            await asyncio.wait({ended})
            return task.stop.outcome
        return SUCCESS if child.outcome and child.outcome.result is Result.SUCCESS else WORKLOAD_FAILED


def _decide(run: Run, task: TaskRun, condition: ConditionTask) -> Outcome:
    references = References(run, task)
    resolved = ConditionTask(
        op=condition.op, left=references.resolve(condition.left), right=references.resolve(condition.right)
    )
    try:
        task.output.condition = "true" if compare(resolved) else "false"
    except ValueError as error:
        message = f"Condition {resolved.left!r} {resolved.op} {resolved.right!r} cannot be evaluated"
        raise Refusal(TerminationCode.INVALID_RUN_CONFIGURATION, message) from error
    return SUCCESS


def _inputs(run: Run, task: TaskRun, loop: ForEachTask) -> list[Any]:
    resolved = References(run, task).resolve(loop.inputs)
    try:
        values = json.loads(resolved)
    except ValueError:
        values = None
    if not isinstance(values, list):
        message = f"for_each_task.inputs must be a JSON array, it is {resolved!r}"
        raise Refusal(TerminationCode.INVALID_RUN_CONFIGURATION, message)
    return values
