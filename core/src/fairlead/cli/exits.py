"""What the command line tells its caller: exit codes, and errors in words."""

import sys
from enum import IntEnum

from fairlead import errors


class ExitCode(IntEnum):
    """The exit codes of all commands."""

    SUCCEEDED = 0
    TASK_FAILED = 1
    USAGE = 2
    PLUGIN = 3
    REFUSED = 4
    TIMED_OUT = 124
    INTERRUPTED = 130


_CODES: list[tuple[type[errors.FairleadError], ExitCode]] = [
    (errors.InvalidTask, ExitCode.USAGE),
    (errors.InvalidHandle, ExitCode.USAGE),
    (errors.OperationNotSupported, ExitCode.USAGE),
    (errors.ConnectorNotFound, ExitCode.PLUGIN),
    (errors.PluginError, ExitCode.PLUGIN),
    (errors.DeadlineExceeded, ExitCode.TIMED_OUT),
]


def exit_code(error: errors.FairleadError) -> ExitCode:
    """Return the exit code for an error; what is left was refused by the external system."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.REFUSED)


def print_error(message: str) -> None:
    """Write an error to stderr."""
    print(f"error: {message}", file=sys.stderr)
