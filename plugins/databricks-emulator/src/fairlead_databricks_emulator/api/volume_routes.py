"""The Files API: files and directories of volumes, as bytes."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, head, put

from fairlead_databricks_emulator.api.paging import page_of
from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.errors import ApiError

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_BYTES = "application/octet-stream"


class ListDirectory(msgspec.Struct, kw_only=True):
    """The arguments of listing a directory; more than 1000 entries at a time are not listed."""

    page_size: Annotated[int, msgspec.Meta(ge=0)] = 1000
    page_token: str = ""


@put("/api/2.0/fs/files/{name:path}", status_code=204)
async def put_file(request: ApiRequest) -> None:
    """Write a file: the body is its content. One that is there is replaced unless `overwrite=false`."""
    path = _place(request)
    if path.is_dir():
        raise ApiError(409, "ALREADY_EXISTS", "The file being created is a directory.")
    if path.exists() and request.query_params.get("overwrite", "").lower() == "false":
        raise ApiError(409, "ALREADY_EXISTS", "The file being created already exists.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(await request.body())


@get("/api/2.0/fs/files/{name:path}")
async def get_file(request: ApiRequest) -> Response[bytes]:
    """Return the content of a file, or the part of it that the header `Range` asks for."""
    path = _existing_file(request)
    headers = _headers(path)
    _check_unmodified(path, request.headers.get("if-unmodified-since", ""))
    size = path.stat().st_size
    start, end = _part(request.headers.get("range", ""), size)
    with path.open("rb") as file:
        file.seek(start)
        content = file.read(end - start)
    if len(content) == size:
        return Response(content, media_type=_BYTES, headers=headers)
    headers["content-range"] = f"bytes {start}-{start + len(content) - 1}/{size}"
    return Response(content, status_code=206, media_type=_BYTES, headers=headers)


@head("/api/2.0/fs/files/{name:path}")
async def head_file(request: ApiRequest) -> Response[None]:
    """Tell size and time of a file in headers."""
    path = _existing_file(request)
    headers = {**_headers(path), "content-length": str(path.stat().st_size), "content-type": _BYTES}
    return Response(None, headers=headers)


@delete("/api/2.0/fs/files/{name:path}", status_code=204)
async def delete_file(request: ApiRequest) -> None:
    """Delete a file."""
    _existing_file(request).unlink()


@get("/api/2.0/fs/directories/{name:path}")
async def list_directory(request: ApiRequest) -> dict[str, Any]:
    """List a directory in the order of names."""
    wanted = await request.read(ListDirectory)
    children = sorted(_existing_directory(request).iterdir())
    page = page_of(wanted.page_token, total=len(children), size=min(wanted.page_size or 1000, 1000))
    view: dict[str, Any] = {"contents": [_entry(child, request.file_path) for child in page.of(children)]}
    return {**view, "next_page_token": page.next_token} if page.next_token else view


@head("/api/2.0/fs/directories/{name:path}")
async def head_directory(request: ApiRequest) -> None:
    """Tell whether there is a directory."""
    _existing_directory(request)


@put("/api/2.0/fs/directories/{name:path}", status_code=204)
async def put_directory(request: ApiRequest) -> None:
    """Make a directory and those above it."""
    path = _place(request)
    if path.is_file():
        raise ApiError(409, "ALREADY_EXISTS", "The directory being created is a file.")
    path.mkdir(parents=True, exist_ok=True)


@delete("/api/2.0/fs/directories/{name:path}", status_code=204)
async def delete_directory(request: ApiRequest) -> None:
    """Delete a directory that is empty."""
    path = _existing_directory(request)
    if any(path.iterdir()):
        message = "The directory being deleted is not empty."
        raise ApiError(400, "INVALID_PARAMETER_VALUE", message, reason="FILES_API_DIRECTORY_IS_NOT_EMPTY")
    path.rmdir()


def _place(request: ApiRequest) -> Path:
    if not request.file_path.startswith("/Volumes/"):
        raise ApiError(400, "INVALID_PARAMETER_VALUE", f"Path ({request.file_path}) does not begin with /Volumes/")
    return request.workspace.files.path(request.file_path)


def _existing_file(request: ApiRequest) -> Path:
    path = _place(request)
    if not path.is_file():
        raise ApiError(404, "NOT_FOUND", "The file being accessed is not found.")
    return path


def _existing_directory(request: ApiRequest) -> Path:
    path = _place(request)
    if not path.is_dir():
        raise ApiError(404, "NOT_FOUND", "The directory being accessed is not found.")
    return path


def _part(header: str, size: int) -> tuple[int, int]:
    """Return where the part of a `Range` header starts and ends, the end not included; all of it without one."""
    found = _RANGE.fullmatch(header.strip())
    if not found or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    start, end = int(first), min(size, int(last) + 1) if last else size
    if start >= end:
        raise ApiError(416, "INVALID_PARAMETER_VALUE", f"The range {header} is not in the file of {size} bytes.")
    return start, end


def _check_unmodified(path: Path, since: str) -> None:
    if since and _modified(path) > parsedate_to_datetime(since):
        raise ApiError(412, "FAILED_PRECONDITION", "The file has been modified.")


def _headers(path: Path) -> dict[str, str]:
    return {"last-modified": format_datetime(_modified(path), usegmt=True), "accept-ranges": "bytes"}


def _modified(path: Path) -> datetime:
    """Return when a file was modified, in whole seconds as HTTP has them."""
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def _entry(path: Path, directory: str) -> dict[str, Any]:
    status = path.stat()
    entry = {
        "path": f"{directory.rstrip('/')}/{path.name}",
        "name": path.name,
        "is_directory": path.is_dir(),
        "last_modified": status.st_mtime_ns // 1_000_000,
    }
    return entry if path.is_dir() else {**entry, "file_size": status.st_size}


VOLUME_ROUTES = (
    put_file,
    get_file,
    head_file,
    delete_file,
    list_directory,
    head_directory,
    put_directory,
    delete_directory,
)
