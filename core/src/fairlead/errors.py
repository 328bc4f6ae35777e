"""The errors of fairlead, by what the caller can do about each.

::

    FairleadError
    ├── InvalidTask              correct the task; trying again changes nothing
    ├── InvalidHandle            use a whole handle, as it was printed
    ├── ConnectorNotFound        install the plugin
    ├── PluginError              repair or disable the plugin
    │   └── ConnectorBug         report it to the connector's author
    ├── OperationNotSupported    this connector has no such operation
    ├── AuthenticationError      give valid credentials
    ├── ResourceNotFound         the job is gone (on delete: success)
    ├── QuotaExceeded            try again after `retry_after`
    ├── TransientError           try again
    └── DeadlineExceeded         allow more time

Connectors raise `InvalidTask`, `AuthenticationError`, `ResourceNotFound`, `QuotaExceeded` and
`TransientError`. A builtin `ConnectionError` or `TimeoutError` counts as a `TransientError`, and so does an
`OSError` because a name could not be resolved or a host not be reached. Anything else that leaves a connector
becomes a `ConnectorBug`.
"""

import errno
import math
from typing import Self

_UNREACHABLE = {errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN, errno.ENETRESET}


class FairleadError(Exception):
    """The base of all errors that fairlead raises on purpose.

    `str(error)` is one message for people: what is wrong, where, and what to do next.
    """

    def with_message(self, message: str) -> Self:
        """Return the same error, everything but the message kept."""
        copy = type(self).__new__(type(self), message)
        copy.__dict__.update(self.__dict__)
        copy.args = (message,)
        return copy


class InvalidTask(FairleadError):
    """The task, its inputs or its settings are wrong; the message names the path of the fault."""


class InvalidHandle(FairleadError):
    """A handle or resource meta cannot be read."""


class ConnectorNotFound(FairleadError):
    """No installed connector serves the task category."""


class PluginError(FairleadError):
    """A plugin could not be loaded, or failed.

    `stage` is the step that failed: `metadata`, `import`, `attribute`, `check`, `construct`, `register`
    or `call`. `hint` says what to do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        plugin: str = "",
        distribution: str = "",
        version: str = "",
        stage: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.plugin = plugin
        self.distribution = distribution
        self.version = version
        self.stage = stage
        self.hint = hint


class ConnectorBug(PluginError):
    """A connector raised an error of its own or broke the contract; the traceback is in the log."""


class OperationNotSupported(FairleadError):
    """The connector does not have this optional operation, or is of the other kind."""


class AuthenticationError(FairleadError):
    """Credentials are missing, or the external system refused them."""


class ResourceNotFound(FairleadError):
    """The external system does not know the job (any more)."""


class QuotaExceeded(FairleadError):
    """The external system limits the rate; `retry_after` is in seconds, None where it did not say.

    It may be given as the text of a `Retry-After` header; what is no number of seconds, such as a date, counts as None.
    """

    def __init__(self, message: str = "quota exceeded", *, retry_after: float | str | None = None) -> None:
        super().__init__(message)
        self.retry_after = _seconds(retry_after)


class TransientError(FairleadError):
    """A passing fault: the same call may succeed a moment later."""


class DeadlineExceeded(FairleadError):
    """The operation, or the whole task, did not end in the time allowed."""


def is_passing(error: BaseException) -> bool:
    """Whether a builtin error says that the network failed this time, so that it counts as a `TransientError`."""
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    if not isinstance(error, OSError):
        return False
    from socket import gaierror  # takes longer to import than all else that a command needs

    return isinstance(error, gaierror) or error.errno in _UNREACHABLE


def is_from_outside(error: BaseException) -> bool:
    """Whether an error was not raised by the code that is called, but thrown into the call, to end it."""
    if isinstance(error, KeyboardInterrupt | GeneratorExit):
        return True
    from asyncio import CancelledError, current_task  # what knows no event loop does without them

    if not isinstance(error, CancelledError):
        return False
    try:
        task = current_task()
    except RuntimeError:  # no event loop runs, so nobody can have asked for it
        return False
    return task is None or task.cancelling() > 0


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
