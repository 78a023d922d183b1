"""The data of the events of a stream, by what the document says of it."""

import re
from typing import Any, Final

import pytest

from tests.pipeline.made import Package, document, make, operation

TEXT: Final = {"type": "string"}
THING: Final = {"$ref": "#/components/schemas/Thing"}
OTHER: Final = {"$ref": "#/components/schemas/Other"}
JSON: Final = {"type": "string", "contentMediaType": "application/json", "contentSchema": THING}


def fields(data: Any, **more: Any) -> dict[str, Any]:
    """Describe the fields of an event."""
    return {"type": "object", "properties": {"data": data, "event": TEXT, **more}}


CASES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "nothing": ({}, "str"),
    "anything": ({"schema": {}}, "str"),
    "text": ({"schema": TEXT}, "str"),
    "values": ({"schema": {"enum": ["a"], "type": "string"}}, "str"),
    "thing": ({"schema": THING}, "models.Thing"),
    "number": ({"schema": {"type": "integer"}}, "int"),
    "array": ({"schema": {"type": "array", "items": THING}}, "models.Thing"),
    "either": ({"schema": {"oneOf": [THING, OTHER]}}, "models.Other | models.Thing"),
    "fields": ({"schema": fields(THING)}, "models.Thing"),
    "named": ({"schema": {"$ref": "#/components/schemas/Event"}}, "models.Thing"),
    "field_text": ({"schema": fields(TEXT, id=TEXT)}, "str"),
    "more": ({"schema": fields(THING, amount=TEXT)}, "models.GetMoreEvent"),
    "items": ({"itemSchema": fields(JSON)}, "models.Thing"),
    "items_text": ({"itemSchema": fields(TEXT, retry={"type": "integer"})}, "str"),
    "items_json": (
        {"itemSchema": fields({"type": "string", "contentMediaType": "application/json"})},
        "Any",
    ),
    "kinds": (
        {
            "itemSchema": {
                **fields({}),
                "properties": {"event": TEXT},
                "oneOf": [fields(JSON), fields({**JSON, "contentSchema": OTHER})],
            }
        },
        "models.Other | models.Thing",
    ),
    "mixed": ({"itemSchema": {"oneOf": [fields(JSON), fields(TEXT)]}}, "str"),
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A package with a stream of each case."""
    members = {"name": TEXT}
    schemas = {
        "Thing": {"type": "object", "required": ["name"], "properties": members},
        "Other": {"type": "object", "required": ["size"], "properties": {"size": TEXT}},
        "Event": fields(THING),
    }

    def answer(media: dict[str, Any], **beside: Any) -> dict[str, Any]:
        return {"description": "OK", "content": {"text/event-stream": media, **beside}}

    paths = {
        f"/{name}": {"get": operation(name, responses={"200": answer(media)})}
        for name, (media, _) in CASES.items()
    }
    beside = answer({"schema": THING}, **{"application/json": {"schema": OTHER}})
    paths["/beside"] = {"get": operation("beside", responses={"200": beside})}
    empty = {"200": answer({"schema": THING}), "204": {"description": "none"}}
    paths["/empty"] = {"get": operation("empty", responses=empty)}
    spec = document(paths, schemas, version="3.2.0")
    return make(tmp_path_factory.mktemp("events"), spec)


def hint(package: Package, name: str) -> str:
    """Return the type of an operation's result."""
    found = re.search(r"Operation\[(.*)\] = ", package.source(f"api/things/{name}.py"))
    assert found is not None
    return " | ".join(sorted(found[1].split(" | ")))


@pytest.mark.parametrize("name", CASES)
def test_data_is_what_is_described(package: Package, name: str) -> None:
    """JSON of a schema, or a text."""
    assert hint(package, name) == CASES[name][1]
    assert "streams=True" in package.source(f"api/things/{name}.py")


def test_json_is_preferred_to_a_stream(package: Package) -> None:
    """If the API offers both."""
    assert hint(package, "beside") == "models.Other"
    assert "streams" not in package.source("api/things/beside.py")


def test_a_stream_may_be_empty(package: Package) -> None:
    """A success without content is a stream without events: `data` is never None."""
    assert hint(package, "empty") == "models.Thing"


def test_a_stream_has_no_method_that_saves_it(package: Package) -> None:
    """It may have no end."""
    assert "_to_file" not in package.source("api/things/__init__.py")
