"""Tracebacks that begin where the code of the user does."""

import traceback
from pathlib import Path
from types import TracebackType

_HERE = str(Path(__file__).parent)


def user_trace(error: BaseException) -> str:
    """Return the traceback of an error, without the frames of the driver above those of the user."""
    trace = error.__traceback__
    while trace is not None and _is_ours(trace):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def error_line(error: BaseException) -> str:
    """Return the last line of the traceback: type and message."""
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def _is_ours(trace: TracebackType | None) -> bool:
    name = trace.tb_frame.f_code.co_filename if trace else ""
    return name.startswith(_HERE) or "runpy" in name
