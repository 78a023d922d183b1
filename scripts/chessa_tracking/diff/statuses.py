"""Pair what two sides say of statuses: a status is also of its range, `2XX`, and of `default`."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def successes(statuses: Iterable[str]) -> set[str]:
    """Return the statuses of a success: `default` is one where no other is."""
    return {status for status in statuses if status.startswith("2")} or {"default"}


def aligned(old: Mapping[str, T], new: Mapping[str, T]) -> tuple[dict[str, T], dict[str, T]]:
    """Return what both say of each status that one of them names.

    A range that only one names is left out where the other names statuses of it instead.
    """
    split = {
        status
        for one, other in ((old, new), (new, old))
        for status in one
        if _said(other, status) is None
        and any(status in _names(each)[1:] for each in other.keys() - one.keys())
    }
    named = [status for status in {**old, **new} if status not in split]
    before, after = (
        {status: held for status in named if (held := _said(side, status)) is not None}
        for side in (old, new)
    )
    return before, after


def _said(side: Mapping[str, T], status: str) -> T | None:
    return next((side[name] for name in _names(status) if name in side), None)


def _names(status: str) -> list[str]:
    """Return the names that a status may be described by, the nearest first."""
    return list(dict.fromkeys([status, f"{status[:1]}XX", "default"]))
