"""Reading the vendor's documentation: what is found where, and what bounds it."""

import json
from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.errors import SpecError
from chessa_tracking.fetch import gather as gathering
from chessa_tracking.fetch import source
from chessa_tracking.fetch.gather import Gathered, gather
from chessa_tracking.fetch.source import Budget, open_source
from tests.marks import table
from tests.tracking import rendering
from tests.tracking.base import BASE
from tests.tracking.conftest import OPERATIONS, Site

Document = dict[str, Any]
REFUND = ("post", "/v1/orders/refund")


def states(gathered: Gathered) -> dict[str, str]:
    """Return the state of each page, by the last part of its address."""
    return {page.address.rpartition("/")[2]: page.state for page in gathered.pages}


def test_a_folder_with_an_index(pages: Path) -> None:
    """Every operation is found, with the public address of its page; prose is told from them."""
    gathered = gather(open_source(str(pages)))
    assert len(gathered.slices) == OPERATIONS >= 16
    assert states(gathered)["welcome.md"] == "prose"
    assert {page.url for page in gathered.pages} == {
        f"{rendering.SITE}/{page.address}" for page in gathered.pages
    }
    assert gathered.is_all


def test_a_folder_of_pages_alone(pages: Path) -> None:
    """Without an index every page in the folder is read."""
    (pages / "llms.txt").unlink()
    assert len(gather(open_source(str(pages))).slices) == OPERATIONS


def test_pages_saved_flat(pages: Path) -> None:
    """Pages that were saved by their names alone are found by the links of the index."""
    for page in (pages / "api-reference").iterdir():
        page.rename(pages / page.name)
    assert len(gather(open_source(str(pages))).slices) == OPERATIONS


def test_one_page(pages: Path) -> None:
    """A page is read for itself, and says nothing of what it does not show."""
    gathered = gather(open_source(str(pages / rendering.page_name(*REFUND))))
    (found,) = gathered.slices
    assert (found.method, found.path) == REFUND
    assert not gathered.is_all


@table("name", ["openapi.yaml", "openapi.json", "api.yml"])
def test_a_whole_document(tmp_path: Path, name: str) -> None:
    """A document is known by what it holds, be it given or in a folder."""
    text = json.dumps(BASE) if name.endswith("json") else rendering.yaml(BASE)
    rendering.write(tmp_path / name, text)
    assert gather(open_source(str(tmp_path / name))).document == BASE
    if name.startswith("openapi"):
        assert gather(open_source(str(tmp_path))).document == BASE


def test_a_document_that_the_index_links(pages: Path, vendored: Document) -> None:
    """A complete document is preferred to the pages, and no page is read then."""
    index = (pages / "llms.txt").read_text()
    link = f"\n## OpenAPI Specs\n\n- [openapi]({rendering.SITE}/openapi.json)\n"
    rendering.write(pages / "llms.txt", index + link)
    assert gather(open_source(str(pages))).document is None, "it is linked, and is not there"
    rendering.write(pages / "openapi.json", json.dumps(vendored))
    (pages / "llms.txt").rename(pages / "index.md")  # no folder rule applies
    assert gather(open_source(str(pages / "index.md"))).document == vendored


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("````yaml POST /v1/orders/refund\nopenapi: 3.0.3\n", "cut off"),
        ("````yaml POST /v1/orders/refund\nopenapi: 3.0.3\n````\n", "does not hold it"),
        ("````yaml POST /x\npaths:\n  /y: {post: {}}\n````\n", "does not hold it"),
        ("````yaml POST /x\npaths:\n  /x: {post: {}, get: {}}\n````\n", "other operations"),
        ("````yaml POST /x\npaths:\n  /x: {post: {}}\n  /y: {}\n````\n", "other operations"),
        ("````yaml POST /x\npaths:\n  /x: {post: {}}\ncomponents: []\n````\n", "not mappings"),
        ("````yaml POST /x\n- a\n````\n", "does not hold it"),
        ("````yaml POST /x\na: {\n````\n", "no YAML"),
    ],
)
def test_a_page_that_cannot_be_used(pages: Path, text: str, reason: str) -> None:
    """A block that is cut off, or is not what its heading says, is a page that failed."""
    name = rendering.page_name(*REFUND)
    rendering.write(pages / name, text)
    gathered = gather(open_source(str(pages)))
    (failed,) = (page for page in gathered.pages if page.state == "failed")
    assert failed.address == name
    assert reason in failed.reason
    assert len(gathered.slices) == OPERATIONS - 1


@table("heading", ["yaml post /x", "yml POST /x", "yaml openapi.json POST /x", "yaml  POST   /x "])
def test_the_heading_of_a_block(tmp_path: Path, heading: str) -> None:
    """The method may be in small letters, and the document's name before it."""
    text = f"# X\r\n\r\n`````{heading}\r\npaths:\r\n  /x: {{post: {{}}}}\r\n`````\r\n"
    rendering.write(tmp_path / "x.md", text)
    (found,) = gather(open_source(str(tmp_path / "x.md"))).slices
    assert found.label == "POST /x"


def test_three_backticks_are_an_example(tmp_path: Path) -> None:
    """A fence of three is prose, whatever it says."""
    rendering.write(tmp_path / "x.md", "```yaml POST /x\npaths:\n  /x: {post: {}}\n```\n")
    with pytest.raises(SpecError, match="Nothing could be read"):
        gather(open_source(str(tmp_path / "x.md")))


@pytest.mark.parametrize(
    "text", ["a: !!python/object:os.system x", "a: &b [*b]", "a: 1\na: 2", "a: \x00"]
)
def test_unsafe_yaml_is_refused(pages: Path, text: str) -> None:
    """Unsafe YAML stops the complete update: it is not a page that merely failed."""
    name = rendering.page_name(*REFUND)
    rendering.write(pages / name, f"````yaml POST /v1/orders/refund\n{text}\n````\n")
    with pytest.raises(SpecError) as caught:
        gather(open_source(str(pages)))
    assert name in caught.value.where


@table(
    "named",
    [
        "http://docs.chessa.ai",
        "ftp://docs.chessa.ai/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@docs.chessa.ai/",
        "no/such/folder",
        "nul\0",
    ],
)
def test_what_is_no_source(named: str) -> None:
    """Only https and existing files are read; messages leave out the credentials of a URL."""
    with pytest.raises(SpecError) as caught:
        open_source(named)
    assert "secret" not in str(caught.value)


def test_a_folder_without_pages(tmp_path: Path) -> None:
    """An empty folder is refused, and so is an index that leads nowhere."""
    with pytest.raises(SpecError, match="no page"):
        gather(open_source(str(tmp_path)))
    rendering.write(tmp_path / "llms.txt", "# Nothing\n\n[x](https://elsewhere.example/)\n")
    with pytest.raises(SpecError, match="links to no page"):
        gather(open_source(str(tmp_path)))


def test_links_out_of_the_folder(pages: Path, tmp_path: Path) -> None:
    """A link out of the folder is not followed, be it by dots or by a symbolic link."""
    rendering.write(tmp_path / "outside.md", "secret")
    (pages / "linked.md").symlink_to(tmp_path / "outside.md")
    index = (pages / "llms.txt").read_text()
    rendering.write(pages / "llms.txt", f"{index}[a](../outside.md) [b](linked.md)\n")
    gathered = gather(open_source(str(pages)))
    assert "outside.md" not in states(gathered)
    assert states(gathered)["linked.md"] == "failed"


# ---- Over https ---------------------------------------------------------------------------------


def test_a_site(site: Site, pages: Path) -> None:
    """The index and its pages are read once each, in order, and told while they are."""
    site.put_folder(pages)
    shown: list[tuple[int, int]] = []
    gathered = gather(
        site.source("/llms.txt"), lambda number, total, _: shown.append((number, total))
    )
    assert len(gathered.slices) == OPERATIONS
    pages_and_welcome = OPERATIONS + 1
    assert shown == [(n + 1, pages_and_welcome) for n in range(pages_and_welcome)]
    assert len(site.asked) == len(set(site.asked)) == pages_and_welcome + 1


def test_a_site_by_its_front_page(site: Site, pages: Path) -> None:
    """A page for people leads to the index next to it."""
    site.put_folder(pages)
    site.put("/", "<!doctype html><p>Docs</p>")
    assert len(gather(site.source("/")).slices) == OPERATIONS


def test_a_site_with_a_document(site: Site, vendored: Document) -> None:
    """A linked document is read instead of the pages."""
    site.put("/llms.txt", "[page](/a.md) [document](/openapi.json)")
    site.put("/openapi.json", json.dumps(vendored))
    assert gather(site.source("/llms.txt")).document == vendored
    assert site.asked == ["/llms.txt", "/openapi.json"]


def test_redirects_within_the_origin(site: Site, pages: Path) -> None:
    """A redirect within the site is followed; out of it, or in circles, the page failed."""
    site.put_folder(pages)
    name = rendering.page_name(*REFUND)
    site.answers["/moved.md"] = site.answers[f"/{name}"]
    site.put(f"/{name}", status=308, location="/moved.md")
    site.put("/" + rendering.page_name("get", "/v1/orders"), status=302, location="https://a.test/")
    site.put("/welcome.md", status=302, location="/welcome.md")
    gathered = gather(site.source("/llms.txt"))
    failed = {page.address: page.reason for page in gathered.pages if page.state == "failed"}
    assert len(gathered.slices) == OPERATIONS - 1
    assert [reason.partition(",")[0] for reason in failed.values()] == [
        "it redirects elsewhere",
        f"it redirects more than {source.MAX_REDIRECTS} times",
    ]


def test_pages_that_fail(site: Site, pages: Path) -> None:
    """Errors, lost connections, other encodings and compression are failures of their pages."""
    site.put_folder(pages)
    names = [f"/{rendering.page_name(*each)}" for each in list(rendering.operations_of(pages))[:5]]
    site.put(names[0], status=500)
    site.put(names[1], "short", content_length="100", connection="close")
    site.answers[names[2]] = (200, {}, b"\xff")
    site.put(names[3], "x", content_encoding="gzip")
    del site.answers[names[4]]
    gathered = gather(site.source("/llms.txt"))
    reasons = [page.reason for page in gathered.pages if page.state == "failed"]
    assert len(gathered.slices) == OPERATIONS - 5
    assert [reason.partition(":")[0] for reason in reasons] == [
        "HTTP 500",
        "RemoteProtocolError",
        "it is not UTF-8",
        "it is compressed, though it was asked for as it is",
        "HTTP 404",
    ]


def test_a_site_that_cannot_be_read(site: Site) -> None:
    """If the start itself fails, the update is refused with the reason."""
    with pytest.raises(SpecError, match="HTTP 404"):
        gather(site.source("/llms.txt"))
    site.put("/llms.txt", "[a](/a.md)")
    with pytest.raises(SpecError, match=r"of https://127\.0\.0\.1.*HTTP 404"):
        gather(site.source("/llms.txt"))


def test_other_origins_are_not_asked(site: Site, pages: Path) -> None:
    """A link to another site, another port or with credentials is not followed."""
    site.put_folder(pages)
    site.put(
        "/llms.txt",
        f"[a](https://a.test/x.md) [b](https://127.0.0.1:1/x.md) [c](http://127.0.0.1/x.md) "
        f"[d](https://u:p@127.0.0.1/x.md) [e](javascript:x) [f]({site.url}/welcome.md)"
        f"[g](/{rendering.page_name(*REFUND)}) [h](/logo.png)",
    )
    gathered = gather(site.source("/llms.txt"))
    assert [page.state for page in gathered.pages] == ["prose", "operation"]


def test_the_bounds(
    site: Site, pages: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Pages, their sizes, all bytes and the time are bounded, each with a reason."""
    site.put_folder(pages)
    monkeypatch.setattr(source, "MAX_PAGE", 4000)
    gathered = gather(site.source("/llms.txt"))
    assert any("larger than" in page.reason for page in gathered.pages)
    gathered = gather(open_source(str(pages)))
    assert any("larger than" in page.reason for page in gathered.pages)
    few = site.source("/llms.txt")
    few.budget.bytes = 5000
    with pytest.raises(SpecError, match="more than 64 MiB"):
        gather(few)
    late = site.source("/llms.txt")
    late.budget = Budget(ends=3.0, clock=iter(range(100)).__next__)
    with pytest.raises(SpecError, match="too long"):
        gather(late)
    monkeypatch.setattr(gathering, "MAX_PAGES", 3)
    with pytest.raises(SpecError, match=f"are {OPERATIONS + 1} pages, and 3"):
        gather(open_source(str(pages)))


def test_a_document_by_whatever_key_comes_first(tmp_path: Path) -> None:
    """The order of its keys does not make it less of a document, nor does a directive."""
    for text in (
        json.dumps(BASE, sort_keys=True),
        "%YAML 1.2\n---\n" + rendering.yaml(BASE),
        rendering.yaml({key: BASE[key] for key in reversed(BASE)}),
    ):
        rendering.write(tmp_path / "spec.txt", text)
        assert gather(open_source(str(tmp_path / "spec.txt"))).document == BASE


def test_documents_of_an_index(site: Site, vendored: Document) -> None:
    """One that fails is told, whatever is read in its place; of two, one must be chosen."""
    site.put("/llms.txt", "[a](/openapi.json) [b](/other.json)")
    site.put("/other.json", json.dumps(vendored))
    gathered = gather(site.source("/llms.txt"))
    assert [page.state for page in gathered.pages] == ["document", "failed"]
    site.put("/openapi.json", json.dumps(vendored))
    with pytest.raises(SpecError, match="links to 2 OpenAPI documents"):
        gather(site.source("/llms.txt"))


def test_links_to_documents_are_counted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of pages bounds what is asked for, documents included."""
    monkeypatch.setattr(gathering, "MAX_PAGES", 3)
    site.put("/llms.txt", " ".join(f"[{place}](/{place}.json)" for place in range(5)))
    with pytest.raises(SpecError, match="are 5 pages, and 3"):
        gather(site.source("/llms.txt"))
    assert site.asked == ["/llms.txt"]


def test_a_page_without_an_end(site: Site, pages: Path) -> None:
    """A response without a length may be cut: it is a page that failed."""
    site.put_folder(pages)
    name = f"/{rendering.page_name(*REFUND)}"
    site.put(name, "x", connection="close")
    site.endless.add(name)
    gathered = gather(site.source("/llms.txt"))
    (failed,) = (page for page in gathered.pages if page.state == "failed")
    assert "where it ends" in failed.reason


def test_a_server_that_drips(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers that come a byte at a time do not keep the command waiting."""
    site.dripping.add("/llms.txt")
    monkeypatch.setattr(source, "MAX_SECONDS_OF_PAGE", 0.5)
    with pytest.raises(SpecError, match=r"longer than 0 s|takes too long"):
        gather(site.source("/llms.txt"))
