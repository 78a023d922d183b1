"""The site: built without a warning, complete, and readable in both themes and on a phone."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

import pytest

import build_site
import chessa
import draw_pictures
from benchmarks.browser import is_installed, launched
from chessa import flows, journal, telemetry, testing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.mark.parametrize(
    "source", sorted(draw_pictures.PICTURES.glob("*.dot")), ids=lambda p: p.stem
)
def test_pictures_are_those_of_their_sources(source: Path) -> None:
    """Each picture was drawn from its source as it is now (./scripts/docs --pictures)."""
    drawn = source.with_suffix(".svg").read_text(encoding="utf-8")
    assert drawn.startswith(f"<!-- {source.name} sha256 {draw_pictures.hash_of(source)} -->")
    assert "script" not in drawn
    assert "http" not in drawn.replace("http://www.w3.org/", "")


def test_links_lead_to_pages_of_the_site_or_to_the_source() -> None:
    """A link stays within the site or leads to the source; code is left alone."""
    code = "```\n[d](docs/errors.md)\n```\n"
    text = f"[a](docs/errors.md#x) [b](pyproject.toml) [c](https://x.example)\n{code}"
    known = build_site.pages()
    moved = build_site.moved("README.md", text, known)
    source = build_site.URLS["Source"]
    assert moved == (
        f"[a](errors.md#x) [b]({source}/pyproject.toml) [c](https://x.example)\n{code}"
    )
    assert (
        build_site.moved("docs/dev/tests.md", "[a](../../README.md)", known) == "[a](../index.md)"
    )


@pytest.fixture(scope="module")
def site() -> Path:
    """Return the folder of the site, built here: a warning fails the build."""
    build_site.main()
    return build_site.SITE


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve the site on loopback."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Files, without a log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing."""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Start Debian's Chromium, where it is installed."""
    if not is_installed():
        pytest.skip("Chromium is not installed (Debian's package chromium)")
    with launched() as started:
        yield started


@pytest.mark.ci
def test_every_public_name_is_in_the_api_reference(site: Path) -> None:
    """The inventory of the site lists each public name of each public module."""
    from sphinx.util.inventory import InventoryFile  # for this test only

    packed = (site / "objects.inv").read_bytes()
    inventory = InventoryFile.loads(packed, uri="").data
    listed = {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}
    modules = {
        "chessa": chessa,
        "chessa.flows": flows,
        "chessa.journal": journal,
        "chessa.telemetry": telemetry,
        "chessa.testing": testing,
    }
    missing = {
        f"{path}.{name}"
        for path, module in modules.items()
        for name in module.__all__
        if f"{path}.{name}" not in listed and f"chessa.{name}" not in listed
    }
    assert missing == {"chessa.__version__", "chessa.models", "chessa.webhooks"}


@pytest.mark.ci
def test_agents_get_every_page(site: Path) -> None:
    """`llms.txt` lists each page with a sentence; the full form, and a file, have its text."""
    index = (site / "llms.txt").read_text(encoding="utf-8")
    full = (site / "llms-full.txt").read_text(encoding="utf-8")
    pages = set(build_site.pages().values())
    assert len(pages) > 25
    for page in pages:
        assert f"/{page}): " in index, page
        assert (site / page).read_text(encoding="utf-8").strip() in full
    assert len(index) < 8_000


@pytest.mark.ci
def test_no_page_of_the_site_has_a_broken_link(
    site: Path, address: str, browser: "Browser"
) -> None:
    """Each link within the site leads to a page and a heading; nothing is loaded from outside."""
    page = browser.new_page()
    foreign: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: foreign.append(request.url))
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    ids: dict[str, set[str]] = {}
    links: set[tuple[str, str]] = set()
    for path in sorted(site.rglob("*.html")):
        url = address + path.relative_to(site).as_posix()
        page.goto(url)
        ids[url] = set(page.eval_on_selector_all("[id]", "all => all.map(e => e.id)"))
        found = page.eval_on_selector_all("a[href]", "all => all.map(e => e.getAttribute('href'))")
        links |= {(url, urljoin(url, link)) for link in found}
    broken = [
        (url, link)
        for url, link in links
        for target, _, anchor in [link.partition("#")]
        if link.startswith(address) and target.endswith(".html")
        and (target not in ids or (anchor and anchor not in ids[target]))
    ]  # fmt: skip
    assert (broken, errors) == ([], [])
    assert {urlsplit(url).netloc for url in foreign} == {urlsplit(address).netloc}


@pytest.mark.nightly
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_pages_are_readable(address: str, browser: "Browser", scheme: str, width: int) -> None:
    """No page is wider than the screen, images have a text, and text stands out (WCAG 1.4.3)."""
    view = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=_scheme(scheme)
    )
    page = view.new_page()
    for name in (
        "index",
        "quickstart",
        "did-it-happen",
        "api/chessa",
        "reference/orders",
        "workers",
    ):
        page.goto(f"{address}{name}.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert (
            page.eval_on_selector_all(
                "img:not([alt]), svg[role=img]:not([aria-label])", "a => a.length"
            )
            == 0
        )
        assert page.evaluate("document.documentElement.lang") == "en"
        assert contrast(page, "article p") >= 7, name
        assert contrast(page, "article a") >= 4.5, name
    page.goto(f"{address}quickstart.html")
    assert contrast(page, "svg.picture text", "fill") >= 7
    view.close()


@pytest.mark.nightly
def test_the_search_finds(address: str, browser: "Browser") -> None:
    """A reader who searches for a term gets the page on it."""
    page = browser.new_page()
    page.goto(f"{address}search.html?q=reconcile")
    page.wait_for_selector("ul.search a")
    hits = page.eval_on_selector_all("ul.search a", "all => all.map(e => e.textContent)")
    assert any("Did it happen" in hit for hit in hits)


def _scheme(name: str) -> Literal["light", "dark"]:
    return "dark" if name == "dark" else "light"


def contrast(page: "Page", selector: str, colour: str = "color") -> float:
    """Return the contrast of the first match with the page behind it (WCAG 2.2, 1.4.3)."""
    fore, back = page.eval_on_selector(
        selector,
        """(element, colour) => {
            const solid = value => !/, 0\\)$|transparent/.test(value);
            let behind = element;
            const back = of => getComputedStyle(of || document.body).backgroundColor;
            while (behind && !solid(back(behind))) behind = behind.parentElement;
            return [getComputedStyle(element)[colour], back(behind)];
        }""",
        colour,
    )
    light, dark = sorted((_luminance(fore), _luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
