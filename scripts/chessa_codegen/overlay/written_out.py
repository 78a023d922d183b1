"""Write references out: each becomes what it refers to, before the overlay is applied.

The overlay targets by path, method and property. So it holds for a document that writes its schemas
inline and for one that names them. A component that is a part of itself or of a discriminator's
choice stays one.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.document.loader import MAX_LEVELS, copied
from chessa_codegen.document.refs import is_3_0, locate, shapes_values
from chessa_codegen.document.visitor import has_meaning, names_in, nodes
from chessa_codegen.ir import naming
from chessa_codegen.overlay.essential import BY_VENDOR

_MOST_NODES: Final = 200_000
_DEEPEST: Final = MAX_LEVELS * 3 // 4
_SECTIONS: Final = ("schemas", "parameters", "responses", "requestBodies", "headers")
_CHOICES: Final = ("oneOf", "anyOf")
_NULL: Final = ({"type": "null"}, {"const": None}, {"enum": [None]})
_PLAIN: Final = frozenset({"type", "properties", "required", BY_VENDOR})


class _TooLargeError(Exception):
    """The document would be larger than is sensible."""


def titles_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the title of each component where it is written out; of two with one title none."""
    components = document.get("components")
    schemas = components.get("schemas") if isinstance(components, Mapping) else None
    names: dict[str, list[str]] = {}
    for key, schema in schemas.items() if isinstance(schemas, Mapping) else ():
        said = schema.get("x-python-name") if isinstance(schema, Mapping) else None
        title = naming.pascal(said if isinstance(said, str) else naming.without_suffix(key))
        names.setdefault(title, []).append(key)
    return {keys[0]: title for title, keys in names.items() if len(keys) == 1}


def write_out(
    document: dict[str, Any],
    apart: Collection[str] = (),
    titles: Mapping[str, str] | None = None,
) -> None:
    """Write the references of a document out, in place; leave one that would grow too large.

    The schemas in `apart` stay components; `titles` are those of some, in place of their names.
    """
    components = document.get("components")
    if not isinstance(components, dict):
        return
    found = {
        section: held for section in _SECTIONS if isinstance(held := components.get(section), dict)
    }
    schemas = found.get("schemas", {})
    kept = _kept(document, schemas).union(apart, schemas.keys() - titles_of(document).keys())
    writer = _Writer(document, found, kept, {**titles_of(document), **(titles or {})})
    try:
        last = sorted(document, key="components".__eq__)  # of them stays what others still need
        written = {key: writer.written(document[key], key) for key in last}
    except _TooLargeError:
        return
    document |= written


@attrs.define
class _Writer:
    document: Mapping[str, Any]
    sections: Mapping[str, Mapping[str, Any]]
    kept: set[str]
    titles: Mapping[str, str]
    left: int = _MOST_NODES
    is_3_0: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.is_3_0 = is_3_0(self.document)

    def written(self, value: Any, key: str) -> Any:
        """Return what stands under a key of the document, written out."""
        if key != "components":
            return self._written(value, 1, names_in(key, value, ""))
        rest = {name: held for name, held in value.items() if name not in _SECTIONS}
        schemas: dict[str, Any] = {}
        while missing := self.kept - schemas.keys():
            for name in sorted(missing):
                schemas[name] = self._written(self.sections["schemas"][name], 3)
        ordered = {
            name: schemas[name] for name in self.sections.get("schemas", ()) if name in schemas
        }
        return {**self._written(rest, 1), **({"schemas": ordered} if ordered else {})}

    def _written(self, value: Any, level: int, names_of: str = "") -> Any:
        if isinstance(value, list):
            return [self._written(item, level + 1) for item in value]
        if not isinstance(value, Mapping):
            return value
        self.left -= 1
        if self.left < 0:
            raise _TooLargeError
        if not names_of and isinstance(value.get("$ref"), str):
            return self._reference(value, level)
        written = {
            key: self._written(held, level + 1, names_in(key, held, names_of))
            if has_meaning(key, names_of)
            else copied(held)
            for key, held in value.items()
        }
        return written if names_of else _joined(written, is_3_0=self.is_3_0)

    def _reference(self, value: Mapping[str, Any], level: int) -> Any:
        where = locate(self.document, value["$ref"])
        section = where[1] if len(where) == 3 and where[0] == "components" else None
        target = (
            self.sections[str(section)].get(str(where[2])) if section in self.sections else None
        )
        key = str(where[2]) if where[:2] == ("components", "schemas") and len(where) > 2 else ""
        if level > _DEEPEST and not key:
            raise _TooLargeError
        if not isinstance(target, Mapping) or key in self.kept or level > _DEEPEST:
            self.kept |= {key} - {""}
            return copied(value)
        inner = self._written(target, level + 1)
        if section != "schemas":
            return inner
        inner.pop("x-python-name", None)
        beside = {name: copied(held) for name, held in value.items() if name != "$ref"}
        if not self.is_3_0 and any(map(shapes_values, beside)):
            return {**beside, "allOf": [inner, *beside.get("allOf", ())]}
        said = {name: held for name, held in beside.items() if not shapes_values(name)}
        return {**inner, **said, "title": self.titles[key]}


def _joined(schema: dict[str, Any], *, is_3_0: bool) -> dict[str, Any]:
    """Return a schema without a composition that only says more of one, or is of plain objects."""
    parts = schema.get("allOf")
    if isinstance(parts, list) and parts and all(_is_written(part) for part in parts):
        if (main := _main(parts)) is not None:
            words = {
                key: held
                for part in parts
                if part is not main
                for key, held in part.items()
                if not shapes_values(key) and key not in ("title", BY_VENDOR)
            }
            return _with(main, {**words, **schema}, "allOf")
        for part in parts:
            part.pop("title", None)
        return _one_object(schema, parts)
    for keyword in _CHOICES:
        kinds = schema.get(keyword)
        if isinstance(kinds, list) and (enum := _one_enum(kinds, is_3_0=is_3_0)) is not None:
            return _with(enum, schema, keyword)
        if isinstance(kinds, list) and len(kinds) == 1 and _is_written(kinds[0]):
            return _with(kinds[0], schema, keyword)
        if isinstance(kinds, list) and len(kinds) == 2:
            others = [kind for kind in kinds if not _is_null(kind)]
            if len(others) == 1 and _is_written(others[0]):
                null = _nullable(others[0], is_3_0=is_3_0)
                return schema if null is None else _with(null, schema, keyword)
    return schema


def _one_enum(kinds: list[Any], *, is_3_0: bool) -> dict[str, Any] | None:
    """Return the enum that a choice between texts without a name means, None for another choice."""
    others = [kind for kind in kinds if not _is_null(kind)]
    texts: list[str] = []
    for kind in others:
        values = [kind["const"]] if "const" in kind else kind.get("enum", [])
        shape = {key: held for key, held in kind.items() if shapes_values(key)}
        is_plain = shape.keys() <= {"type", "enum", "const"} and "title" not in kind
        if not is_plain or not all(isinstance(each, str) for each in values):
            return None
        texts += values
    enum: dict[str, Any] = {"type": "string", "enum": list(dict.fromkeys(texts))}
    if not texts or any(not {"enum", "const"} & kind.keys() for kind in others):
        return None
    return enum if len(others) == len(kinds) else _nullable(enum, is_3_0=is_3_0)


def _main(parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the part of an allOf that has a shape, where the others say nothing else of it."""
    for one in parts:
        shapes = [{k: held for k, held in part.items() if shapes_values(k)} for part in parts]
        if all(one.get(key) == held for shape in shapes for key, held in shape.items()):
            return one
    return None


def _is_null(kind: Any) -> bool:
    """Return whether a kind is null and nothing else, whatever texts stand next to it."""
    shape = {key: held for key, held in kind.items() if shapes_values(key)}
    return shape in _NULL


def _is_written(part: Any) -> bool:
    return isinstance(part, dict) and "$ref" not in part and "discriminator" not in part


def _with(inner: dict[str, Any], schema: dict[str, Any], keyword: str) -> dict[str, Any]:
    """Return a part with what stands next to it, where that says nothing else of its shape."""
    beside = {key: held for key, held in schema.items() if key != keyword}
    if any(shapes_values(key) and inner.get(key) != held for key, held in beside.items()):
        return schema
    title = {"title": inner["title"]} if "title" in inner else {}
    return {**inner, **beside, **title}


def _nullable(schema: dict[str, Any], *, is_3_0: bool) -> dict[str, Any] | None:
    """Return a schema that takes null as well; None for one that does not say its type."""
    kind = schema.get("type")
    if not isinstance(kind, str) or not schema.keys().isdisjoint((*_CHOICES, "allOf", "const")):
        return None
    listed = {"enum": [*schema["enum"], None]} if isinstance(schema.get("enum"), list) else {}
    null = {"nullable": True} if is_3_0 else {"type": [kind, "null"]}
    return {**schema, **listed, **null}


def _one_object(schema: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one object of several plain ones that do not contradict each other."""
    beside = {key: held for key, held in schema.items() if key != "allOf"}
    whole: dict[str, Any] = {"properties": {}}
    for part in (*parts, beside):
        properties = part.get("properties", {})
        shaping = {key for key in part if shapes_values(key)}
        if (
            not shaping <= _PLAIN
            or part.get("type", "object") != "object"
            or not isinstance(properties, dict)
            or any(whole["properties"].get(key, held) != held for key, held in properties.items())
        ):
            return schema
        whole["properties"] |= properties
        for key in ("required", BY_VENDOR):
            if isinstance(part.get(key), list):
                whole[key] = list(dict.fromkeys([*whole.get(key, ()), *part[key]]))
        whole |= {
            key: held for key, held in part.items() if not shapes_values(key) and key != BY_VENDOR
        }
    return {"type": "object", **whole} if whole["properties"] else schema


def _kept(document: Mapping[str, Any], schemas: Mapping[str, Any]) -> set[str]:
    """Return the components that stay: one of each circle, and what discriminators tell apart."""
    edges = {name: list(_referred(document, schema)) for name, schema in schemas.items()}
    kept: set[str] = set()
    finished: set[str] = set()
    for start in schemas:
        within = {start: iter(edges[start])}
        while within and start not in finished:
            name, following = next(reversed(within.items()))
            other = next(following, None)
            if other is None:
                finished.add(name)
                del within[name]
            elif other in within:
                kept.add(other)
            elif other not in finished:
                within[other] = iter(edges.get(other, ()))
    bases: set[str] = set()
    for where, node in nodes(document):
        if isinstance(node, Mapping) and isinstance(node.get("discriminator"), Mapping):
            if where[:2] == ("components", "schemas") and len(where) > 2:
                bases.add(str(where[2]))
            chosen = {key: node.get(key) for key in (*_CHOICES, "discriminator")}
            kept.update(_referred(document, chosen))
            mapping = node["discriminator"].get("mapping")
            for target in mapping.values() if isinstance(mapping, Mapping) else ():
                kept.add(str(target).rpartition("/")[2])
    while derived := {name for name in edges if bases & _bases(document, schemas[name])} - bases:
        bases |= derived
    return (kept | bases) & schemas.keys()


def _referred(document: Mapping[str, Any], part: Any) -> Iterator[str]:
    """Yield the schemas that a part of a document refers to."""
    for _, node in nodes(part):
        if isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            where = locate(document, node["$ref"])
            if where[:2] == ("components", "schemas") and len(where) > 2:
                yield str(where[2])


def _bases(document: Mapping[str, Any], schema: Any) -> set[str]:
    parts = schema.get("allOf") if isinstance(schema, Mapping) else None
    return set(
        _referred(document, [p for p in parts or () if isinstance(p, Mapping) and "$ref" in p])
    )
