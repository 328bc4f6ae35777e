"""The DBFS API: files by `dbfs:/...`, or the same path without that."""

import base64
import shutil
from pathlib import Path
from typing import Any

import msgspec
from litestar import get, post

from fairlead_databricks_emulator.api.contents import decoded, uploaded
from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.errors import ApiError, invalid_parameter, not_found
from fairlead_databricks_emulator.runs.run import new_id

_MEGABYTE = 1024 * 1024


class DbfsPath(msgspec.Struct, kw_only=True):
    """The arguments of routes that need no more than a path."""

    path: str
    recursive: bool = False


class Read(msgspec.Struct, kw_only=True):
    """The arguments of `read`, in bytes."""

    path: str
    offset: int = 0
    length: int = _MEGABYTE // 2


class Move(msgspec.Struct, kw_only=True):
    """The arguments of `move`."""

    source_path: str
    destination_path: str


class Create(msgspec.Struct, kw_only=True):
    """The arguments of `create`."""

    path: str
    overwrite: bool = False


class Block(msgspec.Struct, kw_only=True):
    """The arguments of `add-block` and `close`; the data is base64."""

    handle: int
    data: str = ""


@get("/api/2.0/dbfs/list")
async def list_files(request: ApiRequest) -> dict[str, Any]:
    """List a directory, or show a file."""
    directory, name = await _named(request)
    if not directory.exists():
        raise _missing(name)
    if directory.is_file():
        return {"files": [_info(directory, name)]}
    children = sorted(directory.iterdir())
    return {"files": [_info(child, f"{name.rstrip('/')}/{child.name}") for child in children]} if children else {}


@get("/api/2.0/dbfs/get-status")
async def get_status(request: ApiRequest) -> dict[str, Any]:
    """Show a file or directory."""
    path, name = await _named(request)
    if not path.exists():
        raise _missing(name)
    return _info(path, name)


@get("/api/2.0/dbfs/read")
async def read(request: ApiRequest) -> dict[str, Any]:
    """Return a part of a file, at most 1 MB of it."""
    wanted = await request.read(Read)
    path = _place(request, wanted.path)
    _check_part(wanted, path)
    with path.open("rb") as file:
        file.seek(wanted.offset)
        content = file.read(wanted.length)
    return {"bytes_read": len(content), "data": base64.b64encode(content).decode()}


@post("/api/2.0/dbfs/put", status_code=200)
async def put(request: ApiRequest) -> dict[str, Any]:
    """Write a file, given as JSON (at most 1 MB) or as a multipart form."""
    upload = await uploaded(request, "contents")
    if not upload.is_form and len(upload.content) > _MEGABYTE:
        raise ApiError(400, "MAX_BLOCK_SIZE_EXCEEDED", "The contents exceed the limit of 1 MB.")
    _writable(_place(request, upload.path), upload.path, overwrite=upload.overwrite).write_bytes(upload.content)
    return {}


@post("/api/2.0/dbfs/mkdirs", status_code=200)
async def make_directories(request: ApiRequest) -> dict[str, Any]:
    """Make a directory and those above it."""
    path, name = await _named(request)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise _taken(name) from error
    return {}


@post("/api/2.0/dbfs/delete", status_code=200)
async def delete(request: ApiRequest) -> dict[str, Any]:
    """Delete a file or directory; nothing happens where there is none."""
    path, name = await _named(request)
    if path.is_file():
        path.unlink()
    elif path.is_dir() and any(path.iterdir()) and not (await request.read(DbfsPath)).recursive:
        raise ApiError(400, "IO_ERROR", f"Cannot delete {name}: it is a directory that is not empty")
    elif path.is_dir():
        shutil.rmtree(path)
    return {}


@post("/api/2.0/dbfs/move", status_code=200)
async def move(request: ApiRequest) -> dict[str, Any]:
    """Move a file or directory, into the destination if that is a directory."""
    wanted = await request.read(Move)
    source, destination = _place(request, wanted.source_path), _place(request, wanted.destination_path)
    if not source.exists():
        raise _missing(wanted.source_path)
    if destination.is_file():
        raise _taken(wanted.destination_path)
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, destination)
    return {}


@post("/api/2.0/dbfs/create", status_code=200)
async def create(request: ApiRequest) -> dict[str, Any]:
    """Begin to write a file in blocks; return a handle."""
    wanted = await request.read(Create)
    path = _writable(_place(request, wanted.path), wanted.path, overwrite=wanted.overwrite)
    path.write_bytes(b"")
    handle = new_id()
    request.workspace.open_files[handle] = path
    return {"handle": handle}


@post("/api/2.0/dbfs/add-block", status_code=200)
async def add_block(request: ApiRequest) -> dict[str, Any]:
    """Append a block of at most 1 MB."""
    block = await request.read(Block)
    content = decoded(block.data, "data")
    if len(content) > _MEGABYTE:
        raise ApiError(400, "MAX_BLOCK_SIZE_EXCEEDED", "The block exceeds the limit of 1 MB.")
    with _open_file(request, block.handle).open("ab") as file:
        file.write(content)
    return {}


@post("/api/2.0/dbfs/close", status_code=200)
async def close(request: ApiRequest) -> dict[str, Any]:
    """End the writing of a file in blocks."""
    handle = (await request.read(Block)).handle
    _open_file(request, handle)
    del request.workspace.open_files[handle]
    return {}


async def _named(request: ApiRequest) -> tuple[Path, str]:
    """Return where the file is kept that the arguments name, and its name without `dbfs:`."""
    name = (await request.read(DbfsPath)).path
    return _place(request, name), name.removeprefix("dbfs:")


def _place(request: ApiRequest, name: str) -> Path:
    inner = name.removeprefix("dbfs:")
    if not inner.startswith("/"):
        message = f"Path ({name}) must be absolute: /... or dbfs:/..."
        raise invalid_parameter(message)
    return request.workspace.files.path(f"dbfs:{inner}")


def _writable(path: Path, name: str, *, overwrite: bool) -> Path:
    if path.is_dir() or (path.exists() and not overwrite):
        raise _taken(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _open_file(request: ApiRequest, handle: int) -> Path:
    if handle not in request.workspace.open_files:
        message = f"No open stream has the handle {handle}."
        raise not_found(message)
    return request.workspace.open_files[handle]


def _check_part(wanted: Read, path: Path) -> None:
    if wanted.length > _MEGABYTE:
        raise ApiError(400, "MAX_READ_SIZE_EXCEEDED", "At most 1 MB can be read at a time.")
    if wanted.offset < 0 or wanted.length < 0:
        message = "offset and length must not be negative"
        raise invalid_parameter(message)
    if path.is_dir():
        message = f"{wanted.path} is a directory"
        raise invalid_parameter(message)
    if not path.exists():
        raise _missing(wanted.path)


def _info(path: Path, name: str) -> dict[str, Any]:
    status = path.stat()
    return {
        "path": name,
        "is_dir": path.is_dir(),
        "file_size": 0 if path.is_dir() else status.st_size,
        "modification_time": status.st_mtime_ns // 1_000_000,
    }


def _missing(name: str) -> ApiError:
    return not_found(f"No file or directory exists on path {name}.")


def _taken(name: str) -> ApiError:
    return ApiError(400, "RESOURCE_ALREADY_EXISTS", f"A file or directory already exists at path {name}.")


DBFS_ROUTES = (
    list_files,
    get_status,
    read,
    put,
    make_directories,
    delete,
    move,
    create,
    add_block,
    close,
)
