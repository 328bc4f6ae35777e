"""The server for Flyte: calls a second, latency, start-up and memory, beside flytekit's and a bare gRPC server."""

import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TypeVar

import h2load
from environment import Environment, MeasurementFailed
from environments import Environments, PeerUnavailable
from figures import Direction, Effort, Figure, Section, Target, ratios
from flyte_servers import FlyteServer, Method, Requests, RunningServer
from rounds import alternate

T = TypeVar("T")

_TITLE = "Serving Flyte"

_OURS = "fairlead"
_ASKING = "fairlead, asking at each call"
_TWO = "fairlead in 2 processes"
_FLYTEKIT = "flytekit"
_UVLOOP = "bare gRPC on uvloop"
_ASYNCIO = "bare gRPC on asyncio"

_SERVE = "fairlead serve flyte --host 127.0.0.1 --port {port} --metrics-port {metrics_port} -m flyte_noop_fairlead --max-connection-age 0s"
_PYFLYTE = "pyflyte serve connector --port {port} --prometheus_port {metrics_port} --modules flyte_noop_flytekit"
_BARE = "python flyte_bare.py {port}"

_CONNECTIONS = 16  # enough that the kernel spreads them over two processes
_STREAMS = 2
_RATE = 500
_PERCENT = 99

_TARGETS = {
    (Method.GET, _FLYTEKIT): Target(Direction.AT_LEAST, 1.5),
    (Method.GET, _UVLOOP): Target(Direction.AT_LEAST, 0.8),
    (Method.CREATE, _FLYTEKIT): Target(Direction.AT_LEAST, 2.5),
}
_NOT_MORE = Target(Direction.AT_MOST, 1)

_METHOD = (
    "A connector that answers at once, and h2load on the same machine as the servers, which all run and get their load in turns: "
    f"{_CONNECTIONS} connections with {_STREAMS} calls at once on each, by Flyte 1's protocol. GetTask is about one job, for which "
    "fairlead asks its connector once a second at most, as it does by default; shown besides is what it does where it asks at "
    "each call (`--poll-interval 0s`), as flytekit always does. Both count metrics and log as they do by default. CreateTask has "
    "20 inputs in {bytes:,.0f} bytes; fairlead gives its connector Python values, flytekit models of Flyte's literals. The bare "
    "server returns the same bytes always, without reading what it got. That the answers are right is checked before the load, and "
    f"that none was an error by the servers' metrics after each round. Latency: at {_RATE} calls a second in all. Start-up: from the "
    "start of the process to the answer to ListAgents. Memory: what is resident after all of the load. Two processes share two "
    "cores with h2load, so they scale further where there are more."
)


@dataclass(frozen=True)
class _Load:
    """How many calls a round has, by method and with latency, and how many rounds there are."""

    calls: Mapping[Method, int]
    paced: int
    rounds: int


_LOADS = {
    Effort.FULL: _Load({Method.GET: 10_000, Method.CREATE: 3_000}, paced=1_500, rounds=9),
    Effort.QUICK: _Load({Method.GET: 4_000, Method.CREATE: 1_500}, paced=1_000, rounds=3),
}


def measure(environments: Environments, effort: Effort) -> Section:
    """Measure all servers that can be installed."""
    if not h2load.is_installed():
        print(h2load.MISSING, file=sys.stderr)
        return Section(_TITLE, h2load.MISSING, [], {})
    ours, notes = environments.flyte, []
    servers, versions = _own_servers(ours), ours.versions() | {"h2load": h2load.version()}
    try:
        flytekit = environments.peer("flytekit", extra="connector")
    except PeerUnavailable as error:
        notes.append(str(error))
    else:
        servers[_FLYTEKIT] = FlyteServer(flytekit, _PYFLYTE)
        versions |= flytekit.versions()
    with tempfile.TemporaryDirectory() as directory:
        requests = {method: Path(directory) / method.value for method in Method}
        size = ours.work("flyte_requests.py", *map(str, requests.values()))["create"]
        figures = list(_figures(ours, servers, requests, _LOADS[effort]))
    return Section(_TITLE, _METHOD.format(bytes=size), figures, versions, notes)


def _own_servers(ours: Environment) -> dict[str, FlyteServer]:
    return {
        _OURS: FlyteServer(ours, _SERVE),
        _TWO: FlyteServer(ours, f"{_SERVE} --workers 2"),
        _ASKING: FlyteServer(ours, f"{_SERVE} --poll-interval 0s"),
        _UVLOOP: FlyteServer(ours, f"{_BARE} uvloop", has_metrics=False),
        _ASYNCIO: FlyteServer(ours, f"{_BARE} asyncio", has_metrics=False),
    }


def _figures(
    client: Environment, servers: Mapping[str, FlyteServer], requests: Requests, load: _Load
) -> Iterator[Figure]:
    with ExitStack() as stack:
        running = {name: stack.enter_context(server.running()) for name, server in servers.items()}
        for server in running.values():
            server.asked(client, requests)
        yield from _throughput(running, requests, load)
        for name in (_ASKING, _FLYTEKIT):
            if name in running:
                _check_asked(running[name].asked(client, requests), load)
        peers = _peers(running)
        yield from _latency(peers, requests, load)
        yield from _compared("memory after the load", "MB", {name: [peers[name].megabytes()] for name in peers})
    starts = {name: partial(server.milliseconds_to_ready, client) for name, server in _peers(servers).items()}
    yield from _compared("start-up", "ms", alternate(starts, load.rounds))


def _throughput(running: Mapping[str, RunningServer], requests: Requests, load: _Load) -> Iterator[Figure]:
    for method in Method:
        contenders = {
            name: partial(_calls_per_second, server, method, requests, load.calls[method])
            for name, server in running.items()
            if method is Method.GET or name != _ASKING
        }
        alternate(contenders, rounds=1)  # warms them up
        rates = alternate(contenders, load.rounds)
        yield from (Figure(f"{method.value}, {name}", "calls/s", samples) for name, samples in rates.items())
        for name, other in product((_OURS, _ASKING), (_FLYTEKIT, _UVLOOP)):
            if name in rates and other in rates:
                target = _TARGETS.get((method, other)) if name == _OURS else None
                what = f"{method.value}, {name} compared with {other}"
                yield Figure(what, "times", ratios(rates[name], rates[other]), target)
        yield Figure(f"{method.value}, 2 processes compared with one", "times", ratios(rates[_TWO], rates[_OURS]))


def _latency(running: Mapping[str, RunningServer], requests: Requests, load: _Load) -> Iterator[Figure]:
    for method in Method:
        contenders = {name: partial(_latest, server, method, requests, load.paced) for name, server in running.items()}
        what = f"{method.value}, {_PERCENT}th percentile of the latency"
        yield from _compared(what, "ms", alternate(contenders, load.rounds))


def _calls_per_second(server: RunningServer, method: Method, requests: Requests, calls: int) -> float:
    with server.without_errors(method, calls):
        endpoint = server.endpoint(method, requests)
        return h2load.calls_per_second(endpoint, calls=calls, connections=_CONNECTIONS, streams=_STREAMS)


def _latest(server: RunningServer, method: Method, requests: Requests, calls: int) -> float:
    with server.without_errors(method, calls):
        endpoint = server.endpoint(method, requests)
        times = h2load.milliseconds(endpoint, calls=calls, connections=_CONNECTIONS, rate=_RATE)
    return statistics.quantiles(times, n=100, method="inclusive")[_PERCENT - 1]


def _check_asked(times: int, load: _Load) -> None:
    """Raise `MeasurementFailed` where a connector was not asked at every GetTask."""
    if times < (load.rounds + 1) * load.calls[Method.GET]:
        message = f"a connector was asked only {times} times; some answers came from elsewhere"
        raise MeasurementFailed(message)


def _peers(servers: Mapping[str, T]) -> dict[str, T]:
    """Return the two that are compared in all."""
    return {name: servers[name] for name in (_OURS, _FLYTEKIT) if name in servers}


def _compared(what: str, unit: str, samples: Mapping[str, list[float]]) -> Iterator[Figure]:
    """Give the figures of what should not be more with us than with flytekit."""
    yield from (Figure(f"{what}, {name}", unit, numbers) for name, numbers in samples.items())
    if _FLYTEKIT in samples:
        ratio = ratios(samples[_OURS], samples[_FLYTEKIT])
        yield Figure(f"{what}, fairlead compared with flytekit", "times", ratio, _NOT_MORE)
