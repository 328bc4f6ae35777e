"""What a benchmark gives: figures, each with its samples and perhaps a target, in sections."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Effort(Enum):
    """How many repetitions a measurement may take."""

    FULL = "full"
    QUICK = "quick"


class Direction(Enum):
    """On which side of its bound a target lies."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True)
class Target:
    """The bound that a figure should keep, in the figure's unit."""

    direction: Direction
    bound: float

    def is_met_by(self, value: float) -> bool:
        """Whether a value is on the right side of the bound."""
        return value <= self.bound if self.direction is Direction.AT_MOST else value >= self.bound


@dataclass(frozen=True)
class Figure:
    """One measured quantity; `samples` has one number for each round, in `unit`."""

    what: str
    unit: str
    samples: Sequence[float]
    target: Target | None = None

    @property
    def median(self) -> float:
        """The figure's value."""
        return statistics.median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The bounds of the middle half of the samples."""
        if len(self.samples) == 1:
            return self.samples[0], self.samples[0]
        lower, _, upper = statistics.quantiles(self.samples, method="inclusive")
        return lower, upper


@dataclass(frozen=True)
class Section:
    """The figures of one benchmark, how they were measured, and which versions of which packages took part."""

    title: str
    method: str
    figures: Sequence[Figure]
    versions: Mapping[str, str]
    notes: Sequence[str] = field(default=())


def differences(samples: Sequence[float], baseline: Sequence[float]) -> list[float]:
    """Return by how much each sample exceeds that of the baseline in the same round."""
    return [sample - base for sample, base in zip(samples, baseline, strict=True)]


def ratios(samples: Sequence[float], baseline: Sequence[float]) -> list[float]:
    """Return how many times the baseline of the same round each sample is."""
    return [sample / base for sample, base in zip(samples, baseline, strict=True)]
