"""Links of a document: where to check whether a write was carried out."""

from pathlib import Path
from typing import Any

import pytest

from chessa_api.arguments import BoundArguments
from chessa_api.links import Link
from chessa_api.types import UNSET
from chessa_codegen.errors import SpecError
from chessa_codegen.regeneration import Settled, effective_document, settled
from tests.marks import table
from tests.pipeline.made import Document, answers, content, document, make, operation
from tests.pipeline.test_operations import parameter

TEXT: Document = {"type": "string"}
PAY: Document = {"type": "object", "required": ["ref"], "properties": {"ref": TEXT, "n": TEXT}}
PAID: Document = {"type": "object", "properties": {"id": TEXT, "n": {"type": "integer"}}}
STATE: Document = {
    "type": "object",
    "properties": {"pay/out": {"type": "object", "properties": {"done": TEXT}}},
}
LINK: Document = {
    "operationId": "retrieve",
    "parameters": {"ref": "$request.body#/ref"},
    "x-evidence": "$response.body#/pay~1out/done",
}


def vendor(links: Any = None, components: Any = None, **post: Any) -> Document:
    """Return a document with a write, its Links, and the reads that they may lead to."""
    success = {"description": "OK", **content(PAID)}
    responses = {"200": success if links is None else {**success, "links": links}}
    taken = {"requestBody": {"required": True, **content(PAY)}, "responses": responses, **post}
    paths = {
        "/pay": {"post": operation("pay", **taken)},
        "/pay/{ref}": {
            "get": operation(
                "retrieve",
                parameters=[parameter("ref", "path"), parameter("ref", "query")],
                responses=answers(STATE),
            )
        },
        "/count/{n}": {
            "get": operation("count", parameters=[parameter("n", "path", {"type": "integer"})])
        },
    }
    return document(paths, **({} if components is None else {"components": components}))


def overlay(*updates: Any, target: str = "$.paths['/pay'].post.responses['200']") -> Document:
    """Return an overlay that makes these updates."""
    actions = [{"target": target, "update": update, "description": "…"} for update in updates]
    return {"overlay": "1.0.0", "info": {"title": "Ours", "version": "1"}, "actions": actions}


def read(found: Settled, name: str = "things.pay") -> Any:
    """Return the plan of an operation."""
    return next(o for r in found.plan.resources for o in r.operations if o.name == name)


QUALIFIED = {"path.ref": "$request.body#/ref"}


def test_a_link_of_the_document_is_in_the_package(tmp_path: Path) -> None:
    """A new operation with a Link needs no line by hand, in code, docstring or index."""
    links = {"shown": {**LINK, "parameters": {**QUALIFIED, "query.ref": "all"}}}
    package = make(tmp_path, vendor(links))
    index = package.module("index").OPERATIONS
    assert set(index) == {"things.pay", "things.retrieve", "things.count"}
    pay = index["things.pay"]
    (link,) = pay.links
    assert link.operation == "things.retrieve"
    assert link.evidence == "/pay~1out/done"
    bound = pay.bind({"ref": "a/b"})
    arguments = link.resolve(bound)
    sent = index[link.operation].bind(arguments)
    assert (sent.path, sent.query) == ({"ref": "a/b"}, (("ref", "all"),))
    text = package.module("api.things").Things.pay.__doc__
    assert "check `things.retrieve(…).pay_out.done`" in text
    assert "After an unknown" not in package.module("api.things").Things.retrieve.__doc__


def test_what_the_overlay_says_of_duplicates(tmp_path: Path) -> None:
    """The subject, a harmless duplicate and personal data are attributes of the operation."""
    said = {"x-once-per": "ref", "x-duplicate": "harmless", "x-personal": True}
    package = make(tmp_path, vendor(), overlay(said, target="$.paths['/pay'].post"))
    pay = package.module("index").OPERATIONS["things.pay"]
    assert (pay.links, pay.once_per) == ((), "ref")
    assert pay.duplicate_is_harmless
    assert pay.is_personal
    assert "a duplicate is harmless" in package.module("api.things").Things.pay.__doc__


def test_a_write_that_nothing_shows_says_so(tmp_path: Path) -> None:
    """Without a rule the docstring says that there is no way to check."""
    package = make(tmp_path, vendor())
    assert "there is no way to check" in package.module("api.things").Things.pay.__doc__
    pay = package.module("index").OPERATIONS["things.pay"]
    assert (pay.links, pay.once_per) == ((), None)
    assert (pay.duplicate_is_harmless, pay.is_personal) == (False, False)


GOOD: list[Document] = [
    {**LINK, "parameters": QUALIFIED},
    {
        "operationRef": "#/paths/~1pay~1{ref}/get",
        "parameters": {"path.ref": "$response.body#/id"},
    },
    {"operationId": "count", "parameters": {"n": "$response.body#/n"}},
]


@table("link", GOOD)
@table("is_ours", [False, True])
def test_links_are_followed_whoever_says_them(link: Document, is_ours: bool) -> None:
    """A Link names an operation by its id or place, and a parameter with or without its place."""
    corrections = overlay({"links": {"shown": link}}) if is_ours else overlay({"x-a": 1})
    spec = vendor(None if is_ours else {"shown": link})
    found = settled(effective_document(spec, corrections))
    assert len(read(found).links) == 1
    assert not found.findings
    shown = found.document["paths"]["/pay"]["post"]["responses"]["200"]["links"]["shown"]
    assert shown.get("operationId", "things.").startswith("things.")


def test_the_links_of_two_successes_are_one() -> None:
    """Two equal statuses have one Link; a shared Link is found through its reference."""
    components = {"links": {"Shown": {**LINK, "parameters": QUALIFIED}}}
    spec = vendor({"shown": {"$ref": "#/components/links/Shown"}}, components)
    responses = spec["paths"]["/pay"]["post"]["responses"]
    responses["201"] = responses["200"]
    assert len(read(settled(effective_document(spec, None))).links) == 1


def test_a_link_to_a_write_is_not_followed() -> None:
    """The client sends no write to find out about another: such a Link of the vendor's is left."""
    link = {"operationId": "pay", "parameters": {}}
    found = settled(effective_document(vendor({"next": link}), None))
    assert read(found).links == ()
    assert not found.findings
    spec = effective_document(vendor(), overlay({"links": {"next": link}}))
    with pytest.raises(SpecError, match="which is a write"):
        settled(spec)


SLIPS: dict[str, Document] = {
    "unknown operation": {**LINK, "operationId": "vanished"},
    "unknown place": {"operationRef": "#/paths/~1pay~1{ref}/put"},
    "unknown parameter": {**LINK, "parameters": {"other": "$request.body#/ref"}},
    "ambiguous parameter": {**LINK, "parameters": {"ref": "$request.body#/ref"}},
    "missing parameter": {**LINK, "parameters": {"query.ref": "$request.body#/ref"}},
    "unknown member": {**LINK, "parameters": {"path.ref": "$request.body#/vanished"}},
    "unknown response": {**LINK, "parameters": {"path.ref": "$response.body#/vanished"}},
    "unknown query": {**LINK, "parameters": {"path.ref": "$request.query.ref"}},
    "no expression": {**LINK, "parameters": {"path.ref": "$requestbody#/ref"}},
    "no pointer": {**LINK, "parameters": {"path.ref": "$request.body#ref"}},
    "bad escape": {**LINK, "parameters": {"path.ref": "$request.body#/re~2f"}},
    "embedded": {**LINK, "parameters": {"path.ref": "a-{$request.body#/ref}"}},
    "another type": {"operationId": "count", "parameters": {"n": "$request.body#/ref"}},
    "an object": {**LINK, "parameters": {"path.ref": "$response.body"}},
    "unknown evidence": {**LINK, "parameters": QUALIFIED, "x-evidence": "$response.body#/no"},
    "evidence of all": {**LINK, "parameters": QUALIFIED, "x-evidence": "$response.body#"},
    "evidence sent": {**LINK, "parameters": QUALIFIED, "x-evidence": "$request.body#/ref"},
    "another server": {**LINK, "parameters": QUALIFIED, "server": {"url": "https://b.example"}},
}


@table("name", SLIPS)
def test_a_slip_of_the_vendor_is_a_note(name: str) -> None:
    """The Link is dropped, and the operation is there."""
    found = settled(effective_document(vendor({"shown": SLIPS[name]}), overlay({"x-a": 1})))
    assert read(found).links == ()
    (note,) = found.findings
    assert note.kind == "corrected"
    assert note.where.endswith("/links/shown")
    response = found.document["paths"]["/pay"]["post"]["responses"]["200"]
    assert response["links"] == {}


@table("name", SLIPS)
def test_a_slip_of_the_overlay_is_an_error(name: str) -> None:
    """It has a place and a fix, whether the overlay adds the Link or changes the vendor's."""
    for spec, update in (
        (vendor(), SLIPS[name]),
        (vendor({"shown": {"operationId": "retrieve"}}), {"x-a": 1, **SLIPS[name]}),
    ):
        corrected = effective_document(spec, overlay({"links": {"shown": update}}))
        with pytest.raises(SpecError) as refused:
            settled(corrected)
        assert "/links/shown" in refused.value.where
        assert refused.value.fix


@pytest.mark.parametrize(
    "form",
    [
        {"style": "deepObject", "schema": {"type": "object"}},
        {"schema": {"type": "array", "items": {"type": "string"}}},
        {"schema": {"type": "string"}, "allowReserved": True},
        {"content": {"application/json": {"schema": {"type": "string"}}}},
    ],
)
def test_a_link_takes_no_parameter_that_is_written_otherwise(form: Document) -> None:
    """The text of a list, an object or JSON is not the value of another call's argument."""
    link = {**LINK, "parameters": {"path.ref": "$request.query.q"}}
    plain = {"name": "q", "in": "query", "schema": {"type": "string"}}
    for query, links in ((plain, 1), ({**plain, "schema": None} | form, 0)):
        named = {key: value for key, value in query.items() if value is not None}
        found = settled(effective_document(vendor({"shown": link}, parameters=[named]), None))
        assert len(read(found).links) == links


MALFORMED: list[Document] = [
    {**LINK, "parameters": ["ref"]},
    {**LINK, "parameters": {"ref": 5}},
    {**LINK, "x-evidnce": "$response.body#/pay~1out/done"},
    {**LINK, "operationRef": "#/paths/~1pay~1{ref}/get"},
    {"parameters": {}},
]


@table("link", MALFORMED)
def test_a_malformed_link_of_the_overlay_is_an_error(link: Document) -> None:
    """Even a key that is misspelt: it would silently lose a rule."""
    with pytest.raises(SpecError, match="A Link of the overlay is malformed"):
        settled(effective_document(vendor(), overlay({"links": {"shown": link}})))


@table("link", [*MALFORMED[:2], MALFORMED[4], {"$ref": "#/components/links/No"}])
def test_a_malformed_link_of_the_vendor_leaves_the_operation(link: Document) -> None:
    """A Link is dropped, never the operation."""
    found = settled(effective_document(vendor({"shown": link}), None))
    assert read(found).links == ()
    assert {note.kind for note in found.findings} == {"corrected"}


@pytest.mark.parametrize("said", ["n", "vanished"])
def test_the_subject_is_a_required_argument(said: str) -> None:
    """An optional or unknown argument cannot be what a write is carried out once for."""
    corrections = overlay({"x-once-per": said}, target="$.paths['/pay'].post")
    with pytest.raises(SpecError, match="x-once-per"):
        settled(effective_document(vendor(), corrections))


def test_the_subject_may_be_null() -> None:
    """Frameworks say so of every text."""
    nullable = {"properties": {**PAY["properties"], "ref": {**TEXT, "nullable": True}}}
    body = {"required": True, **content({**PAY, **nullable})}
    corrections = overlay({"x-once-per": "ref"}, target="$.paths['/pay'].post")
    found = settled(effective_document(vendor(requestBody=body), corrections))
    assert read(found).once_per == "ref"


def test_the_vendor_cannot_allow_a_second_call() -> None:
    """Only the overlay says that a duplicate is harmless."""
    with pytest.raises(SpecError, match="x-duplicate; only the overlay may"):
        effective_document(vendor(**{"x-duplicate": "harmless"}), overlay({"x-a": 1}))


def test_the_vendor_cannot_pass_for_the_overlay() -> None:
    """The mark of our own Links is ours to set."""
    link = {**SLIPS["unknown operation"], "x-by-overlay": True}
    found = settled(effective_document(vendor({"shown": link}), overlay({"x-a": 1})))
    assert [note.kind for note in found.findings] == ["corrected"]


def test_callbacks_are_left_alone() -> None:
    """A Link in the response to a callback is not for the client."""
    received = {"post": {"responses": {"200": {"description": "", "links": {"a": LINK}}}}}
    callbacks = {"paid": {"{$request.body#/ref}": received}}
    found = settled(effective_document(vendor(callbacks=callbacks), overlay({"x-a": 1})))
    assert found.document["paths"]["/pay"]["post"]["callbacks"] == callbacks
    assert not found.findings


# ---- The generated class -------------------------------------------------------------------------

BOUND = BoundArguments(
    {"id": "p"},
    (("q", "1"), ("q", "2")),
    (("X-Trace", "t"),),
    {"a/b": {"c~d": ["x", {"e": 5}]}, "": "empty", "none": None},
)
RESPONSE = {"order": {"id": "r"}, "list": [["deep"]]}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("constant", "constant"),
        ("$request.path.id", "p"),
        ("$request.query.q", "1"),
        ("$request.header.x-trace", "t"),
        ("$request.body#/a~1b/c~0d/0", "x"),
        ("$request.body#/a~1b/c~0d/1/e", 5),
        ("$request.body#/", "empty"),
        ("$response.body#/order/id", "r"),
        ("$response.body#/list/0/0", "deep"),
        ("$request.path.other", UNSET),
        ("$request.query.other", UNSET),
        ("$request.header.other", UNSET),
        ("$request.body", UNSET),
        ("$request.body#/none", UNSET),
        ("$request.body#/a~1b", UNSET),
        ("$request.body#/a~1b/c~0d/2", UNSET),
        ("$request.body#/a~1b/c~0d/00", UNSET),
        ("$request.body#/a~1b/c~0d/-", UNSET),
        ("$request.body#/a~1b/c~0d/0/0", UNSET),
        ("$request.body#/vanished/x", UNSET),
        ("$response.body#/order/other", UNSET),
        ("$url", UNSET),
    ],
)
def test_the_value_of_an_expression(expression: str, value: Any) -> None:
    """Pointers are those of RFC 6901; what has no value, or cannot be an argument, is None."""
    expected = None if value is UNSET else {"name": value}
    assert Link("x.y", {"name": expression}).resolve(BOUND, RESPONSE) == expected


def test_a_lost_response_has_no_value() -> None:
    """Without the response only what the request says can be looked up."""
    assert Link("x.y", {"id": "$response.body#/order/id"}).resolve(BOUND) is None
    no_body = BOUND._replace(body=UNSET)
    assert Link("x.y", {"id": "$request.body#/a"}).resolve(no_body) is None
    assert Link("x.y", {}).resolve(no_body) == {}


@table(
    ("value", "shown"),
    [
        ({"status": "pending"}, True),
        ("address", True),
        (0, True),
        (False, True),
        ([{}], True),
        (None, False),
        ({}, False),
        ([], False),
        ("", False),
    ],
)
def test_what_is_evidence(value: Any, shown: bool) -> None:
    """A value shows it; an absent or empty one, or null, does not."""
    link = Link("x.y", {}, evidence="/order/refund")
    assert link.is_shown({"order": {"refund": value}}) is shown
    assert not link.is_shown({"order": {"other": value}})
    assert not link.is_shown({"order": [value]})
    assert not link.is_shown(value)
    assert not Link("x.y", {}).is_shown({"order": {"refund": value}})
