"""Plots: SVG that is well-formed, with equal bytes for equal figures."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.plots import BOTTOM, LEFT, RIGHT, TOP, plot, plots

DOCUMENT: dict[str, Any] = {
    "machine": {"cpu": "A <CPU> & more", "cores": 2, "python": "CPython 3.11.7"},
    "series": {
        "throughput": {
            "places": [1.0, 10.0, 400.0],
            "lines": {
                "chessa": [900.0, 4000.0, 3900.0],
                "httpx": [900.0, 1200.0, 230.0],
                "aiohttp": [1500.0, 5600.0, 6200.0],
            },
        },
        "regenerate": {
            "places": [10.0, 100.0, 1000.0],
            "lines": {"chessa": [0.9, 2.0, 15.2], "openapi-python-client": [0.7, 1.5, 11.1]},
        },
    },
}


def test_plots_are_made_of_the_series_that_are_there() -> None:
    """A plot is made where its series is there."""
    assert set(plots(DOCUMENT)) == {"throughput.svg", "regenerate.svg"}
    assert set(plots({**DOCUMENT, "series": {"regenerate": DOCUMENT["series"]["regenerate"]}})) == {
        "regenerate.svg"
    }
    assert plots({**DOCUMENT, "series": {}}) == {}


@pytest.mark.parametrize("name", ["throughput.svg", "regenerate.svg"])
def test_a_plot_is_well_formed_and_deterministic(name: str) -> None:
    """An image is one SVG element with a name for every line and for the axis."""
    image = plots(DOCUMENT)[name]
    root = ElementTree.fromstring(image)  # noqa: S314  # made a line above
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    lines = {
        "throughput.svg": {"chessa", "httpx.AsyncClient", "aiohttp, by hand"},
        "regenerate.svg": {"linear growth", "scripts/regenerate.py", "openapi-python-client"},
    }
    assert lines[name] <= texts
    assert texts & {"reads in flight", "operations in the document"}
    assert image == plots(DOCUMENT)[name]


def test_every_point_lies_within_the_image() -> None:
    """Values at both ends of an axis are drawn at its ends, and ticks are powers of ten."""
    image = plot(
        "t", "n", "x", [1, 10, 100], [("a", "#000000", (0.1, 1, 10)), ("b", "#0", (5, 5, 5))]
    )
    first = re.findall(r'<path d="M([\d. L]+)" style', image)[0]
    middle = f"{(LEFT + RIGHT) / 2:.1f} {(TOP + BOTTOM) / 2:.1f}"
    assert first == f"{LEFT:.1f} {BOTTOM:.1f} L{middle} L{RIGHT:.1f} {TOP:.1f}"
    assert re.findall(rf'x="{LEFT - 10}" .*>(.+)</text>', image) == ["0.1", "1", "10"]
