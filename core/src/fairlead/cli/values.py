"""Values that people type: durations and `K=V` inputs."""

import re
from typing import Any

import click
import msgspec

from fairlead.cli.parsing import DEEPEST, check_plain
from fairlead.errors import InvalidTask
from fairlead.task import Variable

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_NUMBER = re.compile(r"\d+(\.\d+)?")


def parse_duration(text: str) -> float:
    """Return the seconds that `90`, `500ms`, `10m` or `1h30m` stand for; ValueError for anything else."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if not re.fullmatch(f"(?:{_PART.pattern})+", text):
        message = f"{text!r} is not a duration; write a number of seconds, or like 500ms, 10m or 1h30m"
        raise ValueError(message)
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def duration_option(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """Return the seconds of an option's duration, for click."""
    try:
        return None if value is None else parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def timeout_option(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Return the seconds of an option's duration, which must be more than 0, for click."""
    seconds = duration_option(context, parameter, value)
    try:
        return None if seconds is None else positive(seconds)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def positive(seconds: float) -> float:
    """Return the seconds; ValueError where they are not more than 0."""
    if not seconds > 0:
        message = f"a timeout must be more than 0, got {seconds:g}; leave it out for none"
        raise ValueError(message)
    return seconds


def text_option(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return an option's text, which must not hold bytes of another encoding, for click."""
    try:
        (value or "").encode()
    except UnicodeEncodeError as error:
        message = f"{value!r} is not valid UTF-8"
        raise click.BadParameter(message) from error
    return value


def key_option(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return an option's idempotency key, which must not be empty, for click."""
    if value == "":
        message = "it is empty; leave the option out for a random key"
        raise click.BadParameter(message)
    return text_option(context, parameter, value)


def parse_assignments(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return `K=V` words as a dict of texts, for `input_values`."""
    assignments = {}
    for word in values:
        name, separator, text = word.partition("=")
        if not separator or not name:
            message = f"{word!r} is not of the form NAME=VALUE"
            raise click.BadParameter(message)
        text_option(context, parameter, word)
        assignments[name] = text
    return assignments


def input_values(assignments: dict[str, str], declared: dict[str, Variable]) -> dict[str, Any]:
    """Return what the texts stand for: JSON where it parses, else the text; where a `string` is declared, a text."""
    values = {}
    for name, text in assignments.items():
        value = _json_or_text(name, text)
        wants_text = name in declared and declared[name].type == "string"
        values[name] = text if wants_text and not isinstance(value, str) else value
    return values


def _json_or_text(name: str, text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
        check_plain(value)
    except msgspec.DecodeError:
        return text
    except (RecursionError, ValueError) as error:
        message = f"the input `{name}` is nested too deeply: more than {DEEPEST} levels"
        raise InvalidTask(message) from error
    return value
