"""Documents that cannot be used: each is refused in one message, and the tree stays as it was.

The message says what is wrong, where, and how to fix it; the exit status is 2.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

import regenerate
from chessa_codegen.errors import SpecError
from chessa_codegen.python.render import HEADER
from chessa_codegen.regeneration import Settled, effective_document, settled
from tests.marks import table
from tests.pipeline.made import Document, answers, content, document, operation

TEXT: Document = {"type": "string"}


def get(**rest: Any) -> Document:
    """A document with one GET."""
    return document({"/things": {"get": operation("read", **rest)}})


def answering(schema: Any, schemas: Document | None = None) -> Document:
    """Return a document whose one operation returns this schema."""
    return document({"/things": {"get": operation("read", responses=answers(schema))}}, schemas)


def posting(**body: Any) -> Document:
    """A document with one POST of this body."""
    return document({"/things": {"post": operation("add", requestBody=body)}})


def query(schema: Any, **rest: Any) -> Document:
    """A document with one query parameter `q`."""
    return get(parameters=[{"name": "q", "in": "query", "schema": schema, **rest}])


def circle(keyword: str) -> Document:
    """A schema that is made of itself."""
    return answering(
        {"$ref": "#/components/schemas/A"}, {"A": {keyword: [{"$ref": "#/components/schemas/A"}]}}
    )


# What it is; the document; text of the message; the place that it names.
REFUSED: list[tuple[str, Any, str, str]] = [
    ("no OpenAPI", {"hello": "world"}, "says openapi: None", "#/openapi"),
    ("Swagger 2", {"swagger": "2.0"}, "says swagger: 2.0", "#/openapi"),
    ("a future version", {**get(), "openapi": "4.0.0"}, "says openapi: 4.0.0", "#/openapi"),
    ("no paths", {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}}, "'paths'", "#"),
    ("no title", {**get(), "info": {"version": "1"}}, "'title' is a required property", "#/info"),
    ("an unknown keyword", {**get(), "pathz": {}}, "pathz", "#"),
    ("an unknown type", answering({"type": "text"}), "'text'", "/schema"),
    ("a status that is none", get(responses={"20O": {"description": ""}}), "20O", "responses"),
    ("a status of six hundreds", get(responses={"600": {"description": ""}}), "600", "responses"),
    (
        "a path parameter that is not declared",
        document({"/things/{id}": {"get": operation("read")}}),
        "id",
        "#/paths",
    ),
    (
        "a path parameter that is not in the path",
        get(parameters=[{"name": "id", "in": "path", "required": True, "schema": TEXT}]),
        "is not in the path",
        "#/paths/~1things/get",
    ),
    (
        "a parameter declared twice",
        get(parameters=[{"name": "q", "in": "query", "schema": TEXT}] * 2),
        "holds one item twice",
        "#/paths/~1things/get/parameters",
    ),
    (
        "a header declared twice, in another case",
        get(parameters=[{"name": n, "in": "header", "schema": TEXT} for n in ("X-A", "x-a")]),
        "'x-a' is declared twice",
        "parameters/1",
    ),
    (
        "two resources of one class",
        document(
            {"/a": {"get": operation("a", tag="async x")}, "/b": {"get": operation("b", tag="x")}}
        ),
        "would both have a class AsyncX",
        "#/tags",
    ),
    (
        "a reference to nothing",
        answering({"$ref": "#/components/schemas/Nobody"}),
        "points at nothing",
        "$ref",
    ),
    (
        "a reference to another document",
        answering({"$ref": "https://example.com/spec.yaml#/a"}),
        "leaves the document",
        "$ref",
    ),
    ("a reference to a file", answering({"$ref": "/etc/passwd"}), "leaves the document", "$ref"),
    ("a reference to itself", answering({"$ref": "#/components/schemas/A"}, {"A": {
        "$ref": "#/components/schemas/A"}}), "leads back to itself", "#/components/schemas/A"),
    (
        "a reference to something of another kind",
        get(parameters=[{"$ref": "#/info"}]),
        "of another kind",
        "parameters",
    ),
    ("an allOf of itself", circle("allOf"), "itself", "#/"),
    ("a oneOf of itself", circle("oneOf"), "itself", "#/"),
    (
        "an allOf that contradicts itself",
        answering({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        "contradict each other",
        "/schema",
    ),
    ("an enum without a value", answering({"enum": []}), "lists no value", "/schema/enum"),
    (
        "an enum of another type",
        answering({"type": "string", "enum": ["a", 1]}),
        "enum lists 1",
        "/schema",
    ),
    (
        "a cookie of an odd name",
        get(parameters=[{"name": "s d", "in": "cookie", "schema": TEXT}]),
        "No cookie can have the name 's d'",
        "parameters/0/name",
    ),
    (
        "XML that is sent",
        posting(**content({"type": "object"}, "application/xml")),
        "The content type application/xml of the request is not supported",
        "requestBody/content",
    ),
    (
        "a stream of events, or an object",
        get(
            responses={
                "200": {"description": "", **content({}, "text/event-stream")},
                **answers({"type": "object"}, "201"),
            }
        ),
        "One success is an event stream, and another is not",
        "/responses",
    ),
    (
        "a stream of events that is sent",
        posting(**content({}, "text/event-stream")),
        "The content type text/event-stream of the request is not supported",
        "requestBody/content",
    ),
    (
        "a form that is not an object",
        posting(**content({"type": "array"}, "application/x-www-form-urlencoded")),
        "body is list[Any], not an object",
        "/schema",
    ),
    (
        "a part of an odd type",
        posting(
            content={
                "multipart/form-data": {
                    "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
                    "encoding": {"a": {"contentType": "text"}},
                }
            }
        ),
        "The content type of a member is not one",
        "requestBody/content",
    ),
    (
        "a path item with more than its reference",
        document({"/a": {"$ref": "#/paths/~1b", "post": operation("a")}, "/b": {}}),
        "has a $ref and other keys",
        "#/paths/~1a",
    ),
    (
        "one operationId twice",
        document({"/a": {"get": operation("a", tag="x")}, "/b": {"get": operation("a", tag="y")}}),
        "'a' is at #/paths/~1a/get as well",
        "#/paths/~1b/get",
    ),
    (
        "two kinds that are made of each other",
        answering(
            {"$ref": "#/components/schemas/Pet"},
            {
                "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}]},
                "Cat": {"anyOf": [{"$ref": "#/components/schemas/Pet"}]},
            },
        ),
        "made of itself",
        "#/components/schemas/",
    ),
    (
        "objects in an object in a query",
        query({"type": "object", "additionalProperties": {"type": "object"}}),
        "which has no form in the style form exploded",
        "parameters/0",
    ),
    (
        "an exploded object between spaces",
        query({"type": "object"}, style="spaceDelimited", explode=True),
        "which has no form in the style spaceDelimited exploded",
        "parameters/0",
    ),
    (
        "XML in a query",
        get(parameters=[{"name": "q", "in": "query", **content({}, "application/xml")}]),
        "application/xml, which is not supported in a parameter",
        "parameters/0/content",
    ),
    (
        "plain text that is an object",
        get(parameters=[{"name": "q", "in": "query", **content({"type": "object"}, "text/plain")}]),
        "which has no form as text/plain",
        "parameters/0",
    ),
    (
        "a header of the connection",
        get(parameters=[{"name": "Host", "in": "header", "schema": TEXT}]),
        "belongs to the connection",
        "parameters/0",
    ),
    ("TRACE", document({"/t": {"trace": operation("t")}}), "TRACE is not supported", "#/paths/~1t"),
    (
        "a path with braces of its own",
        document({"/{id.__class__}}": {"get": operation("a")}}),
        "plain segments",
        "#/paths",
    ),
    (
        "a path that climbs",
        document({"/a/../b": {"get": operation("a")}}),
        "plain segments",
        "#/paths",
    ),
    (
        "a path with a query",
        document({"/a?b={c}": {"get": operation("a")}}),
        "plain segments",
        "#/paths",
    ),
    (
        "an operationId with a line break",
        document({"/a": {"get": operation("a\nimport os")}}),
        "operationId",
        "operationId",
    ),
    ("a name without end", answering({"properties": {"x" * 500: TEXT}}), "120", "properties"),
    ("a control character", get(summary="a\u0007"), "U+0007", ""),
    ("a scheme that is not defined", {**get(), "security": [{"key": []}]}, "'key' is not defined",
     "#/security"),
    (
        "an unwrapped property that is not there",
        get(responses=answers({"properties": {"a": TEXT}}), **{"x-unwrap": "b"}),
        "x-unwrap names 'b'",
        "#/paths/~1things/get",
    ),
    (
        "a list that is none",
        answering({"x-iterate": "a", "properties": {"a": TEXT}}),
        "x-iterate names 'a'",
        "/schema",
    ),
    ("an extension of another type", get(**{"x-safe-to-repeat": "yes"}), "not true or false",
     "x-safe-to-repeat"),
    (
        "an exclusion of nothing",
        posting(**content({"properties": {"a": TEXT}, "x-mutually-exclusive": [["a", "z"]]})),
        "x-mutually-exclusive names 'z'",
        "requestBody",
    ),
]  # fmt: skip


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def refusal(
    capsys: pytest.CaptureFixture[str], folder: Path, spec: Path, *options: str
) -> list[str]:
    """Run the command where it must refuse, over a package that was there before; its message."""
    output = folder / "out"
    before = {"made/models/mine.py": b"before"}
    for name, text in before.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_bytes(text)
    (output / "made" / "__init__.py").write_text(f"{HEADER}\n", encoding="utf-8")
    kept = snapshot(output)
    words = ["--spec", str(spec), "--output", str(output), "--package", "made", *options]
    assert regenerate.main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert snapshot(output) == kept
    assert sorted(path.name for path in output.iterdir()) == ["made"]
    lines = captured.err.splitlines()
    assert lines[0].startswith("refused: ")
    assert lines[-2].startswith("  where: ")
    assert lines[-1].startswith("  fix: ")
    return lines


def refusal_of(capsys: pytest.CaptureFixture[str], folder: Path, spec: Any) -> list[str]:
    """`refusal` of a document that is given as a value."""
    path = folder / "spec.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return refusal(capsys, folder, path, "--no-overlay", "--strict")


@pytest.mark.parametrize(
    ("spec", "what", "where"),
    [pytest.param(*row[1:], id=row[0]) for row in REFUSED],
)
def test_what_is_wrong_is_told_with_its_place(spec: Any, what: str, where: str) -> None:
    """The document is refused, or what cannot be generated is left out; each with its place."""
    try:
        found = settled(effective_document(spec, None))
    except SpecError as error:
        told = [(error.what, error.where)]
    else:
        told = [(each.what, each.where) for each in found.findings]
        with pytest.raises(SpecError) if _is_cut(found) else contextlib.nullcontext():
            settled(effective_document(spec, None), is_strict=True)
    assert any(what in text and where in place for text, place in told), told


def _is_cut(found: Settled) -> bool:
    return any(each.kind != "corrected" for each in found.findings)


@table(
    ("text", "what"),
    [
        ("", "empty"),
        ("[1, 2]", "not a mapping"),
        ("openapi: 3.0.3\nopenapi: 3.0.3\n", "there twice"),
        ("openapi: [", "neither YAML 1.2 nor JSON"),
        ("a: &x [*x]\n", "alias"),
        ("a: !!python/object:os.system 1\n", "tag"),
        ("--- 1\n--- 2\n", "more than one YAML document"),
        ("a: \x00", "U+0000"),
    ],
)
def test_a_file_that_is_no_document_is_refused(
    text: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Broken or tricky YAML ends in the same three lines."""
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    assert what in refusal(capsys, tmp_path, path, "--no-overlay")[0]


def test_files_that_cannot_be_read_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing spec, a missing overlay, a folder in place of a file."""
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(get()), encoding="utf-8")
    nowhere = tmp_path / "nowhere.yaml"
    assert "cannot be read" in refusal(capsys, tmp_path, nowhere, "--no-overlay")[0]
    assert "cannot be read" in refusal(capsys, tmp_path, spec, "--overlay", str(nowhere))[0]
    assert "cannot be read" in refusal(capsys, tmp_path, tmp_path, "--no-overlay")[0]


@table(
    ("action", "what"),
    [
        ({"target": "$.nothing", "description": "d", "remove": True}, "matches nothing"),
        ({"target": "$.info", "update": {"title": "T"}}, "no description"),
        ({"target": "$.info", "description": "d", "update": {"title": "Things"}}, "as it was"),
        ({"target": "$.paths['/things']", "description": "d", "update": {"get": {"responses": []}}},
         "gives an array where"),
        ({"target": "$.paths['/things'].get", "description": "d",
          "update": {"parameters": [{"name": "x"}]}}, "not valid OpenAPI"),
    ],
)  # fmt: skip
def test_an_overlay_that_does_not_fit_is_refused(
    action: Document, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stale action, one without a reason, and one that spoils the document stop the run."""
    spec, overlay = tmp_path / "spec.json", tmp_path / "overlay.json"
    spec.write_text(json.dumps(get()), encoding="utf-8")
    overlay.write_text(
        json.dumps(
            {"overlay": "1.0.0", "info": {"title": "O", "version": "1"}, "actions": [action]}
        ),
        encoding="utf-8",
    )
    assert what in "\n".join(refusal(capsys, tmp_path, spec, "--strict", "--overlay", str(overlay)))


SECRET = "the-content-of-a-file"
REFERRING: list[Document] = [
    answering({"type": "integer", "default": {"$ref": "{there}"}}),
    answering({"type": "integer", "example": {"$ref": "{there}"}}),
    answering({"type": "string", "enum": [{"$ref": "{there}"}]}),
    answering({"properties": {"a": {"default": 1, "items": {"default": {"$ref": "{there}"}}}}}),
    answering({}, {"A": {"type": "integer", "default": {"$ref": "{there}#/a"}}}),
    query({"type": "integer", "default": {"$ref": "{there}"}}),
    {**answering({"default": {}, "properties": {"a": {"$id": "{there}", "$ref": "{there}#/b"}}}),
     "openapi": "3.1.0"},
    {**answering({"$schema": "{there}", "type": "string"}), "openapi": "3.1.0"},
]  # fmt: skip


@table("spec", REFERRING)
@table("place", ["file", "http"])
def test_no_reference_leads_out_of_the_document(
    spec: Document,
    place: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever a document hides a file or an address, nothing is read and no host is called."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    (tmp_path / "secret.json").write_text(f'"{SECRET}"', encoding="utf-8")
    there = {"file": f"file://{tmp_path}/secret.json", "http": "http://127.0.0.1:9/x.json"}[place]
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec).replace("{there}", there), encoding="utf-8")
    words = ["--spec", str(path), "--no-overlay", "--output", str(tmp_path / "out")]
    regenerate.main([*words, "--package", "made"])
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err
    assert "AssertionError" not in captured.err
    for made in (tmp_path / "out").rglob("*"):
        assert made.is_dir() or SECRET not in made.read_text(encoding="utf-8")


def test_a_pipe_is_no_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that may never end is not opened."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "not a regular file" in refusal(capsys, tmp_path, pipe, "--no-overlay")[0]


def test_what_the_overlay_mends_may_be_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A vendor's mistake that the document would be refused for is what overlays are for."""
    spec, overlay = tmp_path / "spec.json", tmp_path / "overlay.json"
    wrong = answering({"type": "strin", "title": 5})
    wrong["paths"]["/things"]["get"]["operationId"] = "bad id\u00a0"
    spec.write_text(json.dumps(wrong), encoding="utf-8")
    answer = "$.paths[*].get.responses['200'].content[*]"
    actions = [
        {"target": f"{answer}.schema", "description": "Mistyped.", "remove": True},
        {"target": answer, "description": "As it is.", "update": {"schema": {"type": "string"}}},
        {"target": "$.paths[*].get", "description": "Pins the name.",
         "update": {"operationId": "things.read"}},
    ]  # fmt: skip
    overlay.write_text(
        json.dumps(
            {"overlay": "1.0.0", "info": {"title": "O", "version": "1"}, "actions": actions}
        ),
        encoding="utf-8",
    )
    words = ["--spec", str(spec), "--overlay", str(overlay), "--output", str(tmp_path / "out")]
    assert regenerate.main([*words, "--package", "made"]) == 0, capsys.readouterr().err


def test_only_the_overlay_says_what_is_safe_to_repeat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A vendor's document cannot turn a write into a read behind our back."""
    spec, overlay = tmp_path / "spec.json", tmp_path / "overlay.json"
    spec.write_text(json.dumps(get(**{"x-safe-to-repeat": True})), encoding="utf-8")
    action = {"target": "$.info", "description": "d", "update": {"title": "T"}}
    overlay.write_text(
        json.dumps(
            {"overlay": "1.0.0", "info": {"title": "O", "version": "1"}, "actions": [action]}
        ),
        encoding="utf-8",
    )
    lines = refusal(capsys, tmp_path, spec, "--strict", "--overlay", str(overlay))
    assert "only the overlay may" in lines[0]


@table("name", ["attrs", "dateutil", "typing", "1x", "a-b", "class", "a.b", "", "../x", "é"])
def test_a_package_needs_a_name_of_python(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name becomes a folder and stands in imports: ASCII letters, digits and underscores."""
    words = ["--output", str(tmp_path), "--package", name]
    assert regenerate.main(words) == 2
    assert "cannot be the name of a package" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_of_somebody_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder, a file or a link of the package's name that was not generated is not replaced."""
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(get()), encoding="utf-8")
    words = ["--spec", str(spec), "--no-overlay", "--package", "made", "--output"]
    for kind in ("folder", "file", "link"):
        output = tmp_path / kind
        output.mkdir()
        made = output / "made"
        if kind == "folder":
            made.mkdir()
            (made / "mine.py").write_text("mine = 1\n", encoding="utf-8")
        elif kind == "file":
            made.write_text("mine", encoding="utf-8")
        else:
            made.symlink_to(tmp_path / "folder", target_is_directory=True)
        kept = snapshot(output)
        assert regenerate.main([*words, str(output)]) == 2
        assert "refused: " in capsys.readouterr().err
        assert snapshot(output) == kept


def test_a_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file where a folder should be: the message names it."""
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(get()), encoding="utf-8")
    words = ["--spec", str(spec), "--no-overlay", "--package", "made", "--output"]
    assert regenerate.main([*words, str(spec / "out")]) == 2
    assert str(spec) in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["spec.json"]
