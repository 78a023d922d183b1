"""An operation that cannot be generated waits: each report has it, until it is delivered."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.lock import read_findings
from chessa_tracking.apply import release, update
from chessa_tracking.apply.assess import Judgement, judge
from chessa_tracking.diff.changes import Level
from chessa_tracking.fetch.merge import Decisions
from chessa_tracking.fetch.source import open_source
from chessa_tracking.report import update as update_report
from chessa_tracking.report.diff import in_markdown
from tests.commands import update as run
from tests.marks import table
from tests.pipeline.made import document
from tests.tracking.trees import Document, body, no_proof

UPLOAD = "POST /v1/users/documents"
DOWNLOAD = "GET /v1/orders/{orderId}/receipt"
OK: Document = {"200": {"description": "ok"}}


def content(media_type: str, schema: Any = None) -> Document:
    """A body of one media type."""
    return {"content": {media_type: {"schema": schema or {"type": "object"}}}}


def with_files(vendored: Document, sent: str) -> Document:
    """The document with a note, an upload, a download, a webhook and several slips."""
    new = copy.deepcopy(vendored)
    body(new)["properties"]["note"] = {"type": "string"}
    upload = {"tags": ["User Endpoints"], "operationId": "users.submit_document", "responses": OK}
    new["paths"]["/v1/users/documents"] = {"post": {**upload, "requestBody": content(sent)}}
    order = {"name": "orderId", "in": "path", "required": True, "schema": {"type": "string"}}
    receipt: Document = {
        "tags": ["Order Endpoints"],
        "operationId": "orders.receipt",
        "parameters": [order],
    }
    receipt["responses"] = {"200": {"description": "ok", **content("multipart/byteranges")}}
    new["paths"]["/v1/orders/{orderId}/receipt"] = {"get": receipt}
    new["webhooks"] = {"paid": {"post": {"responses": OK}}}
    new["info"]["contact"] = {"email": 3}
    new["x-logo"], new["unknown"] = {"url": 1}, True
    tags = new["tags"] or [{"name": "Twice"}]
    new["tags"] = [*tags, tags[0]]
    return new


def source(folder: Path, edited: Document) -> str:
    """A folder with the complete document."""
    path = folder / "vendor.json"
    path.write_text(json.dumps(edited))
    return str(path)


def followed(tree: Path, where: str, *accepted: str) -> update.Update:
    """Follow the document at a place without the property tests."""
    found = update.look(tree, open_source(where), Decisions(), frozenset(accepted))
    update.carry_out(tree, found, no_proof)
    return found


def test_an_upload_waits(tree: Path, vendored: Document, tmp_path: Path) -> None:
    """The rest of the update is reviewed, and what waits is told everywhere."""
    where = source(tmp_path, with_files(vendored, "multipart/mixed"))
    found = update.look(tree, open_source(where), Decisions())
    assert found.judgement.verdict is Level.MINOR
    (fragment,) = release.fragments("0.2.0", found.judgement, "it").values()
    lines = fragment.splitlines()
    assert "- `orders.request_refund` gained the optional argument `note`." in lines
    report = update_report.as_object(found)
    page, text = update_report.as_markdown(found), update_report.as_text(found)
    assert {each["operation"] for each in report["waiting"]} == {UPLOAD, DOWNLOAD}
    for each in report["waiting"]:
        assert each["where"].startswith("#/paths/")
        assert each["fix"]
        for shown in (page, text):
            assert each["where"].split("/")[-1] in shown
            assert each["fix"].split(",")[0] in " ".join(shown.split())
        name = in_markdown(each["operation"])
        assert any(line.startswith(f"- {name} is not in the package yet: ") for line in lines)


@pytest.mark.ci
def test_an_upload_waits_in_the_next_run_too(
    tree: Path, vendored: Document, tmp_path: Path
) -> None:
    """The rest of the update is made; the lock and the next report have what waits."""
    first = source(tmp_path, with_files(vendored, "multipart/mixed"))
    followed(tree, first)
    (fragment,) = (tree / "changelog.d").glob("+vendor-*.md")
    assert "is not in the package yet: " in fragment.read_text(encoding="utf-8")
    assert {each.operation for each in read_findings(tree / "spec" / "lock.json")} >= {UPLOAD}

    again = run(tree, first, "--json")
    assert (again.returncode, again.stderr) == (0, "")
    report = json.loads(again.stdout)
    assert (report["verdict"], len(report["waiting"]), report["questions"]) == ("none", 2, [])


@pytest.mark.ci
def test_what_waits_is_delivered(tree: Path, vendored: Document, tmp_path: Path) -> None:
    """When the vendor describes it otherwise it is delivered; taken back, it is asked about."""
    followed(tree, source(tmp_path, with_files(vendored, "multipart/mixed")))
    found = followed(tree, source(tmp_path, with_files(vendored, "application/json")))
    assert found.judgement.verdict is Level.MINOR
    assert found.judgement.delivered == (UPLOAD,)
    assert update_report.as_object(found)["delivered"] == [UPLOAD]
    assert "`users.submit_document` is new" in update_report.as_text(found)
    told = sorted((tree / "changelog.d").glob("+vendor-*.md"))[-1].read_text(encoding="utf-8")
    assert f"- {UPLOAD} was left out until now" in told

    first = source(tmp_path, with_files(vendored, "multipart/mixed"))
    asked = run(tree, first)
    assert asked.returncode == 1
    assert f"? {UPLOAD} is left out" in asked.stdout
    assert "--leave-out METHOD PATH" in " ".join(asked.stdout.split())
    wrong = run(tree, first, "--leave-out", "GET", "/v1/orders")
    assert (wrong.returncode, "GET /v1/orders is not" in wrong.stderr) == (2, True)
    done = run(tree, first, "--dry-run", "--leave-out", *UPLOAD.split())
    assert (done.returncode, "verdict: major" in done.stdout) == (0, True)


def with_upload(sent: str, **more: Any) -> Document:
    """A document of two operations, one of which sends something."""
    post = {"operationId": "send", "requestBody": content(sent), "responses": OK, **more}
    return document({"/good": {"get": {"operationId": "good", "responses": OK}}} | {
        "/files": {"post": post}
    })  # fmt: skip


JSON, XML = "application/json", "application/xml"
QUERY = [{"name": "kind", "in": "query", "required": True, "schema": {"type": "string"}}]


@table(
    ("old", "new", "verdict", "delivered"),
    [
        (
            with_upload(XML),
            with_upload(XML, parameters=QUERY),
            Level.PATCH,
            (),
        ),
        (
            with_upload(XML),
            with_upload(JSON),
            Level.MINOR,
            ("POST /files",),
        ),
        (with_upload(JSON), with_upload(XML), Level.MAJOR, ()),
    ],
)
def test_callers_lose_what_they_had(
    old: Document, new: Document, verdict: Level, delivered: tuple[str, ...]
) -> None:
    """A change of an operation that callers never had breaks no caller."""
    found: Judgement = judge(old, new)
    assert (found.verdict, found.delivered) == (verdict, delivered)
    assert found.changes
