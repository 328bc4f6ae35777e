"""Finding the code of a task: in the workspace, on this machine, or in a local git repository."""

import hashlib
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fairlead_databricks_emulator.execution.refusal import Refusal
from fairlead_databricks_emulator.files import WorkspaceFiles
from fairlead_databricks_emulator.runs.run import Run
from fairlead_databricks_emulator.runs.specs import GitSource
from fairlead_databricks_emulator.runs.states import TerminationCode
from fairlead_databricks_emulator.task_driver.places import existing


class Sources:
    """Where the code of tasks is."""

    def __init__(self, checkouts: Path, files: WorkspaceFiles) -> None:
        self._checkouts = checkouts
        self._files = files

    def locate(self, run: Run, path: str, source: str) -> Path:
        """Return the file of a path in task settings; raise `Refusal` where there is none.

        `source` is GIT, WORKSPACE or empty; empty means git if the run has a `git_source` and the path
        is relative.
        """
        git = run.settings.git_source
        if source.upper() == "GIT" or (git and not source and not path.startswith(("/", "file:", "dbfs:"))):
            return _existing(path, self._checkout(git) / path)
        return self._files.find(path) or _existing(path, Path(path))

    def _checkout(self, git: GitSource | None) -> Path:
        """Return a clone of a local repository at the asked-for branch, tag or commit."""
        if git is None:
            raise Refusal(TerminationCode.INVALID_RUN_CONFIGURATION, "source is GIT, but the run has no git_source")
        repository = _local_repository(git.git_url)
        commit = _git("-C", str(repository), "rev-parse", git.git_commit or git.git_tag or git.git_branch or "HEAD")
        target = self._checkouts / hashlib.sha256(f"{repository}{commit}".encode()).hexdigest()[:20]
        if not target.exists():
            _git("clone", "--quiet", "--no-checkout", str(repository), str(target))
            _git("-C", str(target), "checkout", "--quiet", commit)
        return target


def _local_repository(url: str) -> Path:
    parts = urlsplit(url)
    path = Path(unquote(parts.path)) if parts.scheme == "file" else Path(url)
    if not path.is_dir():
        message = f"git_source.git_url {url!r}: the emulator clones local directories and file:// URLs only"
        raise Refusal(TerminationCode.REPOSITORY_CHECKOUT_FAILED, message)
    return path


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise Refusal(
            TerminationCode.REPOSITORY_CHECKOUT_FAILED, f"Failed to checkout Git repository: {done.stderr.strip()}"
        )
    return done.stdout.strip()


def _existing(named: str, path: Path) -> Path:
    if found := existing(path):
        return found.resolve()  # the task runs in a folder of its own
    raise Refusal(TerminationCode.RESOURCE_NOT_FOUND, f"Cannot read the code {named}: it does not exist")
