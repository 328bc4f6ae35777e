"""Structured logs: every line says which execution, node, attempt and task type it is about."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from datetime import UTC, datetime

import msgspec

from fairlead_flyte.texts import whole

SURROUNDINGS: ContextVar[dict[str, str | int]] = ContextVar("fairlead_flyte_surroundings")
"""What the call that is running is about; set by each call, read by each line."""


def get_logger(name: str) -> logging.Logger:
    """Return the logger of one of this package's modules."""
    return logging.getLogger(name)


def configure(*, level: str, as_json: bool) -> None:
    """Send the logs of this process to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        _JsonFormatter() if as_json else _TextFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
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
        about = " ".join(f"{key}={value}" for key, value in SURROUNDINGS.get({}).items())
        return f"{super().format(record)} [{about}]" if about else super().format(record)
