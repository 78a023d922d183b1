"""Putting an update in place: all of it or nothing, whenever it is killed."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_codegen.errors import SpecError
from chessa_tracking.apply import install

PARTS: Final = ("spec/a.yaml", "generated", "CHANGELOG.md")
BEFORE: Final = {
    "spec/a.yaml": b"old",
    "generated/kept.py": b"same",
    "generated/changed.py": b"old",
    "generated/gone/one.py": b"old",
    "generated/gone/two.py": b"old",
    "CHANGELOG.md": b"old",
}
AFTER: Final = {
    "spec/a.yaml": b"new",
    "generated/kept.py": b"same",
    "generated/changed.py": b"new",
    "generated/new/one.py": b"new",
    "CHANGELOG.md": b"new",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree as it was before."""
    for path, content in BEFORE.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "generated" / "gone" / "__pycache__").mkdir()
    (tmp_path / "other.txt").write_bytes(b"not ours")
    return tmp_path


def whole(root: Path) -> dict[str, bytes]:
    """Every file of the tree, caches left out."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_it_is_put_in_place(root: Path) -> None:
    """Files are written, replaced and deleted, empty folders with them; the rest is left alone."""
    before = install.snapshot(root, PARTS)
    assert before == BEFORE
    installed = install.install(root, before, AFTER)
    assert whole(root) == {**AFTER, "other.txt": b"not ours"}
    assert not (root / "generated" / "gone").exists()
    assert set(installed.paths) == {
        path for path in {**BEFORE, **AFTER} if BEFORE.get(path) != AFTER.get(path)
    }
    assert not install.is_pending(root)


def test_a_tree_that_was_changed_meanwhile(root: Path) -> None:
    """An edit since the snapshot is not overwritten, and nothing else is changed."""
    before = install.snapshot(root, PARTS)
    (root / "CHANGELOG.md").write_bytes(b"an edit")
    with pytest.raises(SpecError, match="changed while"):
        install.install(root, before, AFTER)
    assert whole(root) == {**BEFORE, "CHANGELOG.md": b"an edit", "other.txt": b"not ours"}


def test_another_update_in_place(root: Path) -> None:
    """While one is pending, a second is refused and leaves it alone."""
    pending = root / install.PENDING
    pending.mkdir()
    (pending / "list.json").write_text("{}")
    with pytest.raises(SpecError, match="Another update"):
        install.install(root, BEFORE, AFTER)
    assert (pending / "list.json").read_text() == "{}"


def test_a_lost_file_is_told(root: Path) -> None:
    """A pending update that lost a file is refused, and not taken for done."""
    pending = root / install.PENDING
    pending.mkdir()
    (pending / "list.json").write_text('{"written": {"spec/a.yaml": "0"}, "deleted": []}')
    with pytest.raises(SpecError, match="lost"):
        install.finish(root)
    assert install.is_pending(root)


def forked(work: Callable[[], object]) -> int:
    """Do something in a child; its status."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_at_every_step(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it is killed, the next run finds the tree as it was, or as it must become."""
    steps = {"left": 0}

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            steps["left"] -= 1
            if steps["left"] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return wrapper

    for holder, name in (
        (Path, "mkdir"),
        (Path, "rename"),
        (Path, "replace"),
        (Path, "unlink"),
        (shutil, "rmtree"),
        (install, "_write"),
        (os, "fsync"),
    ):
        monkeypatch.setattr(holder, name, counted(getattr(holder, name)))
    states: list[str] = []
    status = -1
    for number in range(200):
        steps["left"] = number
        status = forked(lambda: install.install(root, BEFORE, AFTER))
        steps["left"] = 10**9
        install.finish(root)
        found = {path: each for path, each in whole(root).items() if path != "other.txt"}
        assert found in (BEFORE, AFTER)
        states.append("old" if found == BEFORE else "new")
        if status == 0:
            break
        _reset(root)
    assert status == 0, "it was killed at every step that it has"
    assert states == sorted(states, reverse=True), "there is one moment that counts"
    assert len(states) > 20


def _reset(root: Path) -> None:
    for path in AFTER.keys() - BEFORE.keys():
        (root / path).unlink(missing_ok=True)
    for path, content in BEFORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    assert not list(root.glob(".update*"))
