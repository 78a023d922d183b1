"""Mistakes that documents seldom have: each refused in the same three lines as all others."""

from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.errors import SpecError
from chessa_codegen.validate import safety
from tests.marks import table
from tests.pipeline.made import Document, answers, content, document, operation
from tests.pipeline.test_refusals import TEXT, answering, get, query, refusal_of

NEWER = "3.1.0"
NUMBER: Document = {"type": "integer"}


def newer(spec: Document) -> Document:
    """The document as one of OpenAPI 3.1."""
    return {**spec, "openapi": NEWER}


def titled(*schemas: Any) -> Document:
    """Return a document whose operations return objects with one property each, of one title."""
    return newer(
        document(
            {
                f"/{number}": {
                    "get": operation(
                        f"op{number}",
                        responses=answers(
                            {"type": "object", "title": "Row", "properties": {"x": schema}}
                            if "title" not in schema
                            else schema
                        ),
                    )
                }
                for number, schema in enumerate(schemas)
            }
        )
    )


# What it is; the document; text of the message; the place that it names.
REFUSED: list[tuple[str, Any, str, str]] = [
    ("kinds said twice", answering({"oneOf": [TEXT], "anyOf": [NUMBER]}),
     "oneOf and anyOf stand next to each other", "/schema"),
    ("a schema that nothing fits", newer(answering({"properties": {"a": False}, "type": "object"})),
     "accepts nothing", "/properties/a"),
    ("a part that nothing fits", newer(answering({"allOf": [TEXT, False]})),
     "A part of this allOf accepts nothing", "/schema"),
    ("parts that list other values",
     answering({"allOf": [{**TEXT, "enum": ["a"]}, {"enum": ["b"]}]}),
     "contradict each other: enum values ['a'] and ['b']", "/schema"),
    ("parts of other constants", newer(answering({"allOf": [{"const": "a"}, {"const": "b"}]})),
     "contradict each other: const a and b", "/schema"),
    ("parts of other kinds",
     answering({"allOf": [{"oneOf": [TEXT, NUMBER]}, {"oneOf": [NUMBER, {"type": "boolean"}]}]}),
     "contradict each other: oneOf", "/schema"),
    ("a schema of another dialect", newer(answering({"$dynamicRef": "#node"})),
     "$dynamicRef is not supported", "/schema"),
    ("a number that is a text",
     answering({"type": "number", "oneOf": [{"$ref": "#/components/schemas/A"}]}, {"A": TEXT}),
     "contradict each other: type number and string", "/schema"),
    ("a type that is none, in 3.1", newer(answering({"type": "text"})), "not valid OpenAPI",
     "/schema"),
    ("a parameter without a name", get(parameters=[{"in": "query", "schema": TEXT}]),
     "'name' is a required property", "parameters/0"),
    ("a shared parameter that is none",
     {**get(), "components": {"parameters": {"P": {"$ref": "#/components/schemas/A"}},
                              "schemas": {"A": TEXT}}}, "it has no 'name'",
     "#/components/parameters/P"),
    ("a status in other digits", get(responses={"2\u0660\u0660": {"description": ""}}),
     "is not a status", "responses"),
    ("groups of a body that is a list",
     document({"/a": {"post": operation("a", requestBody=content(
         {"type": "array", "items": TEXT, "x-mutually-exclusive": [["a", "b"]]}))}}),
     "this body is one argument", "~1a/post"),
    ("a path that names a parameter twice",
     document({"/a/{x}/b/{x}": {"get": operation("a", parameters=[
         {"name": "x", "in": "path", "required": True, "schema": TEXT}])}}),
     "names a parameter twice", "get"),
    ("a text without an end", get(description="x" * 100_001), "A text of 100,001 characters",
     "description"),
    ("a header of an odd name", get(parameters=[{"name": "X A", "in": "header", "schema": TEXT}]),
     "header name holds", "parameters/0/name"),
    ("a parameter that is not a parameter",
     {**get(parameters=[{"$ref": "#/components/parameters/P"}]),
      "components": {"parameters": {"P": {"$ref": "#/components/parameters/Q"},
                                    "Q": {"$ref": "#/components/schemas/A"}},
                     "schemas": {"A": TEXT}}}, "something of another kind", "parameters"),
    ("groups that are not lists", answering({"type": "object", "x-mutually-exclusive": "a"}),
     "x-mutually-exclusive is not a list of lists", "x-mutually-exclusive"),
    ("a type that is a number", answering({"properties": {"a": {"items": {"type": 5}}}}),
     "not valid OpenAPI", "#/paths"),
    ("a reference to a place in a list that is not there",
     answering({"$ref": "#/components/schemas/A/oneOf/7"}, {"A": {"oneOf": [TEXT]}}),
     "points at nothing", "$ref"),
    ("lists of lists in a query",
     query({"type": "array", "items": {"type": "array", "items": TEXT}}),
     "list[list[str]], which has no form in the style form exploded", "parameters/0"),
    *(
        (f"a server at {url}", {**get(), "servers": [{"url": url}]}, what, "#/servers/0/url")
        for url, what in (
            ("file:///etc/passwd", "not one of http or https"),
            ("javascript:alert(1)", "not one of http or https"),
            ("https:/\\evil.example", "not one of http or https"),
            ("https://a b.example", "not one of http or https"),
            ("https://user:secret@evil.example/v1", "holds credentials"),
            ("//user@evil.example", "holds credentials"),
        )
    ),
    ("a server whose variable is another scheme",
     {**get(), "servers": [{"url": "{base}/v1", "variables": {
         "base": {"default": "https://example.com", "enum": ["https://example.com", "file://x"]}}}]},
     "not one of http or https", "#/servers/0/url"),
    ("a server of an operation", get(servers=[{"url": "file:///etc/passwd"}]),
     "not one of http or https", "get/servers/0/url"),
]  # fmt: skip


@table(
    "url",
    [
        "https://example.com",
        "http://localhost:8080/v1/",
        "/v1",
        ".",
        "https://{host}/{v}/x?a=b:c@d",
    ],
)
def test_plain_servers_are_let_in(url: str) -> None:
    """Addresses of http and https, absolute or relative, with variables or without."""
    safety.check_document(
        {**get(), "servers": [{"url": url, "variables": {"v": {"default": "1"}}}]}
    )


def test_a_refusal_shows_all_that_it_quotes() -> None:
    """One line for each part, whatever the document holds: nothing hidden, nothing endless."""
    error = SpecError("a\u202e\x1b[2J\n  where: #/there\n", f"#/{'x' * 5_000}/end", "b\u200d")
    lines = str(error).splitlines()
    assert lines[0] == "a\\u202e\\x1b[2J   where: #/there "
    assert lines[1].startswith("  where: #/xxx")
    assert lines[1].endswith("xxx/end")
    assert len(lines[1]) < 700
    assert lines[2] == "  fix: b\\u200d"


def test_an_error_of_the_pipeline_itself_is_shown_as_plainly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected error ends in the same three lines, whatever its text."""

    def fail(*_: object) -> None:
        raise ValueError("\x1b[2J\n  where: #/there")

    monkeypatch.setattr("regenerate.regenerate", fail)
    lines = refusal_of(capsys, tmp_path, get())
    assert len(lines) == 3
    assert "(ValueError: \\x1b[2J   where: #/there)" in lines[0]


@table(("spec", "what", "where"), [row[1:] for row in REFUSED])
def test_a_rare_mistake_is_refused(
    spec: Any, what: str, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message says what, where and how to fix it; exit 2; nothing written."""
    lines = refusal_of(capsys, tmp_path, spec)
    assert what in "\n".join(lines[:-2])
    assert where in lines[-2]
