"""Files to send, and files that responses were saved to."""

import errno
import hashlib
import io
import mimetypes
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

import attrs

from .codecs import Codec, Misfit
from .errors import EncodeError
from .media import UnreadableFileError

CHUNK: Final = 64 * 1024
_MEDIA_TYPE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[ -~]+")
_DEFAULT_TYPE: Final = "application/octet-stream"


class File:
    """A file to send, with its name and media type. It is read while it is sent, not before.

    Args:
        content: Bytes, a path, or a binary file that can be rewound: it is sent from where it
            stands now, and is not closed. A `str` is not taken: it may be text or a path.
        name: The name that the API sees. Default: that of the path or the file, else `file`.
        media_type: Default: what the name says, else `application/octet-stream`.

    Raises `EncodeError` for what cannot be sent.
    """

    __slots__ = ("_content", "_start", "media_type", "name", "size")

    def __init__(
        self,
        content: "bytes | os.PathLike[str] | BinaryIO",
        *,
        name: str | None = None,
        media_type: str | None = None,
    ) -> None:
        self._content, self._start, self.size = _measured(content)
        self.name: Final = _named(content, name)
        guessed = mimetypes.guess_type(self.name)[0]
        self.media_type: Final = media_type or guessed or _DEFAULT_TYPE
        """Of the content, `application/pdf`."""
        if not _MEDIA_TYPE.fullmatch(self.media_type):
            raise EncodeError("media_type is not one, such as application/pdf")

    def chunks(self) -> Iterator[bytes]:
        """Yield the content from its start, piece by piece.

        Raises `UnreadableFileError`; also if it has not as many bytes as when it was measured.
        """
        left = self.size
        for chunk in self._read():
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
        if left:
            raise UnreadableFileError("its size changed")

    def sha256(self) -> str:
        """Return the digest of the content, in hexadecimal."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def _read(self) -> Iterator[bytes]:
        content = self._content
        if isinstance(content, bytes):
            yield content
            return
        try:
            if isinstance(content, Path):
                with content.open("rb") as file:
                    while chunk := file.read(CHUNK):
                        yield chunk
            else:
                content.seek(self._start)
                while chunk := content.read(CHUNK):
                    yield chunk
        except (OSError, ValueError) as error:
            cause = _cause(error)
        else:
            return
        raise UnreadableFileError(cause)

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
    if isinstance(content, bytes | bytearray | memoryview):
        held = bytes(content)
        return held, 0, len(held)
    try:
        if isinstance(content, os.PathLike):
            path = Path(content)
            if path.is_dir():
                raise EncodeError("expected a file, not a folder")
            return path, 0, path.stat().st_size
        if isinstance(content, io.TextIOBase) or not hasattr(content, "seek"):
            raise EncodeError(
                "expected bytes, a path or a binary file that can be rewound, not "
                f"{'a file of text' if hasattr(content, 'read') else type(content).__name__}"
            )
        start = content.tell()
        end = content.seek(0, os.SEEK_END)
        content.seek(start)
        return content, start, max(0, end - start)
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, EncodeError):
            raise
        cause = _cause(error)
    raise EncodeError(f"the file cannot be read: {cause}")


def _named(content: object, name: str | None) -> str:
    """Return the name to show: a file's own without its folder."""
    if name is None:
        own = content if isinstance(content, os.PathLike) else getattr(content, "name", None)
        name = Path(own).name if isinstance(own, str | os.PathLike) else ""
    if not isinstance(name, str):
        raise EncodeError("the name of a file must be a str")
    return name or "file"


def _cause(error: Exception) -> str:
    code = errno.errorcode.get(getattr(error, "errno", None) or 0)
    return f"{type(error).__name__}{f' {code}' if code else ''}"


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
