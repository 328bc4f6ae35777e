"""Make the environments: those with fairlead's wheels, and one for each peer."""

import functools
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from environment import Environment

_HERE = Path(__file__).parent
_FAIRLEAD_SOURCES = [_HERE.parent / folder for folder in ("core", "plugins/dummy", "plugins/echo")]
_DATABRICKS_SOURCES = [
    _HERE.parent / folder for folder in ("core", "plugins/databricks", "plugins/databricks-emulator")
]
_DATABRICKS_PACKAGES = ["fairlead-databricks", "fairlead-databricks-emulator", "httpx"]
_FLYTE_SOURCES = [_HERE.parent / folder for folder in ("core", "plugins/flyte")]
_FLYTE_PACKAGES = ["fairlead-flyte", "grpcio", "protobuf", "prometheus-client", "uvloop"]
_FAIRLEAD_PACKAGES = ["fairlead", "fairlead-dummy", "fairlead-echo", "click", "importlib-metadata", "msgspec", "pluggy"]


class BuildFailed(Exception):
    """An environment could not be made."""


class PeerUnavailable(Exception):
    """A peer could not be installed, so that it is missing in the results."""


class Environments:
    """Makes environments in `directory`, each anew at its first use in a run."""

    def __init__(self, directory: Path = _HERE / ".envs") -> None:
        self._directory = directory
        self._peers: dict[str, Environment | PeerUnavailable] = {}

    @functools.cached_property
    def fairlead(self) -> Environment:
        """The environment with fairlead and its plugins dummy and echo."""
        return self.another_fairlead("fairlead")

    @functools.cached_property
    def databricks(self) -> Environment:
        """The environment with the Databricks connector and the emulator."""
        wheels = [str(wheel) for wheel in self._built("databricks-wheels", _DATABRICKS_SOURCES)]
        return self._made("databricks", [*wheels, "trustme"], _DATABRICKS_PACKAGES)

    @functools.cached_property
    def flyte(self) -> Environment:
        """The environment with the server for Flyte, and no further connectors."""
        wheels = [str(wheel) for wheel in self._built("flyte-wheels", _FLYTE_SOURCES)]
        return self._made("flyte", wheels, _FLYTE_PACKAGES)

    def another_fairlead(self, name: str) -> Environment:
        """Make a further environment with the same packages, which the caller may change."""
        return self._made(name, [str(wheel) for wheel in self._wheels], _FAIRLEAD_PACKAGES)

    def peer(self, distribution: str, *, extra: str = "") -> Environment:
        """Return the environment of a peer, with one of its extras; raise `PeerUnavailable` where it cannot be installed."""
        requirement = f"{distribution}[{extra}]" if extra else distribution
        if requirement not in self._peers:
            self._peers[requirement] = self._attempted(distribution, requirement)
        made = self._peers[requirement]
        if isinstance(made, PeerUnavailable):
            raise made
        return made

    @functools.cached_property
    def _wheels(self) -> list[Path]:
        return self._built("wheels", _FAIRLEAD_SOURCES)

    def _built(self, name: str, sources: Sequence[Path]) -> list[Path]:
        """Build packages; without sources, because those would link to the checkout."""
        target = self._empty(name)
        for source in sources:
            _uv("build", "--wheel", "--no-sources", "--out-dir", str(target), str(source))
        return sorted(target.glob("*.whl"))

    def _attempted(self, distribution: str, requirement: str) -> Environment | PeerUnavailable:
        try:
            return self._made(requirement, [requirement], [distribution])
        except BuildFailed as error:
            # The error may name paths and addresses, so it is not for the results.
            print(f"{requirement}: {error}", file=sys.stderr)
            return PeerUnavailable(f"{requirement} could not be installed, so it is missing here.")

    def _made(self, name: str, requirements: Sequence[str], packages: Sequence[str]) -> Environment:
        made = Environment(self._empty(name), self._empty(f"{name}-home"), packages)
        _uv("venv", "--python", sys.executable, str(made.directory))
        _uv("pip", "install", "--python", str(made.python), "--no-sources", "--compile-bytecode", *requirements)
        return made

    def _empty(self, name: str) -> Path:
        directory = self._directory / name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        return directory


def _uv(*arguments: str) -> None:
    ended = subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False)
    if ended.returncode:
        lines = ended.stderr.strip().splitlines()
        message = f"`uv {arguments[0]}` ended with code {ended.returncode}: {lines[-1].strip() if lines else ''}"
        raise BuildFailed(message)
