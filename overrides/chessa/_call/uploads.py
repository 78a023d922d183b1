"""Request bodies that are not JSON: forms, texts and files."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast

from chessa_api.errors import EncodeError
from chessa_api.exact_json import dumps
from chessa_api.files import File
from chessa_api.media import BodyForm, Encoding
from chessa_api.parameters import in_query, percent_encoded

_JSON: Final = "application/json"
_PLAIN: Final = Encoding()


class Upload:
    """A body that is read while it is sent, from its start for each attempt."""

    def __init__(self, read: Callable[[], Iterator[bytes]], size: int) -> None:
        self.read: Final = read
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        return f"<Upload of {self._size} bytes>"


def encoded(form: BodyForm, body: Any) -> tuple[bytes | Upload, str]:
    """Return a body as it is sent, and its content type. Raises `EncodeError`."""
    match form.kind:
        case "text":
            media_type = form.media_type.replace("*", "plain")
            return cast("str", body).encode("utf-8"), f"{media_type}; charset=utf-8"
        case "binary":
            file = cast("File", body)
            media_type = file.media_type if "*" in form.media_type else form.media_type
            return Upload(file.chunks, file.size), media_type
        case "form":
            pairs = [pair for key, value in body.items() for pair in _pairs(form, key, value)]
            return _urlencoded(pairs), form.media_type
        case _:
            return _multipart(form, body)


# ---- Forms --------------------------------------------------------------------------------------


def _pairs(form: BodyForm, key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a member: one for each item of an array, an object as JSON.

    The style that the spec names comes first, as OpenAPI has it.
    """
    said = form.encodings.get(key, _PLAIN)
    if said.style is not None:
        yield from in_query(key, value, said.style, explode=said.explode, reserved=False)
        return
    for item in value if _is_list(value) and said.content_type is None else [value]:
        yield key, _json(item) if said.content_type == _JSON else _text(item)


def _urlencoded(pairs: Iterable[tuple[str, str]]) -> bytes:
    text = "&".join(f"{percent_encoded(key)}={percent_encoded(each)}" for key, each in pairs)
    return text.encode("ascii")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return dumps(value).decode("ascii")


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


# ---- Multipart (RFC 7578) -----------------------------------------------------------------------


class _Readable:
    """A file as httpx reads it: from its start each time."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._pieces = file.chunks()

    def read(self, _size: int = -1) -> bytes:
        return next(self._pieces, b"")

    def tell(self) -> int:
        return 0

    def seek(self, _offset: int, whence: int = os.SEEK_SET) -> int:
        self._pieces = self._file.chunks()
        return self._file.size if whence == os.SEEK_END else 0


def _multipart(form: BodyForm, members: Mapping[str, Any]) -> tuple[bytes | Upload, str]:
    """Let httpx write the parts."""
    from .._transport.library import httpx

    parts = [(key, part) for key, value in members.items() for part in _parts(form, key, value)]
    if not parts:
        raise EncodeError("a multipart body needs a member")
    request = httpx.Request("POST", "http://unused", files=cast("Any", parts))
    stream = cast("httpx.SyncByteStream", request.stream)
    size = int(request.headers["content-length"])
    return Upload(lambda: iter(stream), size), request.headers["content-type"]


def _parts(form: BodyForm, key: str, value: Any) -> Iterator[tuple[str | None, Any, str | None]]:
    said = form.encodings.get(key, _PLAIN).content_type
    for item in value if _is_list(value) and said != _JSON else [value]:
        if isinstance(item, File):
            yield item.name, _Readable(item), item.media_type
        elif isinstance(item, Mapping | list):
            yield None, dumps(item), said or _JSON
        else:
            text = _json(item) if said == _JSON else _text(item)
            yield None, text.encode("utf-8"), said
