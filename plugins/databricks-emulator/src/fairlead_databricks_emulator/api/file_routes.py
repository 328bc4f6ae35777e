"""The routes of workspace files, as far as jobs need them."""

import base64
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, get, post

from fairlead_databricks_emulator.api.contents import uploaded
from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.errors import not_found


class WorkspacePath(msgspec.Struct, kw_only=True):
    """The arguments of routes that need no more than a path."""

    path: str
    recursive: bool = False


@post("/api/2.0/workspace/import", status_code=200)
async def import_file(request: ApiRequest) -> dict[str, Any]:
    """Write a file, given as JSON or as a multipart form."""
    upload = await uploaded(request, "content")
    request.workspace.files.write(upload.path, upload.content, overwrite=upload.overwrite)
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
)
