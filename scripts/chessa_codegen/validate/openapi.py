"""Validation: turn a document into one that a package can be made of.

Its structure comes first; this module checks further rules of the pipeline, such as the form of
our own extensions.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chessa_codegen.document.refs import (
    Where,
    place,
    resolve,
)
from chessa_codegen.document.visitor import nodes
from chessa_codegen.errors import SpecError, together
from chessa_codegen.ir.all_of import Composer, component_at
from chessa_codegen.ir.links import drop_dangling_links
from chessa_codegen.validate import safety, slips
from chessa_codegen.validate.repair import Repair
from chessa_codegen.validate.structure import check_version, repair_structure


def settle(repair: Repair) -> None:
    """Make a document valid: correct slips, open or leave out unusable parts.

    Raises `SpecError` where the problem concerns the document as such.
    """
    version = check_version(repair.document)
    slips.correct_nodes(repair)
    repair_structure(repair, version)
    slips.write_parameters_in_braces(repair)
    _settle(repair, safety.odd_names)
    drop_dangling_links(repair)
    _settle(repair, _references)
    slips.write_out_path_items(repair)
    slips.leave_out_other_methods(repair)
    slips.write_out_media_types(repair)
    _settle(repair, _circles)
    if wrong := list(_extensions(repair.document)):
        raise together(wrong, "Extensions of ours are wrong")
    slips.drop_repeated_parameters(repair)
    slips.drop_repeated_operation_ids(repair)
    slips.declare_path_parameters(repair)
    slips.drop_unknown_security(repair)


_Check = Callable[[Mapping[str, Any]], Iterator[SpecError]]


def _settle(repair: Repair, check: _Check) -> None:
    """Cut what a check finds until it finds nothing."""
    while errors := list(check(repair.document)):
        repair.cut_all(errors)


def _references(document: Mapping[str, Any]) -> Iterator[SpecError]:
    for where, node in nodes(document):
        if isinstance(node, Mapping) and "$ref" in node and isinstance(node["$ref"], str):
            try:
                target, _ = resolve(document, node["$ref"], where)
            except SpecError as error:
                yield error
                continue
            wanted = _wanted(where)
            if wanted and not (isinstance(target, Mapping) and wanted in target):
                yield SpecError(
                    f"The reference {node['$ref']} points at something of another kind: "
                    f"it has no {wanted!r}.",
                    place((*where, "$ref")),
                    "Point it at a component of the right kind.",
                )


_COMPOSES: Final = ("allOf", "oneOf", "anyOf")


def _circles(document: Mapping[str, Any]) -> Iterator[SpecError]:
    """Find each schema that is a part of itself: no property stands between, so nothing ends it."""
    finished: set[Where] = set()
    composer = Composer(document)
    for start, schema in nodes(document):
        within = {start: _parts(composer, start, schema)}
        while within:
            where, parts = next(reversed(within.items()))
            at, part = next(parts, (where, None))
            if part is None:
                finished.add(where)
                del within[where]
            elif at in within:
                yield SpecError("This schema is made of itself.", place(where), "Break the circle.")
                finished.add(at)
            elif at not in finished:
                within[at] = _parts(composer, at, part)


def _parts(composer: Composer, where: Where, schema: Any) -> Iterator[tuple[Where, Any]]:
    """Yield the schemas that a value of this one has to fit as well, and their places.

    Kinds that are made of their base by allOf are not parts of it.
    """
    if not isinstance(schema, Mapping):
        return
    if isinstance(schema.get("$ref"), str):
        target, at = composer.target(schema["$ref"], where)
        yield at, target
    base = component_at(where)
    kinds = composer.kinds_of(base) if base is not None else []
    for keyword in _COMPOSES:
        parts = schema.get(keyword)
        for position, part in enumerate(parts if isinstance(parts, list) else ()):
            if keyword == "allOf" or composer.referred(part) not in kinds:
                yield (*where, keyword, position), part


_HOLDS: Final = {"parameters": "name", "responses": "description"}


def _wanted(where: Where) -> str | None:
    """Return the key that the target of a reference at this place must have."""
    match where:
        case ("paths", _, _, "requestBody"):
            return "content"
        case ("paths", _, _, "parameters" | "responses" as kind, _):
            return _HOLDS[kind]
        case ("paths", _, "parameters" as kind, _):
            return _HOLDS[kind]
        case ("components", "parameters" | "responses" as kind, _):
            return _HOLDS[kind]
        case _:
            return None


def _strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _credential(value: object) -> bool:
    return value in ("client_id", "client_secret")


def _harmless(value: object) -> bool:
    return value == "harmless"


def _filled_list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _groups(value: object) -> bool:
    if not isinstance(value, list):
        return False
    return bool(value) and all(_strings(group) and len(set(group)) > 1 for group in value)


_EXTENSIONS: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "x-resource": (_text, "a name"),
    "x-python-name": (_text, "a name"),
    "x-unwrap": (_text, "the name of a property"),
    "x-iterate": (_text, "the name of a property"),
    "x-optional": (_flag, "true or false"),
    "x-safe-to-repeat": (_flag, "true or false"),
    "x-once-per": (_text, "the name of an argument"),
    "x-duplicate": (_harmless, "harmless"),
    "x-personal": (_flag, "true or false"),
    "x-open-enum": (_filled_list, "a list of values"),
    "x-mutually-exclusive": (_groups, "a list of lists of two or more property names"),
    "x-vendor-operation-id": (_text, "a name"),
    "x-credential": (_credential, "client_id or client_secret"),
}


def _extensions(document: Mapping[str, Any]) -> Iterator[SpecError]:
    for where, node in nodes(document):
        if not isinstance(node, Mapping):
            continue
        for key in sorted(_EXTENSIONS.keys() & node.keys()):
            fits, expected = _EXTENSIONS[key]
            if not fits(node[key]):
                yield SpecError(
                    f"{key} is not {expected}.", place((*where, key)), f"Give it {expected}."
                )
