"""A response that is saved to a file: written aside, and named once complete."""

import hashlib
import os
import re
import secrets
import stat
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from chessa_api.files import SavedFile
from chessa_api.media import cause_of

from .._interruptions import is_from_signal_handler
from .bodies import BodyError

T = TypeVar("T")
_PARAMETER: Final = re.compile(
    r""";\s*([!#$%&'*+.^`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.){0,500})"|([^;"\s]{0,500}))""", re.ASCII
)
_EXTENDED: Final = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.*)", re.IGNORECASE)  # RFC 8187
_FOLDERS: Final = re.compile(r"[/\\]")
_ODD: Final = re.compile(r"[^\w .()+-]")
_LONGEST_NAME: Final = 120


def problem_with(path: Path) -> str | None:
    """Return why a response cannot be saved there, None if it probably can."""
    try:
        place = path.resolve()
        found = place.stat() if place.exists() else None
        if found is not None and not stat.S_ISREG(found.st_mode):
            return "it is not a plain file"
        if not place.parent.is_dir():
            return "its folder does not exist"
        if not os.access(place.parent, os.W_OK | os.X_OK):
            return "its folder may not be written"
        if found is not None and not os.access(place, os.W_OK):
            return "it may not be written"
    except (OSError, ValueError) as error:
        return cause_of(error)
    return None


class Saving:
    """A file that is being written next to its place, readable by its owner alone.

    It takes the permissions of a file that it replaces. Where the place is a link, what the link
    points to is replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = _or_fail(path.resolve)
        self._aside = self._place.with_name(f".{secrets.token_hex(8)}.part")
        self._digest = hashlib.sha256()
        self.size = 0
        self._file = _or_fail(self._open)

    def _open(self) -> BinaryIO:
        file = open(self._aside, "xb", opener=_for_the_owner)  # noqa: SIM115
        if self._place.exists():
            self._aside.chmod(stat.S_IMODE(self._place.stat().st_mode))
        return file

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
        self._aside.replace(self._place)

    def discard(self) -> None:
        """Delete what was written, unless it is in its place."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._aside.unlink(missing_ok=True)


def _or_fail(act: Callable[[], T]) -> T:
    try:
        return act()
    except (OSError, ValueError) as error:
        if is_from_signal_handler(error):
            raise
        cause = cause_of(error)
    raise BodyError(f"the file could not be written ({cause})")


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def suggested(disposition: str | None) -> str | None:
    """Return the file name in a Content-Disposition (RFC 6266): plain, and without folders."""
    found: dict[str, str] = {}
    for key, quoted, token in _PARAMETER.findall(disposition or ""):
        found.setdefault(key.lower(), re.sub(r'\\(["\\])', r"\1", quoted) or token)
    name = found.get("filename", "")
    if extended := _EXTENDED.fullmatch(found.get("filename*", "")):
        name = urllib.parse.unquote(extended[2], encoding=extended[1])
    name = _FOLDERS.split(name)[-1]
    return _ODD.sub("_", name).strip(" .")[:_LONGEST_NAME] or None
