"""The plots of docs/ as SVG, both axes logarithmic: calls a second, and seconds to regenerate.

Drawn here because no library gives equal bytes for equal figures in every environment. The image
has a background, and so reads the same on a light and on a dark page.
"""

import math
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

LEFT: Final = 74
RIGHT: Final = 522
TOP: Final = 64
BOTTOM: Final = 372
_GREY: Final = "#6e7781"
_BLUE: Final = "#0a58ca"
_RED: Final = "#b4451f"
_HEAD: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 430" role="img">
<style>
text {{ font: 13px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: #24292f }}
path {{ fill: none; stroke: #d0d7de }}
.m {{ text-anchor: middle }}
.e {{ text-anchor: end }}
</style>
<title>{title}</title>
<rect width="720" height="430" rx="8" fill="#ffffff" stroke="#d0d7de"/>
<text x="24" y="29" style="font-size: 16px; font-weight: 600">{title}</text>
<text x="24" y="48">{note}</text>
<text x="298" y="414" class="m">{across}</text>
<text x="696" y="414" class="e">both axes are logarithmic</text>"""

Line = tuple[str, str, Sequence[float]]
"""Name, color and a value for each place."""


def plots(document: dict[str, Any]) -> dict[str, str]:
    """Return the images whose series are there, by file name."""
    series, images = document["series"], {}
    machine = "{cpu}, {cores} cores, {python}".format(**document["machine"])
    if "throughput" in series:
        lines = series["throughput"]["lines"]
        images["throughput.svg"] = plot(
            "Reads a second, over reads in flight",
            f"one process, loopback server in another; {machine}",
            "reads in flight",
            series["throughput"]["places"],
            [
                ("aiohttp, by hand", _GREY, lines["aiohttp"]),
                ("chessa", _BLUE, lines["chessa"]),
                ("httpx.AsyncClient", _RED, lines["httpx"]),
            ],
        )
    if "regenerate" in series:
        places, lines = series["regenerate"]["places"], series["regenerate"]["lines"]
        linear = [lines["chessa"][0] * place / places[0] for place in places]
        images["regenerate.svg"] = plot(
            "Seconds to regenerate, over operations",
            f"both as commands, formatting included; {machine}",
            "operations in the document",
            places,
            [
                ("linear growth", _GREY, linear),
                ("scripts/regenerate.py", _BLUE, lines["chessa"]),
                ("openapi-python-client", _RED, lines["openapi-python-client"]),
            ],
        )
    return images


def plot(title: str, note: str, across: str, places: Sequence[float], lines: Sequence[Line]) -> str:
    """Return an image of these lines, with their names at the right."""
    values = [value for *_, line in lines for value in line]
    powers = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
    ticks = [10.0**power for power in powers]

    def x(place: float) -> float:
        return LEFT + (RIGHT - LEFT) * _part(place, places)

    def y(value: float) -> float:
        return BOTTOM + (TOP - BOTTOM) * _part(value, ticks)

    parts = [_HEAD.format(title=escape(title), note=escape(note), across=escape(across))]
    for tick in ticks:
        parts.append(f'<path d="M{LEFT} {y(tick):.1f}H{RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 10}" y="{y(tick) + 4:.1f}" class="e">{tick:,g}</text>')
    parts += [
        f'<text x="{x(place):.1f}" y="{BOTTOM + 20}" class="m">{place:,g}</text>'
        for place in places
    ]
    for number, (name, color, line) in enumerate(lines):
        points = [
            f"{x(place):.1f} {y(value):.1f}" for place, value in zip(places, line, strict=True)
        ]
        style = f"stroke: {color}; stroke-width: 2.5"
        parts.append(f'<path d="M{" L".join(points)}" style="{style}"/>')
        label = f'x="{RIGHT + 12}" y="{TOP + 20 * number}" style="fill: {color}"'
        parts.append(f"<text {label}>{escape(name)}</text>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _part(value: float, ends: Sequence[float]) -> float:
    """Return the place of a value between the first and the last: 0 to 1."""
    return math.log(value / ends[0]) / math.log(ends[-1] / ends[0])
