"""Keep secrets out of everything that is printed, logged, stored or sent."""

import base64
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, time, timedelta
from enum import Enum
from typing import Any
from urllib.parse import quote

import msgspec

REDACTED = "***"

_SHORTEST_SECRET = 4
_SHORTEST_LINE = 16

_WITHOUT_TEXT = (type(None), int, float, date, time, timedelta, Enum)


class Redactor:
    """Knows the secrets that were handed out, and replaces them in texts.

    A secret is also found in the forms that programs give it: as in JSON and in `repr`, in a URL, in
    base64, and line by line. Values of less than four characters are not kept: replacing them would
    destroy text and protect nothing.
    """

    __slots__ = ("_forms", "_names")

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._forms: list[str] = []

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._names)} secrets>"

    def __bool__(self) -> bool:
        """Whether any secret is known."""
        return bool(self._forms)

    def add(self, name: str, value: str) -> None:
        """Remember a secret; from now on `redact` replaces it."""
        if len(value.strip()) < _SHORTEST_SECRET or value in self._names:
            return
        self._names[value] = name
        forms = {form for known in self._names for form in _forms(known)}
        self._forms = sorted(forms, key=len, reverse=True)

    def redact(self, text: str) -> str:
        """Return `text` with every known secret replaced by `***`."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, REDACTED)
        return text

    def redact_value(self, value: Any) -> Any:
        """Return a value with the known secrets replaced in all its strings.

        What is no plain value, such as an exception or an object of a connector's own, becomes a plain one or
        its text: it could hold a secret anywhere, and is made a text later on, when nobody looks any more.
        """
        if not self._forms or isinstance(value, _WITHOUT_TEXT):
            return value
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, bytes | bytearray):
            return REDACTED if self.found_in(bytes(value)) else value
        if isinstance(value, msgspec.Struct):
            changed = {field: self.redact_value(getattr(value, field)) for field in value.__struct_fields__}
            return msgspec.structs.replace(value, **changed)
        return self._redact_items(value if isinstance(value, Mapping | list | tuple | AbstractSet) else _plain(value))

    def _redact_items(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self.redact_value(key): self.redact_value(item) for key, item in value.items()}
        if isinstance(value, list | tuple | AbstractSet):
            items = [self.redact_value(item) for item in value]
            return tuple(items) if isinstance(value, tuple) else items
        return self.redact_value(value)

    def found_in(self, data: bytes) -> str:
        """Return the name of a known secret that stands in `data`, or an empty text."""
        text = data.decode(errors="replace")
        return next((name for value, name in self._names.items() if any(form in text for form in _forms(value))), "")


def _plain(value: object) -> Any:
    """Return an object made of plain values, as far as msgspec knows how; else its text."""
    try:
        plain = msgspec.to_builtins(value, str_keys=True, enc_hook=str)
    except (TypeError, ValueError, RecursionError):
        return str(value)
    return plain if isinstance(plain, str | int | float | list | dict | None) else str(value)


def _forms(value: str) -> set[str]:
    stripped = value.strip()
    lines = {line for line in stripped.splitlines() if len(line) >= _SHORTEST_LINE}
    return (
        {stripped, json.dumps(stripped)[1:-1], repr(stripped)[1:-1], quote(stripped, safe="")}
        | lines
        | _base64_forms(stripped)
    )


def _base64_forms(value: str) -> set[str]:
    """Return what a secret looks like inside base64, at each of the three places it can start (`user:secret`)."""
    data = value.encode(errors="replace")
    forms = set()
    for before, first_own_character in enumerate((0, 2, 3)):
        encoded = base64.b64encode(b"\0" * before + data).decode()
        forms.add(encoded[first_own_character : (before + len(data)) * 8 // 6])
    return {form for form in forms if len(form) > _SHORTEST_SECRET}
