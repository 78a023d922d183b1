"""The servers and the security of a document: they change only if the maintainer accepts it.

The comparison is by value: it needs no rule for each kind of server or scheme.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chessa_codegen.document.loader import METHODS, is_mapping
from chessa_codegen.document.refs import path_key
from chessa_codegen.overlay.moved import moved, server_path

_KEYS: Final = {"server": "servers", "security": "security"}
_LONGEST: Final = 200


def changes(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    what: str,
    asked_for: frozenset[str] = frozenset(),
) -> list[str]:
    """Return a change of the `server` or the `security`.

    `asked_for` are schemes that the overlay asks for. One that nothing asks for changes no call.
    """
    asked_for = asked_for.union(schemes_asked_for(old), schemes_asked_for(new))
    before, after = (dict(_said(document, what, asked_for)) for document in (old, new))
    places = dict(_places(new))
    verb = "was" if what == "security" else "were"
    now = "is" if what == "security" else "are"
    starts = moved(_addresses(new), _addresses(old)) if what == "server" else ("", "")
    found = [f"The starts of all paths were {starts[1] or '/'} and are {starts[0] or '/'}"]
    return (found if any(starts) else []) + [
        f"The {_KEYS[what]} of {place} {verb} {_shown(before.get(key))} and {now} "
        f"{_shown(after.get(key))}"
        for key, place in places.items()
        if before.get(key) != after.get(key)
    ]


def schemes_asked_for(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the security schemes that the document or an operation asks for."""
    asked = [document, *(node for _, _, node in _nodes(document))]
    return frozenset(
        name
        for requirements in (node.get("security") for node in asked)
        if isinstance(requirements, list)
        for requirement in requirements
        if is_mapping(requirement)
        for name in requirement
    )


def asks_the_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether each operation of both asks for the same, by itself or by the document."""
    before, after = (
        {
            _key(path, method): _text(node.get("security", document.get("security")))
            for path, method, node in _nodes(document)
            if method
        }
        for document in (old, new)
    )
    both = before.keys() & after.keys()
    return bool(both) and all(before[key] == after[key] for key in both)


def as_one(texts: Sequence[str]) -> str:
    """Return one text for all: what changed alike in several places is said once."""
    places: dict[str, list[str]] = {}
    for text in texts:
        place, verb, change = re.split("( was | were )", text, maxsplit=1)
        places.setdefault(f"{verb}{change}", []).append(place.partition(" of ")[2])
    what = texts[0].partition(" of ")[0]
    return "; ".join(f"{what} of {_listed(names)}{change}" for change, names in places.items())


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 4 else ""
    return ", ".join(names[:3] if more else names) + more


def _places(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the places that may have servers or security: the key and the name of each."""
    yield "", "the API"
    yield "schemes", "the schemes"
    for path, method, _ in _nodes(document):
        yield _key(path, method), f"{method.upper()} {path}".strip()


def _addresses(document: Mapping[str, Any]) -> list[str]:
    return [f"{server_path(document)}{path}" for path, method, _ in _nodes(document) if not method]


def _nodes(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    paths = document.get("paths")
    for path, item in paths.items() if is_mapping(paths) else ():
        if is_mapping(item):
            yield path, "", item
            for method in METHODS:
                if is_mapping(item.get(method)):
                    yield path, method, item[method]


def _key(path: str, method: str) -> str:
    return f"{method} {path_key(path)}"


def _said(
    document: Mapping[str, Any], what: str, asked_for: frozenset[str]
) -> Iterator[tuple[str, str]]:
    key = _KEYS[what]
    yield "", _text(document.get(key))
    if what == "security":
        components = document.get("components")
        schemes = components.get("securitySchemes") if is_mapping(components) else None
        held = schemes.items() if is_mapping(schemes) else ()
        yield "schemes", _text({name: each for name, each in held if name in asked_for})
    for path, method, node in _nodes(document):
        if key in node:
            yield _key(path, method), _text(node[key])


def _text(value: Any) -> str:
    """Return the value as text; of servers the addresses, not the descriptions."""
    if isinstance(value, list):
        value = [
            {name: held for name, held in each.items() if name != "description"}
            if is_mapping(each)
            else each
            for each in value
        ]
    return json.dumps(value or None, sort_keys=True, ensure_ascii=False)


def _shown(text: str | None) -> str:
    if text in (None, "null"):
        return "none"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
