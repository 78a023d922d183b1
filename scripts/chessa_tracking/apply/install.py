"""The installation: many files replaced as one, even if the process is killed.

The new files are gathered in a folder under the root with a list of the steps; one rename to
`.update` commits the update. Killed before it, the update has no effect; killed after it, the next
run finishes it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import attrs

from chessa_codegen import atomic
from chessa_codegen.errors import SpecError

PENDING: Final = ".update"
_DRAFT: Final = ".update-"
_LIST: Final = "list.json"
_FILES: Final = "files"


@attrs.frozen
class Installation:
    """The files of an update and their places."""

    written: Mapping[str, str]
    """The SHA-256 of each new file, by its path below the root."""
    deleted: tuple[str, ...]

    @property
    def paths(self) -> list[str]:
        """Every path that changes."""
        return sorted((*self.written, *self.deleted))


def snapshot(root: Path, parts: Iterable[str]) -> dict[str, bytes]:
    """Return the files of these parts of a tree: complete folders, and single files."""
    found: dict[str, bytes] = {}
    for part in parts:
        path = root / part
        if path.is_file():
            found[part] = path.read_bytes()
        else:
            found |= {f"{part}/{name}": content for name, content in atomic.files(path).items()}
    return found


def install(root: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Installation:
    """Bring the tree from one state to another. Raises `SpecError` if it is no longer the first."""
    written = {path: content for path, content in after.items() if before.get(path) != content}
    installation = Installation(
        {path: _digest(content) for path, content in sorted(written.items())},
        tuple(sorted(before.keys() - after.keys())),
    )
    draft = root / f"{_DRAFT}{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        for path, content in written.items():
            file = draft / _FILES / path
            file.parent.mkdir(parents=True, exist_ok=True)
            _write(file, content)
        draft.mkdir(exist_ok=True)
        _write(draft / _LIST, json.dumps(attrs.asdict(installation)).encode())
        with atomic.undisturbed():
            _check_untouched(root, before)
            try:
                draft.rename(root / PENDING)
            except OSError:
                raise _busy() from None
            finish(root)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return installation


def _busy() -> SpecError:
    return SpecError(
        "Another update is being put in place.",
        PENDING,
        "Wait for it, or run this again: it finishes one that was cut off.",
    )


def _check_untouched(root: Path, before: Mapping[str, bytes]) -> None:
    for path, content in before.items():
        file = root / path
        if not file.is_file() or file.read_bytes() != content:
            raise SpecError(
                "The tree was changed while the update was made.", path, "Run this again."
            )


def is_pending(root: Path) -> bool:
    """Return whether an update was cut off while it was put in place."""
    return (root / PENDING).is_dir()


def finish(root: Path) -> list[str]:
    """Finish an update that was cut off, remove uncommitted ones; return the installed files."""
    for draft in _dead_drafts(root):
        shutil.rmtree(draft, ignore_errors=True)
    pending = root / PENDING
    if not pending.is_dir():
        return []
    installation = _listed(pending)
    with atomic.undisturbed():
        for path, digest in installation.written.items():
            _put(pending / _FILES / path, root / path, digest)
        for path in installation.deleted:
            _delete(root, path)
        (pending / _LIST).unlink(missing_ok=True)  # from here on there is nothing to redo
        shutil.rmtree(pending, ignore_errors=True)
    return installation.paths


def _dead_drafts(root: Path) -> Iterator[Path]:
    for path in root.glob(f"{_DRAFT}*"):
        process = path.name.removeprefix(_DRAFT)
        if path.is_dir() and process.isdecimal() and not atomic.is_running(process):
            yield path


def _listed(pending: Path) -> Installation:
    """Return the list; an empty one where only the removal of the folder is left."""
    try:
        held = json.loads((pending / _LIST).read_bytes())
        return Installation(dict(held["written"]), tuple(held["deleted"]))
    except FileNotFoundError:
        return Installation({}, ())
    except (ValueError, KeyError, TypeError):
        raise SpecError(
            "The list of an update that was cut off cannot be read.",
            f"{PENDING}/{_LIST}",
            f"Remove the folder {PENDING}, and run the update again.",
        ) from None


def _put(new: Path, target: Path, digest: str) -> None:
    """Put one file in place in one step; this may be done twice."""
    if not new.is_file():
        if target.is_file() and _digest(target.read_bytes()) == digest:
            return
        raise SpecError(
            "A file of the update that was cut off is lost.",
            str(new),
            f"Remove the folder {PENDING}, and run the update again.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    new.replace(target)


def _delete(root: Path, path: str) -> None:
    file = root / path
    file.unlink(missing_ok=True)
    for folder in file.parents:
        if folder == root:
            break
        if folder.is_dir() and all(each.name == "__pycache__" for each in folder.iterdir()):
            shutil.rmtree(folder)


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
