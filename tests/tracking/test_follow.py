"""Following unattended: what is found becomes a pull request, or an issue, and nothing else."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import attrs
import pytest

from chessa_tracking.apply.update import PARTS
from tests.tracking.conftest import ROOT

GH: Final = """#!/bin/sh
[ "$2" != list ] || { echo "$GH_OPEN"; exit; }
[ "$1" != auth ] || exit 0
echo "$@" >>"$GH_LOG"
for word; do [ "$last" != --body-file ] || cat "$word" >>"$GH_LOG"; last=$word; done
"""
BRANCH: Final = "follow-the-vendor"


@attrs.frozen
class Place:
    """A repository with a remote, in which something was found, and a `gh` that writes a log."""

    tree: Path
    remote: Path
    log: Path

    def git(self, *words: str) -> str:
        """Run git in the tree."""
        return subprocess.run(
            ["git", *words], cwd=self.tree, capture_output=True, text=True, check=True
        ).stdout

    def found(self, status: int, patch: str = "") -> None:
        """Leave what was found."""
        folder = self.tree / "dist" / "follow"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "status").write_text(f"{status}\n")
        (folder / "report.md").write_text("The report.\n")
        (folder / "update.patch").write_text(patch)

    def propose(self, number: str = "") -> "subprocess.CompletedProcess[str]":
        """Run the second half; the number of what is open already."""
        path = f"{self.log.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "GH_LOG": str(self.log), "GH_OPEN": number}
        return subprocess.run(
            ["./scripts/follow", "--propose"],
            cwd=self.tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A small repository."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    found = Place(tmp_path / "tree", tmp_path / "remote.git", tmp_path / "bin" / "log")
    for path, text in (("spec/openapi.yaml", "old\n"), ("overrides/chessa/client.py", "ours\n")):
        file = found.tree / path
        file.parent.mkdir(parents=True)
        file.write_text(text)
    (found.tree / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "follow", found.tree / "scripts" / "follow")
    (found.tree / ".gitignore").write_text("/dist/\n")
    found.log.parent.mkdir()
    (found.log.parent / "gh").write_text(GH)
    (found.log.parent / "gh").chmod(0o755)
    subprocess.run(["git", "init", "-q", "--bare", str(found.remote)], check=True)
    found.git("init", "-q", "-b", "main")
    found.git("remote", "add", "origin", str(found.remote))
    found.git("add", "-A")
    found.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "first")
    return found


def patch_of(place: Place, path: str, text: str) -> str:
    """The patch that writes a text to a file; the tree is left as it was."""
    file = place.tree / path
    before = file.read_text()
    file.write_text(text)
    patch = place.git("diff", "--binary")
    file.write_text(before)
    return patch


def test_a_change_becomes_a_pull_request(place: Place) -> None:
    """The patch is one commit on a branch of its own, and the report is the text of the request."""
    place.found(0, patch_of(place, "spec/openapi.yaml", "new\n"))
    done = place.propose()
    assert done.returncode == 0, done.stderr
    assert place.log.read_text().startswith("pr create --title Follow the vendor's API --body-file")
    assert place.log.read_text().endswith("The report.\n")
    assert place.git("show", f"origin/{BRANCH}:spec/openapi.yaml") == "new\n"
    assert place.git("log", "--format=%s %an", f"main..origin/{BRANCH}") == (
        "Follow the vendor's API github-actions[bot]\n"
    )


def test_a_request_that_is_open_is_brought_up_to_date(place: Place) -> None:
    """The branch is written again, and the text of the open request with it."""
    place.found(0, patch_of(place, "spec/openapi.yaml", "new\n"))
    assert place.propose().returncode == 0
    place.git("checkout", "-q", "main")
    place.found(0, patch_of(place, "spec/openapi.yaml", "newer\n"))
    place.log.unlink()
    assert place.propose("7").returncode == 0
    assert place.log.read_text().startswith("pr edit 7 --body-file")
    assert place.git("show", f"origin/{BRANCH}:spec/openapi.yaml") == "newer\n"


def test_a_patch_cannot_touch_anything_else(place: Place) -> None:
    """Only what an update writes is taken from a patch."""
    patch = patch_of(place, "spec/openapi.yaml", "new\n")
    patch += patch_of(place, "overrides/chessa/client.py", "theirs\n")
    patch += patch_of(place, "scripts/follow", "#!/bin/sh\n")
    place.found(0, patch)
    assert place.propose().returncode == 0
    assert place.git("diff", "--name-only", "main", f"origin/{BRANCH}") == "spec/openapi.yaml\n"


@pytest.mark.parametrize("status", [1, 2])
def test_a_question_becomes_an_issue(place: Place, status: int) -> None:
    """Nothing is pushed; the report stands in an issue, one however often it is asked."""
    place.found(status)
    assert place.propose().returncode == 0
    assert place.log.read_text().startswith("issue create --title Follow the vendor's API")
    place.log.unlink()
    assert place.propose("3").returncode == 0
    assert place.log.read_text().startswith("issue edit 3 --body-file")
    assert not place.git("ls-remote", "origin")


def test_nothing_new_is_no_noise(place: Place) -> None:
    """Without a change nothing is announced."""
    place.found(0)
    done = place.propose()
    assert done.returncode == 0
    assert done.stdout == "Nothing changed.\n"
    assert not place.log.exists()


def test_the_parts_are_those_of_an_update() -> None:
    """The patch may touch what an update writes, and what an update writes is in the patch."""
    line = next(
        line
        for line in (ROOT / "scripts" / "follow").read_text().splitlines()
        if line.startswith("parts=")
    )
    assert sorted(line.removeprefix("parts=").strip('"').split()) == sorted(PARTS)


def test_what_is_left_for_the_second_half(place: Place) -> None:
    """Changed, new and deleted files are in the patch; what else was changed is not."""
    for path, text in (("generated/kept.py", "old\n"), ("generated/gone.py", "gone\n")):
        (place.tree / path).parent.mkdir(exist_ok=True)
        (place.tree / path).write_text(text)
    for path in (
        "spec/lock.json",
        "spec/names.json",
        "docs/reference/a.md",
        "docs/migration/README.md",
        "changelog.d/README.md",
    ):
        (place.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (place.tree / path).write_text("old\n")
    (place.tree / "overrides" / "chessa" / "_version.py").write_text("old\n")
    place.git("add", "-A")
    place.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "second")
    update = """#!/bin/sh
echo new >generated/kept.py; echo new >generated/new.py; rm generated/gone.py; echo other >other
while [ "$1" != --report ]; do shift; done; echo The report. >"$2"
"""
    for path, text in (("scripts/bootstrap", "#!/bin/sh\n"), (".venv/bin/python", update)):
        (place.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (place.tree / path).write_text(text)
        (place.tree / path).chmod(0o755)
    subprocess.run(["./scripts/follow", "--look"], cwd=place.tree, check=True)
    place.git("reset", "-q", "--hard")
    place.git("clean", "-qfd", "generated")
    assert place.propose().returncode == 0
    changed = place.git("diff", "--name-status", "main", f"origin/{BRANCH}").split()
    assert changed == ["D", "generated/gone.py", "M", "generated/kept.py", "A", "generated/new.py"]


def test_a_status_that_is_none(place: Place) -> None:
    """An update that was not found is not proposed."""
    place.found(0)
    (place.tree / "dist" / "follow" / "status").write_text("x\n")
    assert place.propose().returncode == 1
    assert not place.log.exists()
