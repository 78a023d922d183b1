"""Validation: is this an OpenAPI 3.0 or 3.1 document, and are our own extensions well formed?

The document is held against the schemas that the OpenAPI Initiative publishes, each schema in it
against those of its dialect; what they miss and the pipeline relies on is checked here. No library
resolves a reference: a default or an example could name any file or host.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import attrs
from jsonschema import Draft4Validator, Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from jsonschema_specifications import (  # type: ignore[import-untyped]
    REGISTRY as SPECIFICATIONS,
)

from chessa_codegen.document.refs import Where, parameter_key, place, resolve, resolved, step
from chessa_codegen.document.visitor import nodes
from chessa_codegen.errors import SpecError

_MEND: Final = "Compare it with the OpenAPI Specification, and mend it by the overlay."
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


def validate(document: Mapping[str, Any]) -> None:
    """Refuse what is no valid document, with the place that is wrong."""
    version = check_version(document)
    _check_references(document)
    _check_circles(document)
    _check_structure(document, version)
    _check_parameters(document)
    _check_operation_ids(document)
    _check_extensions(document)
    _check_paths(document)
    _check_security(document)


def _check_structure(document: Mapping[str, Any], version: _Version) -> None:
    schema = version.structure()
    validator = validator_for(schema)(schema, registry=_crawled(schema))
    wrong = best_match(validator.iter_errors(document))
    if wrong is not None:
        raise _invalid(_most_telling(wrong), ())
    distinct: dict[str, tuple[Where, Any]] = {}
    for where, node in _schemas(document):
        distinct.setdefault(json.dumps(node), (where, node))
    dialect = version.dialect()
    for where, node in distinct.values():
        for error in dialect.iter_errors(node):
            raise _invalid(error, where)


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
        _MEND,
    )


def _check_references(document: Mapping[str, Any]) -> None:
    for where, node in nodes(document):
        if isinstance(node, Mapping) and "$ref" in node and isinstance(node["$ref"], str):
            target, _ = resolve(document, node["$ref"], where)
            wanted = _wanted(where)
            if wanted and not (isinstance(target, Mapping) and wanted in target):
                raise SpecError(
                    f"The reference {node['$ref']} points at something of another kind: "
                    f"it has no {wanted!r}.",
                    place((*where, "$ref")),
                    "Point it at a component of the right kind.",
                )


_COMPOSES: Final = ("allOf", "oneOf", "anyOf")


def _check_circles(document: Mapping[str, Any]) -> None:
    """Refuse a schema that is a part of itself: no property stands between, so nothing ends it."""
    finished: set[Where] = set()
    for start, schema in nodes(document):
        within = {start: _parts(document, start, schema)}
        while within:
            where, parts = next(reversed(within.items()))
            at, part = next(parts, (where, None))
            if part is None:
                finished.add(where)
                del within[where]
            elif at in within:
                raise SpecError("This schema is made of itself.", place(at), "Break the circle.")
            elif at not in finished:
                within[at] = _parts(document, at, part)


def _parts(document: Mapping[str, Any], where: Where, schema: Any) -> Iterator[tuple[Where, Any]]:
    """The schemas that a value of this one has to fit as well, and their places."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(schema.get("$ref"), str):
        target, at = step(document, schema["$ref"], where)
        yield at, target
    for keyword in _COMPOSES:
        parts = schema.get(keyword)
        for position, part in enumerate(parts if isinstance(parts, list) else ()):
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


def _check_parameters(document: Mapping[str, Any]) -> None:
    for where, node in nodes(document):
        if where[:1] != ("paths",) or len(where) > 3 or not isinstance(node, Mapping):
            continue
        seen: set[tuple[str, str]] = set()
        for position, raw in enumerate(node.get("parameters") or ()):
            parameter, _ = resolved(document, raw, (*where, "parameters", position))
            key = parameter_key(parameter)
            if key in seen:
                raise SpecError(
                    f"The {key[1]} parameter {parameter['name']!r} is declared twice.",
                    place((*where, "parameters", position)),
                    "Remove one of the two by the overlay.",
                )
            seen.add(key)


def _check_operation_ids(document: Mapping[str, Any]) -> None:
    seen: dict[str, Where] = {}
    for where, node in nodes(document):
        if not (isinstance(node, Mapping) and "responses" in node and "operationId" in node):
            continue
        operation_id = node["operationId"]
        if operation_id in seen:
            raise SpecError(
                f"The operationId {operation_id!r} is there twice, also at "
                f"{place(seen[operation_id])}.",
                place((*where, "operationId")),
                "Give one of them another operationId by the overlay.",
            )
        seen[operation_id] = where


def _check_paths(document: Mapping[str, Any]) -> None:
    seen: dict[str, str] = {}
    for path in document.get("paths") or {}:
        shape = re.sub(r"\{[^{}]*\}", "{}", path)
        if shape in seen:
            raise SpecError(
                f"The paths {seen[shape]} and {path} cannot be told apart.",
                place(("paths", path)),
                "Remove one of them.",
            )
        seen[shape] = path


def _check_security(document: Mapping[str, Any]) -> None:
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    for where, requirements in _requirements(document):
        for requirement in requirements:
            for name in requirement:
                if name not in schemes:
                    raise SpecError(
                        f"The security scheme {name!r} is not defined.",
                        place(where),
                        "Define it in components.securitySchemes.",
                    )


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
