"""Atomic updates of folders: compared file by file, and put in place in one step.

A folder is swapped by two renames within its parent. If a run is killed between the two, the next
run restores the previous folder, and removes the temporary folders that the killed run left.
"""

import contextlib
import difflib
import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_IGNORED: Final = frozenset({"__pycache__"})
_WORKSHOP: Final = ".regenerate-"


def files(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by relative name, without caches; links are not followed.

    Where there is no folder, return none.
    """
    return {
        path.relative_to(folder).as_posix(): _content(path)
        for path in (sorted(folder.rglob("*")) if folder.is_dir() else ())
        if (path.is_file() or path.is_symlink())
        and not _IGNORED & set(path.relative_to(folder).parts)
    }


def _content(path: Path) -> bytes:
    return f"a link to {path.readlink()}".encode() if path.is_symlink() else path.read_bytes()


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files(folder).items()}


def difference(actual: Path, wanted: bytes) -> list[str]:
    """Return how a file, named with its folder, differs from its wanted content."""
    name = f"{actual.parent.name}/{actual.name}"
    found = {name: actual.read_bytes()} if actual.is_file() else {}
    return list(_compared(found, {name: wanted}))


def changes(before: Path, after: Path, prefix: str = "") -> list[str]:
    """Return new, changed and removed files of a folder, a line each; the names with a prefix."""
    old, new = files(before), files(after)
    return [
        f"{'new' if name not in old else 'removed' if name not in new else 'changed':<9}"
        f"{prefix}{name}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def differences(actual: Path, wanted: Path, prefix: str = "") -> list[str]:
    """Return the differences of two folders, a line or short diff each; the names with a prefix."""
    found, made = (
        {f"{prefix}{name}": content for name, content in files(folder).items()}
        for folder in (actual, wanted)
    )
    return list(_compared(found, made))


def _compared(actual: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> Iterator[str]:
    for name in sorted(actual.keys() | wanted.keys()):
        if name not in actual:
            yield f"missing    {name}"
        elif name not in wanted:
            yield f"unexpected {name}"
        elif actual[name] != wanted[name]:
            yield f"differs    {name}\n{_first_difference(actual[name], wanted[name])}"


def _first_difference(actual: bytes, wanted: bytes) -> str:
    if actual.replace(b"\r\n", b"\n") == wanted:
        return "    in its line endings only"
    lines = difflib.unified_diff(
        actual.decode("utf-8", "replace").splitlines(),
        wanted.decode("utf-8", "replace").splitlines(),
        "as it is",
        "as regenerated",
        lineterm="",
        n=0,
    )
    shown = [f"    {line}" for line, _ in zip(lines, range(8), strict=False)]
    return "\n".join(shown)


@contextmanager
def workshop(parent: Path) -> Iterator[Path]:
    """Make a temporary folder in `parent`, from which a rename installs; remove it at the end.

    Remove the parents that were made for it too, unless they hold something.
    """
    missing = [one for one in (parent, *parent.parents) if not one.exists()]
    folder = None
    try:
        with undisturbed():  # a signal waits until `folder` is set
            parent.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=f"{_WORKSHOP}{os.getpid()}-", dir=parent))
        yield folder
    finally:
        with undisturbed():  # a signal waits until the removal is complete
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                for made in missing:
                    made.rmdir()


def _previous(target: Path) -> Path:
    return target.with_name(f".{target.name}.previous")


def recover(target: Path, is_ours: Callable[[Path], bool]) -> None:
    """Undo or finish a swap that was cut off, and clear the workshops of killed runs."""
    for folder in target.parent.glob(f"{_WORKSHOP}*-*"):
        if not is_running(folder.name.removeprefix(_WORKSHOP).partition("-")[0]):
            shutil.rmtree(folder, ignore_errors=True)
    previous = _previous(target)
    if previous.is_dir() and is_ours(previous):
        if target.exists():
            shutil.rmtree(previous)
        else:
            previous.rename(target)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Block SIGINT and SIGTERM: a few renames run to their end."""
    held = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_running(process: str) -> bool:
    """Return whether a process exists; assume so if this is not the id of one."""
    if not process.isdecimal():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


@contextmanager
def swapped(new: Path, target: Path) -> Iterator[None]:
    """Put `new` in the place of `target`, and undo that if the body of the `with` fails."""
    previous = _previous(target)
    try:
        if target.exists():
            target.rename(previous)
        new.rename(target)
        yield
    except BaseException:
        if target.exists() and not new.exists():
            target.rename(new)
        if previous.exists():
            previous.rename(target)
        raise
    shutil.rmtree(previous, ignore_errors=True)


@contextmanager
def drafted(path: Path, text: str) -> Iterator[Path]:
    """Write a file next to `path`, which it can replace in one step; remove it at the end."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        yield draft
    finally:
        draft.unlink(missing_ok=True)
