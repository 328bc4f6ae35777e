"""The contents of files in requests: base64 in JSON, or a multipart form."""

import base64
import binascii

import msgspec

from fairlead_databricks_emulator.api.request import ApiRequest
from fairlead_databricks_emulator.errors import invalid_parameter


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is uploaded."""

    path: str
    content: bytes
    overwrite: bool
    is_form: bool


class _Json(msgspec.Struct, kw_only=True):
    path: str
    content: str = ""
    contents: str = ""
    overwrite: bool = False


async def uploaded(request: ApiRequest, field: str) -> Upload:
    """Return the file that a request uploads in `field` (`content` or `contents`), beside `path` and `overwrite`."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _of_form(request, field)
    body = await request.read(_Json)
    content = decoded(getattr(body, field), field)
    return Upload(path=body.path, content=content, overwrite=body.overwrite, is_form=False)


def decoded(text: str, field: str) -> bytes:
    """Return what base64 stands for; raise `ApiError` where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        message = f"{field} is not base64: {error}"
        raise invalid_parameter(message) from error


async def _of_form(request: ApiRequest, field: str) -> Upload:
    form = await request.form()
    content = form.get(field, "")
    return Upload(
        path=str(form.get("path", "")),
        content=content.encode() if isinstance(content, str) else await content.read(),
        overwrite=str(form.get("overwrite", "")).lower() == "true",
        is_form=True,
    )
