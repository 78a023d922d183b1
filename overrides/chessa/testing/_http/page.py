"""The page of the sandbox: one file of HTML and one script, which load nothing from elsewhere.

It is sent as one document that holds the state of its first rows, so that it shows them without
another request.
"""

import base64
import functools
import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Final

from chessa_api.exact_json import dumps

from .._sandbox import Sandbox
from . import views
from .backend import Delivery

PAGE: Final = "/_sandbox/"
EVENTS: Final = "/_sandbox/events"
FIRST_ROWS: Final = 6
"""The newest so many of each list: about as many as a window shows."""
_FOLDER: Final = files("chessa.testing") / "_page"
_SCRIPT: Final = b'<script src="page.js"></script>'
_STATE: Final = b' id="first">'


@functools.cache
def _parts() -> tuple[bytes, bytes, tuple[tuple[str, str], ...]]:
    """Return the page before and after the state, and its headers."""
    html = (_FOLDER / "index.html").read_bytes()
    script = (_FOLDER / "page.js").read_bytes()
    style = html.partition(b"<style>")[2].partition(b"</style>")[0]
    before, mark, after = html.partition(_STATE)
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": (
            f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
            "connect-src 'self'; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    after = after.replace(_SCRIPT, b"<script>%b</script>" % script)
    return before + mark, after, tuple(headers.items())


def _hash(content: bytes) -> str:
    """Return the source expression that allows this script or style, and no other."""
    digest = base64.b64encode(hashlib.sha256(content).digest())
    return f"'sha256-{digest.decode('ascii')}'"


def _page(api: Sandbox) -> Delivery:
    before, after, headers = _parts()
    with api.backend.state.lock:
        api.backend.state.catch_up()
        state = dumps(views.state(api, limit=FIRST_ROWS))
    # Without "<" no text in it can end the element that holds it.
    return Delivery(200, headers, before + state.replace(b"<", rb"\u003c") + after)


def _redirect(_: Sandbox) -> Delivery:
    return Delivery(308, (("location", PAGE),))


PAGES: Final[Mapping[str, Callable[[Sandbox], Delivery]]] = {"/_sandbox": _redirect, PAGE: _page}
