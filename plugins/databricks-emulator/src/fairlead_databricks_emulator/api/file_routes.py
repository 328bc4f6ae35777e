"""The routes of workspace files and of files in volumes, as far as jobs need them."""

import base64
import binascii
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, delete, get, post, put

from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.errors import invalid_parameter, not_found


class ImportFile(msgspec.Struct, kw_only=True):
    """The arguments of `workspace/import` with a JSON body; the content is base64."""

    path: str
    content: str = ""
    overwrite: bool = False


class WorkspacePath(msgspec.Struct, kw_only=True):
    """The arguments of routes that need no more than a path."""

    path: str
    recursive: bool = False


@post("/api/2.0/workspace/import", status_code=200)
async def import_file(request: ApiRequest) -> dict[str, Any]:
    """Write a file, given as JSON or as a multipart form."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        await _import_form(request)
        return {}
    wanted = await request.read(ImportFile)
    try:
        content = base64.b64decode(wanted.content, validate=True)
    except binascii.Error as error:
        message = f"content is not base64: {error}"
        raise invalid_parameter(message) from error
    request.workspace.files.write(wanted.path, content, overwrite=wanted.overwrite)
    return {}


@get("/api/2.0/workspace/get-status")
async def get_status(request: ApiRequest) -> dict[str, Any]:
    """Tell what there is at a path."""
    name = (await request.read(WorkspacePath)).path
    return _status(name, request.workspace.files.path(name))


@get("/api/2.0/workspace/export")
async def export(request: ApiRequest) -> Response[bytes] | dict[str, Any]:
    """Return the content of a file, as base64 or (with `direct_download`) as it is."""
    content = request.workspace.files.read((await request.read(WorkspacePath)).path)
    if request.flag("direct_download"):
        return Response(content, media_type="application/octet-stream")
    return {"content": base64.b64encode(content).decode()}


@post("/api/2.0/workspace/delete", status_code=200)
async def delete_path(request: ApiRequest) -> dict[str, Any]:
    """Delete a file or directory."""
    wanted = await request.read(WorkspacePath)
    request.workspace.files.delete(wanted.path, recursive=wanted.recursive)
    return {}


@post("/api/2.0/workspace/mkdirs", status_code=200)
async def make_directories(request: ApiRequest) -> dict[str, Any]:
    """Make a directory and those above it."""
    request.workspace.files.make_directory((await request.read(WorkspacePath)).path)
    return {}


@post("/api/2.0/workspace-files/import-file/{name:path}", status_code=200)
async def import_workspace_file(request: ApiRequest) -> dict[str, Any]:
    """Write a file: the body is its content."""
    request.workspace.files.write(request.file_path, await request.body(), overwrite=request.flag("overwrite"))
    return {}


@put("/api/2.0/fs/files/{name:path}", status_code=204)
async def put_file(request: ApiRequest) -> None:
    """Write a file of a volume: the body is its content."""
    request.workspace.files.write(request.file_path, await request.body(), overwrite=request.flag("overwrite"))


@get("/api/2.0/fs/files/{name:path}")
async def get_file(request: ApiRequest) -> Response[bytes]:
    """Return the content of a file of a volume."""
    return Response(request.workspace.files.read(request.file_path), media_type="application/octet-stream")


@delete("/api/2.0/fs/files/{name:path}", status_code=204)
async def delete_file(request: ApiRequest) -> None:
    """Delete a file of a volume."""
    request.workspace.files.delete(request.file_path, recursive=False)


@put("/api/2.0/fs/directories/{name:path}", status_code=204)
async def put_directory(request: ApiRequest) -> None:
    """Make a directory of a volume."""
    request.workspace.files.make_directory(request.file_path)


async def _import_form(request: ApiRequest) -> None:
    form = await request.form()
    content = form.get("content", "")
    data = content.encode() if isinstance(content, str) else await content.read()
    overwrite = str(form.get("overwrite", "")).lower() == "true"
    request.workspace.files.write(str(form.get("path", "")), data, overwrite=overwrite)


def _status(name: str, path: Path) -> dict[str, Any]:
    if not path.exists():
        message = f"Path ({name}) doesn't exist."
        raise not_found(message)
    if path.is_dir():
        return {"object_type": "DIRECTORY", "path": name, "object_id": path.stat().st_ino}
    is_notebook = path.suffix == ".ipynb" or path.read_bytes().startswith(b"# Databricks notebook source")
    kind = {"object_type": "NOTEBOOK", "language": "PYTHON"} if is_notebook else {"object_type": "FILE"}
    return {**kind, "path": name, "object_id": path.stat().st_ino}


FILE_ROUTES = (
    import_file,
    get_status,
    export,
    delete_path,
    make_directories,
    import_workspace_file,
    put_file,
    get_file,
    delete_file,
    put_directory,
)
