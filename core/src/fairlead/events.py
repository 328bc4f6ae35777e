"""What the `fairlead_operation_finished` hook is told."""

from enum import StrEnum

import msgspec

from fairlead.category import TaskCategory


class Operation(StrEnum):
    """The operations of the lifecycle, with Flyte's names."""

    CREATE = "create"
    GET = "get"
    DELETE = "delete"
    DO = "do"
    GET_LOGS = "get_logs"
    GET_METRICS = "get_metrics"


class OperationEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one operation.

    `seconds` is how long it took. `error_class` is the class name of the `FairleadError` with which it
    ended, `CancelledError` where the caller gave up, or empty where it succeeded.
    """

    operation: Operation
    category: TaskCategory
    seconds: float
    error_class: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the operation returned, rather than raised."""
        return not self.error_class
