"""Scale: what it takes one Runner to follow many jobs at once, and how late it sees their ends."""

import tempfile
from dataclasses import dataclass
from functools import partial

from environments import Environments
from figures import Effort, Figure, Section
from rounds import alternate


@dataclass(frozen=True)
class _Load:
    """How many jobs there are, and in seconds how long they take and what interval they ask for."""

    jobs: int
    shortest: float
    longest: float
    poll_after: float
    rounds: int


_LOADS = {
    Effort.FULL: _Load(jobs=10_000, shortest=20, longest=40, poll_after=2, rounds=2),
    Effort.QUICK: _Load(jobs=1_000, shortest=2, longest=4, poll_after=0.5, rounds=1),
}

_QUANTITIES = {
    "memory_per_job": ("memory per job", "KiB"),
    "delay_median": ("delay, median", "s"),
    "delay_p95": ("delay, 95th percentile", "s"),
    "delay_max": ("delay, maximum", "s"),
    "polls_per_job": ("polls per job", ""),
    "cpu_seconds": ("CPU time", "s"),
    "cpu_per_poll": ("CPU time per poll", "µs"),
    "seconds": ("time for all", "s"),
}
"""What the worker reports: what it is called, and in which unit it is."""


def measure(environments: Environments, effort: Effort) -> Section:
    """Run the worker with the default interval and with `poll_after`, in turns."""
    load = _LOADS[effort]
    default = [f"--jobs={load.jobs}", f"--shortest={load.shortest}", f"--longest={load.longest}"]
    modes = {
        "default interval": partial(_followed, environments, *default),
        f"`poll_after` {load.poll_after:g} s": partial(
            _followed, environments, *default, f"--poll-after={load.poll_after}"
        ),
    }
    rounds = alternate(modes, load.rounds)
    figures = [
        Figure(f"{mode}: {what}", unit, [numbers[name] for numbers in rounds[mode]])
        for mode in modes
        for name, (what, unit) in _QUANTITIES.items()
    ]
    return Section(f"{load.jobs:,} jobs at once", _method(load), figures, environments.fairlead.versions())


def _method(load: _Load) -> str:
    return (
        "One process starts all dummy jobs at once and follows them with one `Runner`; "
        f"they take {load.shortest:g} to {load.longest:g} s, evenly spread. The delay is that between a job's end and the "
        "`get` that finds it ended. Memory is the highest resident size less that before the first job. CPU time is that of "
        "creating and following, for all jobs; creating a dummy job writes a file, and each poll looks for one. "
        f"Processes: {load.rounds} for each interval, in turns."
    )


def _followed(environments: Environments, *arguments: str) -> dict[str, float]:
    """Run the worker once, with a folder of its own for the simulated system."""
    with tempfile.TemporaryDirectory() as directory:
        return environments.fairlead.work("scale_follow.py", *arguments, FAIRLEAD_DUMMY_DIR=directory)
