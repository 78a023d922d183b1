"""The update as a maintainer runs it: what it prints and writes, also when it is cut off."""

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chessa import __version__
from chessa_codegen.document import loader
from chessa_codegen.errors import SpecError
from chessa_tracking.apply import install, staging, update
from chessa_tracking.apply.release import next_version
from chessa_tracking.diff.changes import Level
from chessa_tracking.fetch.merge import Decisions
from chessa_tracking.fetch.source import open_source
from tests import commands
from tests.commands import update as run
from tests.tracking import rendering
from tests.tracking.conftest import OPERATIONS, ROOT
from tests.tracking.trees import (
    IGNORED,
    REFUND,
    Document,
    carried_out,
    everything,
    no_proof,
    rewrite,
)

NEXT = next_version(__version__, Level.MINOR)
FRAGMENT = f"changelog.d/+vendor-{NEXT}.new.md"

# ---- Nothing to do, and reports -----------------------------------------------------------------


def test_nothing_to_do(tree: Path, pages: Path) -> None:
    """Pages that equal the vendored document change nothing: exit 0, and not a byte is touched."""
    before = everything(tree)
    done = run(tree, pages, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "none"
    assert report["version"] == {"from": __version__, "to": __version__}
    for empty in ("missing", "conflicts", "changes", "overlay", "surface", "questions"):
        assert report[empty] == []
    assert len(report["pages"]) == OPERATIONS + 1
    assert everything(tree) == before


def test_the_vendors_own_page(tree: Path, vendored: Document, tmp_path: Path) -> None:
    """One page by itself, as the vendor shows it, is not a change."""
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
        *("version", "questions", "answers", "waiting", "delivered", "migration"),
    }
    assert report["verdict"] == "minor"
    assert report["version"] == {"from": __version__, "to": NEXT}
    assert [change["rule"] for change in report["changes"]] == ["new-optional-request-property"]
    assert report["migration"] == "", "it breaks no caller"
    gained = "`orders.request_refund` gained the optional argument `note`"
    assert [change["text"] for change in report["surface"]] == [gained]
    text = run(tree, with_note, "--dry-run").stdout
    for shown in (text, (tmp_path / "report.md").read_text(encoding="utf-8")):
        assert gained in shown
        assert "minor" in shown
        assert NEXT in shown
    assert everything(tree) == before


def test_progress_is_plain_where_nobody_looks(tree: Path, pages: Path) -> None:
    """Without a terminal each page is a line of standard error; the report stands alone."""
    done = run(tree, pages)
    assert done.stderr.splitlines()[0].startswith(f"reading 1/{OPERATIONS + 1} ")
    assert "\r" not in done.stderr
    assert "reading" not in done.stdout


# ---- Done ---------------------------------------------------------------------------------------


def test_what_an_update_writes(tree: Path, with_note: Path) -> None:
    """Spec, package, reference, lock, version and a fragment follow, and nothing else changes."""
    before = everything(tree)
    carried_out(tree, with_note)
    after = everything(tree)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {
        FRAGMENT,
        "docs/reference/orders.md",
        "generated/chessa_api/api/orders/__init__.py",
        "generated/chessa_api/api/orders/request_refund.py",
        "generated/chessa_api/spec.json",
        "generated/chessa_api/__init__.py",
        "overrides/chessa/_version.py",
        "spec/lock.json",
        "spec/names.json",
        "spec/openapi.yaml",
    } & (changed | {FRAGMENT, "spec/openapi.yaml", "overrides/chessa/_version.py"})
    assert f'__version__ = "{NEXT}"'.encode() in after["overrides/chessa/_version.py"]
    assert after[FRAGMENT].decode() == (
        "Follow version 1.0.0 of the vendor's API:\n"
        "\n"
        "- `orders.request_refund` gained the optional argument `note`.\n"
    )
    old, new = (each["spec/openapi.yaml"].decode().splitlines() for each in (before, after))
    assert "maxLength: 20" in [line.strip() for line in new if line not in old]
    assert len(new) - len(old) in (3, 6)  # the property, and the page unless it was read before
    check = commands.regenerate(tree, "--check")
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.ci
def test_what_is_left_for_a_person(tree: Path, pages: Path, vendored: Document) -> None:
    """A method that has the vendor's name is told, so that a maintainer pins it."""
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


@pytest.mark.ci
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
        raise SpecError("A property does not hold.", "here", "fix it")

    with pytest.raises(SpecError, match="does not hold"):
        update.carry_out(tree, found, fail)
    assert everything(tree) == before


PROFILE = """
from hypothesis import settings

settings.register_profile("proof", max_examples=200)
"""


@pytest.mark.ci
def test_the_property_tests_are_run(tmp_path: Path) -> None:
    """A tree whose property tests pass is accepted."""
    rendering.write(tmp_path / "tests" / "property" / "conftest.py", PROFILE)
    rendering.write(tmp_path / "tests" / "property" / "test_it.py", "def test_it(): pass\n")
    staging.prove(tmp_path)


FAILING = """
import pytest
from hypothesis.errors import Unsatisfiable

def test_it(): assert 1 == 2

@pytest.mark.parametrize("place", ["Refund of orders.request_refund 200"])
def test_what_comes_goes_back(place): raise Unsatisfiable("no example")
"""


@pytest.mark.ci
def test_property_tests_that_fail_refuse_the_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal names the schema and the operation, what to check, and has the output."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # loading all of them takes seconds
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin,_hypothesis_pytestplugin")
    rendering.write(tmp_path / "tree" / "tests" / "property" / "conftest.py", PROFILE)
    rendering.write(tmp_path / "tree" / "tests" / "property" / "test_it.py", FAILING)
    with pytest.raises(SpecError, match="assert 1 == 2") as refused:
        staging.prove(tmp_path / "tree")
    assert refused.value.where == "Refund of orders.request_refund 200, the package"
    lines = refused.value.details
    assert "the package: it (the package does not do what the spec says: check the pipeline)" in (
        lines
    )
    assert lines[0] == (
        "Refund of orders.request_refund 200: what comes goes back "
        "(no value fits the schema: check the spec)"
    )
    assert "overlay" in refused.value.fix
    assert "Fix the pipeline" in refused.value.fix


@pytest.mark.nightly
def test_the_whole_command(tree: Path, with_note: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its property tests, from the pages to the tree."""
    shutil.copytree(ROOT / "tests", tree / "tests", ignore=IGNORED)
    monkeypatch.setenv("CHESSA_PROPERTY_EXAMPLES", "3")
    done = run(tree, with_note)
    assert done.returncode == 0, done.stderr
    assert "Done: " in done.stderr
    assert b"note" in (tree / "spec" / "openapi.yaml").read_bytes()


# ---- Killed -------------------------------------------------------------------------------------


def test_what_was_cut_off_is_finished(tree: Path, with_note: Path) -> None:
    """`regenerate --check` tells of an update that was cut off; the next run does the rest."""
    before = everything(tree)
    carried_out(tree, with_note)
    after = everything(tree)
    for name, content in before.items():
        (tree / name).write_bytes(content)
    _leave_pending(tree, before, after)
    checked = commands.regenerate(tree, "--check")
    assert checked.returncode == 1
    assert "update_spec.py" in checked.stdout
    made = commands.regenerate(tree)
    assert (made.returncode, "update_spec.py" in made.stderr) == (1, True)
    assert install.is_pending(tree)
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
            install.finish = lambda _: os._exit(0)  # type: ignore[assignment]
            install.install(tree, before, after)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert install.is_pending(tree)


@pytest.mark.nightly
def test_killed_at_any_time(tree: Path, with_note: Path) -> None:
    """Whenever the command is killed, the tree is complete after the next run."""
    rendering.write(tree / "tests" / "property" / "test_it.py", "def test_it(): pass\n")
    before = everything(tree)
    started = time.monotonic()
    untouched = shutil.copytree(tree, tree.with_name("again"))
    assert run(untouched, with_note).returncode == 0
    took = time.monotonic() - started
    wanted = everything(untouched)
    for part in range(1, 7):
        child = subprocess.Popen(
            [sys.executable, str(tree / "scripts" / "update_spec.py"), str(with_note)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(took * part / 6)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert everything(tree) in (before, wanted) or install.is_pending(tree)
        if everything(tree) == wanted:
            break
    assert run(tree, with_note).returncode == 0
    assert everything(tree) == wanted


def test_what_the_documents_say_is_not_changed_by_reading(vendored: Document) -> None:
    """Planning changes neither document."""
    kept = copy.deepcopy(vendored)
    assert loader.read(ROOT / "spec" / "openapi.yaml") == kept == vendored
