"""Documents as the pipeline handles them: read safely, copied, measured, written as JSON."""

import errno
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeGuard

from chessa_codegen.document.json import MAX_LEVELS
from chessa_codegen.document.yaml import parse
from chessa_codegen.errors import SpecError

__all__ = [
    "MAX_BYTES",
    "MAX_LEVELS",
    "METHODS",
    "SpecError",
    "copied",
    "dumps_json",
    "is_mapping",
    "is_sequence",
    "is_too_deep",
    "pointer",
    "read",
]

MAX_BYTES = 8 * 1024 * 1024
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read one YAML 1.2 or JSON document whose top level is a mapping."""
    name = os.fspath(path)
    document = parse(_content(name), name)
    if not is_mapping(document):
        raise SpecError(
            "The document is not a mapping at its top level.",
            f"{name}:1",
            "Start it with keys such as 'openapi:' or 'overlay:'.",
        )
    return document


def _content(name: str) -> bytes:
    try:
        if not Path(name).is_file() and Path(name).exists():
            raise OSError(errno.EINVAL, "it is not a regular file")
        with Path(name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else None
        raise SpecError(
            f"The file cannot be read: {reason or error}.",
            name,
            "Give the path of a readable YAML or JSON file.",
        ) from None
    if len(content) > MAX_BYTES:
        raise SpecError(
            f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.",
            name,
            "Leave out what no operation needs, such as long examples.",
        )
    return content


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a value is a mapping of the document."""
    return isinstance(value, dict)


def is_sequence(value: object) -> TypeGuard[list[Any]]:
    """Return whether a value is a sequence of the document."""
    return isinstance(value, list)


def pointer(parts: Iterable[str | int]) -> str:
    """Write a JSON pointer (RFC 6901): ("paths", "/a") is "/paths/~1a", no parts is ""."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def copied(value: Any) -> Any:
    """Copy a tree so that no two places of the copy share a mapping or sequence."""
    if is_mapping(value):
        return {key: copied(item) for key, item in value.items()}
    if is_sequence(value):
        return [copied(item) for item in value]
    return value


def is_too_deep(value: Any, levels: int = MAX_LEVELS) -> bool:
    """Return whether mappings and sequences nest deeper than the cap, without recursion."""
    level = [value]
    for _ in range(levels):
        items = (item for outer in level for item in _items(outer))
        level = [item for item in items if isinstance(item, (dict, list))]
    return bool(level)


def _items(value: Any) -> Iterable[Any]:
    if is_mapping(value):
        return value.values()
    return value if is_sequence(value) else ()


def dumps_json(document: Any) -> str:
    """Write a document as JSON, keys in document order, with a newline at the end."""
    return _json(document, "\n") + "\n"


_PRIMITIVE: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _json(value: Any, margin: str) -> str:
    """Return a value indented by one; the library is slow with an indent."""
    inner = f"{margin} "
    if is_mapping(value) and value:
        members = [f"{_PRIMITIVE(key)}: {_json(item, inner)}" for key, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{margin}}}"
    if is_sequence(value) and value:
        items = [_json(item, inner) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{margin}]"
    return _PRIMITIVE(value)
