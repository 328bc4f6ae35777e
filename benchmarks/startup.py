"""Start-up: how long `fairlead --version` and `fairlead list` take, beside a bare Python and peers."""

import json
from collections.abc import Callable
from functools import partial

from crowd import crowd
from environment import Environment, MeasurementFailed
from environments import Environments, PeerUnavailable
from figures import Direction, Effort, Figure, Section, Target, differences, ratios
from rounds import alternate

_DISTRIBUTIONS = 200
_CONNECTORS = 50

_BARE = "python -c pass"
_VERSION = "fairlead --version"
_LIST = "fairlead list"

_TARGETS = {
    _VERSION: Target(Direction.AT_MOST, 25),
    _LIST: Target(Direction.AT_MOST, 60),
}

_PEERS = {"flytekit": "pyflyte --help", "llm": "llm plugins", "hatch": "hatch --version"}
"""The commands of the peers, by distribution."""

_METHOD = (
    f"The time from the start of a process to its end. The environment of `fairlead` holds {_DISTRIBUTIONS} distributions, "
    f"{_CONNECTORS} of them with a connector; `{_BARE}` runs in it too. Each peer has an environment with nothing else "
    "in it, and runs the lightest command it has, or the one that lists plugins; `pyflyte` has no `--version`. All of them "
    "are byte-compiled."
)


def measure(environments: Environments, effort: Effort) -> Section:
    """Run all commands in turns and return their times, and what ours add to a bare Python."""
    crowded = _crowded(environments)
    commands = {command: _timer(crowded, command) for command in (_BARE, _VERSION, _LIST)}
    versions, notes = crowded.versions(), []
    for distribution, command in _PEERS.items():
        try:
            peer = environments.peer(distribution)
        except PeerUnavailable as error:
            notes.append(str(error))
            continue
        commands[command] = _timer(peer, command)
        versions |= peer.versions()
    alternate(commands, rounds=1)  # brings the files into memory
    times = alternate(commands, rounds=21 if effort is Effort.FULL else 5)
    return Section("Start-up", _METHOD, _figures(times), versions, notes)


def _figures(times: dict[str, list[float]]) -> list[Figure]:
    figures = [Figure(f"`{command}`", "ms", samples) for command, samples in times.items()]
    figures += [
        Figure(f"`{command}` over `{_BARE}`", "ms", differences(times[command], times[_BARE]), target)
        for command, target in _TARGETS.items()
    ]
    return figures + [
        Figure(f"`{peer}` compared with `{ours}`", "times", ratios(times[peer], times[ours]))
        for peer in _PEERS.values()
        if peer in times
        for ours in _TARGETS
    ]


def _timer(environment: Environment, command: str) -> Callable[[], float]:
    program, *arguments = command.split()
    return partial(environment.milliseconds, environment.program(program), *arguments)


def _crowded(environments: Environments) -> Environment:
    """Return an environment with all distributions; raise `MeasurementFailed` where fairlead does not see all connectors."""
    crowded = environments.another_fairlead("crowded")
    crowd(crowded.site_packages, distributions=_DISTRIBUTIONS, connectors=_CONNECTORS)
    listed = json.loads(crowded.output(crowded.program("fairlead"), "list", "--json"))["connectors"]
    available = sum(connector["status"] == "available" for connector in listed)
    if available != _CONNECTORS:
        message = f"`fairlead list` finds {available} available connectors among {_DISTRIBUTIONS} distributions, not {_CONNECTORS}"
        raise MeasurementFailed(message)
    return crowded
