"""Lifecycle.get: how much it adds to the connector's own `get`."""

from functools import partial

from environments import Environments
from figures import Direction, Effort, Figure, Section, Target
from rounds import alternate

_TARGET = Target(Direction.AT_MOST, 20)

_METHOD = (
    "What one call of `Lifecycle.get` takes longer than the connector's `get` alone, without hook plugins, with a deadline. "
    "Both are awaited in turns in one event loop; each round is a process of its own."
)


def measure(environments: Environments, effort: Effort) -> Section:
    """Run the worker some times and return what it found for each kind of `get`."""
    work = partial(environments.fairlead.work, "lifecycle_get.py")
    rounds = alternate({"fairlead": work}, rounds=11 if effort is Effort.FULL else 3)["fairlead"]
    figures = [
        Figure("`async def get` that answers at once", "µs", _samples(rounds, "prompt"), _TARGET),
        Figure("`async def get` that waits once", "µs", _samples(rounds, "waiting"), _TARGET),
        Figure("plain `def get`, which runs on a thread", "µs", _samples(rounds, "plain")),
        Figure("plain `def get`, over `asyncio.to_thread`", "µs", _samples(rounds, "plain_over_thread")),
    ]
    return Section("Lifecycle.get", _METHOD, figures, environments.fairlead.versions())


def _samples(rounds: list[dict[str, float]], name: str) -> list[float]:
    return [numbers[name] for numbers in rounds]
