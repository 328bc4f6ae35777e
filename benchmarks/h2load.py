"""h2load as the client of gRPC servers: one and the same call, made many times."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from environment import MeasurementFailed

MISSING = "`h2load` is not on PATH, so Flyte is missing here. Debian has it in the package `nghttp2-client`."

_HEADERS = ("-H", "content-type: application/grpc", "-H", "te: trailers")
_RATE = re.compile(r"finished in .*?, ([\d.]+) req/s")


@dataclass(frozen=True)
class Endpoint:
    """A method of a server on this machine, and the file with the request that it gets, framed as gRPC sends it."""

    port: int
    method: str
    request: Path


def is_installed() -> bool:
    """Whether there is a h2load."""
    return shutil.which("h2load") is not None


def version() -> str:
    """Return the version of h2load, which is that of nghttp2."""
    return _run("--version").rpartition("/")[2].strip()


def calls_per_second(endpoint: Endpoint, *, calls: int, connections: int, streams: int) -> float:
    """Make calls as fast as they are answered, so many at once on each connection, and return how many there were a second.

    Raises `MeasurementFailed` where not all of them were answered with the HTTP status 200, which gRPC's errors have too.
    """
    return float(_found(_RATE, _load(endpoint, f"-n{calls}", f"-c{connections}", f"-m{streams}", calls=calls)))


def milliseconds(endpoint: Endpoint, *, calls: int, connections: int, rate: float) -> list[float]:
    """Make calls at a rate a second, spread over the connections, and return how long each took."""
    with tempfile.NamedTemporaryFile() as log:
        each = f"--rps={rate / connections:g}"
        _load(endpoint, f"-n{calls}", f"-c{connections}", "-m8", each, f"--log-file={log.name}", calls=calls)
        return list(_logged(Path(log.name)))


def _logged(log: Path) -> Iterator[float]:
    for line in log.read_text().splitlines():
        _started, _status, microseconds = line.split("\t")
        yield int(microseconds) / 1000


def _load(endpoint: Endpoint, *options: str, calls: int) -> str:
    printed = _run(
        *options, *_HEADERS, "-d", str(endpoint.request), f"http://127.0.0.1:{endpoint.port}/{endpoint.method}"
    )
    if f"status codes: {calls} 2xx" not in printed:
        message = f"of {calls} calls of {endpoint.method}, not all were answered: {printed}"
        raise MeasurementFailed(message)
    return printed


def _run(*arguments: str) -> str:
    try:
        return subprocess.run(["h2load", *arguments], capture_output=True, text=True, check=True).stdout
    except subprocess.CalledProcessError as error:
        message = f"h2load ended with code {error.returncode}: {error.stderr.strip()}"
        raise MeasurementFailed(message) from error


def _found(pattern: re.Pattern[str], text: str) -> str:
    if match := pattern.search(text):
        return match[1]
    message = f"h2load printed what is not understood: {text}"
    raise MeasurementFailed(message)
