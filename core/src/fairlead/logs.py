"""Logging as a library does it: under `fairlead`, silent unless the program sets it up."""

import logging

TRACEBACK_LOGGER = "fairlead.traceback"
"""Where the tracebacks of connector bugs go, apart from all else, so that a program can leave them out."""

logging.getLogger("fairlead").addHandler(logging.NullHandler())


def get_logger(name: str) -> logging.Logger:
    """Return the logger of a module of fairlead; `name` is the module's `__name__`."""
    return logging.getLogger(name)
