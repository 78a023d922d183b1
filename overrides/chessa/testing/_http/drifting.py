"""Responses that are other than the spec says, as those of an API that has moved on."""

from collections.abc import Iterator, Mapping, Sized
from typing import Any, Final, cast

import attrs

from chessa_api.exact_json import dumps, loads

_ANY: Final = "*"


@attrs.frozen
class Drifting:
    """The changes to the successes of one operation."""

    put: Mapping[str, bytes]
    """JSON by its pointer; `*` is every item or member."""
    drop: tuple[str, ...]
    status: int | None

    @classmethod
    def of(cls, put: Mapping[str, Any], drop: tuple[str, ...], status: int | None) -> "Drifting":
        """Raise `ValueError` for what is not a pointer to a member, or not a success."""
        for pointer in (*put, *drop):
            if not pointer.startswith("/"):
                raise ValueError(f"{pointer!r} must be a JSON pointer, such as '/order/status'")
        if status is not None and not 200 <= status <= 299:
            raise ValueError("status must be from 200 to 299: fail_next has the others")
        return cls({pointer: dumps(value) for pointer, value in put.items()}, drop, status)

    def body(self, body: bytes) -> bytes:
        """Return the JSON body with the changes, those of its members that are there."""
        value = loads(body)
        for pointer, text in self.put.items():
            for parent, key in _places(value, pointer):
                parent[key] = loads(text)
        for pointer in self.drop:
            for parent, key in _places(value, pointer):
                if not isinstance(parent, dict) or key in parent:
                    del parent[key]
        return dumps(value)


def _places(value: Any, pointer: str) -> Iterator[tuple[Any, Any]]:
    """Yield each container that a pointer leads to, and the key in it, from the end of lists."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    containers = [value]
    for part in parts[:-1]:
        containers = [
            one[key] for one in containers for key in _keys(one, part) if key in _all(one)
        ]
    for one in containers:
        yield from ((one, key) for key in _keys(one, parts[-1]))


def _all(container: Any) -> list[Any]:
    if isinstance(container, dict):
        return list(cast("dict[str, Any]", container))
    if not isinstance(container, list):
        return []
    return [*range(len(cast("Sized", container)))][::-1]


def _keys(container: Any, part: str) -> list[Any]:
    """Return the keys that a part of a pointer means; a new key of an object is one as well."""
    if part == _ANY:
        return _all(container)
    if isinstance(container, dict):
        return [part]
    return [key for key in _all(container) if str(key) == part]
