"""The states that runs and tasks go through, in the old words (`state`) and the new ones (`status`)."""

import time
from enum import StrEnum

import msgspec


class LifeCycle(StrEnum):
    """Where a run or task stands: `state.life_cycle_state` of the API."""

    QUEUED = "QUEUED"
    PENDING = "PENDING"
    BLOCKED = "BLOCKED"
    WAITING_FOR_RETRY = "WAITING_FOR_RETRY"
    RUNNING = "RUNNING"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"
    SKIPPED = "SKIPPED"
    INTERNAL_ERROR = "INTERNAL_ERROR"

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more happens, except through a repair."""
        return self in {LifeCycle.TERMINATED, LifeCycle.SKIPPED, LifeCycle.INTERNAL_ERROR}

    @property
    def status(self) -> str:
        """The word of the new `status.state` for it."""
        if self.is_terminal:
            return "TERMINATED"
        return "WAITING" if self is LifeCycle.WAITING_FOR_RETRY else self.value


class Result(StrEnum):
    """How a run or task ended: `state.result_state` of the API."""

    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    TIMEDOUT = "TIMEDOUT"
    CANCELED = "CANCELED"
    MAXIMUM_CONCURRENT_RUNS_REACHED = "MAXIMUM_CONCURRENT_RUNS_REACHED"
    EXCLUDED = "EXCLUDED"
    SUCCESS_WITH_FAILURES = "SUCCESS_WITH_FAILURES"
    UPSTREAM_FAILED = "UPSTREAM_FAILED"
    UPSTREAM_CANCELED = "UPSTREAM_CANCELED"
    DISABLED = "DISABLED"


class TerminationCode(StrEnum):
    """Why a run or task ended: `status.termination_details.code` of the API, as far as it happens here."""

    SUCCESS = "SUCCESS"
    SUCCESS_WITH_FAILURES = "SUCCESS_WITH_FAILURES"
    USER_CANCELED = "USER_CANCELED"
    CANCELED = "CANCELED"
    SKIPPED = "SKIPPED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    INVALID_CLUSTER_REQUEST = "INVALID_CLUSTER_REQUEST"
    REPOSITORY_CHECKOUT_FAILED = "REPOSITORY_CHECKOUT_FAILED"
    FEATURE_DISABLED = "FEATURE_DISABLED"
    RUN_EXECUTION_ERROR = "RUN_EXECUTION_ERROR"
    LIBRARY_INSTALLATION_ERROR = "LIBRARY_INSTALLATION_ERROR"
    MAX_CONCURRENT_RUNS_EXCEEDED = "MAX_CONCURRENT_RUNS_EXCEEDED"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    INVALID_RUN_CONFIGURATION = "INVALID_RUN_CONFIGURATION"
    DISABLED = "DISABLED"


class TerminationType(StrEnum):
    """Whose doing it was: `status.termination_details.type` of the API, as far as it happens here."""

    SUCCESS = "SUCCESS"
    CLIENT_ERROR = "CLIENT_ERROR"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a run or task: the old words, the new code and type, and a message."""

    life_cycle: LifeCycle = LifeCycle.TERMINATED
    result: Result
    code: TerminationCode
    type: TerminationType = TerminationType.CLIENT_ERROR
    message: str = ""


SUCCESS = Outcome(result=Result.SUCCESS, code=TerminationCode.SUCCESS, type=TerminationType.SUCCESS)
SUCCESS_WITH_FAILURES = Outcome(
    result=Result.SUCCESS_WITH_FAILURES,
    code=TerminationCode.SUCCESS_WITH_FAILURES,
    type=TerminationType.SUCCESS,
    message="Some tasks failed, but all leaf tasks succeeded.",
)
WORKLOAD_FAILED = Outcome(
    result=Result.FAILED,
    code=TerminationCode.RUN_EXECUTION_ERROR,
    message="Workload failed, see run output for details",
)
CANCELED = Outcome(result=Result.CANCELED, code=TerminationCode.USER_CANCELED, message="Run cancelled.")
TIMED_OUT = Outcome(result=Result.TIMEDOUT, code=TerminationCode.CANCELED, message="Run timed out.")
UPSTREAM_FAILED = Outcome(
    life_cycle=LifeCycle.SKIPPED,
    result=Result.UPSTREAM_FAILED,
    code=TerminationCode.SKIPPED,
    message="An upstream task failed.",
)
UPSTREAM_CANCELED = Outcome(
    life_cycle=LifeCycle.SKIPPED,
    result=Result.UPSTREAM_CANCELED,
    code=TerminationCode.SKIPPED,
    message="An upstream task was canceled.",
)
EXCLUDED = Outcome(
    life_cycle=LifeCycle.SKIPPED,
    result=Result.EXCLUDED,
    code=TerminationCode.SKIPPED,
    type=TerminationType.SUCCESS,
    message="The conditions for this task were not met.",
)
DISABLED = Outcome(
    life_cycle=LifeCycle.SKIPPED,
    result=Result.DISABLED,
    code=TerminationCode.DISABLED,
    type=TerminationType.SUCCESS,
    message="Task is disabled.",
)
TOO_MANY_RUNS = Outcome(
    life_cycle=LifeCycle.SKIPPED,
    result=Result.MAXIMUM_CONCURRENT_RUNS_REACHED,
    code=TerminationCode.MAX_CONCURRENT_RUNS_EXCEEDED,
    message="The maximum number of concurrent runs of this job is reached.",
)


def refused(code: TerminationCode, message: str) -> Outcome:
    """Return the end of a task that could not be started, for a reason that is not in its code."""
    internal = code is TerminationCode.INTERNAL_ERROR
    return Outcome(
        life_cycle=LifeCycle.INTERNAL_ERROR,
        result=Result.FAILED,
        code=code,
        type=TerminationType.INTERNAL_ERROR if internal else TerminationType.CLIENT_ERROR,
        message=message,
    )


class Progress:
    """Where a run or a task attempt stands, and since when; times are milliseconds since the epoch."""

    def __init__(self, state: LifeCycle = LifeCycle.PENDING) -> None:
        self.state = state
        self.outcome: Outcome | None = None
        self.start_time = now_ms()
        self.running_since = 0
        self.end_time = 0

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.outcome is not None

    def move(self, state: LifeCycle) -> None:
        """Go to a state on the way, unless it has ended or is ending."""
        if self.is_terminal or self.state is LifeCycle.TERMINATING:
            return
        self.state = state
        if state is LifeCycle.RUNNING and not self.running_since:
            self.running_since = now_ms()

    def end(self, outcome: Outcome) -> None:
        """End with an outcome."""
        self.outcome = outcome
        self.state = outcome.life_cycle
        self.end_time = now_ms()


def now_ms() -> int:
    """Return the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
