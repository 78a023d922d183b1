"""Plots: SVG that any reader takes, equal bytes for equal figures, names that do not collide."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.plot import Axis, Line, apart, plot, powers, ticks_to
from benchmarks.plots import plots

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
    """Both with all series; without, only what they suffice for."""
    assert set(plots(DOCUMENT)) == {"throughput.svg", "regenerate.svg"}
    assert set(plots({**DOCUMENT, "series": {"regenerate": DOCUMENT["series"]["regenerate"]}})) == {
        "regenerate.svg"
    }
    assert plots({**DOCUMENT, "series": {}}) == {}


@pytest.mark.parametrize("name", ["throughput.svg", "regenerate.svg"])
def test_a_plot_is_well_formed_and_deterministic(name: str) -> None:
    """XML of one SVG element, with a name for every line and for both axes; no digit moves."""
    image = plots(DOCUMENT)[name]
    root = ElementTree.fromstring(image)  # noqa: S314  # made a line above
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    lines = {
        "throughput.svg": {"chessa", "httpx.AsyncClient", "aiohttp, by hand"},
        "regenerate.svg": {"linear growth", "scripts/regenerate.py", "openapi-python-client"},
    }
    assert lines[name] <= words
    assert words & {"reads in flight", "operations in the document"}
    assert image == plots(DOCUMENT)[name]


def test_every_point_lies_within_the_image() -> None:
    """Values at both ends of an axis are drawn at its ends."""
    across, up = Axis("x", (1, 10, 100), is_log=True), Axis("y", (0, 5, 10))
    image = plot("t", "n", across, up, [1, 10, 100], [Line("a", (0, 5, 10), "#000000")])
    points = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', image)
    assert points == [("74.0", "372.0"), ("298.0", "218.0"), ("522.0", "64.0")]


def test_names_are_kept_apart() -> None:
    """Each at least so far from the next, in the order of the lines, none below the floor."""
    assert apart([10, 12, 100], 17, 400) == [10, 27, 100]
    assert apart([398, 390], 17, 400) == [400, 383]
    assert apart([50], 17, 400) == [50]


def test_ticks_are_round() -> None:
    """A handful, which the values lie within."""
    assert ticks_to(6700) == (0, 2000, 4000, 6000, 8000)
    assert ticks_to(1) == pytest.approx((0, 0.2, 0.4, 0.6, 0.8, 1))
    assert powers(0.7, 95) == pytest.approx((0.1, 1, 10, 100))
    assert powers(1, 1) == (1, 10)
