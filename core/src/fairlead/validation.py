"""Turn plain values into typed ones, with errors that name the path of the fault."""

import re
from typing import TypeVar

import msgspec

from fairlead.errors import InvalidTask
from fairlead.spelling import suggestion

T = TypeVar("T")

_PATH = re.compile(r"(?P<what>.*?)(?: - at `(?P<key>key in )?\$(?P<path>.*)`)?", re.DOTALL)
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<field>.*)`")

_EXACT_FLOAT_INTEGERS = 2.0**53


def convert(value: object, type_: type[T], where: str) -> T:
    """Return `value`, made of plain Python values, as an instance of `type_`.

    Raises `InvalidTask` that names the path below `where`, what is there and what is expected. Like
    msgspec, it reports the first fault only.
    """
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise InvalidTask(_explain(str(error), type_, where)) from error


def integral(value: object) -> object:
    """Return `value` with its floats that are whole numbers made ints, also inside dicts and lists.

    Flyte's `Struct` carries every number as a double, so `4` arrives as `4.0`. Beyond 2**53 a double
    does not tell one integer from the next, so those stay as they are.
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _EXACT_FLOAT_INTEGERS else value
    if isinstance(value, dict):
        return {key: integral(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [integral(item) for item in value]
    return value


def _explain(message: str, type_: type, where: str) -> str:
    match = _PATH.fullmatch(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    if (unknown := _UNKNOWN_FIELD.fullmatch(what)) and not path:
        fields = list(getattr(type_, "__struct_encode_fields__", ()))
        what = f"unknown field `{unknown['field']}`.{suggestion(unknown['field'], fields)} Known fields: {', '.join(fields)}"
    elif what:
        what = what[0].lower() + what[1:]
    location = f"{where}{path}".lstrip(".")
    return f"`{location}`: {what}" if location else what
