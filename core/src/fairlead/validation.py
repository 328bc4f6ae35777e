"""Turn plain values into typed ones, with errors that name the path of the fault."""

import re
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from fairlead.errors import InvalidTask
from fairlead.spelling import suggestion

T = TypeVar("T")

_PATH = re.compile(r"(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[[^]]*\]")
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


def refuse_unknown(value: object, type_: object, where: str) -> None:
    """Raise `InvalidTask` for a name that is no field of the struct that belongs there, also inside lists and dicts.

    msgspec ignores such names, unless the struct forbids them.
    """
    if isinstance(value, list):
        for index, item in enumerate(value):
            refuse_unknown(item, _below(type_, ""), f"{where}[{index}]")
    if isinstance(value, dict):
        known = _fields(type_)
        for name, item in value.items():
            if known and name not in known:
                message = f"`{where}`: {unknown_field(str(name), list(known))}"
                raise InvalidTask(message)
            refuse_unknown(item, _below(type_, name), f"{where}.{name}".lstrip("."))


def unknown_field(name: str, known: list[str]) -> str:
    """Return what is said of a misspelt field."""
    return f"unknown field `{name}`.{suggestion(name, known)} Known fields: {', '.join(known)}"


def _explain(message: str, type_: object, where: str) -> str:
    match = _PATH.fullmatch(message)
    what, path, in_key = (match["what"], match["path"] or "", match["key"]) if match else (message, "", None)
    for step in _STEP.findall(path):
        type_ = _below(type_, step)
    if unknown := _UNKNOWN_FIELD.fullmatch(what):
        what = unknown_field(unknown["field"], list(_fields(type_)))
    elif what:
        what = what[0].lower() + what[1:]
    if what.startswith("invalid enum value") and (valid := _values(type_)):
        what = f"{what}.{_meant(what, valid)} Valid: {', '.join(valid)}"
    location = f"{where}{path}".lstrip(".")
    return (f"`{location}`: " if location else "") + ("in a name: " if in_key else "") + what


def _meant(what: str, valid: list[str]) -> str:
    return suggestion(what.partition("'")[2].rstrip("'"), valid)


def _options(type_: object) -> list[Any]:
    """Return the types that a value may have: the members of a union, else the type itself."""
    if get_origin(type_) is Annotated:
        return _options(get_args(type_)[0])
    if get_origin(type_) in {Union, UnionType}:
        return [option for member in get_args(type_) for option in _options(member)]
    return [type_]


def _fields(type_: object) -> dict[str, Any]:
    """Return the types of a struct's fields by name; nothing where it is not one struct."""
    structs = [one for one in _options(type_) if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    return {field.encode_name: field.type for field in msgspec.structs.fields(structs[0])} if len(structs) == 1 else {}


def _below(type_: object, name: str) -> object:
    """Return the type of a struct's field, or of a collection's items; None where it cannot be told."""
    if name in (fields := _fields(type_)):
        return fields[name]
    items = [arguments[-1 if get_origin(one) is dict else 0] for one in _options(type_) if (arguments := get_args(one))]
    return items[0] if len(items) == 1 else None


def _values(type_: object) -> list[str]:
    """Return the values that a `Literal` or an enum allows."""
    literals = [str(value) for one in _options(type_) if get_origin(one) is Literal for value in get_args(one)]
    enums = [one for one in _options(type_) if isinstance(one, type) and issubclass(one, Enum)]
    return literals + [str(member.value) for one in enums for member in one]
