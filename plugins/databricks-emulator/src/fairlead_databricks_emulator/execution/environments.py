"""Virtual environments with the dependencies of tasks, kept by what is in them."""

import asyncio
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairlead_databricks_emulator.execution.process import run_process
from fairlead_databricks_emulator.execution.refusal import Refusal
from fairlead_databricks_emulator.execution.runtime_packages import lend_spark
from fairlead_databricks_emulator.files import WorkspaceFiles
from fairlead_databricks_emulator.runs.run import Run, StopSignal, TaskRun
from fairlead_databricks_emulator.runs.states import TerminationCode

_LOCAL = re.compile(r"(?:file:|dbfs:)?/\S+|\S+\.whl")


class Environments:
    """The interpreters that tasks run with: this one, or one with exactly the dependencies asked for."""

    def __init__(self, directory: Path, files: WorkspaceFiles) -> None:
        self._directory = directory
        self._files = files
        self._locks: dict[str, asyncio.Lock] = {}

    async def interpreter(self, run: Run, task: TaskRun) -> str:
        """Return the Python for a task, with its environment and libraries installed; raise `Refusal` if that fails."""
        wanted = [self._localized(dependency) for dependency in _dependencies(run, task)]
        if not wanted:
            return sys.executable
        key = hashlib.sha256("\n".join(_fingerprints(wanted)).encode()).hexdigest()[:20]
        async with self._locks.setdefault(key, asyncio.Lock()):
            return await self._installed(self._directory / key, wanted, task.stop)

    async def _installed(self, target: Path, wanted: Sequence[str], stop: StopSignal) -> str:
        python = target / "bin" / "python"
        ready = target / "ready"
        if not ready.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            await self._uv(["venv", "--quiet", "--python", sys.executable, str(target)], stop)
            await self._uv(["pip", "install", "--quiet", "--python", str(python), *_arguments(wanted)], stop)
            ready.touch()
        lend_spark(target)
        return str(python)

    async def _uv(self, arguments: Sequence[str], stop: StopSignal) -> None:
        from uv import find_uv_bin

        log = self._directory / f"uv-{os.urandom(4).hex()}.log"
        code = await run_process(
            [find_uv_bin(), *arguments],
            log=log,
            environment=os.environ,
            directory=self._directory,
            stop=stop,
            grace=0.5,
        )
        message = log.read_text(errors="replace").strip()
        log.unlink()
        if code is not None and code != 0:
            raise Refusal(TerminationCode.LIBRARY_INSTALLATION_ERROR, f"Library installation failed: {message}")

    def _localized(self, dependency: str) -> str:
        """Return a requirement with paths of the workspace made paths of this machine."""
        return _LOCAL.sub(lambda match: str(self._files.find(match.group()) or match.group()), dependency)


def _dependencies(run: Run, task: TaskRun) -> list[str]:
    named = [item for item in run.settings.environments if item.environment_key == task.spec.environment_key]
    if task.spec.environment_key and not named:
        message = f"Environment {task.spec.environment_key!r} is not among environments[]"
        raise Refusal(TerminationCode.INVALID_RUN_CONFIGURATION, message)
    dependencies = [line for item in named for line in item.spec.dependencies]
    return dependencies + [_requirement(library) for library in task.spec.libraries]


def _requirement(library: dict[str, Any]) -> str:
    """Return one entry of `libraries` as a line of requirements."""
    match library:
        case {"whl": str(path)}:
            return path
        case {"pypi": {"package": str(package)}}:
            return package
        case {"requirements": str(path)}:
            return f"-r {path}"
    message = f"The emulator cannot install the library {library!r}: only whl, pypi and requirements"
    raise Refusal(TerminationCode.LIBRARY_INSTALLATION_ERROR, message)


def _arguments(wanted: Sequence[str]) -> list[str]:
    return [word for line in wanted for word in (line.split() if line.startswith("-") else [line])]


def _fingerprints(wanted: Sequence[str]) -> list[str]:
    """Return texts that change when a dependency does: of files, with a digest of the content."""
    return [f"{line} {_digest(Path(line.split()[-1]))}" for line in wanted]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
