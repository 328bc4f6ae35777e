"""Structured logs: every line says which execution, node, attempt and task type it is about."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from fairlead.logs import TRACEBACK_LOGGER
from fairlead_flyte.texts import shortened, whole

if TYPE_CHECKING:
    from fairlead import TaskCategory

SURROUNDINGS: ContextVar[dict[str, str | int]] = ContextVar("fairlead_flyte_surroundings")
"""What the call that is running is about; set by each call, read by each line."""

_LINE_ENDS = str.maketrans({"\n": "\n    ", "\r": r"\r"})
"""Only a record begins at the beginning of a line, whatever the texts in it are."""

_LONGEST_TASK_TYPE = 256
_HTTP_LIBRARIES = ("httpx", "httpcore")
_ONE_LEVEL = logging.INFO - logging.DEBUG


def get_logger(name: str) -> logging.Logger:
    """Return the logger of one of this package's modules."""
    return logging.getLogger(name)


def surround(category: TaskCategory) -> None:
    """Say of the call that is running which task type it is about."""
    SURROUNDINGS.set({"task_type": shortened(str(category), _LONGEST_TASK_TYPE)})


def configure(*, level: str, as_json: bool) -> None:
    """Send the logs of this process to stderr, with the tracebacks of connectors' bugs, which the command line hides.

    Those of the HTTP libraries are shown from one level higher: they write a line for every poll.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if as_json else _TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("fairlead").setLevel(logging.NOTSET)
    logging.getLogger(TRACEBACK_LOGGER).filters.clear()
    for name in _HTTP_LIBRARIES:
        logging.getLogger(name).setLevel(logging.getLogger().level + _ONE_LEVEL)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": whole(record.getMessage()),
            **SURROUNDINGS.get({}),
        }
        if record.exc_info:
            line["exception"] = whole(self.formatException(record.exc_info))
        return msgspec.json.encode(line, enc_hook=str).decode()


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}"
        if about := SURROUNDINGS.get(None):
            line = f"{line} [{' '.join([f'{key}={value}' for key, value in about.items()])}]"
        if "\n" in line or "\r" in line:
            line = line.translate(_LINE_ENDS)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
