"""`dbutils.fs`: the files of DBFS, of volumes, and (with `file:`) of this machine."""

import shutil
from pathlib import Path
from typing import NamedTuple

from .places import place


class FileInfo(NamedTuple):
    """A file or directory; the path and name of a directory end with `/`."""

    path: str
    name: str
    size: int
    modificationTime: int  # noqa: N815 - the name in dbutils

    def isDir(self) -> bool:  # noqa: N802 - the name in dbutils
        """Whether it is a directory."""
        return self.name.endswith("/")

    def isFile(self) -> bool:  # noqa: N802 - the name in dbutils
        """Whether it is a file."""
        return not self.isDir()


class FileSystem:
    """Files by `dbfs:/...` or `/...`, `/Volumes/...` and `file:/...`; what is not there is a `FileNotFoundError`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def ls(self, dir: str) -> list[FileInfo]:  # noqa: A002 - the name in dbutils
        """Return what is in a directory, or the file itself."""
        path = self._existing(dir)
        if path.is_file():
            return [_info(path, _url(dir))]
        return [_info(child, f"{_url(dir).rstrip('/')}/{child.name}") for child in sorted(path.iterdir())]

    def head(self, file: str, maxBytes: int = 65536) -> str:  # noqa: N803 - the name in dbutils
        """Return the first bytes of a file as text."""
        with self._existing(file).open("rb") as content:
            return content.read(maxBytes).decode(errors="replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:  # noqa: FBT001, FBT002 - as in dbutils
        """Write a text; raise `FileExistsError` where there is a file already, and must not be overwritten."""
        path = self._place(file)
        if path.exists() and not overwrite:
            message = f"{file} already exists"
            raise FileExistsError(message)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents.encode())
        print(f"Wrote {path.stat().st_size} bytes.")
        return True

    def mkdirs(self, dir: str) -> bool:  # noqa: A002 - the name in dbutils
        """Make a directory and those above it."""
        self._place(dir).mkdir(parents=True, exist_ok=True)
        return True

    def rm(self, dir: str, recurse: bool = False) -> bool:  # noqa: A002, FBT001, FBT002 - as in dbutils
        """Delete a file, or a directory with what is in it; return whether there was one."""
        path = self._place(dir)
        if not path.exists():
            return False
        if path.is_file():
            path.unlink()
        elif recurse:
            shutil.rmtree(path)
        else:
            path.rmdir()
        return True

    def cp(self, source: str, target: str, recurse: bool = False) -> bool:  # noqa: FBT001, FBT002 - as in dbutils
        """Copy a file, into the target if that is a directory; or with `recurse` a directory."""
        origin, copy = self._existing(source), self._place(target)
        if origin.is_dir() and not recurse:
            message = f"{source} is a directory: copy it with recurse=True"
            raise IsADirectoryError(message)
        if origin.is_dir():
            shutil.copytree(origin, copy, dirs_exist_ok=True)
            return True
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, copy / origin.name if copy.is_dir() else copy)
        return True

    def mv(self, source: str, target: str, recurse: bool = False) -> bool:  # noqa: FBT001, FBT002 - as in dbutils
        """Copy, then delete what was copied."""
        return self.cp(source, target, recurse) and self.rm(source, recurse)

    def _existing(self, name: str) -> Path:
        path = self._place(name)
        if not path.exists():
            message = f"No such file or directory {name}"
            raise FileNotFoundError(message)
        return path

    def _place(self, name: str) -> Path:
        """Return where a file is kept."""
        url = _url(name)
        if url.startswith("dbfs:"):
            return place(self._directory, url)
        local = url.removeprefix("file:")
        return place(self._directory, local) if local.startswith("/Workspace/") else Path(local)


def _url(name: str) -> str:
    """Return a path with its scheme, `dbfs:` where it has none."""
    scheme = "file:" if name.startswith("file:") else "dbfs:"
    return f"{scheme}/{name.removeprefix(scheme).lstrip('/')}"


def _info(path: Path, url: str) -> FileInfo:
    status, end = path.stat(), "/" if path.is_dir() else ""
    size = 0 if end else status.st_size
    return FileInfo(f"{url}{end}", f"{path.name}{end}", size, status.st_mtime_ns // 1_000_000)
