"""Figures: what was compared, and how it came out, with its spread over the rounds.

In: one value for each round, of ours and of a peer. Out: `Figure`s, and the JSON form of each.
"""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

RATIO: Final = "ratio"
DIFFERENCE: Final = "difference"


@dataclass(frozen=True)
class Spread:
    """How the values of the rounds lie."""

    median: float
    min: float
    max: float
    q1: float
    q3: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of one value at least."""
        ordered = sorted(values)
        quarters = ordered * 3
        if len(ordered) > 1:
            quarters = statistics.quantiles(ordered, n=4, method="inclusive")
        return cls(quarters[1], ordered[0], ordered[-1], quarters[0], quarters[2])


@dataclass(frozen=True)
class Limit:
    """What a median has to reach."""

    value: float
    is_floor: bool = False
    """Whether it is the least that will do; else it is the most."""

    def is_met(self, median: float) -> bool:
        return median >= self.value if self.is_floor else median <= self.value

    @property
    def as_json(self) -> dict[str, float]:
        return {"at_least" if self.is_floor else "at_most": self.value}


def at_most(value: float) -> Limit:
    return Limit(value)


def at_least(value: float) -> Limit:
    return Limit(value, is_floor=True)


@dataclass(frozen=True)
class Figure:
    """Ours beside a peer's. `spread` is of the kind: a ratio (ours over theirs, round by round), or
    a difference (ours less theirs, in the unit)."""

    case: str
    name: str
    peer: str
    unit: str = ""
    kind: str = RATIO
    ours: float | None = None
    theirs: float | None = None
    spread: Spread | None = None
    rounds: int = 0
    skipped: str = ""
    """Why there is no figure."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What targets are set for."""
        return self.case, self.name, self.peer


@dataclass
class Series:
    """Curves over one quantity, for a plot: a value of each line at each place."""

    places: list[float]
    lines: dict[str, list[float]]


@dataclass
class Findings:
    """All that a case has found."""

    figures: list[Figure] = field(default_factory=list)
    series: dict[str, Series] = field(default_factory=dict)

    @property
    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Findings":
        """What `as_json` gave."""
        return cls(
            [_figure(each) for each in value["figures"]],
            {name: Series(**each) for name, each in value["series"].items()},
        )


def _figure(value: dict[str, Any]) -> Figure:
    spread = value["spread"]
    return Figure(**{**value, "spread": None if spread is None else Spread(**spread)})


def ratio(
    key: tuple[str, str, str], unit: str, ours: Sequence[float], theirs: Sequence[float]
) -> Figure:
    """Ours over theirs, of the same round."""
    values = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return _compared(key, unit, RATIO, ours, theirs, values)


def difference(
    key: tuple[str, str, str], unit: str, ours: Sequence[float], theirs: Sequence[float]
) -> Figure:
    """Ours less theirs, of the same round."""
    values = [mine - other for mine, other in zip(ours, theirs, strict=True)]
    return _compared(key, unit, DIFFERENCE, ours, theirs, values)


def skipped(key: tuple[str, str, str], why: str) -> Figure:
    """No figure, and why."""
    return Figure(*key, skipped=why)


def _compared(
    key: tuple[str, str, str],
    unit: str,
    kind: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    values: Sequence[float],
) -> Figure:
    return Figure(
        *key,
        unit=unit,
        kind=kind,
        ours=statistics.median(ours),
        theirs=statistics.median(theirs),
        spread=Spread.of(values),
        rounds=len(values),
    )
