"""What a simulated job does, and where it stands at a moment."""

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from fairlead import InvalidTask, LogLine, LogOriginator, Phase

Seconds = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Outcome = Literal["succeed", "fail", "fail_retryably", "abort", "never_end"]
PhaseOnTheWay = Literal["QUEUED", "WAITING_FOR_RESOURCES", "INITIALIZING", "RUNNING"]

_ENDS: dict[Outcome, Phase] = {
    "succeed": Phase.SUCCEEDED,
    "fail": Phase.FAILED,
    "fail_retryably": Phase.RETRYABLE_FAILED,
    "abort": Phase.ABORTED,
}


def _check_finite(path: str, seconds: float) -> None:
    """Raise `InvalidTask` for what JSON, and so a meta, cannot hold."""
    if not math.isfinite(seconds):
        message = f"`{path}`: must be finite"
        raise InvalidTask(message)


class Faults(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What goes wrong on the way to the simulated system.

    The first `transient_gets` calls of `get` fail with a `TransientError`. `unknown_state` is the name of
    a state that the connector does not know, reported until the job ends. Every `get` takes
    `slow_get` seconds.
    """

    transient_gets: Count = 0
    unknown_state: str = ""
    slow_get: Seconds = 0.0

    def __post_init__(self) -> None:
        """Check the time."""
        _check_finite("custom.faults.slow_get", self.slow_get)


class DummyCustom(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The `custom` of a dummy task.

    The job ends `duration` seconds after it was created, as `outcome` says, with `message`. Until then it
    goes through `phases`, shows `progress` and writes `logs`, each spread evenly over the duration.
    `outputs` are what it returns when it succeeds; without them, its inputs. `poll_after` is passed on to
    the host with each answer.
    """

    duration: Seconds = 1.0
    outcome: Outcome = "succeed"
    phases: Annotated[tuple[PhaseOnTheWay, ...], msgspec.Meta(min_length=1)] = ("QUEUED", "RUNNING")
    message: str = ""
    outputs: dict[str, Any] | None = None
    progress: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    poll_after: Seconds | None = None
    faults: Faults = Faults()

    def __post_init__(self) -> None:
        """Check the times."""
        _check_finite("custom.duration", self.duration)
        _check_finite("custom.poll_after", self.poll_after or 0.0)


class Moment(msgspec.Struct, frozen=True):
    """Where a job stands: its phase and what it says."""

    phase: Phase
    message: str


def moment(custom: DummyCustom, elapsed: float, *, deleted: bool) -> Moment:
    """Return where a job stands `elapsed` seconds after its start, or where it stood when it was deleted then."""
    if custom.outcome != "never_end" and elapsed >= custom.duration:
        return Moment(_ENDS[custom.outcome], custom.message or f"simulated outcome: {custom.outcome}")
    if deleted:
        return Moment(Phase.ABORTED, "deleted")
    message = _at(custom.progress, elapsed, custom.duration) if custom.progress else ""
    return Moment(Phase[_at(custom.phases, elapsed, custom.duration)], message)


def log_lines(custom: DummyCustom, started_at: float, elapsed: float) -> list[LogLine]:
    """Return the lines that a job has written `elapsed` seconds after its start."""
    step = custom.duration / len(custom.logs) if custom.logs else 0.0
    return [
        LogLine(line, datetime.fromtimestamp(started_at + index * step, UTC), LogOriginator.USER)
        for index, line in enumerate(custom.logs)
        if index * step <= elapsed
    ]


def _at(stages: tuple[Any, ...], elapsed: float, duration: float) -> Any:
    """Return the stage that is on after `elapsed` of `duration` seconds; the last one stays."""
    share = min(elapsed / duration, 1.0) if duration else 1.0
    return stages[min(int(share * len(stages)), len(stages) - 1)]
