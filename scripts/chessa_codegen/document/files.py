"""A document in several local files: what the first one refers to is written into it.

A schema becomes a component, anything else stands where it is referred to. A reference that leads
nowhere, or out of the folder of the first file, is left as it is; too much to write is refused.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import attrs

from chessa_codegen.document.loader import MAX_BYTES, copied, read
from chessa_codegen.document.refs import Where, at, place, step
from chessa_codegen.document.visitor import nodes
from chessa_codegen.errors import SpecError
from chessa_codegen.validate.repair import enclosing_schema

_MOST_FILES: Final = 5_000
_MOST_NODES: Final = 1_000_000
"""So many may be written where they are referred to."""
_DEEPEST: Final = 50
"""So many references may lead from one to another."""


def read_whole(path: Path) -> dict[str, Any]:
    """Read a document and the local files that it refers to."""
    root = path.resolve()
    read_already = 0

    def resolved(base: str, link: str) -> str | None:
        try:
            target = (Path(base).parent / link).resolve()
        except (OSError, RuntimeError, ValueError):  # too long, a circle of links, a NUL
            return None
        return str(target) if target.is_relative_to(root.parent) and is_file(target) else None

    def read_file(address: str) -> dict[str, Any]:
        nonlocal read_already
        read_already += Path(address).stat().st_size
        if read_already > MAX_BYTES:
            raise _too_much(address)
        return read(address)

    return joined(read(path), str(root), resolved, read_file)


def is_file(path: Path) -> bool:
    """Return whether a file is there; none has a name that is too long."""
    try:
        return path.is_file()
    except OSError:
        return False


def joined(
    document: dict[str, Any],
    address: str,
    resolve: Callable[[str, str], str | None],
    read_file: Callable[[str], dict[str, Any]],
) -> dict[str, Any]:
    """Write the files that a document refers to into it.

    `resolve` gives the address of a link, or None where no file of the folder is there.
    """
    return _Joining(document, address, resolve, read_file).joined()


@attrs.define
class _Joining:
    whole: dict[str, Any]
    address: str
    resolve: Callable[[str, str], str | None]
    read_file: Callable[[str], dict[str, Any]]
    files: dict[str, dict[str, Any]] = attrs.field(factory=dict[str, dict[str, Any]])
    names: dict[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])
    left: int = _MOST_NODES

    def joined(self) -> dict[str, Any]:
        waiting: list[tuple[Where, str, int]] = [((), self.address, 0)]
        while waiting:
            start, address, depth = waiting.pop()
            if depth > _DEEPEST:
                raise _too_much(place(start))
            for inner, node in list(nodes(at(self.whole, start))):
                where = (*start, *inner)
                if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                    found = self._reference(node, where, address)
                    waiting += [(*each, depth + (each[0] == where)) for each in found]
        return self.whole

    def _reference(
        self, node: dict[str, Any], where: Where, address: str
    ) -> list[tuple[Where, str]]:
        """Make a reference one within the document; return what was written for it."""
        link, _, pointed = node["$ref"].partition("#")
        if link and link == self.whole.get("$self"):  # its own address, in OpenAPI 3.2
            node["$ref"], link = f"#{pointed}", ""
        if not where or "://" in link or (not link and address == self.address):
            return []
        file = self.resolve(address, unquote(link)) if link else address
        if file == self.address:
            node["$ref"] = f"#{pointed}"
        if file in (None, self.address):
            return []
        held: Any = self._file(file)
        try:
            target = step(held, f"#{pointed}", where)[0] if pointed.strip("/") else held
        except SpecError:  # the operation that needs it is left out
            return []
        if enclosing_schema(where) == where:
            return self._component(node, file, pointed, target)
        self.left -= 1 + sum(1 for _ in nodes(target))
        if self.left < 0:
            raise _too_much(place((*where, "$ref")))
        if not isinstance(target, Mapping):
            at(self.whole, where[:-1])[where[-1]] = copied(target)
            return []
        rest = {key: value for key, value in node.items() if key != "$ref"}
        node.clear()
        node.update({**copied(target), **rest})
        return [(where, file)]

    def _component(
        self, node: dict[str, Any], file: str, pointed: str, target: Any
    ) -> list[tuple[Where, str]]:
        components = self.whole.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        key, is_new = (file, pointed), (file, pointed) not in self.names
        if is_new:
            wanted = pointed.rpartition("/")[2] or Path(file).name.partition(".")[0]
            name, count = wanted, 1
            while name in schemas:
                count += 1
                name = f"{wanted}{count}"
            self.names[key] = name
            schemas[name] = copied(target)
        node["$ref"] = (
            f"#/components/schemas/{self.names[key].replace('~', '~0').replace('/', '~1')}"
        )
        return [(("components", "schemas", self.names[key]), file)] if is_new else []

    def _file(self, address: str) -> dict[str, Any]:
        if address not in self.files:
            if len(self.files) >= _MOST_FILES:
                raise _too_much(address)
            self.files[address] = self.read_file(address)
        return self.files[address]


def _too_much(where: str) -> SpecError:
    return SpecError(
        "The files of the document are too many or too large, or refer to each other in circles.",
        where,
        "Put all of it into one file.",
    )
