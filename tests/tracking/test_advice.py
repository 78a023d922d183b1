"""Advice on the overlay: which corrections the vendor has made obsolete."""

import copy
import json
from typing import Any

import pytest

from chessa_codegen.document import loader
from chessa_codegen.overlay import apply
from chessa_codegen.regeneration import effective_document, marked_document, ordered
from chessa_tracking.apply import overlay_review
from chessa_tracking.apply.overlay_review import advise, corrected
from tests.marks import table
from tests.tracking.conftest import ROOT

Document = dict[str, Any]
BASE: Document = {
    "paths": {
        "/a": {
            "get": {
                "tags": ["A"],
                "parameters": [{"name": "q", "in": "query"}],
                "responses": {"200": {"description": "OK"}},
            }
        }
    }
}


def actions(*given: Document) -> apply.Overlay:
    """An overlay of these actions."""
    return apply.parse(
        {
            "overlay": "1.0.0",
            "info": {"title": "T", "version": "1"},
            "actions": [{"description": "Because.", **each} for each in given],
        }
    )


def advice(action: Document, new: Document) -> list[str]:
    """Return the advice on an action when the document becomes another."""
    given = actions(action)
    return [
        each.why
        for each in advise(*(corrected(copy.deepcopy(each), given) for each in (BASE, new)))
    ]


def with_get(**edits: Any) -> Document:
    """The base with another operation."""
    new = copy.deepcopy(BASE)
    new["paths"]["/a"]["get"].update(edits)
    return new


ADD_404 = {
    "target": "$.paths[*][*].responses",
    "update": {"404": {"description": "None"}, "4XX": {"description": "Any"}},
}
ADD_PARAMETER = {
    "target": "$.paths[*][*].parameters",
    "update": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
}
ADD_REQUIRED = {"target": "$.paths[*][*]", "update": {"x-list": ["a"]}}
DESCRIBE = {"target": "$.paths[*][*]", "update": {"description": "Ours."}}
REMOVE = {"target": "$.paths[*][*].parameters[?@.name == 'q']", "remove": True}
REPLACE = {"target": "$.paths[*][*]", "update": {"tags": ["B"], "deprecated": True}}


@table("action", [ADD_404, ADD_PARAMETER, ADD_REQUIRED, REMOVE, REPLACE])
def test_what_still_does_its_work(action: Document) -> None:
    """Nothing is said while the document is the same, or changes elsewhere."""
    assert advice(action, BASE) == []
    assert advice(action, with_get(summary="Other")) == []


@table(
    ("action", "new", "why"),
    [
        (REMOVE, with_get(parameters=[]), "matches nothing"),
        (ADD_404, {"paths": {}}, "matches nothing"),
        (
            {"target": "$.paths[*][*]", "update": {"deprecated": True}},
            with_get(deprecated=True),
            "changes nothing: what it says is there now",
        ),
        (
            ADD_404,
            with_get(responses={"404": {"description": "Other"}}),
            "adds what is there now, and says something else, at /paths/~1a/get/responses/404",
        ),
        (
            ADD_PARAMETER,
            with_get(parameters=[{"name": "page", "in": "query"}]),
            "adds what is there now, and says something else, at /paths/~1a/get/parameters",
        ),
        (
            ADD_REQUIRED,
            with_get(**{"x-list": ["a"]}),
            "adds what is there now, and says something else, at /paths/~1a/get/x-list",
        ),
        (
            REPLACE,
            with_get(deprecated=False),
            "adds what is there now, and says something else, at /paths/~1a/get/deprecated",
        ),
    ],
)
def test_what_is_obsolete(action: Document, new: Document, why: str) -> None:
    """Each way of being obsolete is told, with the place."""
    assert why in advice(action, new)


def test_prose_of_the_vendor_is_no_reason() -> None:
    """A description of ours stays where the vendor writes one: it changes no value."""
    assert advice(DESCRIBE, with_get(description="Theirs.")) == []
    assert advice(DESCRIBE, with_get(description="Ours.")) != []


def test_what_no_longer_fits() -> None:
    """An action that cannot be applied is told, left out, and the others are applied."""
    given = actions(
        {"target": "$.paths[*][*]", "update": {"x-list": {"a": 1}}},
        {"target": "$.paths[*][*]", "update": {"x-more": 1}},
    )
    before, after = (
        corrected(copy.deepcopy(each), given) for each in (BASE, with_get(**{"x-list": [1]}))
    )
    (found,) = advise(before, after)
    assert found.name == "actions[0]"
    assert found.why.startswith("does not fit what is there")
    assert found.text.endswith("What it was for: Because.")
    assert after.document["paths"]["/a"]["get"]["x-more"] == 1


def test_a_new_operation_that_says_more() -> None:
    """An action that only added, and now meets a text of the vendor in a new place, is told."""
    new = copy.deepcopy(BASE)
    new["paths"]["/b"] = {"get": {"responses": {"404": {"description": "Theirs"}}}}
    assert advice(ADD_404, new) == [
        "adds what is there now, and says something else, at /paths/~1b/get/responses/404"
    ]


def test_the_overlay_of_today(vendored: Document) -> None:
    """Applied one by one the real overlay does the same, and nothing in it is obsolete."""
    raw = loader.read(ROOT / "spec" / "overlay.yaml")
    found = corrected(marked_document(vendored), apply.parse(raw))
    assert advise(found, found) == []
    strictly = effective_document(vendored, raw)
    assert loader.dumps_json(strictly) == loader.dumps_json(ordered(found.document))


def test_what_holds_other_things_is_no_reason() -> None:
    """A first component of the vendor's does not make our own components obsolete."""
    ours = {"target": "$", "update": {"components": {"securitySchemes": {"a": {"in": "b"}}}}}
    new = {**BASE, "components": {"schemas": {"Order": {"type": "object"}}}}
    assert advice(ours, new) == []
    new["components"]["securitySchemes"] = {"a": {"in": "c"}}
    assert advice(ours, new) == [
        "adds what is there now, and says something else, at /components/securitySchemes/a"
    ]


def test_an_overlay_of_another_api_is_known_without_its_queries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Most of its actions name paths that the document lacks, whatever parameters are called."""
    spec = loader.read(ROOT / "spec" / "openapi.yaml")
    corrections = apply.parse(loader.read(ROOT / "spec" / "overlay.yaml"))
    renamed = json.loads(json.dumps(spec).replace("{orderId}", "{id}"))
    assert overlay_review.fits(renamed, corrections)
    monkeypatch.setattr(overlay_review, "corrected", None)  # a call would be an error
    other = {f"/other{path}": item for path, item in spec["paths"].items()}
    assert not overlay_review.fits({**spec, "paths": other}, corrections)
    assert not overlay_review.fits({**spec, "paths": []}, corrections)
