"""Validation: is this an OpenAPI 3.0 or 3.1 document, and are our own extensions well formed?

The document is held against the schemas that the OpenAPI Initiative publishes, each schema in it
against those of its dialect; what they miss and the pipeline relies on is checked here. No library
resolves a reference: a default or an example could name any file or host.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import attrs
from jsonschema import Draft4Validator, Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from jsonschema_specifications import (  # type: ignore[import-untyped]
    REGISTRY as SPECIFICATIONS,
)

from chessa_codegen.document.refs import (
    Where,
    at,
    locate,
    parameter_key,
    path_key,
    place,
    resolve,
    resolved,
    shapes_values,
)
from chessa_codegen.document.visitor import nodes
from chessa_codegen.errors import SpecError
from chessa_codegen.ir.all_of import Composer, component_at
from chessa_codegen.validate import safety
from chessa_codegen.validate.repair import Repair, enclosing_schema, operations

_FIX: Final = "Compare it with the OpenAPI Specification, and fix it by the overlay."
_NO_FORMATS: Final = FormatChecker(formats=())
"""Patterns are written for another language than Python, and are not used here."""


@attrs.frozen
class _Version:
    """What a version of the OpenAPI Specification is checked with.

    It is read from the files of two packages: to import them loads an HTTP client and more.
    """

    name: str
    dialect: Callable[[], Validator]
    """What every schema in a document is held against."""

    def structure(self) -> Any:
        return _published(
            "openapi-spec-validator",
            f"openapi_spec_validator/resources/schemas/v{self.name}/schema.json",
        )


def _published(package: str, file: str) -> Any:
    found = metadata.distribution(package).locate_file(file)
    return json.loads(Path(str(found)).read_text(encoding="utf-8"))


def _dialect_3_0() -> Validator:
    return Draft4Validator(Draft4Validator.META_SCHEMA, format_checker=_NO_FORMATS)


def _dialect_3_1() -> Validator:
    base, words = (
        _published("openapi-schema-validator", f"openapi_schema_validator/schemas/oas3.1/{file}")
        for file in ("metaschema.json", "vocabularies/base")
    )
    return Draft202012Validator(base, registry=_crawled(base, words), format_checker=_NO_FORMATS)


def _crawled(*schemas: Any) -> Any:
    """Return a registry that has found every anchor; else each look-up of one searches again."""
    found = SPECIFICATIONS.with_contents([(one.get("$id", one.get("id")), one) for one in schemas])
    return found.crawl()


_VERSIONS: Final = {
    "3.0": _Version("3.0", _dialect_3_0),
    "3.1": _Version("3.1", _dialect_3_1),
}


def check_version(document: Mapping[str, Any]) -> _Version:
    """Refuse what does not say that it is OpenAPI 3.0 or 3.1."""
    said = document.get("openapi")
    version = _VERSIONS.get(said[:3]) if isinstance(said, str) else None
    if version is None:
        swagger = document.get("swagger")
        raise SpecError(
            f"The document says swagger: {swagger}; OpenAPI 3.0 and 3.1 are supported."
            if swagger
            else f"The document says openapi: {said}; 3.0 and 3.1 are supported.",
            "#/openapi",
            "Convert the document, or quote the version.",
        )
    return version


def settle(repair: Repair) -> None:
    """Make a document valid: slips are put right, what cannot be used is opened or left out.

    Raises `SpecError` where what is wrong concerns the document as such.
    """
    version = check_version(repair.document)
    _repair_structure(repair, version)
    _settle(repair, safety.odd_names)
    _settle(repair, _references)
    _write_out_path_items(repair)
    _settle(repair, _circles)
    _check_extensions(repair.document)
    _drop_repeated_parameters(repair)
    _drop_repeated_operation_ids(repair)
    _declare_path_parameters(repair)
    _settle(repair, _paths)
    _drop_unknown_security(repair)


_Check = Callable[[Mapping[str, Any]], Iterator[SpecError]]


def _settle(repair: Repair, check: _Check) -> None:
    """Cut what a check finds until it finds nothing."""
    while errors := list(check(repair.document)):
        repair.cut_all(errors)


def _repair_structure(repair: Repair, version: _Version) -> None:
    schema = version.structure()
    validator = validator_for(schema)(schema, registry=_crawled(schema))
    seen: set[str] = set()
    while errors := [_most_telling(each) for each in validator.iter_errors(repair.document)]:
        fresh = {_invalid(each, ()).where + str(each.message): each for each in errors}
        if not fresh.keys() - seen:
            raise _invalid(errors[0], ())
        seen |= fresh.keys()
        for error in fresh.values():
            _repair(repair, error)
    _repair_schemas(repair, version.dialect())


def _repair_schemas(repair: Repair, dialect: Validator) -> None:
    """Hold each schema against its dialect: a wrong word is dropped, a wrong shape opened."""
    distinct: dict[str, list[Where]] = {}
    for where, node in _schemas(repair.document):
        distinct.setdefault(json.dumps(node), []).append(where)
    for text, places in distinct.items():
        for error in dialect.iter_errors(json.loads(text)):
            for where in places:
                wrong = _invalid(error, where)
                there = locate(repair.document, wrong.where)
                if place(there) != wrong.where:
                    continue  # put right with what was around it
                if isinstance(there[-1], str) and not shapes_values(there[-1]):
                    _drop(repair, there, wrong.what)
                elif error.validator in ("uniqueItems", "minItems"):
                    _put_list_right(repair, there, wrong.what)
                else:
                    repair.cut(wrong)


_HARMLESS: Final = frozenset(
    {"description", "summary", "deprecated", "externalDocs", "tags", "title", "example", "contact"}
    | {
        "examples",
        "xml",
        "default",
        "license",
        "termsOfService",
        "links",
        "callbacks",
        "operationId",
    }
)
"""Keys that change nothing in what callers get, whatever they hold."""
_FILLED: Final[Mapping[str, Any]] = {
    "description": "",
    "title": "API",
    "version": "0",
    "responses": {"default": {"description": ""}},
}
"""Keys that must be there, and what is put where they are missing."""


def _repair(repair: Repair, error: ValidationError) -> None:
    """Put one slip of the structure right, or cut the place."""
    wrong = _invalid(error, ())
    where = locate(repair.document, wrong.where)
    node = at(repair.document, where)
    if place(where) != wrong.where:
        return  # put right with what was around it
    match error.validator:
        case "additionalProperties" | "unevaluatedProperties" if isinstance(node, dict):
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            quoted = re.findall(r"'([^']*)'", str(error.message).partition(" do")[0])
            unknown = [k for k in quoted if k in node and k not in known and not k.startswith("x-")]
            for key in unknown:
                _drop(repair, (*where, key), f"{key!r} is not a key of OpenAPI here.")
            if unknown:
                return
        case "required" if isinstance(node, dict) and isinstance(error.validator_value, list):
            missing = [key for key in error.validator_value if key not in node]
            if missing and all(key in _FILLED for key in missing):
                for key in missing:
                    node[key] = copy.deepcopy(_FILLED[key])
                repair.corrected(wrong.what, where)
                return
        case "uniqueItems" | "minItems":
            _put_list_right(repair, where, wrong.what)
            return
        case _ if enclosing_schema(where) is None and (around := _harmless(where)):
            _drop(repair, around, wrong.what)
            return
    repair.cut(wrong)


def _harmless(where: Where) -> Where | None:
    """Return the innermost place around this one that changes nothing for callers."""
    ends = [end for end, part in enumerate(where, 1) if part in _HARMLESS]
    return where[: ends[-1]] if ends else None


def _drop(repair: Repair, where: Where, what: str) -> None:
    del at(repair.document, where[:-1])[where[-1]]
    repair.corrected(what, where)


def _put_list_right(repair: Repair, where: Where, what: str) -> None:
    """Keep each item of a list once; drop a list that must not be empty."""
    node = at(repair.document, where)
    if not node:
        _drop(repair, where, what)
        return
    kept = {json.dumps(item, sort_keys=True): item for item in reversed(node)}
    node[:] = reversed(kept.values())
    repair.corrected(what, where)


def _schemas(document: Mapping[str, Any]) -> Iterator[tuple[Where, Any]]:
    """The schemas that stand in no other one."""
    for name, schema in ((document.get("components") or {}).get("schemas") or {}).items():
        yield ("components", "schemas", name), schema
    for where, node in nodes(document):
        if isinstance(node, Mapping) and "schema" in node and "schemas" not in where:
            yield (*where, "schema"), node["schema"]


def _most_telling(error: ValidationError) -> ValidationError:
    """Of the reasons why none of several forms fits, the one that lies deepest."""
    while error.context:
        reasons = [one for one in error.context if not str(one.message).startswith("'$ref' is a")]
        depths = [len(one.absolute_path) for one in reasons]
        if not reasons or depths.count(max(depths)) > 1:
            break
        error = reasons[depths.index(max(depths))]
    return error


_IN_WORDS: Final = {
    "minItems": "this list is empty",
    "uniqueItems": "this list holds one item twice",
}
"""Of rules whose messages in the library show the whole value, or nothing but it."""


def _invalid(error: ValidationError, where: Where) -> SpecError:
    message = _IN_WORDS.get(str(error.validator)) or " ".join(str(error.message).split())
    return SpecError(
        f"The document is not valid OpenAPI: {message[:300].removesuffix('.')}.",
        place((*where, *error.absolute_path)),
        _FIX,
    )


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
    """The schemas that a value of this one has to fit as well, and their places.

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
    """What the target of a reference at this place must have."""
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


def _write_out_path_items(repair: Repair) -> None:
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


def _drop_repeated_parameters(repair: Repair) -> None:
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


def _declare_path_parameters(repair: Repair) -> None:
    """Declare as strings what a path names and nothing declares; drop what no path names."""
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


def _drop_repeated_operation_ids(repair: Repair) -> None:
    """Name the second of two operations with one operationId by its method and path."""
    seen: dict[str, Where] = {}
    for where, operation in operations(repair.document):
        operation_id = operation.get("operationId")
        if operation_id is not None and not safety.is_token(operation_id):
            operation.pop("x-vendor-operation-id", None)
            _drop(repair, (*where, "operationId"), "No method can be named by this operationId.")
        elif operation_id in seen:
            what = f"The operationId {operation_id!r} is at {place(seen[operation_id])} as well."
            _drop(repair, (*where, "operationId"), what)
        elif operation_id is not None:
            seen[operation_id] = where


def _paths(document: Mapping[str, Any]) -> Iterator[SpecError]:
    """Find operations whose requests cannot be told apart."""
    seen: dict[tuple[str, str | int], str] = {}
    for where, _ in operations(document):
        path = str(where[1])
        key = path_key(path), where[2]
        if key in seen:
            yield SpecError(
                f"The paths {seen[key]} and {path} cannot be told apart.",
                place(where),
                "Remove one of them.",
            )
        seen.setdefault(key, path)


def _drop_unknown_security(repair: Repair) -> None:
    """Ignore requirements that name a scheme which is not defined, as other tools do."""
    schemes = (repair.document.get("components") or {}).get("securitySchemes") or {}
    for where, requirements in list(_requirements(repair.document)):
        for requirement in requirements:
            for name in [name for name in requirement if name not in schemes]:
                del requirement[name]
                repair.corrected(f"The security scheme {name!r} is not defined.", where)


def _requirements(document: Mapping[str, Any]) -> Iterator[tuple[Where, list[Any]]]:
    yield ("security",), document.get("security") or []
    for path, item in (document.get("paths") or {}).items():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if isinstance(operation, Mapping) and "security" in operation:
                yield ("paths", path, method, "security"), operation["security"]


def _strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _credential(value: object) -> bool:
    return value in ("client_id", "client_secret")


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
    "x-open-enum": (_filled_list, "a list of values"),
    "x-enum-varnames": (_strings, "a list of names"),
    "x-mutually-exclusive": (_groups, "a list of lists of two or more property names"),
    "x-vendor-operation-id": (_text, "a name"),
    "x-credential": (_credential, "client_id or client_secret"),
}


def _check_extensions(document: Mapping[str, Any]) -> None:
    for where, node in nodes(document):
        if not isinstance(node, Mapping):
            continue
        for key in sorted(_EXTENSIONS.keys() & node.keys()):
            fits, expected = _EXTENSIONS[key]
            if not fits(node[key]):
                raise SpecError(
                    f"{key} is not {expected}.", place((*where, key)), f"Give it {expected}."
                )
