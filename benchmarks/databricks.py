"""Databricks: import, one `get`, and a thousand runs at once, against the emulator."""

import http.client
import json
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from environment import Environment
from environments import Environments, PeerUnavailable
from figures import Direction, Effort, Figure, Section, Target, ratios
from rounds import alternate

_FIFTH = Target(Direction.AT_MOST, 0.2)
_TWICE = Target(Direction.AT_LEAST, 2)
_FIFTEENTH = Target(Direction.AT_MOST, 1 / 15)
_ONE = Target(Direction.AT_MOST, 1)

_CALLS = 80
"""How often a run is asked for in a row: fewer calls than fairlead lets through at once, which keeps below the service's rate."""

_METHOD = (
    "Import: a new process each time, beside `databricks.sdk`. One `get`: of a run that has ended, over TLS on loopback, "
    f"{_CALLS} times in a row, fairlead's through `Lifecycle`; flytekit's own connector opens a connection for each call. The "
    "emulator counts the TLS handshakes. Many runs: followed by one `Runner` for a minute, after "
    "a first look at each; the calls that were sent are compared with the answers that were given."
)


def measure(environments: Environments, effort: Effort) -> Section:
    """Measure what takes part, and leave out the peers that cannot be installed."""
    ours, notes = environments.databricks, []
    figures = [*_followed(ours, effort)]
    versions = ours.versions()
    for measured, peer in ((_imported, "databricks-sdk"), (_gotten, "flytekitplugins-spark")):
        try:
            environment = environments.peer(peer)
        except PeerUnavailable as error:
            notes.append(str(error))
        else:
            figures += measured(ours, environment, effort)
            versions |= environment.versions()
    return Section("Databricks", _METHOD, figures, versions, notes)


def _imported(ours: Environment, sdk: Environment, effort: Effort) -> list[Figure]:
    contenders = {
        "fairlead_databricks": partial(ours.work, "import_cost.py", "fairlead_databricks"),
        "databricks.sdk": partial(sdk.work, "import_cost.py", "databricks.sdk.service.jobs"),
    }
    rounds = alternate(contenders, rounds=11 if effort is Effort.FULL else 3)
    figures = []
    for quantity, unit in (("milliseconds", "ms"), ("megabytes", "MB")):
        samples = {name: [numbers[quantity] for numbers in rounds[name]] for name in contenders}
        figures += [Figure(f"import of `{name}`", unit, samples[name]) for name in contenders]
        share = ratios(samples["fairlead_databricks"], samples["databricks.sdk"])
        figures.append(Figure(f"fairlead_databricks compared with databricks.sdk ({unit})", "times", share, _FIFTH))
    return figures


def _gotten(ours: Environment, flytekit: Environment, effort: Effort) -> list[Figure]:
    with _emulator(ours) as variables, _handshakes(variables) as handshakes:
        run_id = str(int(ours.work("databricks_get_fairlead.py", "create", "1", **variables)["run_id"]))

        def get(environment: Environment, worker: str) -> dict[str, float]:
            before = handshakes()
            numbers = environment.work(worker, run_id, str(_CALLS), **variables)
            return {**numbers, "handshakes": handshakes() - before}

        contenders = {
            "fairlead": partial(get, ours, "databricks_get_fairlead.py"),
            "flytekit": partial(get, flytekit, "databricks_get_flytekit.py"),
        }
        rounds = alternate(contenders, rounds=11 if effort is Effort.FULL else 5)
    samples = {name: [numbers["milliseconds"] for numbers in rounds[name]] for name in contenders}
    opened = {name: [numbers["handshakes"] for numbers in rounds[name]] for name in contenders}
    return [
        *(Figure(f"`get`, {name}", "ms", samples[name]) for name in contenders),
        Figure(
            "`get`, flytekit compared with fairlead", "times", ratios(samples["flytekit"], samples["fairlead"]), _TWICE
        ),
        Figure(f"TLS handshakes of {_CALLS} `get`s, fairlead", "", opened["fairlead"], _ONE),
        Figure(f"TLS handshakes of {_CALLS} `get`s, flytekit", "", opened["flytekit"]),
    ]


def _followed(ours: Environment, effort: Effort) -> Iterator[Figure]:
    count, seconds = (1000, 60) if effort is Effort.FULL else (200, 25)
    numbers = ours.work("databricks_follow.py", str(count), str(seconds))
    yield Figure(f"{count} runs: answers per run and minute", "", [numbers["answers"]])
    yield Figure(f"{count} runs: calls per run and minute", "", [numbers["calls"]])
    yield Figure("calls compared with one `runs/get` for each answer", "times", [numbers["share"]], _FIFTEENTH)


@contextmanager
def _emulator(environment: Environment) -> Iterator[dict[str, str]]:
    """Run an emulator with TLS, and give the variables with which both connectors reach it."""
    command = [str(environment.program("fairlead-databricks-emulator")), "--tls"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            ready = json.loads(process.stdout.readline() if process.stdout else "")
            yield {
                "DATABRICKS_HOST": ready["host"],
                "DATABRICKS_TOKEN": ready["token"],
                "SSL_CERT_FILE": ready["ca_file"],
            }
        finally:
            process.terminate()


@contextmanager
def _handshakes(variables: dict[str, str]) -> Iterator[Callable[[], int]]:
    """Give a function that asks the emulator how many TLS handshakes there were, always on one and the same connection."""
    trusted = ssl.create_default_context(cafile=variables["SSL_CERT_FILE"])
    connection = http.client.HTTPSConnection(variables["DATABRICKS_HOST"].removeprefix("https://"), context=trusted)

    def count() -> int:
        connection.request("GET", "/emulator/requests")
        counted: dict[str, int] = json.loads(connection.getresponse().read())
        return counted["connections"]

    try:
        yield count
    finally:
        connection.close()
