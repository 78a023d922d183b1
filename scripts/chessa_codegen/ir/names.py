"""The memory of the names that callers know: no later key takes a name that exists.

The memory is `spec/names.json`: for each class, method, attribute, argument and constant of the
package the key that it stands for. People review it; an overlay's `x-python-name` or operationId
overrules it.
"""

import json
import keyword
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any, Final, Literal

from chessa_codegen.document.loader import read
from chessa_codegen.document.refs import path_key
from chessa_codegen.errors import SpecError

Kind = Literal["arguments", "attributes", "classes", "constants", "methods"]
_KINDS: Final = ("arguments", "attributes", "classes", "constants", "methods")
_FIX: Final = "Restore the file from the last release, or delete the line."

Memory = Mapping[str, Mapping[str, Mapping[str, str]]]


def operation_key(path: str, method: str, shared: Collection[str] = ()) -> str:
    """Return the identity of an operation, without the names of its parameters.

    `shared` are the keys that several operations of the document have.
    """
    key = f"{method.upper()} {path_key(path)}"
    return f"{method.upper()} {path}" if key in shared else key


def shared_keys(operations: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the keys that several of these operations have, each a path and a method."""
    counts = Counter(operation_key(path, method) for path, method in operations)
    return frozenset(key for key, count in counts.items() if count > 1)


class Names:
    """Gives names, those that are remembered first."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or {}
        self._given: dict[str, dict[str, dict[str, str]]] = {kind: {} for kind in _KINDS}

    def again(self) -> "Names":
        """Return the same memory, with no name given yet."""
        return Names(self._memory)

    def distinct(
        self,
        kind: Kind,
        owner: str,
        wanted: Mapping[str, str],
        pinned: Collection[str] = (),
        suffixes: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Return a name for each key: the one it had, else the wanted one, made unique by a suffix.

        `pinned` are the keys whose names people chose. Of two keys that want one name the first
        gets it; with `suffixes` both get theirs.
        """
        known = {
            key: name
            for key, name in self._known(kind, owner).items()
            if key in wanted and key not in pinned
        }
        names: dict[str, str] = {}
        taken = set(known.values()) | {wanted[key] for key in wanted if key in pinned}
        used: set[str] = set()
        rivals = Counter([*wanted.values(), *known.values()])
        for key, name in wanted.items():
            if key in known and known[key] not in used:
                names[key] = known[key]
            else:
                suffix = (suffixes or {}).get(key, "")
                first = name + suffix if rivals[name] > 1 and key not in pinned else name
                free = taken - {name} if key in pinned else taken
                candidates = chain([first], (f"{name}{suffix}_{number}" for number in count(2)))
                names[key] = next(each for each in candidates if each not in free | used)
            used.add(names[key])
        self._given[kind][owner] = names
        return names

    def known(self, kind: Kind, owner: str, key: str) -> str | None:
        """Return the name that a key had."""
        return self._known(kind, owner).get(key)

    def given(self, kind: Kind, owner: str, key: str) -> str | None:
        """Return the name that a key has got."""
        return self._given[kind].get(owner, {}).get(key)

    def remember(self, kind: Kind, owner: str, key: str, name: str) -> None:
        """Keep a name that was given elsewhere."""
        self._given[kind].setdefault(owner, {})[key] = name

    def owners(self, kind: Kind, owner: str) -> Iterator[tuple[str, str]]:
        """Yield each remembered name with its key."""
        yield from ((name, key) for key, name in self._known(kind, owner).items())

    def _known(self, kind: Kind, owner: str) -> Mapping[str, str]:
        return self._memory.get(kind, {}).get(owner, {})

    def kept(self) -> "Names":
        """Return a memory of what was given."""
        return Names(self._given)

    def memory_text(self) -> str:
        """Return what is remembered as text: equal where the memories are."""
        return json.dumps(self._memory, sort_keys=True)

    def text(self) -> str:
        """Return the memory as the text of its file."""
        given = {kind: dict(sorted(owners.items())) for kind, owners in self._given.items()}
        return json.dumps(given, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def read_names(path: Path | None) -> Names:
    """Read the memory from its file; an empty one where there is none.

    Raises `SpecError` for a name that Python does not take.
    """
    if path is None or not path.is_file():
        return Names()
    memory: dict[str, Any] = read(path)
    for kind, owners in memory.items():
        for owner, names in owners.items() if isinstance(owners, dict) else ():
            for key, name in names.items() if isinstance(names, dict) else ():
                parts = str(name).split(".") if kind == "methods" else [str(name)]
                if kind not in _KINDS or not all(map(_is_name, parts)):
                    raise SpecError(
                        f"{name!r} cannot be a name of the {kind}.", f"{path}: {owner} {key}", _FIX
                    )
    return Names(memory)


def _is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text)
