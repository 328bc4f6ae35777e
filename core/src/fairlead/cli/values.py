"""Values that people type: durations and `K=V` inputs."""

import re
from typing import Any

import click
import msgspec

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


def parse_assignments(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """Return `K=V` words as a dict; a value is JSON where it parses as JSON, else text."""
    assignments = {}
    for word in values:
        name, separator, text = word.partition("=")
        if not separator or not name:
            message = f"{word!r} is not of the form NAME=VALUE"
            raise click.BadParameter(message)
        assignments[name] = _json_or_text(text)
    return assignments


def _json_or_text(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
