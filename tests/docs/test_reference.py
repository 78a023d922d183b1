"""The reference has every operation, attribute, value and error of the spec and the client."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import attrs
from markdown_it.token import Token

import chessa
from chessa import Chessa
from chessa._call.outcomes import INCONCLUSIVE
from chessa_api import models
from chessa_api.enums import OpenEnum, OpenIntEnum
from chessa_codegen.docs import pages
from tests.docs.pages import PAGES, ROOT, headings, links, name_of, read, rows, section
from tests.marks import table

FOLDER = ROOT / "docs" / "reference"
SPEC = json.loads((ROOT / "generated" / "chessa_api" / "spec.json").read_text(encoding="utf-8"))
PAGE_OF = {page.stem: read(page) for page in PAGES if page.parent == FOLDER}


def operations() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield name, method, path and node of every operation."""
    for path, item in SPEC["paths"].items():
        for method in ("get", "put", "post", "delete", "patch"):
            if method in item:
                yield item[method]["operationId"], method.upper(), path, item[method]


OPERATIONS = list(operations())


def under(name: str) -> list[Token]:
    """Return the section of an operation."""
    return section(PAGE_OF[name.partition(".")[0]], name)


def shown(tokens: list[Token]) -> str:
    """Return the text of a section."""
    return " ".join(token.content for token in tokens if token.content)


@table(("name", "method", "path", "node"), OPERATIONS)
def test_every_operation_has_its_section(
    name: str, method: str, path: str, node: dict[str, Any]
) -> None:
    """It has the request, the vendor's id, read or write, the source, arguments and an example."""
    resource, _, attribute = name.partition(".")
    with Chessa(client_id="x", client_secret="y", base_url="https://sandbox.invalid") as client:
        function = getattr(getattr(client, resource), attribute)
    tokens = under(name)
    text = shown(tokens)
    source = node.get("x-source", {})
    seen = {"partial": "seen in part", "full": "seen in full", "": "Source:"}
    is_read = method == "GET" or node.get("x-safe-to-repeat") is True
    for part in (
        f"{method} {path}",
        node.get("x-vendor-operation-id", ""),
        source.get("page", "Source:"),
        seen[source.get("completeness", "")],
        *source.get("notSeen", ()),
    ):
        assert part in text
    assert ("Read operation." in text, "Write operation." in text) == (is_read, not is_read)

    stub = next(t.content for t in tokens if t.type == "fence" and t.info == "pyi")
    parameters = inspect.signature(function).parameters
    assert re.findall(r"(\w+): ", stub.partition(") ->")[0]) == list(parameters)
    required = [n for n, p in parameters.items() if p.default is inspect.Parameter.empty]
    table = [row for row in rows(tokens) if row[0] in parameters and "raises" not in row]
    assert [row[0] for row in table] == list(parameters)
    assert [row[0] for row in table if row[2] == "yes"] == required

    examples = [t.content for t in tokens if t.type == "fence" and t.info == "python"]
    assert len(examples) == ("No example:" not in text)
    assert all(f"chessa.{name}(" in example for example in examples)


@table(("name", "method", "path", "node"), OPERATIONS)
def test_every_documented_error_has_its_row(
    name: str, method: str, path: str, node: dict[str, Any]
) -> None:
    """The row has the class, and the code and message of the spec's example."""
    table = {row[0]: row for row in rows(under(name))}
    for status, response in node["responses"].items():
        if status[0] not in "45":
            continue
        if status.isdecimal():
            assert table[status][1] == chessa.ApiError.for_status(int(status)).__name__
        content = response.get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            for said in (example["value"].get("error"), example["value"].get("message")):
                assert not isinstance(said, str) or said in table[status][3]


def test_the_index_lists_every_operation() -> None:
    """Each with a link to its section, its kind and its request."""
    table = {row[0]: row for row in rows(PAGE_OF["README"])}
    assert set(table) - {"operation"} == {name for name, *_ in OPERATIONS}
    for name, method, path, _ in OPERATIONS:
        assert table[name][-1] == f"{method} {path}"
    assert len(links(PAGE_OF["README"])) > len(OPERATIONS) + len(models.__all__)


def sections_of(name: str) -> list[list[Token]]:
    """Return the section of a class on each page that has one."""
    return [section(tokens, name) for tokens in PAGE_OF.values() if name in headings(tokens)]


@table("name", models.__all__)
def test_every_class_is_described(name: str) -> None:
    """Every attribute with its name on the wire, and every known value, wherever a class stands."""
    found = sections_of(name)
    kind = getattr(models, name)
    assert found
    if issubclass(kind, OpenEnum | OpenIntEnum):
        wanted = [[f"{name}.{m}", str(getattr(kind, m))] for m in vars(kind) if m.isupper()]
    else:
        names = [field.name for field in attrs.fields(kind) if field.init]
        wanted = [[n] for n in names if not n.startswith("_")]
    for tokens in found:
        assert [
            row[: len(one)] for row, one in zip(rows(tokens)[1:], wanted, strict=True)
        ] == wanted


def test_the_pages_are_there() -> None:
    """One for each resource, the index, other classes, what to check; each names its command."""
    resources = {name.partition(".")[0] for name, *_ in OPERATIONS}
    assert {page.stem for page in FOLDER.iterdir()} == resources | {
        *("README", "models", "what-to-check")
    }
    assert {name_of(page) for page in PAGES} >= {"docs/README.md", "docs/reference/README.md"}
    first = {page.read_text(encoding="utf-8").partition("\n")[0] for page in FOLDER.iterdir()}
    assert first == {"<!-- Generated by `python scripts/regenerate.py`; do not edit. -->"}


def test_the_classes_of_errors_are_those_of_the_client() -> None:
    """The pipeline, which cannot import the client, has the same table."""
    for status in range(400, 600):
        by_client = chessa.ApiError.for_status(status).__name__
        if status < 500:
            assert pages.BY_STATUS.get(str(status), "ApiError") == by_client, status
        assert (str(status) in pages.INCONCLUSIVE) == (status in INCONCLUSIVE), status
