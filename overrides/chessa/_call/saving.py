"""A response that is saved to a file: written aside, and named once complete."""

import errno
import hashlib
import os
import re
import secrets
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from chessa_api.files import SavedFile

from .bodies import BodyError

T = TypeVar("T")
_NAME: Final = re.compile(
    r"filename\*?\s*=\s*(?:UTF-8''([^;]{1,500})|\"([^\"]{0,500})\"|([^;\s]{1,500}))", re.IGNORECASE
)
_FOLDERS: Final = re.compile(r"[/\\]")
_ODD: Final = re.compile(r"[^\w .()+-]")
_LONGEST_NAME: Final = 120


def problem_with(path: Path) -> str | None:
    """Return why a response cannot be saved there, None if it probably can."""
    if path.is_dir():
        return "it is a folder"
    return None if path.parent.is_dir() else "its folder does not exist"


class Saving:
    """A file that is being written next to its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside = path.with_name(f".{secrets.token_hex(8)}.part")
        self._digest = hashlib.sha256()
        self.size = 0
        self._file = _or_fail(lambda: self._aside.open("xb"))

    def add(self, chunk: bytes | bytearray) -> None:
        """Write a piece. Raises `BodyError`."""
        _or_fail(lambda: self._file.write(chunk))
        self._digest.update(chunk)
        self.size += len(chunk)

    def finished(self, media_type: str | None, disposition: str | None) -> SavedFile:
        """Put the file in its place. Raises `BodyError`."""
        _or_fail(self._finish)
        return SavedFile(
            self._path, self.size, self._digest.hexdigest(), media_type, suggested(disposition)
        )

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._aside.replace(self._path)

    def discard(self) -> None:
        """Delete what was written, unless it is in its place."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._aside.unlink(missing_ok=True)


def _or_fail(act: Callable[[], T]) -> T:
    try:
        return act()
    except OSError as error:
        cause = errno.errorcode.get(error.errno or 0, type(error).__name__)
    raise BodyError(f"the file could not be written ({cause})")


def suggested(disposition: str | None) -> str | None:
    """Return the file name in a Content-Disposition (RFC 6266): plain, and without folders."""
    found = _NAME.search(disposition or "")
    if found is None:
        return None
    encoded, quoted, token = found.groups()
    name = urllib.parse.unquote(encoded) if encoded else (quoted or token)
    name = _FOLDERS.split(name)[-1]
    return _ODD.sub("_", name).strip(" .")[:_LONGEST_NAME] or None
