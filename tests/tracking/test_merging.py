"""Merging slices: what must agree, what is missing, and what stays."""

import copy
from pathlib import Path
from typing import Any

import attrs
import pytest

from chessa_codegen.document import loader
from chessa_codegen.document.canonical import is_same
from chessa_codegen.errors import SpecError
from chessa_tracking.fetch.gather import Gathered, Page, gather
from chessa_tracking.fetch.merge import Decisions, Merged, merge, without_records
from chessa_tracking.fetch.pages import Slice
from chessa_tracking.fetch.source import open_source
from tests.refs import written_out
from tests.tracking import rendering

Document = dict[str, Any]
NO_DECISIONS = Decisions()
METHODS = {*loader.METHODS}
REFUND = ("post", "/v1/orders/refund")


def gathered(document: Document, **rest: Any) -> Gathered:
    """Return the gathered form of a document's pages."""
    slices = tuple(
        Slice(f"{method} {path}", method, path, rendering.slice_of(document, method, path))
        for method, path in rendering.operations(document)
    )
    pages = tuple(
        Page(each.page, f"https://docs.example/{each.page}", "operation") for each in slices
    )
    return Gathered(pages, None, slices, **rest)


def edited(found: Gathered, place: int, **edits: Any) -> Gathered:
    """Return the gathered form, with other values at the top of one slice."""
    slices = list(found.slices)
    slices[place] = attrs.evolve(
        slices[place], document={**copy.deepcopy(dict(slices[place].document)), **edits}
    )
    return attrs.evolve(found, slices=tuple(slices))


def test_what_is_rendered_merges_to_itself(vendored: Document, pages: Path) -> None:
    """The pages of the vendored document, read and merged, are the vendored document again."""
    merged = merge(vendored, gather(open_source(str(pages))), NO_DECISIONS)
    assert merged == Merged(merged.document)
    assert is_same(merged.document, vendored)


def test_the_order_of_pages_means_nothing(vendored: Document) -> None:
    """Pages in another order give the same document."""
    found = gathered(vendored)
    turned = attrs.evolve(found, slices=found.slices[::-1])
    assert is_same(*(merge(vendored, each, NO_DECISIONS).document for each in (found, turned)))


def test_an_operation_that_changed(vendored: Document) -> None:
    """It is taken from its page completely, and says which page that is; the others stay."""
    new = copy.deepcopy(vendored)
    new["paths"]["/v1/orders"]["get"]["summary"] = "Get them"
    document = merge(vendored, gathered(new), NO_DECISIONS).document
    changed = document["paths"]["/v1/orders"]["get"]
    assert changed["summary"] == "Get them"
    assert changed["x-source"] == {
        "page": "https://docs.example/get /v1/orders",
        "completeness": "full",
    }
    document["paths"]["/v1/orders"]["get"] = vendored["paths"]["/v1/orders"]["get"]
    assert is_same(document, vendored)


def test_a_page_cannot_say_where_it_comes_from(vendored: Document) -> None:
    """The record is ours: an `x-source` on a page is dropped."""
    found = gathered(vendored)
    slices = [copy.deepcopy(each) for each in found.slices]
    for each in slices:
        each.document["paths"][each.path][each.method]["x-source"] = {
            "page": "https://evil.example"
        }
    document = merge(vendored, attrs.evolve(found, slices=tuple(slices)), NO_DECISIONS).document
    assert is_same(document, vendored)


@pytest.mark.parametrize("key", ["openapi", "info", "servers", "security", "tags", "x-more"])
@pytest.mark.parametrize("value", [None, "other", True])
def test_headers_that_disagree(vendored: Document, key: str, value: Any) -> None:
    """Another header on one page is a conflict, told once with both pages."""
    found = edited(gathered(vendored), 3, **{key: value})
    (conflict,) = merge(vendored, found, NO_DECISIONS).conflicts
    assert conflict.what == key
    assert conflict.pages == (found.slices[0].page, found.slices[3].page)
    assert all(page in conflict.text for page in conflict.pages)


def test_a_header_that_one_page_lacks(vendored: Document) -> None:
    """An operation that one page leaves out is a conflict, too."""
    found = gathered(vendored)
    lacking = {key: value for key, value in found.slices[1].document.items() if key != "servers"}
    slices = (found.slices[0], attrs.evolve(found.slices[1], document=lacking), *found.slices[2:])
    (conflict,) = merge(vendored, attrs.evolve(found, slices=slices), NO_DECISIONS).conflicts
    assert conflict.what == "servers"


def test_all_pages_that_disagree_are_named(vendored: Document) -> None:
    """Three different headers are one conflict of three pages."""
    found = edited(edited(gathered(vendored), 3, info={}), 5, info={"title": "x"})
    (conflict,) = merge(vendored, found, NO_DECISIONS).conflicts
    assert conflict.pages == tuple(found.slices[place].page for place in (0, 3, 5))


@pytest.fixture
def inline(vendored: Document) -> Document:
    """The vendored document with its schemas in place, and without components."""
    written: Document = written_out(vendored)
    parts = (
        written,
        *(
            each
            for item in written["paths"].values()
            for each in item.values()
            if isinstance(each, dict)
        ),
    )
    for part in parts:
        part.pop("security", None)  # it names components
    written.pop("components", None)
    return written


def test_components_are_united(inline: Document) -> None:
    """Components of different pages stand together; one with two shapes is a conflict."""
    one = {"schemas": {"A": {"type": "string"}, "B": {"type": "number"}}}
    other = {"schemas": {"A": {"type": "string"}, "C": {"type": "boolean"}}, "headers": {"H": {}}}
    found = edited(edited(gathered(inline), 0, components=one), 1, components=other)
    merged = merge(inline, found, NO_DECISIONS)
    assert merged.document["components"] == {
        "schemas": {"A": {"type": "string"}, "B": {"type": "number"}, "C": {"type": "boolean"}},
        "headers": {"H": {}},
    }
    assert not merged.conflicts
    found = edited(found, 2, components={"schemas": {"B": {"type": "integer"}}})
    (conflict,) = merge(inline, found, NO_DECISIONS).conflicts
    assert conflict.what == "the component schemas/B"


def test_an_operation_on_two_pages(vendored: Document) -> None:
    """It is a conflict, be the two the same or not, and whatever its parameters are called."""
    found = gathered(vendored)
    first = found.slices[5]
    renamed = first.path.replace("{orderId}", "{id}")
    document = copy.deepcopy(dict(first.document))
    document["paths"] = {renamed: document["paths"][first.path]}
    again = Slice("again.md", first.method, renamed, document)
    merged = merge(vendored, attrs.evolve(found, slices=(*found.slices, again)), NO_DECISIONS)
    assert [conflict.pages for conflict in merged.conflicts] == [(first.page, "again.md")]


def test_two_names_for_one_path(vendored: Document) -> None:
    """Two pages that name the parameter of one path differently are a conflict."""
    new = copy.deepcopy(vendored)
    new["paths"]["/v1/orders/{id}"] = {"delete": {"responses": {}}}
    (conflict,) = merge(vendored, gathered(new), NO_DECISIONS).conflicts
    assert conflict.what == "the path /v1/orders/{orderId} or /v1/orders/{id}"


def test_what_a_path_shares(vendored: Document) -> None:
    """Parameters of a path must be the same on the pages of all its operations."""
    new = copy.deepcopy(vendored)
    found = gathered(new)
    place = next(i for i, each in enumerate(found.slices) if each.path == "/v1/orders")
    paths = copy.deepcopy(found.slices[place].document["paths"])
    paths["/v1/orders"]["parameters"] = [{"name": "x", "in": "query"}]
    (conflict,) = merge(vendored, edited(found, place, paths=paths), NO_DECISIONS).conflicts
    assert conflict.what == "what all of /v1/orders shares"


# ---- Missing ------------------------------------------------------------------------------------


def without(document: Document, method: str, path: str) -> Document:
    """The document without an operation."""
    new = copy.deepcopy(document)
    del new["paths"][path][method]
    if not new["paths"][path]:
        del new["paths"][path]
    return new


def test_a_page_that_vanished(vendored: Document) -> None:
    """The vendored operation stays as it is, and is told as missing."""
    merged = merge(vendored, gathered(without(vendored, *REFUND)), NO_DECISIONS)
    (missing,) = merged.missing
    assert missing.operation == "POST /v1/orders/refund"
    assert missing.reason == "no page shows it"
    assert is_same(merged.document, vendored)


def test_a_page_that_is_known(vendored: Document) -> None:
    """If the page of an operation is known, that page is named, with what it is."""
    found = gathered(without(vendored, "get", "/v1/orders"))
    url = vendored["paths"]["/v1/orders"]["get"]["x-source"]["page"]
    for page, reason in (
        (None, "is not there any more"),
        (Page("a.md", f"{url}.md", "failed", reason="HTTP 500"), "cannot be read: HTTP 500"),
        (Page("a.md", f"{url}/", "prose"), "does not show it"),
    ):
        pages = (*found.pages, page) if page else found.pages
        (missing,) = merge(vendored, attrs.evolve(found, pages=pages), NO_DECISIONS).missing
        assert reason in missing.reason
        assert missing.page == ("a.md" if page else url)


def test_a_page_that_failed_and_nobody_knows(vendored: Document) -> None:
    """A page that cannot be read is told, though no operation is known to come from it."""
    found = gathered(vendored)
    failed = Page("new.md", None, "failed", reason="HTTP 500")
    found = attrs.evolve(found, pages=(*found.pages, failed))
    (missing,) = merge(vendored, found, NO_DECISIONS).missing
    assert (missing.operation, missing.page) == ("", "new.md")
    decided = merge(vendored, found, Decisions(ignored=frozenset({"new.md"})))
    assert not decided.missing


def test_what_was_decided(inline: Document) -> None:
    """A removal removes the one operation; what is kept stays, and is told as kept."""
    new = without(without(inline, *REFUND), "get", "/v1/orders")
    decisions = Decisions(
        removed=frozenset({"POST /v1/orders/refund"}), kept=frozenset({"GET /v1/orders"})
    )
    merged = merge(inline, gathered(new), decisions)
    assert not merged.missing
    assert [each.operation for each in merged.kept] == ["GET /v1/orders"]
    assert is_same(merged.document, without(inline, *REFUND))


@pytest.mark.parametrize(
    "decisions",
    [
        Decisions(removed=frozenset({"POST /v1/orders/refund"})),
        Decisions(kept=frozenset({"GET /v1/nothing"})),
        Decisions(ignored=frozenset({"welcome.md"})),
    ],
)
def test_a_decision_about_nothing(vendored: Document, decisions: Decisions) -> None:
    """A decision about what is not missing is refused: it may be a slip."""
    with pytest.raises(SpecError, match="is missing"):
        merge(vendored, gathered(vendored), decisions)
    with pytest.raises(SpecError, match="is missing"):
        merge(vendored, Gathered((), vendored), decisions)


def test_one_page_leaves_the_rest_alone(vendored: Document) -> None:
    """A page by itself changes its operation, and says nothing of the others."""
    new = copy.deepcopy(vendored)
    new["paths"]["/v1/orders/refund"]["post"]["summary"] = "Refund"
    found = gathered(new, is_all=False)
    alone = tuple(each for each in found.slices if (each.method, each.path) == REFUND)
    merged = merge(vendored, attrs.evolve(found, slices=alone), NO_DECISIONS)
    assert not merged.missing
    assert merged.document["paths"].keys() == vendored["paths"].keys()
    assert merged.document["paths"]["/v1/orders/refund"]["post"]["summary"] == "Refund"


def test_components_of_what_stays(inline: Document) -> None:
    """A kept operation keeps what it refers to; what only others referred to goes."""
    schemas: Document = {
        "Kept": {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}},
        "Inner": {"type": "object", "properties": {"again": {"$ref": "#/components/schemas/Kept"}}},
        "Gone": {"type": "string"},
    }
    inline["components"] = {"schemas": schemas}
    body = inline["paths"]["/v1/orders/refund"]["post"]["requestBody"]
    body["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Kept"}
    merged = merge(inline, gathered(without(inline, *REFUND)), NO_DECISIONS)
    assert merged.document["components"] == {
        "schemas": {name: schemas[name] for name in ("Kept", "Inner")}
    }


def test_a_renamed_parameter_of_a_path(vendored: Document) -> None:
    """It is the same operation: the old one is replaced, and nothing is missing."""
    new = copy.deepcopy(vendored)
    new["paths"]["/v1/orders/{id}"] = new["paths"].pop("/v1/orders/{orderId}")
    merged = merge(vendored, gathered(new), NO_DECISIONS)
    assert not merged.missing
    assert "/v1/orders/{orderId}" not in merged.document["paths"]


def test_a_whole_document_is_taken_whole(vendored: Document) -> None:
    """An operation that a complete document lacks, the vendor lacks."""
    new = without(vendored, *REFUND)
    merged = merge(vendored, Gathered((), new), NO_DECISIONS)
    assert merged == Merged(merged.document)
    assert is_same(merged.document, new)


def test_a_decision_that_contradicts_itself(vendored: Document) -> None:
    """An operation cannot be removed and kept."""
    both = frozenset({"POST /v1/orders/refund"})
    found = gathered(without(vendored, *REFUND))
    with pytest.raises(SpecError, match="removed and kept"):
        merge(vendored, found, Decisions(removed=both, kept=both))


def test_all_that_a_kept_operation_needs(inline: Document) -> None:
    """Schemes, parts of components and targets of a discriminator stay with it."""
    inline["components"] = {
        "schemas": {
            "A": {"type": "object", "properties": {"x": {"type": "string"}}},
            "B": {"type": "object"},
            "C": {"type": "object"},
            "Unused": {},
        },
        "securitySchemes": {"k": {"type": "http", "scheme": "basic"}},
    }
    post = inline["paths"]["/v1/orders/refund"]["post"]
    post["security"] = [{"k": []}]
    post["requestBody"]["content"]["application/json"]["schema"] = {
        "properties": {"part": {"$ref": "#/components/schemas/A/properties/x"}},
        "discriminator": {
            "propertyName": "part",
            "mapping": {"b": "#/components/schemas/B", "c": "C"},
        },
    }
    slices = tuple(
        attrs.evolve(
            each,
            document={k: v for k, v in each.document.items() if k != "components"},
        )
        for each in gathered(without(inline, *REFUND)).slices
    )
    components = merge(inline, Gathered((), None, slices), NO_DECISIONS).document["components"]
    assert set(components["schemas"]) == {"A", "B", "C"}
    assert set(components["securitySchemes"]) == {"k"}


def test_notes_of_ours_anywhere_are_no_change(vendored: Document) -> None:
    """A page without our notes, at any depth, says what is vendored."""
    bare = without_records(vendored)
    assert "x-source" not in str(bare)
    merged = merge(vendored, gathered(bare), NO_DECISIONS)
    assert is_same(merged.document, vendored)
