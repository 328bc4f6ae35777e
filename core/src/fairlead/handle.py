"""The printable form of a running job."""

import base64
import binascii
import zlib
from typing import NamedTuple, Self
from urllib.parse import quote, unquote

from fairlead.category import TaskCategory
from fairlead.errors import InvalidHandle

_PREFIX = "fl1"


class Handle(NamedTuple):
    """A task category and an encoded resource meta: all that any process needs to follow a job.

    `str(handle)` is safe to copy into a shell: `fl1.TASK_TYPE.VERSION.META.CHECKSUM`, where META is
    base64url and CHECKSUM the CRC-32 of all before it. It identifies a job and grants nothing: the
    credentials are looked up by whoever uses it.
    """

    category: TaskCategory
    meta: bytes

    def __str__(self) -> str:
        """Return the handle as it is printed and parsed."""
        name = quote(self.category.name, safe="")
        meta = base64.urlsafe_b64encode(self.meta).rstrip(b"=").decode()
        body = f"{_PREFIX}.{name}.{self.category.version}.{meta}"
        return f"{body}.{_checksum(body)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` printed; raise `InvalidHandle` for anything else, also for a part of a handle."""
        body, _, checksum = text.strip().rpartition(".")
        prefix, _, rest = body.partition(".")
        if prefix != _PREFIX:
            message = f"{_shortened(text)} is not a handle: one starts with `{_PREFIX}.`"
            raise InvalidHandle(message)
        if checksum != _checksum(body):
            message = f"{_shortened(text)} is not a whole handle: its checksum does not match, so a part is missing or changed"
            raise InvalidHandle(message)
        try:
            name, version, meta = rest.rsplit(".", 2)
            category = TaskCategory(unquote(name), int(version))
            return cls(category, base64.b64decode(meta + "=" * (-len(meta) % 4), altchars=b"-_", validate=True))
        except (ValueError, binascii.Error) as error:
            message = f"{_shortened(text)} is not a handle: {error}"
            raise InvalidHandle(message) from error


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode(errors='replace')):08x}"


def _shortened(text: str, limit: int = 40) -> str:
    """Quote what the user gave, cut to a length that fits an error message."""
    return repr(text if len(text) <= limit else f"{text[:limit]}…")
