"""`FAIRLEAD_TRACE=1`: each operation and hook with its arguments and its time, on stderr."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import msgspec

from fairlead.logs import get_logger

TRACE_VARIABLE = "FAIRLEAD_TRACE"

_LONGEST_ARGUMENT = 200

_logger = get_logger(__name__)


def enable_from_environment() -> None:
    """Start tracing if `FAIRLEAD_TRACE` is set, on a handler of its own, so that it also works in servers."""
    if os.environ.get(TRACE_VARIABLE, "") in {"", "0"} or _logger.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("trace: %(message)s"))
    _logger.addHandler(handler)
    _logger.setLevel(logging.DEBUG)
    _logger.propagate = False


def is_tracing() -> bool:
    """Whether anybody reads what would be traced."""
    return _logger.isEnabledFor(logging.DEBUG)


@contextmanager
def traced(what: str, arguments: Mapping[str, object], redact: Callable[[str], str]) -> Iterator[None]:
    """Write one line about what happens inside: its arguments, without secrets, its outcome and its time."""
    started = time.perf_counter()
    outcome = "done"
    try:
        yield
    except BaseException as error:
        outcome = f"raised {type(error).__name__}"
        raise
    finally:
        shown = ", ".join(
            f"{name}={_shortened(redact(_text(name, value)))}" for name, value in arguments.items() if name != "context"
        )
        _logger.debug("%s(%s): %s in %.1f ms", what, shown, outcome, (time.perf_counter() - started) * 1000)


def _text(name: str, value: object) -> str:
    """Return what is told of an argument: of a task its type, of inputs only their names, of a handle its category and checksum.

    A meta may be that of a connector of others, which keeps a secret in it.
    """
    if name == "inputs" and isinstance(value, Mapping):
        return f"[{', '.join(value)}]"
    if name == "task" and isinstance(value, msgspec.Struct):
        return str(getattr(value, "category", ""))
    if name == "handle":
        category, _meta = cast("tuple[object, bytes]", value)
        return f"{category} {str(value).rpartition('.')[2]}"
    if name == "meta":
        return type(value).__name__
    return str(value) if isinstance(value, tuple) else repr(value)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_ARGUMENT else f"{text[:_LONGEST_ARGUMENT]}…"
