"""Plots: curves as SVG, with nothing but the standard library.

In: axes and lines. Out: the text of an SVG image on a ground of its own, so that it reads the same
on a light and on a dark page; equal figures give equal bytes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 430
_LEFT: Final = 74
_RIGHT: Final = 198
"""Room for the names of the lines, which stand at their ends."""
_TOP: Final = 64
_BOTTOM: Final = 58
_APART: Final = 17.0
"""Between the names of two lines."""
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_INK: Final = "#24292f"
_QUIET: Final = "#57606a"
_GRID: Final = "#e3e6ea"


@dataclass(frozen=True)
class Axis:
    """A quantity from the first of its ticks to the last."""

    label: str
    ticks: tuple[float, ...]
    is_log: bool = False

    def part(self, value: float) -> float:
        """Where a value lies between both ends: 0 to 1."""
        scale: Callable[[float], float] = math.log10 if self.is_log else float
        low, high = scale(self.ticks[0]), scale(self.ticks[-1])
        return (scale(value) - low) / (high - low)


@dataclass(frozen=True)
class Line:
    """A curve, and how it is drawn."""

    name: str
    values: tuple[float, ...]
    color: str
    is_dashed: bool = False
    """A line that nobody measured: to compare with."""


def plot(
    title: str, note: str, across: Axis, up: Axis, places: Sequence[float], lines: Sequence[Line]
) -> str:
    """An image of these lines."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" font-family="{escape(_FONT)}" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" fill="#ffffff" '
        'stroke="#d0d7de"/>',
        _text(24, 29, title, _INK, size=16, weight=600),
        _text(24, 48, note, _QUIET, size=12),
        *_frame(across, up),
    ]
    ends = []
    for line in lines:
        points = [
            (_x(across, place), _y(up, value))
            for place, value in zip(places, line.values, strict=True)
        ]
        parts.append(_curve(points, line))
        ends.append(points[-1][1])
    for line, end in zip(lines, apart(ends, _APART, HEIGHT - _BOTTOM), strict=True):
        weight = 400 if line.is_dashed else 600
        parts.append(_text(WIDTH - _RIGHT + 12, end + 4.5, line.name, line.color, weight=weight))
    return "\n".join([*parts, "</svg>"]) + "\n"


def apart(heights: Sequence[float], least: float, lowest: float) -> list[float]:
    """The same heights, moved as little as will do until none is nearer to another than this, and
    none below the lowest."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = [heights[index] for index in order]
    for place in range(1, len(placed)):
        placed[place] = max(placed[place], placed[place - 1] + least)
    for place in reversed(range(len(placed))):
        limit = lowest if place == len(placed) - 1 else placed[place + 1] - least
        placed[place] = min(placed[place], limit)
    return [placed[order.index(index)] for index in range(len(heights))]


def ticks_to(largest: float) -> tuple[float, ...]:
    """Round numbers from zero to one that is not less than the largest value, five or so."""
    step = 10.0 ** math.floor(math.log10(largest / 5))
    step *= next(factor for factor in (1, 2, 5, 10) if step * factor * 6 >= largest)
    return tuple(step * number for number in range(math.ceil(largest / step) + 1))


def powers(smallest: float, largest: float) -> tuple[float, ...]:
    """The powers of ten that hold both."""
    low, high = math.floor(math.log10(smallest)), math.ceil(math.log10(largest))
    return tuple(10.0**power for power in range(low, max(high, low + 1) + 1))


def _x(axis: Axis, value: float) -> float:
    return _LEFT + axis.part(value) * (WIDTH - _LEFT - _RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - _BOTTOM - axis.part(value) * (HEIGHT - _TOP - _BOTTOM)


def _frame(across: Axis, up: Axis) -> list[str]:
    """Grid, ticks and labels of both axes."""
    right, floor = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    parts = []
    for tick in up.ticks:
        y = _y(up, tick)
        parts.append(_rule(_LEFT, y, right, y, _GRID))
        parts.append(_text(_LEFT - 10, y + 4.5, _number(tick), _QUIET, anchor="end"))
    for tick in across.ticks:
        x = _x(across, tick)
        parts.append(_rule(x, floor, x, floor + 5, _QUIET))
        parts.append(_text(x, floor + 20, _number(tick), _QUIET, anchor="middle"))
    parts.append(_rule(_LEFT, floor, right, floor, _QUIET))
    middle = (_LEFT + right) / 2
    parts.append(_text(middle, HEIGHT - 16, across.label, _INK, anchor="middle"))
    height = (_TOP + floor) / 2
    turned = f' transform="rotate(-90 20 {height:.1f})"'
    parts.append(_text(20, height, up.label, _INK, anchor="middle", more=turned))
    return parts


def _curve(points: Sequence[tuple[float, float]], line: Line) -> str:
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="5 5"' if line.is_dashed else ""
    width = 1.5 if line.is_dashed else 2.5
    curve = (
        f'<path d="{path}" fill="none" stroke="{line.color}" stroke-width="{width}" '
        f'stroke-linejoin="round"{dashes}/>'
    )
    if line.is_dashed:
        return curve
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{line.color}"/>' for x, y in points]
    return "\n".join([curve, *dots])


def _rule(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def _text(
    x: float,
    y: float,
    words: str,
    color: str,
    *,
    size: int = 13,
    weight: int = 400,
    anchor: str = "start",
    more: str = "",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}"{more}>{escape(words)}</text>'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 or value == 0 else f"{value:g}"
