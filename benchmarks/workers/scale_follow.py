"""Follow many dummy jobs at once with one Runner; print what it took."""

import argparse
import asyncio
import json
import statistics
import time
from pathlib import Path
from typing import Any

from fairlead import Context, Handle, Resource, Runner, TaskTemplate
from fairlead.runner import Progress
from fairlead_dummy import DummyJob


class Watch(Progress):
    """Notes when one job ended, and when that was seen."""

    def __init__(self) -> None:
        self.ends_at = self.delay = 0.0
        self.polls = 0

    def created(self, handle: Handle) -> None:
        """Read off the job's meta when it will end."""
        job = DummyJob.decode(handle.meta)
        self.ends_at = job.started_at + job.custom.duration

    def updated(self, resource: Resource) -> None:
        """Count the poll, and note how late the end is seen."""
        self.polls += 1
        if resource.phase.is_terminal:
            self.delay = time.time() - self.ends_at


async def follow(options: argparse.Namespace) -> dict[str, float]:
    """Run all jobs to their ends and return what it took."""
    runner = Runner()
    await runner.run(_task(0.0, None), {}, Context())  # loads the plugin
    memory, cpu, started = _memory("VmRSS"), time.process_time(), time.perf_counter()
    watches = [Watch() for _ in range(options.jobs)]
    step = (options.longest - options.shortest) / options.jobs
    tasks = (_task(options.shortest + number * step, options.poll_after) for number in range(options.jobs))
    async with asyncio.TaskGroup() as group:
        for task, watch in zip(tasks, watches, strict=True):
            group.create_task(_succeeded(runner, task, watch))
    cpu_seconds, seconds = time.process_time() - cpu, time.perf_counter() - started
    polls = sum(watch.polls for watch in watches)
    delays = [watch.delay for watch in watches]
    return {
        "memory_per_job": (_memory("VmHWM") - memory) / options.jobs,
        "delay_median": statistics.median(delays),
        "delay_p95": statistics.quantiles(delays, n=20)[-1],
        "delay_max": max(delays),
        "polls_per_job": polls / options.jobs,
        "cpu_seconds": cpu_seconds,
        "cpu_per_poll": cpu_seconds / polls * 1e6,
        "seconds": seconds,
    }


async def _succeeded(runner: Runner, task: TaskTemplate[Any], watch: Watch) -> None:
    resource = await runner.run(task, {}, Context(), progress=watch)
    if resource.phase.name != "SUCCEEDED":
        message = f"a job ended as {resource.phase.name}: {resource.message}"
        raise RuntimeError(message)


def _task(duration: float, poll_after: float | None) -> TaskTemplate[Any]:
    custom = {"duration": duration} if poll_after is None else {"duration": duration, "poll_after": poll_after}
    return TaskTemplate(type="dummy", custom=custom)


def _memory(field: str) -> float:
    """Return a field of Linux's `/proc/self/status`, in KiB: VmRSS is the resident size, VmHWM its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--shortest", type=float, required=True, help="seconds")
    parser.add_argument("--longest", type=float, required=True, help="seconds")
    parser.add_argument("--poll-after", type=float, help="seconds; by default, the runner decides")
    return parser.parse_args()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(follow(_options()))))
