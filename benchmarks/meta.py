"""ResourceMeta: how long encoding and decoding take, beside bare msgspec and flytekit's ResourceMeta."""

from functools import partial

from environments import Environments, PeerUnavailable
from figures import Direction, Effort, Figure, Section, Target, ratios
from rounds import alternate

_OURS = "fairlead"
_BARE = "bare msgspec"
_FLYTEKIT = "flytekit"

_NOT_SLOWER = Target(Direction.AT_MOST, 2.5)
_FASTER = Target(Direction.AT_LEAST, 20)

_METHOD = (
    "One call, in a loop as `timeit` makes it. The meta has the two fields of flytekit's Databricks connector. Each contender "
    "runs in a process of its own, one after the other in each round; bare msgspec and fairlead share an environment."
)


def measure(environments: Environments, effort: Effort) -> Section:
    """Run the three workers in turns and return their times, and ours in relation to the others."""
    ours = environments.fairlead
    workers = {_OURS: partial(ours.work, "meta_fairlead.py"), _BARE: partial(ours.work, "meta_msgspec.py")}
    versions, notes = ours.versions(), []
    try:
        flytekit = environments.peer("flytekit")
    except PeerUnavailable as error:
        notes.append(str(error))
    else:
        workers[_FLYTEKIT] = partial(flytekit.work, "meta_flytekit.py")
        versions |= flytekit.versions()
    times = alternate(workers, rounds=11 if effort is Effort.FULL else 3)
    figures = _figures(times, "encode") + _figures(times, "decode")
    return Section("ResourceMeta", _METHOD, figures, versions, notes)


def _figures(times: dict[str, list[dict[str, float]]], operation: str) -> list[Figure]:
    samples = {contender: [numbers[operation] for numbers in rounds] for contender, rounds in times.items()}
    figures = [Figure(f"{operation}, {contender}", "ns", numbers) for contender, numbers in samples.items()]
    slower = ratios(samples[_OURS], samples[_BARE])
    figures.append(Figure(f"{operation}, fairlead compared with bare msgspec", "times", slower, _NOT_SLOWER))
    if _FLYTEKIT in samples:
        faster = ratios(samples[_FLYTEKIT], samples[_OURS])
        figures.append(Figure(f"{operation}, flytekit compared with fairlead", "times", faster, _FASTER))
    return figures
