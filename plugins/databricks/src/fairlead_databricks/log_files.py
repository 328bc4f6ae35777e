"""The places to which clusters deliver their logs, as far as an API reads them: DBFS, and volumes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Protocol

import msgspec

from fairlead import Deadline

if TYPE_CHECKING:
    from fairlead_databricks.workspace import Workspace

MOST_BYTES = 1024 * 1024
"""The most that one call reads; DBFS allows no more."""


class LogFiles(Protocol):
    """The files of a directory, and parts of them; `ResourceNotFound` where there is none."""

    async def sizes(self, directory: str, *, deadline: Deadline) -> dict[str, int]:
        """Return the sizes of the files of a directory by name, in bytes."""

    async def read(self, path: str, *, start: int, length: int, deadline: Deadline) -> bytes:
        """Return a part of a file, at most `MOST_BYTES`."""


class _DbfsFile(msgspec.Struct):
    path: str
    is_dir: bool = False
    file_size: int = 0


class _DbfsFiles(msgspec.Struct):
    files: list[_DbfsFile] = []


class _DbfsPart(msgspec.Struct):
    data: str = ""


class DbfsLogs:
    """Files of DBFS (https://docs.databricks.com/api/workspace/dbfs)."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def sizes(self, directory: str, *, deadline: Deadline) -> dict[str, int]:
        """Return the sizes of the files of a directory by name."""
        query = {"path": _plain(directory)}
        found = await self._workspace.read("dbfs/list", _DbfsFiles, query, deadline=deadline)
        return {file.path.rpartition("/")[2]: file.file_size for file in found.files if not file.is_dir}

    async def read(self, path: str, *, start: int, length: int, deadline: Deadline) -> bytes:
        """Return a part of a file."""
        query = {"path": _plain(path), "offset": start, "length": min(length, MOST_BYTES)}
        part = await self._workspace.read("dbfs/read", _DbfsPart, query, deadline=deadline)
        return base64.b64decode(part.data)


class _VolumeEntry(msgspec.Struct):
    name: str = ""
    is_directory: bool = False
    file_size: int = 0


class _VolumeEntries(msgspec.Struct):
    contents: list[_VolumeEntry] = []
    next_page_token: str = ""


class VolumeLogs:
    """Files of volumes (https://docs.databricks.com/api/workspace/files)."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def sizes(self, directory: str, *, deadline: Deadline) -> dict[str, int]:
        """Return the sizes of the files of a directory by name."""
        found: dict[str, int] = {}
        query = {"page_token": ""}
        while True:
            page = await self._workspace.read(
                "fs/directories", _VolumeEntries, query, deadline=deadline, path=_plain(directory)
            )
            found |= {entry.name: entry.file_size for entry in page.contents if not entry.is_directory}
            query = {"page_token": page.next_page_token}
            if not page.next_page_token:
                return found

    async def read(self, path: str, *, start: int, length: int, deadline: Deadline) -> bytes:
        """Return a part of a file."""
        length = min(length, MOST_BYTES)
        return await self._workspace.download(_plain(path), start=start, length=length, deadline=deadline)


def _plain(path: str) -> str:
    return path.removeprefix("dbfs:")
