"""Where the files of the workspace, of volumes and of DBFS are kept: in one folder of this machine."""

import os
from pathlib import Path, PurePosixPath

_SUFFIXES = ("", ".py", ".ipynb", ".sql")


def place(directory: Path, name: str) -> Path:
    """Return where in `directory` a file is kept, whether it is there or not; raise `ValueError` for a wrong path.

    A path is `/Workspace/...` (or without that), `/Volumes/...` or `dbfs:/...`.
    """
    root, inner = _root(name)
    if ".." in inner.parts:
        message = f"Path ({name}) must not have '..' in it"
        raise ValueError(message)
    return directory / root / inner.relative_to("/")


def find(directory: Path, name: str) -> Path | None:
    """Return the file of a path in the settings of a task: of `directory` first, then of this machine; or None."""
    if name.startswith("file:"):
        local = Path("/" + name.removeprefix("file:").lstrip("/"))
        return local if local.is_file() else None
    if not name.startswith(("/", "dbfs:")):
        return None
    return existing(place(directory, name)) or existing(Path(name))


def find_notebook(directory: Path, folder: Path, name: str) -> Path:
    """Return the notebook that one in `folder` names, by an absolute path or from there; if there is none, its path."""
    path = os.path.normpath(folder / name)
    return find(directory, path) or Path(path)


def existing(path: Path) -> Path | None:
    """Return a path, or the one with the suffix that the workspace leaves out, where that is a file; or None."""
    if not path.name:
        return None
    candidates = [path.with_name(path.name + suffix) for suffix in _SUFFIXES]
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _root(name: str) -> tuple[str, PurePosixPath]:
    """Return the folder that stands for a kind of path, and the path in it."""
    is_dbfs = name.startswith("dbfs:")
    if not is_dbfs and not name.startswith("/"):
        message = f"Path ({name}) doesn't start with '/'"
        raise ValueError(message)
    path = PurePosixPath("/" + name.removeprefix("dbfs:").lstrip("/"))
    if path.parts[1:2] == ("Volumes",):
        return "volumes", PurePosixPath("/", *path.parts[2:])
    if is_dbfs:
        return "dbfs", path
    return "workspace", PurePosixPath("/", *path.parts[2:]) if path.parts[1:2] == ("Workspace",) else path
