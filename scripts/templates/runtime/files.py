"""Files to send, and files that responses were saved to."""

import hashlib
import mimetypes
import os
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

import attrs

from .codecs import Codec, Misfit
from .errors import EncodeError
from .media import UnreadableFileError, cause_of

CHUNK: Final = 64 * 1024
_MEDIA_TYPE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!-~](?:[ -~]*[!-~])?")
_DEFAULT_TYPE: Final = "application/octet-stream"


class File:
    """A file to send, with its name and media type. It is read while it is sent, not before.

    Args:
        content: Bytes, a path, or a binary file that can be rewound: it is sent from where it
            stands now, and is not closed. A `str` is not taken: it may be text or a path. Calls
            at the same time may share a `File`, and not two of them one open file.
        name: The name that the API sees. Default: that of the path or the file, else `file`.
        media_type: Default: what the name says, else `application/octet-stream`.

    Raises `EncodeError` for what cannot be sent.
    """

    __slots__ = ("_content", "_lock", "_start", "media_type", "name", "size")

    def __init__(
        self,
        content: "bytes | os.PathLike[str] | BinaryIO",
        *,
        name: str | None = None,
        media_type: str | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._content, self._start, self.size = _measured(content)
        self.name: Final = _named(content, name)
        self.media_type: Final = _type_of(self.name) if media_type is None else media_type
        """Of the content, `application/pdf`."""
        if not isinstance(self.media_type, str) or not _MEDIA_TYPE.fullmatch(self.media_type):
            raise EncodeError("media_type is not one, such as application/pdf")

    def chunks(self) -> Iterator[bytes]:
        """Yield the content from its start, piece by piece.

        Raises what reading it raises, and `UnreadableFileError` if it has not as many bytes as
        when it was measured.
        """
        left = self.size
        for chunk in self._read():
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise UnreadableFileError("it does not give bytes")
            left -= len(chunk)
            if left < 0:
                break
            yield bytes(chunk)
        if left:
            raise UnreadableFileError("its size changed")

    def sha256(self) -> str:
        """Return the digest of the content, in hexadecimal. Raises what `chunks` does."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def _read(self) -> Iterator[Any]:
        content, done = self._content, 0
        if isinstance(content, bytes):
            yield content
        elif isinstance(content, Path):
            with content.open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        else:
            while chunk := self._piece(content, done):
                yield chunk
                done += len(chunk)

    def _piece(self, content: BinaryIO, done: int) -> Any:
        with self._lock:  # another call may be reading it
            content.seek(self._start + done)
            return content.read(CHUNK)

    def __repr__(self) -> str:
        return f"File(<{self.size} bytes>, media_type={self.media_type!r})"


FileContent: TypeAlias = File | bytes | os.PathLike[str] | BinaryIO
"""What an argument takes that is a file."""


def to_file(value: object) -> File:
    """Return the file that an argument gives. Raises `EncodeError`."""
    return value if isinstance(value, File) else File(cast("Any", value))


FILE: Final = Codec(lambda _: Misfit("is a file"), to_file)


def _measured(content: Any) -> tuple[bytes | Path | BinaryIO, int, int]:
    """Return content, where it starts, and its length in bytes."""
    try:
        if isinstance(content, bytes | bytearray | memoryview):
            held = bytes(content)
            return held, 0, len(held)
        if isinstance(content, os.PathLike):
            path = Path(content)
            found = path.stat()
            _check_plain(found)
            return path, 0, found.st_size
        return _measured_file(content)
    except EncodeError:
        raise
    except Exception as error:  # of a file, whatever it is
        raise EncodeError(f"the file cannot be read: {cause_of(error)}") from error


def _measured_file(content: Any) -> tuple[BinaryIO, int, int]:
    missing = not all(callable(getattr(content, name, None)) for name in ("read", "seek", "tell"))
    if missing or not isinstance(content.read(0), bytes | bytearray):
        kind = "a file of text" if hasattr(content, "read") else type(content).__name__
        raise EncodeError(
            f"expected bytes, a path or a binary file that can be rewound, not {kind}"
        )
    start = content.tell()
    end = content.seek(0, os.SEEK_END)
    content.seek(start)
    if type(start) is not int or type(end) is not int:
        raise EncodeError("the file does not say how long it is")
    if type(number := _descriptor(content)) is int:
        _check_plain(os.fstat(number))
    return content, start, max(0, end - start)


def _descriptor(content: Any) -> object:
    try:
        return content.fileno()
    except (AttributeError, OSError, ValueError):  # it is none of the system's
        return None


def _check_plain(found: os.stat_result) -> None:
    """Refuse folders, and devices and pipes: they have no end, or wait for one."""
    if not stat.S_ISREG(found.st_mode):
        raise EncodeError("expected a plain file, not a folder, a device or a pipe")


def _named(content: object, name: object) -> str:
    """Return the name to show: a file's own without its folder."""
    if name is None:
        own = content if isinstance(content, os.PathLike) else getattr(content, "name", None)
        name = Path(own).name if isinstance(own, str | os.PathLike) else ""
    if not isinstance(name, str):
        raise EncodeError("the name of a file must be a str")
    return name or "file"


def _type_of(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0]
    return guessed if guessed and _MEDIA_TYPE.fullmatch(guessed) else _DEFAULT_TYPE


@attrs.frozen
class SavedFile:
    """A response that was saved to a file."""

    path: Path
    size: int
    """Bytes."""
    sha256: str
    """The digest of its content, in hexadecimal."""
    media_type: str | None = None
    """As the API names it, `application/pdf`."""
    suggested_name: str | None = None
    """The file name that the API suggests, without folders. It was not used for `path`."""
