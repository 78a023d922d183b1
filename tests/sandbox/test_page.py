"""The page of the sandbox, in a real browser: Debian's Chromium, driven by Playwright.

A machine without it skips these tests, and no others.
"""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.browser import is_installed, launched
from chessa.models import OrderStatus
from chessa.testing import Sandbox, serve
from tests.marks import CI
from tests.samples import order_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.skipif(
    not is_installed(),
    reason="the page is not tested: needs chromium (apt-get install chromium) and playwright",
)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One browser for all tests of the module."""
    with launched() as started:
        yield started


class Shown:
    """The page of a sandbox; it must not report an error, or load from elsewhere."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(20_000)
        page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda sent: self._check(sent.url, url))
        page.goto(f"{url}/_sandbox/")
        page.locator("#live.on").wait_for()

    def _check(self, sent: str, url: str) -> None:
        if not sent.startswith((url, "data:")):
            self.complaints.append(f"it loads {sent}")

    def button(self, name: str) -> "Locator":
        """Return the button of an accessible name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def sees(self, text: str) -> None:
        """Wait until a text is shown."""
        self.page.get_by_text(text, exact=True).first.wait_for()

    def figure(self, name: str) -> str:
        """Return a figure of the summary."""
        place = self.page.locator("#figures > div", has_text=name).locator("dd")
        return place.inner_text()


@pytest.fixture
def open_page(api: Sandbox, browser: "Browser") -> Iterator[Any]:
    """Open the page of the sandbox, with options of a browser context."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(serve(api))
        opened: list[Shown] = []

        def open_it(**options: Any) -> Shown:
            context = browser.new_context(**options)
            stack.callback(context.close)
            shown = Shown(context.new_page(), url)
            opened.append(shown)
            return shown

        yield open_it
        assert [each.complaints for each in opened] == [[]] * len(opened)


def test_an_order_is_walked_to_its_refund_by_clicking(api: Sandbox, open_page: Any) -> None:
    """Add, fund, pay twice, fail, lose a response, refund: each is shown, and each is counted."""
    shown = open_page()
    shown.button("Add an order").click()
    shown.page.locator(".order").wait_for()
    (order,) = api.orders.values()
    name = f"order {order.short_id}"
    shown.button(f"Fund {name}").click()
    shown.sees("Waiting for confirmations")
    shown.button(f"Pay again {name}").click()
    shown.sees("Paid twice: 20 of 10 USDC")
    assert shown.figure("Paid twice") == "1"
    shown.button(f"Fail {name}").click()
    shown.sees(f"Fail, {name}: {OrderStatus.FAILED.capitalize()}.")
    shown.button("Lose the next response").click()
    shown.sees("Response lost, acts, for any operation")
    shown.button(f"Refund {name}").click()
    shown.sees("response lost, acted")
    shown.sees("Refunded 20 USDC")
    assert shown.figure("Lost") == "1"
    assert [movement.kind for movement in api.movements] == ["deposit", "deposit", "refund"]
    assert shown.page.locator("#movements tr").count() == 3
    assert (len(api.refunds), api.mistakes.paid_twice) == (1, 1)


@CI
def test_the_page_is_live(api: Sandbox, open_page: Any) -> None:
    """The calls of a program are shown without a reload, and the focus stays where it is."""
    shown = open_page()
    shown.sees("No request arrived.")
    order = api.add_order()
    advance = shown.button(f"Advance order {order.short_id}")
    advance.focus()
    with api.client() as client:
        client.orders.retrieve(order.id)
    shown.page.locator(".request", has_text="orders.retrieve").wait_for()
    api.add_order()
    shown.page.locator(".order").nth(1).wait_for()
    assert advance.evaluate("each => each === document.activeElement")
    order.fund()
    api.clock.advance(hours=1)
    shown.sees("Completed")
    # Its button is hidden: the focus is on its order, not lost.
    assert shown.page.evaluate("document.activeElement.textContent") == order.short_id
    api.reset()
    shown.page.locator(".order").first.wait_for(state="detached")
    assert shown.figure("Orders") == "0"


@CI
def test_the_rest_follows_the_first_rows(api: Sandbox, open_page: Any) -> None:
    """All rows come without a click up to 25, and only what is new later is marked as new."""
    for _ in range(30):
        api.add_order()
    page = open_page().page
    page.locator(".order").nth(24).wait_for()
    assert page.locator(".order").count() == 25
    assert page.locator(".fresh").count() == 0
    newest = api.add_order()
    page.locator(".order").first.get_by_text(newest.short_id, exact=True).wait_for()
    assert page.locator(".fresh").count() == 1
    page.get_by_role("button", name="Show more orders").click()
    page.locator(".order").nth(30).wait_for()
    assert page.locator(".fresh").count() == 1


@CI
def test_it_is_used_by_keyboard_alone(api: Sandbox, open_page: Any) -> None:
    """Tab reaches every control in the order of reading, with a visible focus; keys do the rest."""
    api.add_order()
    page = open_page().page
    page.locator(".order").wait_for()
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name, is_visible = page.evaluate(
            """() => { const on = document.activeElement; const style = getComputedStyle(on);
            const label = on.closest('label') ? getComputedStyle(on.closest('label')) : style;
            return [on.getAttribute('aria-label') || on.textContent.trim() || on.id || on.tagName,
              on === document.body || style.outlineStyle !== 'none'
              || label.outlineStyle !== 'none']; }"""
        )
        assert is_visible, name
        reached.append(name)
        if name == "Transcript":
            break
    (order,) = api.orders.values()
    assert reached[0] == "Skip to the orders"
    wanted = ["Add an order", f"Fund order {order.short_id}", "Lose the next response", "Reset"]
    assert [name for name in reached if name in wanted] == wanted
    page.get_by_role("button", name=f"Fund order {order.short_id}").focus()
    page.keyboard.press("Space")
    page.get_by_text("Waiting for confirmations", exact=True).wait_for()
    page.locator("#reset").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "reset"
    assert api.orders


HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@CI
def test_texts_of_others_stay_texts(api: Sandbox, open_page: Any) -> None:
    """Markup in every text that a caller or a test can store is shown as what it is."""
    with api.client(max_retries=0) as client:
        recipient = client.recipients.create(
            account_name=HOSTILE, account_number=HOSTILE, code=HOSTILE,
            country=HOSTILE, currency="NGN", type=HOSTILE,
        )  # fmt: skip
        order = client.orders.create(**order_for(recipient, origin_amount=10, chain=HOSTILE))
        client.orders.prepare_funding(order_id=order.id, chain=HOSTILE, notes=HOSTILE)
        api.orders[order.id].fund().fail()
        client.orders.request_refund(order_id=order.id, address=HOSTILE, tag=HOSTILE)
        client.users.submit_feedback(comment=HOSTILE, type=HOSTILE)
        with contextlib.suppress(Exception):
            client.orders.retrieve(HOSTILE)
    api.orders[order.id].force_status(HOSTILE)
    api.fail_next(503, error=HOSTILE, message=HOSTILE)
    shown = open_page()
    page = shown.page
    page.locator(".order").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.locator("#transcript pre", has_text="seed").wait_for()
    assert HOSTILE in page.locator(".order .facts").inner_text()
    assert page.title() == "Chessa sandbox"
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    seeded = open_page().page
    api.reset(seed=HOSTILE)
    seeded.locator("#seed", has_text=HOSTILE).wait_for()
    assert seeded.title() == "Chessa sandbox"


CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
    if (!own || !node.checkVisibility() || node.closest('noscript')) continue;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) low.push(`${node.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return low;
}"""
TOO_WIDE = """() => [...document.querySelectorAll('table, .life')]
  .filter((each) => each.scrollWidth > each.parentElement.clientWidth + 1)
  .map((each) => each.textContent)"""
TOO_SMALL = """() => [...document.querySelectorAll('button, summary, select')]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 24)
  .map((each) => each.textContent)"""
NAMELESS = """() => [...document.querySelectorAll(
  'button, a, select, input, summary, section, dialog, pre')].filter((each) => {
    const by = each.getAttribute('aria-labelledby');
    const labels = each.labels ? [...each.labels].map((label) => label.textContent).join('') : '';
    const name = each.getAttribute('aria-label') || (by && document.getElementById(by)?.textContent)
      || (/^(BUTTON|A|SUMMARY)$/.test(each.tagName) && each.textContent) || labels;
    return !name || !name.trim();
  }).map((each) => each.outerHTML.slice(0, 80))"""


@CI
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_it_can_be_read(api: Sandbox, open_page: Any, scheme: str, width: int) -> None:
    """Names, heading levels, one id each, contrast of 4.5 and no sideways scrolling."""
    failed = api.add_order(origin_amount=125_000).fund().pay().fail()
    api.lose_next_answer()
    api.request_refund(failed.id)
    api.request_refund(failed.id)
    api.add_order().complete()
    api.add_order().fund(amount=3)
    api.fail_next(503, operation="users.me")
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme).page
    page.locator(".order").nth(2).wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.wait_for_timeout(1_400)  # rows that are new fade in
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_WIDE) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(each => each.tagName)")
    assert levels[:3] == ["H1", "H2", "H3"]
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate(TOO_SMALL) == []


@CI
def test_faults_snapshots_and_reset_from_the_page(
    api: Sandbox, open_page: Any, tmp_path: Any
) -> None:
    """The forms do what they say; a saved snapshot comes back after a reset."""
    shown = open_page()
    page = shown.page
    page.get_by_text("Other faults, and chance").click()
    page.get_by_label("Fault", exact=True).select_option("503, acted")
    page.get_by_label("For", exact=True).select_option("orders.create")
    page.get_by_label("Times").fill("2")
    shown.button("Add the fault").click()
    shown.sees("Status 503, acts, for orders.create, 2 times")
    shown.button("Let chance decide").click()
    shown.sees("By chance: 5% of all requests, seed 7")
    assert [each.acts for each in api.waiting_faults] == [True, True]
    shown.button("Clear all faults").click()
    shown.sees("No fault waits: requests go well.")
    before = api.clock.now
    shown.button("Advance the clock by 1 hour").click()
    shown.sees("The clock is advanced: +1 h.")
    assert (api.clock.now - before).total_seconds() == 3600

    api.drift("orders.retrieve", drop=["/order/feeUsd"])
    shown.sees("Responses drift from the spec, for orders.retrieve, until Reset")
    order = api.add_order()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save a snapshot").click()
    saved.value.save_as(tmp_path / "kept.json")
    shown.button("Reset").click()
    page.locator("#sure-yes").click()
    shown.sees("The sandbox is reset.")
    assert not api.orders
    shown.sees("No fault waits: requests go well.")
    page.get_by_label("Restore a snapshot").set_input_files(tmp_path / "kept.json")
    shown.sees("The snapshot is restored.")
    shown.sees("Responses drift from the spec, for orders.retrieve, until Reset")
    assert list(api.orders) == [order.id]


@CI
def test_a_page_of_another_origin_changes_nothing(api: Sandbox, browser: "Browser") -> None:
    """Its form and its script can send a command in a real browser; both are refused."""
    api.add_order()
    page_of_another = """<form method=post action="{url}/_sandbox/reset"></form><script>
    fetch("{url}/_sandbox/reset", {{method: "POST", mode: "no-cors"}})
      .finally(() => fetch("{url}/_sandbox/reset", {{method: "POST", headers: {{"x-a": "b"}}}}))
      .catch(() => 0).finally(() => document.forms[0].submit());</script>"""
    with serve(api) as url:

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(page_of_another.format(url=url).encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.wait_for_url(f"{url}/_sandbox/reset")
            assert "another origin" in page.content()
            context.close()
            server.shutdown()
    assert len(api.orders) == 1
