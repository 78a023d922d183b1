"""The page of the sandbox as it is sent: its policy, and the state that it holds."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

from chessa.testing import Sandbox
from chessa.testing._http.control import control
from chessa.testing._http.page import FIRST_ROWS
from chessa.testing._http.views import state as state_of
from chessa_api.exact_json import dumps, loads

HOSTILE = "</script><script>alert(1)</script><!--<script>\u2028]]>&lt;'\""


class Document(HTMLParser):
    """The scripts and styles that a browser finds, with their text, and what is loaded."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.loaded: list[str] = []
        self._open: tuple[str, dict[str, str | None]] = ("", {})
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what could be run or loaded."""
        given = dict(attrs)
        self._open = (tag, given)
        self.loaded += [value for name in ("src", "srcset", "action") if (value := given.get(name))]
        assert not [name for name in given if name.startswith("on") or name == "style"]

    def handle_data(self, data: str) -> None:
        """Keep the text of scripts and styles."""
        tag, given = self._open
        if tag == "script":
            self.scripts.append((given, data))
        elif tag == "style":
            self.styles.append(data)
        self._open = ("", {})


def page_of(api: Sandbox) -> tuple[Document, dict[str, str]]:
    """Return the page and its headers."""
    sent = control(api, "GET", "/_sandbox/", {}, b"")
    assert sent.status == 200
    return Document(sent.body.decode("utf-8")), dict(sent.headers)


def hash_of(text: str) -> str:
    """Return the source of a policy that allows this text."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def test_a_browser_may_run_its_own_script_and_nothing_else(api: Sandbox) -> None:
    """The policy names one script and one style by their hash, the page itself to connect to."""
    document, headers = page_of(api)
    (data, _), (attributes, script) = document.scripts
    assert data == {"type": "application/json", "id": "first"}
    assert attributes == {}
    (style,) = document.styles
    parts = [part.split() for part in headers["content-security-policy"].split(";")]
    policy = {name: sources for name, *sources in parts}
    assert policy == {
        "default-src": ["'none'"],
        "script-src": [hash_of(script)],
        "style-src": [hash_of(style)],
        "connect-src": ["'self'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    assert document.loaded == []
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_the_page_holds_the_state_of_its_first_rows(api: Sandbox) -> None:
    """It is the state that the command returns, as of now, with as many rows as a window shows."""
    for _ in range(FIRST_ROWS + 2):
        api.add_order().fund()
    api.clock.advance(hours=1)
    ((_, text), _) = page_of(api)[0].scripts
    held: Any = loads(text.encode("utf-8"))
    assert held == loads(dumps(state_of(api, limit=FIRST_ROWS)))
    assert [order["status"] for order in held["orders"]] == ["completed"] * FIRST_ROWS
    assert held["totals"]["orders"] == FIRST_ROWS + 2


def test_no_text_ends_the_element_that_holds_the_state(api: Sandbox) -> None:
    """Markup of strangers is text of the state, and nothing of it is markup of the page."""
    api.reset(seed=HOSTILE)
    order = api.add_order()
    order.notes = order.recipient.account_name = HOSTILE
    order.force_status(HOSTILE)
    api.backend.answer("POST", f"/v1/{HOSTILE}", [("content-type", HOSTILE)], b"{}")
    api.fail_next(503, error=HOSTILE, message=HOSTILE)
    document, _ = page_of(api)
    assert len(document.scripts) == 2
    held: Any = loads(document.scripts[0][1].encode("utf-8"))
    assert held == loads(dumps(state_of(api, limit=FIRST_ROWS)))
    assert held["seed"] == held["orders"][0]["notes"] == held["orders"][0]["status"] == HOSTILE
