"""Values of arguments from the texts of a command line."""

import sys
from pathlib import Path
from typing import Any

from chessa_api.codecs import Codec, Misfit
from chessa_api.errors import DecodeError, EncodeError
from chessa_api.exact_json import loads
from chessa_api.files import FILE, File


class UnusableError(Exception):
    """The reason that a text is not a value of an argument; never the text."""


def takes_file(codec: Codec) -> bool:
    """Return whether an argument is a file."""
    return codec is FILE


def takes_files(codec: Codec) -> bool:
    """Return whether an argument is a list of files."""
    if not isinstance(codec.decode([""]), Misfit):
        return False
    try:
        return bool(codec.encode([File(b"")]))
    except EncodeError:
        return False


def read_value(codec: Codec, text: str, types: set[str]) -> Any:
    """Return the value that a text stands for. Raises `UnusableError`.

    Args:
        codec: Of the argument.
        text: A text where the spec says `string`; else JSON, or `@` and the name of a file that
            holds it, `@-` for stdin.
        types: The JSON types that the spec names for it.
    """
    if types == {"string"}:
        return _decoded(codec, text)
    try:
        value = loads(_content(text))
    except DecodeError:
        if types and "string" not in types:
            kind = " or ".join(sorted(types))
            is_number = types == {"number"}
            form = f"a {kind}, such as 10" if is_number else f"JSON of the type {kind}"
            raise UnusableError(f"expected {form}") from None
        return _decoded(codec, text)
    try:
        return _decoded(codec, value)
    except UnusableError:
        if isinstance(value, str) or (types and "string" not in types):
            raise
        return _decoded(codec, text)


def _decoded(codec: Codec, value: Any) -> Any:
    found = codec.decode(value)
    if isinstance(found, Misfit):
        raise UnusableError(f"it {found.reason}")
    return found


def _content(text: str) -> bytes:
    if not text.startswith("@"):
        return text.encode("utf-8", "surrogatepass")
    try:
        return sys.stdin.buffer.read() if text == "@-" else Path(text[1:]).read_bytes()
    except OSError as error:
        raise UnusableError(f"the file cannot be read: {error.strerror}") from None


def read_file(text: str) -> File:
    """Return the file of a path. Raises `UnusableError`."""
    try:
        return File(Path(text))
    except EncodeError as error:
        raise UnusableError(str(error)) from None
