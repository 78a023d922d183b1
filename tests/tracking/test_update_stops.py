"""An update asks or refuses, and leaves the tree as it was, both times."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from chessa import __version__
from chessa_codegen.errors import SpecError
from chessa_tracking.apply import update
from chessa_tracking.apply.release import next_version
from chessa_tracking.diff.changes import Level
from chessa_tracking.fetch.merge import Decisions
from chessa_tracking.fetch.source import open_source
from tests.commands import update as run
from tests.tracking import rendering
from tests.tracking.trees import (
    REFUND,
    Document,
    body,
    everything,
    no_proof,
    rewrite,
)

# ---- Questions ----------------------------------------------------------------------------------


def asked(tree: Path, *words: str | Path) -> Document:
    """Run a command that must ask, and leave the tree alone; its report."""
    before = everything(tree)
    done = run(tree, *words, "--json")
    assert done.returncode == 1, done.stderr
    assert everything(tree) == before
    report: Document = json.loads(done.stdout)
    assert report["questions"]
    return report


@pytest.mark.ci
def test_a_question_is_the_first_thing_that_is_read(tree: Path, pages: Path) -> None:
    """It stands before all else, once for all that have one decision."""
    for method, path in (REFUND, ("get", "/v1/orders")):
        (pages / rendering.page_name(method, path)).unlink()
    done = run(tree, pages)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[2] == "Needs a decision (4)", (
        "two operations, two pages that are linked and missing"
    )
    assert done.stdout.count("--accept-removal METHOD PATH") == 1


def test_pages_that_disagree(tree: Path, pages: Path, vendored: Document) -> None:
    """A conflict is asked about, with both pages."""
    vendored["info"]["version"] = "2.0.0"
    rewrite(pages, vendored, REFUND)
    (conflict,) = asked(tree, pages)["conflicts"]
    assert conflict["what"] == "info"
    assert conflict["pages"][1] == rendering.page_name(*REFUND)


def test_a_page_that_vanished(tree: Path, pages: Path) -> None:
    """It is asked about; `--keep` keeps the operation, `--accept-removal` removes it."""
    (pages / rendering.page_name(*REFUND)).unlink()
    index = (pages / "llms.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    rendering.write(
        pages / "llms.txt",
        "".join(line for line in index if rendering.page_name(*REFUND) not in line),
    )
    (missing,) = asked(tree, pages)["missing"]
    assert missing["operation"] == "POST /v1/orders/refund"
    kept = run(tree, pages, "--keep", "POST", "/v1/orders/refund")
    assert kept.returncode == 0
    assert "POST /v1/orders/refund is kept as it was" in kept.stdout
    report = asked(tree, pages, "--accept-removal", "post", "/v1/orders/refund")
    assert report["missing"] == []
    assert report["verdict"] == "major"
    assert report["version"]["to"] == next_version(__version__, Level.MAJOR)
    assert report["surface"]
    assert report["overlay"], "what corrected it alone matches nothing now"


@pytest.mark.ci
def test_a_page_that_fails(tree: Path, pages: Path) -> None:
    """A page without its file is missing, and can be left out."""
    index = (pages / "llms.txt").read_text(encoding="utf-8")
    rendering.write(pages / "llms.txt", f"{index}- [new]({rendering.SITE}/new.md)\n")
    (missing,) = asked(tree, pages)["missing"]
    assert missing == {
        "operation": "",
        "page": "new.md",
        "reason": "there is no such file",
        "text": "the page new.md cannot be read: there is no such file",
    }
    assert run(tree, pages, "--ignore-page", "new.md").returncode == 0


def all_pages(pages: Path, edited: Document) -> None:
    """Render a document whose header changed."""
    rewrite(pages, edited, *rendering.operations(edited))


@pytest.mark.parametrize(
    ("what", "key", "value"),
    [
        ("server", "servers", [{"url": "https://api.evil.example"}]),
        ("security", "security", [{"key": []}]),
    ],
)
@pytest.mark.ci
def test_another_server_or_security(
    tree: Path, pages: Path, vendored: Document, what: str, key: str, value: Any
) -> None:
    """The host of requests and who may send them never change without a person's word."""
    vendored[key] = value
    if key == "security":
        vendored["components"] = {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-key"}}
        }
    all_pages(pages, vendored)
    report = asked(tree, pages, "--dry-run")
    assert any(f"--accept-{what}" in question["answer"] for question in report["questions"])
    again = json.loads(run(tree, pages, "--dry-run", "--json", f"--accept-{what}").stdout)
    assert not any(f"--accept-{what}" in question["answer"] for question in again["questions"])


def ask_about_all(tree: Path) -> Path:
    """Let no action of the overlay be left out by itself; return the overlay."""
    path = tree / "spec" / "overlay.yaml"
    overlay = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    for action in overlay["actions"]:
        action.pop("x-obsolete-when", None)
    path.write_text(json.dumps(overlay), encoding="utf-8")
    return path


@pytest.mark.ci
def test_a_correction_that_is_obsolete(tree: Path, pages: Path, vendored: Document) -> None:
    """An action of the overlay that the vendor has made obsolete is named, with its reason."""
    ask_about_all(tree)
    del vendored["paths"]["/v1/orders/refund"]["post"]["parameters"]
    body(vendored)["required"] = ["orderId"]
    rewrite(pages, vendored, REFUND)
    report = asked(tree, pages)
    assert {advice["why"] for advice in report["overlay"]} == {"matches nothing"}
    assert all("Drop it if" in advice["text"] for advice in report["overlay"])
    assert [each["rule"] for each in report["changes"]], "what else changed is told as well"


def test_nothing_is_carried_out_while_a_question_is_open(tree: Path, pages: Path) -> None:
    """Not even by a program that ignores the report."""
    (pages / rendering.page_name(*REFUND)).unlink()
    found = update.look(tree, open_source(str(pages)), Decisions())
    with pytest.raises(SpecError, match="open questions"):
        update.carry_out(tree, found, no_proof)


# ---- Refusals -----------------------------------------------------------------------------------


def refused(tree: Path, *words: str | Path) -> Document:
    """Run a command that must refuse, and leave the tree alone; its reason."""
    before = everything(tree)
    done = run(tree, *words, "--json", "--report", tree.parent / "report.md")
    assert done.returncode == 2, done.stdout
    assert everything(tree) == before
    assert done.stderr.count("refused: ") == 1
    assert "Traceback" not in done.stderr
    reason: Document = json.loads(done.stdout)["refused"]
    assert set(reason) == {"what", "where", "fix"}
    if (tree.parent / "report.md").exists():
        assert "## Refused" in (tree.parent / "report.md").read_text(encoding="utf-8")
    return reason


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (lambda d: d.update(openapi="2.0"), "3.0, 3.1 and 3.2 are supported"),
        (lambda d: d["info"].update(title="\x1b[31m"), "not allowed"),
        (
            lambda d: d["paths"]["/v1/orders/refund"]["post"].update({"x-safe-to-repeat": True}),
            "only the overlay may",
        ),
        (lambda d: d.update(servers=[{"url": "file:///etc/passwd"}]), "server"),
    ],
)
def test_what_is_unsafe_or_invalid(
    tree: Path, vendored: Document, tmp_path: Path, edit: Callable[[Document], None], what: str
) -> None:
    """It is refused with what, where and how to fix it."""
    edit(vendored)
    rendering.write(tmp_path / "openapi.json", json.dumps(vendored))
    reason = refused(tree, tmp_path / "openapi.json")
    assert what.lower() in json.dumps(reason).lower()


@pytest.mark.parametrize(
    "words",
    [
        ("http://docs.chessa.ai",),
        ("no-such-folder",),
        (".", "--accept-removal", "GET", "v1"),
        (".", "--keep", "FETCH", "/v1"),
    ],
)
def test_a_command_that_makes_no_sense(tree: Path, words: tuple[str, ...]) -> None:
    """It is refused before anything is read."""
    assert refused(tree, *words)


def test_a_decision_about_what_is_not_missing(tree: Path, pages: Path) -> None:
    """A removal of what the pages show is a slip."""
    assert "is missing" in refused(tree, pages, "--accept-removal", *_upper(REFUND))["what"]


def _upper(operation: tuple[str, str]) -> tuple[str, str]:
    return operation[0].upper(), operation[1]


# ---- Odd places ---------------------------------------------------------------------------------


@pytest.mark.ci
def test_a_part_that_is_a_link(tree: Path, with_note: Path) -> None:
    """Nothing is written through a symbolic link, and nothing else either."""
    outside = tree.parent / "outside"
    (tree / "changelog.d").rename(outside)
    (tree / "changelog.d").symlink_to(outside)
    found = update.look(tree, open_source(str(with_note)), Decisions())
    before, kept = everything(tree), everything(outside)
    with pytest.raises(SpecError, match="symbolic link"):
        update.carry_out(tree, found, no_proof)
    assert everything(tree) == before
    assert everything(outside) == kept


@pytest.mark.nightly
def test_one_object_whatever_comes(tree: Path, with_note: Path) -> None:
    """A package that fails its tests, here for want of any, leaves one object: the refusal."""
    assert "property tests" in refused(tree, with_note)["what"]


@pytest.mark.ci
def test_nobody_reads(tree: Path, with_note: Path) -> None:
    """A report whose reader has left is not a reason to fail, or to say that something is asked."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, str(tree / "scripts" / "update_spec.py"), str(with_note)]
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [*command, "--dry-run"], stdout=writing, stderr=writing, env=environment, check=False
    )
    os.close(writing)
    assert done.returncode == 0


@pytest.mark.ci
def test_an_overlay_that_is_edited_for_the_update(
    tree: Path, pages: Path, vendored: Document
) -> None:
    """The package that callers have tells what they lose, whatever the overlay says."""
    del body(vendored)["properties"]["tag"]
    rewrite(pages, vendored, REFUND)
    overlay = ask_about_all(tree)
    before = asked(tree, pages)
    text = overlay.read_text(encoding="utf-8")
    assert before["surface"]
    kept = text.replace("!@..required", "@.nothing")
    overlay.write_text(kept, encoding="utf-8")
    after = json.loads(run(tree, pages, "--dry-run", "--json").stdout)
    assert {each["text"] for each in before["surface"]} <= {
        each["text"] for each in after["surface"]
    }
