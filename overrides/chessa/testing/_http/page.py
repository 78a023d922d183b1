"""The page of the sandbox: one file of HTML and one script, which load nothing from elsewhere."""

import base64
import functools
import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Final

from .backend import Delivery

PAGE: Final = "/_sandbox/"
EVENTS: Final = "/_sandbox/events"
_FOLDER: Final = files("chessa.testing") / "_page"


def _headers(media_type: str, policy: str) -> tuple[tuple[str, str], ...]:
    return (
        ("content-type", f"{media_type}; charset=utf-8"),
        ("content-security-policy", policy),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    )


@functools.cache
def _page() -> Delivery:
    html = (_FOLDER / "index.html").read_bytes()
    style = html.partition(b"<style>")[2].partition(b"</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode("ascii")
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; "
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Delivery(200, _headers("text/html", policy), html)


@functools.cache
def _script() -> Delivery:
    script = (_FOLDER / "page.js").read_bytes()
    return Delivery(200, _headers("text/javascript", "default-src 'none'"), script)


def _redirect() -> Delivery:
    return Delivery(308, (("location", PAGE),))


PAGES: Final[Mapping[str, Callable[[], Delivery]]] = {
    "/_sandbox": _redirect,
    PAGE: _page,
    f"{PAGE}page.js": _script,
}
