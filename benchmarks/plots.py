"""The two plots of docs/: throughput over calls in flight, and time to regenerate over operations.

In: the series of a JSON document. Out: SVG by file name, of those whose series are there.
"""

from collections.abc import Mapping
from typing import Any, Final

from .plot import Axis, Line, plot, powers, ticks_to

_BLUE: Final = "#0a58ca"
_RED: Final = "#b4451f"
_GREY: Final = "#6e7781"


def plots(document: Mapping[str, Any]) -> dict[str, str]:
    """File names, and what to write there."""
    series = document["series"]
    made = {}
    if "throughput" in series:
        made["throughput.svg"] = _throughput(series["throughput"], _kind(document))
    if "regenerate" in series:
        made["regenerate.svg"] = _regenerate(series["regenerate"], _kind(document))
    return made


def _kind(document: Mapping[str, Any]) -> str:
    machine = document["machine"]
    return f"{machine['cpu']}, {machine['cores']} cores, {machine['python']}"


def _throughput(series: Mapping[str, Any], kind: str) -> str:
    places = series["places"]
    lines = [
        Line("aiohttp, by hand", tuple(series["lines"]["aiohttp"]), _GREY),
        Line("chessa", tuple(series["lines"]["chessa"]), _BLUE),
        Line("httpx.AsyncClient", tuple(series["lines"]["httpx"]), _RED),
    ]
    return plot(
        "Reads a second, over reads in flight",
        f"one process, loopback server in another; {kind}",
        Axis("reads in flight", tuple(places), is_log=True),
        Axis("reads a second", ticks_to(max(max(line.values) for line in lines))),
        places,
        lines,
    )


def _regenerate(series: Mapping[str, Any], kind: str) -> str:
    places = series["places"]
    ours = series["lines"]["chessa"]
    theirs = series["lines"]["openapi-python-client"]
    linear = [ours[0] * place / places[0] for place in places]
    lines = [
        Line("linear growth", tuple(linear), _GREY, is_dashed=True),
        Line("scripts/regenerate.py", tuple(ours), _BLUE),
        Line("openapi-python-client", tuple(theirs), _RED),
    ]
    values = [value for line in lines for value in line.values]
    return plot(
        "Seconds to regenerate, over operations",
        f"both as commands, formatting included; {kind}",
        Axis("operations in the document", tuple(places), is_log=True),
        Axis("seconds", powers(min(values), max(values)), is_log=True),
        places,
        lines,
    )
