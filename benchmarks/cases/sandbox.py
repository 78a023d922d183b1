"""A sandbox with 1,000 orders: its state over HTTP, and its page in a browser."""

import functools
import http.client
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from chessa.testing import Sandbox, sandbox, serve

from ..browser import is_installed, launched
from ..run import Run, Work, convert, interleave

ORDERS: Final = 1_000
_PATIENCE: Final = 60.0
_PAUSE: Final = 500.0
"""Milliseconds in which the browser comes to rest."""
_WATCH: Final = """window.firstRows = new Promise((painted) => {
  new MutationObserver((_, watching) => {
    const row = document.querySelector('.order h3');
    if (!row) return;
    watching.disconnect();
    const inDocument = performance.now();
    row.setAttribute('elementtiming', 'row');
    const times = new PerformanceObserver((seen) => {
      painted([inDocument, seen.getEntries()[0].renderTime]);
    });
    times.observe({ type: 'element', buffered: true });
  }).observe(document, { childList: true, subtree: true });
});"""
"""Lets the browser date the first row from the navigation on: in the document, and painted."""
_NOTHING: Final = "nothing"
_STATE: Final = "state of 1,000 orders"
_PAGE: Final = "page of 1,000 orders, first rows"
_PAINTED: Final = "page of 1,000 orders, first rows painted"


def steering(run: Run) -> None:
    """Measure a reading of the state, and the time until the page has its first rows."""
    with sandbox() as api, serve(api) as url:
        _fill(api)
        place = urlsplit(url).netloc
        work: dict[str, Work] = {_STATE: functools.partial(_read, place)}
        for times, kind in zip(interleave(work, run.of(21, 5)), ("", ", CPU"), strict=True):
            milliseconds = convert(times, lambda seconds: seconds * 1e3)[_STATE]
            _record(run, f"{_STATE}{kind}", milliseconds)
        _measure_page(run, url)


def _record(run: Run, name: str, milliseconds: Sequence[float]) -> None:
    run.compare(name, _NOTHING, "ms", milliseconds, [0.0] * len(milliseconds), kind="difference")
    run.say(name)


def _fill(api: Sandbox) -> None:
    for number in range(ORDERS):
        order = api.add_order().fund()
        if number % 3 == 0:
            api.request_refund(order.fail().id)


def _read(place: str) -> bytes:
    connection = http.client.HTTPConnection(place, timeout=_PATIENCE)
    try:
        connection.request("GET", "/_sandbox/state")
        return connection.getresponse().read()
    finally:
        connection.close()


def _measure_page(run: Run, url: str) -> None:
    """Navigate from a small page to this one, in a tab of a browser that was at both before."""
    if not is_installed():
        run.skip(_PAGE, _NOTHING, "chromium or playwright is not installed")
        return
    with launched() as browser:
        page = browser.new_page()
        page.add_init_script(_WATCH)
        seen: list[tuple[float, float]] = []
        for number in range(run.of(21, 5) + 2):
            page.goto(f"{url}/_sandbox/clock")
            page.wait_for_timeout(_PAUSE)
            page.goto(f"{url}/_sandbox/")
            dates = page.evaluate("firstRows")
            if number > 1:  # the first ones warm the browser up
                seen.append(dates)
    for name, milliseconds in zip((_PAGE, _PAINTED), zip(*seen, strict=True), strict=True):
        _record(run, name, milliseconds)
