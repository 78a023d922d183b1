"""Slips of a valid document that change nothing for callers: corrected as other tools read them."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chessa_codegen.document.loader import METHODS
from chessa_codegen.document.refs import (
    Where,
    at,
    is_3_0,
    parameter_key,
    place,
    resolve,
    resolved,
)
from chessa_codegen.document.visitor import has_meaning, nodes
from chessa_codegen.errors import SpecError
from chessa_codegen.ir import enums
from chessa_codegen.overlay import own_names
from chessa_codegen.validate import safety
from chessa_codegen.validate.repair import Repair, enclosing_schema, operations


def write_out_path_items(repair: Repair) -> None:
    """Write each shared path item where it is used: its operations are those of the path then."""
    paths = repair.document.get("paths") or {}
    for path, item in list(paths.items()):
        if "$ref" not in item:
            continue
        if set(item) - {"$ref", "summary", "description"} - {k for k in item if k.startswith("x-")}:
            repair.cut(
                SpecError(
                    "A path item has a $ref and other keys, which OpenAPI leaves open.",
                    place(("paths", path)),
                    "Write the path item out, or keep the $ref alone.",
                )
            )
        else:
            paths[path] = copy.deepcopy(resolve(repair.document, item["$ref"], ("paths", path))[0])


def leave_out_other_methods(repair: Repair) -> None:
    """Leave out operations of methods that no method of a resource can be: OpenAPI 3.2 has them."""
    for path, item in list((repair.document.get("paths") or {}).items()):
        if path.startswith("x-") or not isinstance(item, dict):
            continue
        others = item.pop("additionalOperations", None) or {}
        if "query" in item:
            others = {**others, "QUERY": item.pop("query")}
        for method in sorted(others):
            repair.left_out(
                SpecError(
                    f"The HTTP method {method} is not supported.",
                    place(("paths", path)),
                    "Remove it by the overlay, or ask for a POST that does the same.",
                ),
                f"{method} {path}",
            )
        if others and not set(METHODS) & item.keys():
            del repair.document["paths"][path]


def write_out_media_types(repair: Repair) -> None:
    """Write each shared media type where it is used, as OpenAPI 3.2 allows to refer to it."""
    for where, node in list(nodes(repair.document)):
        content: Any = node.get("content") if isinstance(node, dict) else None
        for name, media_type in list(content.items()) if isinstance(content, dict) else ():
            if isinstance(media_type, dict) and "$ref" in media_type:
                found, _ = resolve(repair.document, media_type["$ref"], (*where, "content", name))
                content[name] = copy.deepcopy(found)


def correct_nodes(repair: Repair) -> None:
    """Correct what each node may have by itself, in one walk; and write out anchors, if any."""
    has_anchors = False
    for where, node in list(nodes(repair.document)):
        if isinstance(node, dict):
            _drop_nulls(repair, where, node)
            if where[:2] == ("components", "securitySchemes") and len(where) == len(_SCHEME):
                _drop_odd_keys_of_scheme(repair, where, node)
            elif isinstance(node.get("in"), str) and isinstance(node.get("name"), str):
                _complete_parameter(repair, where, node)
            if not node.keys().isdisjoint(_OF_SCHEMAS) and enclosing_schema(where) == where:
                _write_tuple_as_now(repair, where, node)
                _drop_odd_enum(repair, where, node)
            has_anchors = has_anchors or not node.keys().isdisjoint(_ANCHORS)
    if has_anchors:
        _write_out_anchors(repair)


_ANCHORS: Final = ("$anchor", "$dynamicAnchor", "$recursiveAnchor")
_OF_SCHEMAS: Final = ("items", "enum", *enums.NAMES)


def _drop_nulls(repair: Repair, where: Where, node: dict[str, Any]) -> None:
    """Drop each key that holds null, which programs write for what is not there."""
    for key in [key for key, value in node.items() if value is None and has_meaning(key, "")]:
        repair.drop((*where, key), "It is null, which says nothing.")


_SCHEME: Final = ("components", "securitySchemes", "name")
_OF_SCHEME: Final[Mapping[str, tuple[str, ...]]] = {
    "apiKey": ("name", "in"),
    "http": ("scheme", "bearerFormat"),
    "oauth2": ("flows", "oauth2MetadataUrl"),
    "openIdConnect": ("openIdConnectUrl",),
    "mutualTLS": (),
}


def _drop_odd_keys_of_scheme(repair: Repair, where: Where, node: dict[str, Any]) -> None:
    """Drop keys of other types of schemes, which programs write and which say nothing."""
    kind = str(node.get("type"))
    others = {key for keys in _OF_SCHEME.values() for key in keys}
    for key in sorted(node.keys() & others - {*_OF_SCHEME.get(kind, others)}):
        repair.drop((*where, key), f"A scheme of the type {kind} has no {key}.")


def _complete_parameter(repair: Repair, where: Where, node: dict[str, Any]) -> None:
    """Require a parameter of a path, and write the schema of older versions as one."""
    is_place = "parameters" in where[-2:-1]
    if not is_place or node["in"] not in ("path", "query", "header", "cookie"):
        return
    if node["in"] == "path" and node.get("required", False) is False:
        node["required"] = True
        repair.corrected(f"The path parameter {node['name']!r} is required.", where)
    if node.keys().isdisjoint(("schema", "content", "$ref")) and node.get("type") != "array":
        said = {key: node.pop(key) for key in _OLD_SCHEMA if key in node}
        node["schema"] = said or {"type": "string"}
        repair.corrected(f"The parameter {node['name']!r} has no schema.", where)


_OLD_SCHEMA: Final = ("type", "format", "enum", "default", "pattern", "minimum", "maximum")
"""Keys that Swagger 2.0 writes next to the name of a parameter; it joins arrays otherwise."""


def _write_tuple_as_now(repair: Repair, where: Where, node: dict[str, Any]) -> None:
    """Write `items: [A, B]` of older drafts of JSON Schema as `prefixItems`; 3.0 has neither."""
    if isinstance(node.get("items"), list):
        is_old = is_3_0(repair.document)
        if not is_old:
            node["prefixItems"] = node["items"]
        node["items"] = {} if is_old else node.pop("additionalItems", True)
        repair.corrected("The list of its items is written as OpenAPI has it.", where)


def _drop_odd_enum(repair: Repair, where: Where, node: dict[str, Any]) -> None:
    """Drop an enum without values, and names that are not one for each value.

    Names that the overlay gives must be: raises `SpecError`.
    """
    if node.get("enum") == []:
        repair.drop((*where, "enum"), "The enum lists no value.")
    for key in [key for key in enums.NAMES if key in node and not enums.fits(node, key)]:
        what = f"{key} does not list a name for each value."
        if key == own_names.NAMES and node.get(own_names.PINNED) is True:
            fix = "Give each value a name by the overlay, in the same order."
            raise SpecError(what, place((*where, key)), fix)
        repair.drop((*where, key), what)


def _write_out_anchors(repair: Repair) -> None:
    """Write references to anchors as pointers, where one schema only has the anchor.

    `$recursiveRef: "#"` is the component around it, where that says `$recursiveAnchor`.
    """
    held = {where: node for where, node in nodes(repair.document) if isinstance(node, dict)}
    anchors: dict[str, list[Where]] = {}
    for where, node in held.items():
        for key in ("$anchor", "$dynamicAnchor"):
            anchors.setdefault(f"#{node.get(key)}", []).append(where)
    for where, node in held.items():
        for key in {"$ref", "$dynamicRef", "$recursiveRef"} & node.keys():
            found = anchors.get(str(node[key]), [])
            if key == "$recursiveRef":
                found = [where[:3]] if held.get(where[:3], {}).get(_RECURSIVE) is True else []
            if len(found) == 1:
                del node[key]
                node["$ref"] = place(found[0])
                repair.corrected(f"The {key} is written as a pointer.", where)
    for node in held.values():
        node.pop(_RECURSIVE, None)


_RECURSIVE: Final = "$recursiveAnchor"


def drop_repeated_parameters(repair: Repair) -> None:
    """Keep the first of two declarations of one parameter, as other tools do."""
    for where, node in nodes(repair.document):
        if where[:1] != ("paths",) or len(where) > 3 or not isinstance(node, dict):
            continue
        seen: set[tuple[str, str]] = set()
        for position, raw in enumerate(list(node.get("parameters") or ())):
            parameter, _ = resolved(repair.document, raw, (*where, "parameters", position))
            key = parameter_key(parameter)
            if key in seen:
                what = f"The {key[1]} parameter {parameter['name']!r} is declared twice."
                repair.corrected(what, (*where, "parameters", position))
                node["parameters"].remove(raw)
            seen.add(key)


_OTHER_PLACES: Final = re.compile(r"(?<=/)(?:<(?:[a-z]+:)?([A-Za-z_]\w*)>|:([A-Za-z_]\w*))(?=/|$)")
"""`<id>`, `<int:id>` and `:id`, a segment that some frameworks write for `{id}`."""


def write_parameters_in_braces(repair: Repair) -> None:
    """Write the places of parameters as OpenAPI does: `:id` where it is declared for the path."""
    held = repair.document.get("paths")
    paths: dict[str, Any] = held if isinstance(held, dict) else {}
    for path in list(paths):
        declared = {
            node["name"]
            for _, node in nodes(paths[path])
            if isinstance(node, dict) and node.get("in") == "path" and "name" in node
        }
        plain = path
        for found in _OTHER_PLACES.finditer(path):
            if found[1] or found[2] in declared:
                plain = plain.replace(found[0], f"{{{found[1] or found[2]}}}", 1)
        if plain != path and plain not in paths:
            paths[plain] = paths.pop(path)
            repair.corrected(f"The path {path} has its parameters in braces now.", ("paths", plain))


def declare_path_parameters(repair: Repair) -> None:
    """Declare undeclared path parameters as strings; drop declared ones that no path names."""
    for where, operation in operations(repair.document):
        item = at(repair.document, where[:-1])
        named = set(re.findall(r"\{([^{}]*)\}", str(where[1])))
        declared: set[str] = set()
        for holder in (operation, item):
            for raw in list(holder.get("parameters") or ()):
                parameter, _ = resolved(repair.document, raw, where)
                if parameter["in"] != "path":
                    continue
                declared.add(parameter["name"])
                if parameter["name"] not in named:
                    holder["parameters"].remove(raw)
                    what = f"The path parameter {parameter['name']!r} is not in the path."
                    repair.corrected(what, where)
        for name in sorted(named - declared):
            parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            operation.setdefault("parameters", []).append(parameter)
            repair.corrected(f"The path parameter {name!r} is not declared.", where)


def drop_repeated_operation_ids(repair: Repair) -> None:
    """Name the second of two operations with one operationId by its method and path.

    What the overlay names keeps its name, wherever the other stands.
    """
    seen: dict[str, Where] = {}
    found = list(operations(repair.document))
    for where, operation in sorted(found, key=lambda each: not _is_named_by_us(each[1])):
        operation_id = operation.get("operationId")
        if operation_id is not None and not safety.is_token(operation_id):
            operation.pop("x-vendor-operation-id", None)
            repair.drop((*where, "operationId"), "No method can be named by this operationId.")
        elif operation_id in seen:
            what = f"The operationId {operation_id!r} is at {place(seen[operation_id])} as well."
            repair.drop((*where, "operationId"), what)
        elif operation_id is not None:
            seen[operation_id] = where


def _is_named_by_us(operation: Mapping[str, Any]) -> bool:
    return operation.get("operationId") != operation.get("x-vendor-operation-id")


def drop_unknown_security(repair: Repair) -> None:
    """Ignore requirements that name a scheme which is not defined, as other tools do."""
    schemes = (repair.document.get("components") or {}).get("securitySchemes") or {}
    for where, requirements in list(_requirements(repair.document)):
        for requirement in requirements:
            for name in [name for name in requirement if name not in schemes]:
                del requirement[name]
                repair.corrected(f"The security scheme {name!r} is not defined.", where)


def _requirements(document: Mapping[str, Any]) -> Iterator[tuple[Where, list[Any]]]:
    yield ("security",), document.get("security") or []
    for where, operation in operations(document):
        if "security" in operation:
            yield (*where, "security"), operation["security"]
