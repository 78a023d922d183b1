"""The update as a maintainer runs it: what it prints and writes, when it asks, when it refuses."""

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_pipeline import document
from chessa_pipeline.errors import SpecError
from chessa_tracking import installing, staging, update
from chessa_tracking.merging import Decisions
from chessa_tracking.source import open_source
from tests.tracking import rendering
from tests.tracking.conftest import ROOT

Document = dict[str, Any]
REFUND: Final = ("post", "/v1/orders/refund")
_IGNORED: Final = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", ".update*"
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what an update reads and writes; not to be edited."""
    copied = tmp_path_factory.mktemp("original") / "tree"
    copied.mkdir()
    for name in ("spec", "generated", "overrides", "scripts", "docs"):
        shutil.copytree(ROOT / name, copied / name, ignore=_IGNORED)
    for name in ("generator-config.yaml", "CHANGELOG.md", "pyproject.toml"):
        shutil.copy(ROOT / name, copied / name)
    return copied


@pytest.fixture
def tree(original: Path, tmp_path: Path) -> Path:
    """A copy that an update may change."""
    return shutil.copytree(original, tmp_path / "tree")


def everything(root: Path) -> dict[str, bytes]:
    """Every file of a tree."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def run(tree: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the command in a tree."""
    return subprocess.run(
        [sys.executable, str(tree / "scripts" / "update_spec.py"), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tree.parent,
    )


def rewrite(pages: Path, edited: Document, *which: tuple[str, str]) -> None:
    """Write the pages of these operations again, from an edited document."""
    for method, path in which:
        name = rendering.page_name(method, path)
        rendering.write(pages / name, rendering.page(edited, method, path))


def body(edited: Document) -> Document:
    """The schema of the refund's body."""
    content = edited["paths"]["/v1/orders/refund"]["post"]["requestBody"]["content"]
    schema: Document = content["application/json"]["schema"]
    return schema


@pytest.fixture
def with_note(pages: Path, vendored: Document) -> Path:
    """Pages on which the refund gained an optional note."""
    body(vendored)["properties"]["note"] = {"type": "string", "maxLength": 20}
    rewrite(pages, vendored, REFUND)
    return pages


def no_proof(_: Path) -> None:
    """In place of the property tests, where something else is tested."""


def carried_out(tree: Path, pages: Path) -> update.Update:
    """Look, and carry it out without the property tests."""
    found = update.look(tree, open_source(str(pages)), Decisions())
    update.carry_out(tree, found, no_proof)
    return found


# ---- Nothing to do, and reports -----------------------------------------------------------------


def test_nothing_to_do(tree: Path, pages: Path) -> None:
    """Pages that say what is vendored are no change: exit 0, and not a byte is touched."""
    before = everything(tree)
    done = run(tree, pages, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "none"
    assert report["version"] == {"from": "0.1.0", "to": "0.1.0"}
    for empty in ("missing", "conflicts", "changes", "overlay", "surface", "questions"):
        assert report[empty] == []
    assert len(report["pages"]) == 17
    assert everything(tree) == before


def test_the_vendors_own_page(tree: Path, vendored: Document, tmp_path: Path) -> None:
    """One page by itself, as the vendor shows it, is no change."""
    method, path = REFUND
    page = tmp_path / "request-refund.md"
    rendering.write(page, rendering.page(vendored, method, path))
    done = run(tree, page)
    assert done.returncode == 0
    assert "1 page, 1 operation" in done.stdout


def test_a_dry_run_writes_nothing(tree: Path, with_note: Path, tmp_path: Path) -> None:
    """It reports what would be done, in each form alike, and exits 0."""
    before = everything(tree)
    done = run(tree, with_note, "--dry-run", "--json", "--report", tmp_path / "report.md")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report) == {
        *("verdict", "pages", "missing", "conflicts", "changes", "overlay", "surface"),
        *("version", "questions"),
    }
    assert report["verdict"] == "minor"
    assert report["version"] == {"from": "0.1.0", "to": "0.1.1"}
    assert [change["rule"] for change in report["changes"]] == ["new-optional-request-property"]
    gained = "`orders.request_refund` gained the optional argument `note`"
    assert [change["text"] for change in report["surface"]] == [gained]
    text = run(tree, with_note, "--dry-run").stdout
    for shown in (text, (tmp_path / "report.md").read_text(encoding="utf-8")):
        assert gained in shown
        assert "minor" in shown
        assert "0.1.1" in shown
    assert everything(tree) == before


def test_progress_is_plain_where_nobody_looks(tree: Path, pages: Path) -> None:
    """Without a terminal each page is a line of standard error; the report stands alone."""
    done = run(tree, pages)
    assert done.stderr.splitlines()[0].startswith("reading 1/17 ")
    assert "\r" not in done.stderr
    assert "reading" not in done.stdout


# ---- Done ---------------------------------------------------------------------------------------


def test_what_an_update_writes(tree: Path, with_note: Path) -> None:
    """Spec, package, reference, lock, version and changelog follow, and nothing else changes."""
    before = everything(tree)
    carried_out(tree, with_note)
    after = everything(tree)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {
        "CHANGELOG.md",
        "docs/reference/orders.md",
        "generated/chessa_api/api/orders/__init__.py",
        "generated/chessa_api/api/orders/request_refund.py",
        "generated/chessa_api/spec.json",
        "generated/chessa_api/__init__.py",
        "overrides/chessa/_version.py",
        "spec/lock.json",
        "spec/openapi.yaml",
    } & (changed | {"CHANGELOG.md", "spec/openapi.yaml", "overrides/chessa/_version.py"})
    assert b'__version__ = "0.1.1"' in after["overrides/chessa/_version.py"]
    changelog = after["CHANGELOG.md"].decode()
    assert "- `orders.request_refund` gained the optional argument `note`.\n" in changelog
    assert changelog.index("## 0.1.1 (unreleased)") < changelog.index("## 0.1.0 (unreleased)")
    old, new = (each["spec/openapi.yaml"].decode().splitlines() for each in (before, after))
    assert [line.strip() for line in new if line not in old] == [
        "note:",
        "maxLength: 20",
    ] or len(new) - len(old) == 6  # the property, and the page that it was read from
    check = subprocess.run(
        [sys.executable, str(tree / "scripts" / "regenerate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_what_is_left_for_a_person(tree: Path, pages: Path, vendored: Document) -> None:
    """A method that has the vendor's name is told, so that somebody pins it."""
    method, path = "get", "/v1/referrals"
    vendored["paths"][path] = {
        method: {
            "operationId": "listReferrals",
            "tags": ["Referral Endpoints"],
            "responses": {"200": {"description": "OK"}},
        }
    }
    rewrite(pages, vendored, (method, path))
    index = (pages / "llms.txt").read_text(encoding="utf-8")
    name = rendering.page_name(method, path)
    rendering.write(pages / "llms.txt", f"{index}- [new]({rendering.SITE}/{name})\n")
    found = update.look(tree, open_source(str(pages)), Decisions())
    (note,) = update.carry_out(tree, found, no_proof).notes
    assert note.startswith("referrals.list_referrals (GET /v1/referrals) is named by the vendor")


def test_an_update_is_done_once(tree: Path, with_note: Path) -> None:
    """The same pages again are nothing to do."""
    carried_out(tree, with_note)
    before = everything(tree)
    assert run(tree, with_note).returncode == 0
    assert everything(tree) == before


def test_a_package_that_fails_its_tests(tree: Path, with_note: Path) -> None:
    """It is refused, with what failed, and the tree is as it was."""
    found = update.look(tree, open_source(str(with_note)), Decisions())
    before = everything(tree)

    def fail(copy_: Path) -> None:
        assert b"note" in (copy_ / "spec" / "openapi.yaml").read_bytes(), "it is made in a copy"
        raise SpecError("A property does not hold.", "here", "mend it")

    with pytest.raises(SpecError, match="does not hold"):
        update.carry_out(tree, found, fail)
    assert everything(tree) == before


def test_the_property_tests_are_run(tmp_path: Path) -> None:
    """A tree whose property tests pass is proven, one whose fail is refused with their words."""
    rendering.write(tmp_path / "tests" / "property" / "test_it.py", "def test_it(): pass\n")
    staging.prove(tmp_path)
    rendering.write(
        tmp_path / "tests" / "property" / "test_it.py", "def test_it(): assert 1 == 2\n"
    )
    with pytest.raises(SpecError, match="assert 1 == 2"):
        staging.prove(tmp_path)


@pytest.mark.long
def test_the_whole_command(tree: Path, with_note: Path) -> None:
    """With its property tests, from the pages to the tree."""
    shutil.copytree(ROOT / "tests", tree / "tests", ignore=_IGNORED)
    done = run(tree, with_note)
    assert done.returncode == 0, done.stderr
    assert "Done: " in done.stderr
    assert b"note" in (tree / "spec" / "openapi.yaml").read_bytes()


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


def test_a_question_is_the_first_thing_that_is_read(tree: Path, pages: Path) -> None:
    """It stands before all else, once for all that have one answer."""
    for method, path in (REFUND, ("get", "/v1/orders")):
        (pages / rendering.page_name(method, path)).unlink()
    done = run(tree, pages)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[2] == "Needs a decision (4)", "two operations, two pages that are linked and gone"
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
    assert report["version"]["to"] == "0.2.0"
    assert "`orders.request_refund` is gone" in json.dumps(report["surface"]) or report["surface"]
    assert report["overlay"], "what corrected it alone matches nothing now"


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
def test_another_server_or_security(
    tree: Path, pages: Path, vendored: Document, what: str, key: str, value: Any
) -> None:
    """Where requests go and who may send them is never changed without a person's word."""
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


def test_a_correction_that_is_obsolete(tree: Path, pages: Path, vendored: Document) -> None:
    """An action of the overlay that the vendor has made obsolete is named, with its reason."""
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
    with pytest.raises(SpecError, match="questions that are open"):
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
    assert set(reason) == {"what", "where", "mend"}
    if (tree.parent / "report.md").exists():
        assert "## Refused" in (tree.parent / "report.md").read_text(encoding="utf-8")
    return reason


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (lambda d: d.update(openapi="2.0"), "3.0 and 3.1 are supported"),
        (lambda d: d["paths"].update({"/v1/{a.__class__}/x}": {"get": {"responses": {}}}}), "path"),
        (lambda d: d["paths"]["/v1/orders/refund"]["post"].update(summary=5), "summary"),
        (lambda d: body(d).update({"$ref": "https://evil.example/x.json"}), "leaves the document"),
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
    """It is refused with what, where and how to mend it."""
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


# ---- Killed -------------------------------------------------------------------------------------


def test_what_was_cut_off_is_finished(tree: Path, with_note: Path) -> None:
    """`regenerate --check` tells of an update that was cut off; the next run does the rest."""
    before = everything(tree)
    carried_out(tree, with_note)
    after = everything(tree)
    for name, content in before.items():
        (tree / name).write_bytes(content)
    _leave_pending(tree, before, after)
    checked = subprocess.run(
        [sys.executable, str(tree / "scripts" / "regenerate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1
    assert "update_spec.py" in checked.stdout
    dry = run(tree, with_note, "--dry-run")
    assert dry.returncode == 1
    assert "cut off" in dry.stderr
    done = run(tree, with_note)
    assert done.returncode == 0, done.stderr
    assert "Finished an update that was cut off" in done.stderr
    assert everything(tree) == after


def _leave_pending(tree: Path, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """Start to install, and die before the first file."""
    child = os.fork()
    if not child:
        try:
            installing.finish = lambda _: os._exit(0)  # type: ignore[assignment]
            installing.install(tree, before, after)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert installing.is_pending(tree)


@pytest.mark.long
def test_killed_at_any_time(tree: Path, with_note: Path) -> None:
    """Whenever the command is killed, the tree is whole after the next run."""
    rendering.write(tree / "tests" / "property" / "test_it.py", "def test_it(): pass\n")
    before = everything(tree)
    started = time.monotonic()
    untouched = shutil.copytree(tree, tree.with_name("again"))
    assert run(untouched, with_note).returncode == 0
    took = time.monotonic() - started
    wanted = everything(untouched)
    for part in range(1, 13):
        child = subprocess.Popen(
            [sys.executable, str(tree / "scripts" / "update_spec.py"), str(with_note)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(took * part / 12)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert everything(tree) in (before, wanted) or installing.is_pending(tree)
        if everything(tree) == wanted:
            break
    assert run(tree, with_note).returncode == 0
    assert everything(tree) == wanted


def test_what_the_documents_say_is_not_changed_by_reading(vendored: Document) -> None:
    """Looking changes neither document."""
    kept = copy.deepcopy(vendored)
    assert document.read(ROOT / "spec" / "openapi.yaml") == kept == vendored


# ---- Odd places ---------------------------------------------------------------------------------


def test_a_part_that_is_a_link(tree: Path, with_note: Path) -> None:
    """Nothing is written through a symbolic link, and nothing else either."""
    outside = tree.parent / "outside.md"
    (tree / "CHANGELOG.md").rename(outside)
    (tree / "CHANGELOG.md").symlink_to(outside)
    found = update.look(tree, open_source(str(with_note)), Decisions())
    before, words = everything(tree), outside.read_bytes()
    with pytest.raises(SpecError, match="symbolic link"):
        update.carry_out(tree, found, no_proof)
    assert everything(tree) == before
    assert outside.read_bytes() == words


def test_one_object_whatever_comes(tree: Path, with_note: Path) -> None:
    """A package that fails its tests, here for want of any, leaves one object: the refusal."""
    assert "property tests" in refused(tree, with_note)["what"]


def test_nobody_reads(tree: Path, with_note: Path) -> None:
    """A report whose reader is gone is no reason to fail, or to say that something is asked."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, str(tree / "scripts" / "update_spec.py"), str(with_note)]
    done = subprocess.run([*command, "--dry-run"], stdout=writing, stderr=writing, check=False)
    os.close(writing)
    assert done.returncode == 0


def test_an_overlay_that_is_edited_for_the_update(
    tree: Path, pages: Path, vendored: Document
) -> None:
    """What callers lose is told by the package that they have, whatever the overlay says."""
    body(vendored)["required"] = ["orderId"]
    rewrite(pages, vendored, REFUND)
    before = asked(tree, pages)
    overlay = tree / "spec" / "overlay.yaml"
    text = overlay.read_text(encoding="utf-8")
    assert before["surface"]
    kept = text.replace("!@..required", "@.nothing")
    overlay.write_text(kept, encoding="utf-8")
    after = json.loads(run(tree, pages, "--dry-run", "--json").stdout)
    assert {each["text"] for each in before["surface"]} <= {
        each["text"] for each in after["surface"]
    }
