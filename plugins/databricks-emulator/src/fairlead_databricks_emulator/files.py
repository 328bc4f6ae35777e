"""The files of the workspace, volumes and DBFS, kept in a folder of this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlead_databricks_emulator.errors import ApiError, invalid_parameter, not_found
from fairlead_databricks_emulator.task_driver.places import find, place


class WorkspaceFiles:
    """Files by their path in the workspace: `/Workspace/...` (or without that), `/Volumes/...`, `dbfs:/...`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, name: str) -> Path:
        """Return where a file of the workspace is kept, whether it is there or not; raise `ApiError` for a wrong path."""
        with _wrong_paths_are_invalid():
            return place(self.directory, name)

    def find(self, name: str) -> Path | None:
        """Return the file of a path in task settings: of the workspace first, then of this machine; or None."""
        with _wrong_paths_are_invalid():
            return find(self.directory, name)

    def write(self, name: str, content: bytes, *, overwrite: bool) -> None:
        """Write a file; raise `ApiError` where it is there and must not be overwritten."""
        target = self.path(name)
        if target.exists() and (target.is_dir() or not overwrite):
            raise ApiError(400, "RESOURCE_ALREADY_EXISTS", f"Path ({name}) already exists.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def read(self, name: str) -> bytes:
        """Return the content of a file; raise `ApiError` 404 where there is none."""
        target = self.path(name)
        if not target.is_file():
            message = f"Path ({name}) doesn't exist."
            raise not_found(message)
        return target.read_bytes()

    def make_directory(self, name: str) -> None:
        """Make a directory and those above it."""
        self.path(name).mkdir(parents=True, exist_ok=True)

    def delete(self, name: str, *, recursive: bool) -> None:
        """Delete a file or directory; raise `ApiError` where it is not there, or not empty."""
        target = self.path(name)
        if not target.exists():
            message = f"Path ({name}) doesn't exist."
            raise not_found(message)
        if target.is_file():
            target.unlink()
        elif recursive:
            shutil.rmtree(target)
        elif any(target.iterdir()):
            raise ApiError(400, "DIRECTORY_NOT_EMPTY", f"Folder ({name}) is not empty")
        else:
            target.rmdir()


@contextmanager
def _wrong_paths_are_invalid() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise invalid_parameter(str(error)) from error
