"""Where log records go on the command line: to stderr, free of secrets."""

import logging
import threading
import traceback

from fairlead.loading import described
from fairlead.logs import TRACEBACK_LOGGER, get_logger
from fairlead.redaction import Redactor

_LEVELS = [logging.WARNING, logging.INFO, logging.DEBUG]

HINT = " `-v` shows where."
"""What is said of an error whose traceback was withheld."""

_logger = get_logger(__name__)

_verbosity = 0

redactor = Redactor()
"""Knows every secret that was handed out in this process; commands pass it on in their contexts."""


class _Withholding(logging.Filter):
    """Lets tracebacks through with `-v`, and remembers whether one was withheld."""

    withheld = False

    def filter(self, record: logging.LogRecord) -> bool:
        self.withheld |= not _verbosity
        return bool(_verbosity)


_withholding = _Withholding()


class _RedactingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redactor.redact(super().format(record))


def set_up(verbosity: int) -> None:
    """Show warnings; with 1 also what is done, and tracebacks of plugins; with 2 everything.

    Records of other libraries are shown from one level higher.
    """
    global _verbosity  # noqa: PLW0603 - `-v` may stand before and after the command
    _verbosity = verbosity = max(_verbosity, min(verbosity, len(_LEVELS) - 1))
    root, ours = logging.getLogger(), logging.getLogger("fairlead")
    if not any(isinstance(handler.formatter, _RedactingFormatter) for handler in root.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(_RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
    ours.setLevel(_LEVELS[verbosity])
    root.setLevel(_LEVELS[max(verbosity - 1, 0)])
    logging.getLogger(TRACEBACK_LOGGER).addFilter(_withholding)
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_end_of_thread


def log_traceback(error: BaseException) -> None:
    """Log where an unexpected error was raised."""
    logging.getLogger(TRACEBACK_LOGGER).error("%s", "".join(traceback.format_exception(error)))


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is None or isinstance(ended.exc_value, SystemExit):
        return
    log_traceback(ended.exc_value)
    name = ended.thread.name if ended.thread else "?"
    _logger.error("thread %s has ended: %s.%s", name, described(ended.exc_value), "" if _verbosity else HINT)


def traceback_withheld() -> bool:
    """Whether a connector has raised an error whose traceback `-v` would have shown."""
    return _withholding.withheld
