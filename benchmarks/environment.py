"""One virtual environment, and what can be run in it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WORKERS = Path(__file__).parent / "workers"

_VERSIONS = "import importlib.metadata, sys; print(*map(importlib.metadata.version, sys.argv[1:]))"
_SITE_PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"


class MeasurementFailed(Exception):
    """A measured program did not end well, so there is no figure."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment in `directory`; its programs take `home` for the user's home.

    `packages` are the names of the distributions that are measured in it.
    """

    directory: Path
    home: Path
    packages: Sequence[str]

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.program("python")

    @property
    def site_packages(self) -> Path:
        """The folder that distributions are installed into."""
        return Path(self.output(self.python, "-c", _SITE_PACKAGES).strip())

    def program(self, name: str) -> Path:
        """Return the path of an installed program."""
        return self.directory / "bin" / name

    def versions(self) -> dict[str, str]:
        """Return the versions of the measured distributions by name."""
        found = self.output(self.python, "-c", _VERSIONS, *self.packages).split()
        return dict(zip(self.packages, found, strict=True))

    def milliseconds(self, *command: str | Path) -> float:
        """Run a command and return how long it took, from its start to its end."""
        started = time.perf_counter()
        self._run(command)
        return (time.perf_counter() - started) * 1000

    def output(self, *command: str | Path, **variables: str) -> str:
        """Run a command, with environment variables besides the usual ones, and return what it printed."""
        return self._run(command, variables).stdout

    def work(self, worker: str, *arguments: str, **variables: str) -> dict[str, float]:
        """Run a script of `workers/` in this environment, and return the numbers that it printed as a JSON object."""
        numbers: dict[str, float] = json.loads(self.output(self.python, WORKERS / worker, *arguments, **variables))
        return numbers

    @contextmanager
    def running(self, *command: str | Path, directory: Path) -> Iterator[int]:
        """Run a command in a directory as long as the `with` lasts, and give its process id; what it prints is dropped."""
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with process:
            try:
                yield process.pid
            finally:
                process.terminate()

    def _variables(self) -> dict[str, str]:
        return _inherited() | {"HOME": str(self.home)}

    def _run(
        self, command: Sequence[str | Path], variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            command,
            cwd=self.home,
            env=self._variables() | (variables or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            words = [Path(word).name for word in command[:2]] + [str(word) for word in command[2:]]
            message = f"`{' '.join(words)}` ended with code {ended.returncode}: {ended.stderr.strip()}"
            raise MeasurementFailed(message)
        return ended


def _inherited() -> dict[str, str]:
    """Return this process's variables without those that would change what is measured."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FAIRLEAD", "VIRTUAL_ENV"))
    }
