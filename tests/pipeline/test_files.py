"""Documents in several local files."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_codegen.document.files import read_whole
from chessa_codegen.errors import SpecError
from chessa_codegen.regeneration import effective_document, settled
from chessa_tracking.fetch.gather import gather
from chessa_tracking.fetch.source import open_source
from tests.marks import table

ROOT: Final = """
openapi: 3.0.3
info: {title: T, version: '1'}
paths:
  /orders: {$ref: paths/orders.yaml}
  /users: {$ref: 'paths/all.yaml#/users'}
components:
  schemas:
    Note: {type: object, properties: {text: {type: string}}}
"""
ORDERS: Final = """
get:
  responses:
    '200':
      description: OK
      content:
        application/json:
          schema: {$ref: '../schemas/order.yaml'}
"""
ALL: Final = """
users:
  get:
    parameters: [{$ref: '#/page'}]
    responses:
      '200':
        description: OK
        content:
          application/json:
            schema: {$ref: '../schemas/all.yaml#/User'}
page: {name: page, in: query, schema: {type: integer}}
"""
ORDER: Final = """
type: object
properties:
  id: {type: string}
  note: {$ref: '../spec.yaml#/components/schemas/Note'}
  parent: {$ref: '#'}
  user: {$ref: 'all.yaml#/User'}
"""
SCHEMAS: Final = """
User: {type: object, properties: {name: {$ref: '#/Name'}, note: {$ref: order.yaml}}}
Name: {type: string}
"""
FILES: Final = {
    "spec.yaml": ROOT,
    "paths/orders.yaml": ORDERS,
    "paths/all.yaml": ALL,
    "schemas/order.yaml": ORDER,
    "schemas/all.yaml": SCHEMAS,
}


def saved(folder: Path, **more: str) -> Path:
    """Write the files; return the first one."""
    for name, text in {**FILES, **more}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "spec.yaml"


def test_files_become_one_document(tmp_path: Path) -> None:
    """Each schema is one component, however many files refer to it, also in circles."""
    spec = saved(tmp_path)
    whole = read_whole(spec)
    assert set(whole["components"]["schemas"]) == {"Note", "order", "User", "Name"}
    text = json.dumps(whole)
    assert ".yaml" not in text
    plan = settled(effective_document(whole, None)).plan
    assert {model.name for model in plan.models} == {"Note", "Order", "User"}
    (page,) = whole["paths"]["/users"]["get"]["parameters"]
    assert page["name"] == "page"
    assert gather(open_source(str(spec))).document == whole


@table(
    "link",
    [
        *("../outside.yaml", "/etc/passwd", "gone.yaml", "link.yaml", "https://evil.example/a"),
        *("all.yaml#/Gone", "x" * 300, "a/" * 5_000, "a%00b.yaml", "loop.yaml"),
    ],
)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, link: str) -> None:
    """Such a reference stays, and the operation that needs it is left out."""
    (tmp_path / "outside.yaml").write_text("type: object", encoding="utf-8")
    folder = tmp_path / "within"
    spec = saved(folder, **{"schemas/order.yaml": f"$ref: '{link}'"})
    (folder / "schemas" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "schemas" / "loop.yaml").symlink_to("loop.yaml")
    whole = read_whole(spec)
    if link == "link.yaml":
        with pytest.raises(SpecError, match="outside the folder"):
            gather(open_source(str(spec)))
    else:
        assert gather(open_source(str(spec))).document == whole
    found = settled(effective_document(whole, None))
    assert any("leaves the document" in each.text for each in found.findings)


@table(
    ("files", "what"),
    [
        ({"paths/orders.yaml": "$ref: orders.yaml"}, "in circles"),
        ({"schemas/order.yaml": "[1]"}, "not a mapping"),
        ({"schemas/order.yaml": f"description: '{'x' * 8 * 2**20}'"}, "too large"),
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, files: dict[str, Any], what: str) -> None:
    """Circles of parts that are not schemas, and files that are not mappings or too large."""
    with pytest.raises(SpecError, match=what):
        read_whole(saved(tmp_path, **files))


def test_a_text_in_a_file_is_written_where_it_is_referred_to(tmp_path: Path) -> None:
    """Only schemas become components."""
    text = ROOT.replace("title: T,", "title: T, description: {$ref: 'paths/all.yaml#/text'},")
    spec = saved(tmp_path, **{"spec.yaml": text, "paths/all.yaml": f"{ALL}\ntext: Words.\n"})
    assert read_whole(spec)["info"]["description"] == "Words."
