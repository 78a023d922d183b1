"""The structure of an OpenAPI 3.0, 3.1 or 3.2 document: correct slips, cut wrong parts.

The document is held against the schemas that the OpenAPI Initiative publishes, each schema in it
against those of its dialect. No library resolves a reference: a default or an example could name
any file or host.
"""

import copy
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import attrs
from jsonschema import Draft4Validator, Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from jsonschema_specifications import (  # type: ignore[import-untyped]
    REGISTRY as SPECIFICATIONS,
)

from chessa_codegen.document.refs import (
    Where,
    at,
    locate,
    place,
    shapes_values,
)
from chessa_codegen.document.visitor import nodes
from chessa_codegen.errors import SpecError
from chessa_codegen.validate.repair import Repair, enclosing_schema

_FIX: Final = "Compare it with the OpenAPI Specification, and fix it by the overlay."
_NO_FORMATS: Final = FormatChecker(formats=())
"""Patterns are written for another language than Python, and are not used here."""


class _Checker:
    """A validator that holds equal values against a referred schema once.

    Operations share their errors, and two versions of a document most of their parts.
    """

    def __init__(self, validator: type[Validator], schema: Any, **how: Any) -> None:
        self._valid: set[tuple[int, object]] = set()
        self._numbers: dict[object, int] = {}
        self._known: dict[int, tuple[int, Any]] = {}
        references = {"$ref", "$dynamicRef"} & validator.VALIDATORS.keys()
        extended: Any = extend(
            validator, {each: self._once(validator, each) for each in references}
        )  # type: ignore[no-untyped-call]
        self._validator: Validator = extended(schema, **how)

    def errors(self, value: Any) -> list[ValidationError]:
        """Return what is wrong with a value, which does not change meanwhile."""
        try:
            return list(self._validator.iter_errors(value))
        finally:
            self._known.clear()

    def _once(self, validator: type[Validator], keyword: str) -> Any:
        compare = validator.VALIDATORS[keyword]

        def remembering(
            within: Validator, reference: str, value: Any, schema: Any
        ) -> Iterator[ValidationError]:
            key = id(schema), self._number(value)
            if key not in self._valid:
                errors = list(compare(within, reference, value, schema))
                yield from errors
                self._valid.update(() if errors else [key])

        return remembering

    def _number(self, value: Any) -> object:
        """Return what equal values have in common, and read their parts once."""
        if not isinstance(value, (dict, list)):
            return value.__class__, value
        if id(value) in self._known:
            return self._known[id(value)][0]
        keys = tuple(value) if isinstance(value, dict) else None
        parts = value.values() if isinstance(value, dict) else value
        content = keys, tuple(map(self._number, parts))
        number = self._numbers.setdefault(content, len(self._numbers))
        self._known[id(value)] = number, value  # with the value, so that its id is not used again
        return number


@attrs.frozen
class _Version:
    """A version of the OpenAPI Specification, with its schemas.

    They are read from the files of two packages, whose import would load an HTTP client and more.
    """

    name: str
    dialect: Callable[[], _Checker]
    """The validator for every schema in a document."""


@functools.cache
def _structure(version: str) -> _Checker:
    schema = _published(
        "openapi-spec-validator",
        f"openapi_spec_validator/resources/schemas/v{version}/schema.json",
    )
    return _Checker(validator_for(schema), schema, registry=_crawled(schema))


def _published(package: str, file: str) -> Any:
    found = metadata.distribution(package).locate_file(file)
    return json.loads(Path(str(found)).read_text(encoding="utf-8"))


@functools.cache
def _dialect_3_0() -> _Checker:
    whole = {"$ref": Draft4Validator.META_SCHEMA["id"]}
    return _Checker(Draft4Validator, whole, format_checker=_NO_FORMATS)


@functools.cache
def _dialect_3_1() -> _Checker:
    return _dialect("3.1", "metaschema.json", "vocabularies/base")


@functools.cache
def _dialect_3_2() -> _Checker:
    return _dialect("3.2", "dialect/2025-09-17.json", "meta/2025-09-17.json")


def _dialect(version: str, *files: str) -> _Checker:
    """Return the validator of a dialect of JSON Schema, from its schema and its vocabulary."""
    base, words = (
        _published(
            "openapi-schema-validator", f"openapi_schema_validator/schemas/oas{version}/{file}"
        )
        for file in files
    )
    whole, known = {"$ref": base["$id"]}, _crawled(base, words)
    return _Checker(Draft202012Validator, whole, registry=known, format_checker=_NO_FORMATS)


def _crawled(*schemas: Any) -> Any:
    """Return a registry that has found every anchor; else each look-up of one searches again."""
    found = SPECIFICATIONS.with_contents([(one.get("$id", one.get("id")), one) for one in schemas])
    return found.crawl()


_VERSIONS: Final = {
    "3.0": _Version("3.0", _dialect_3_0),
    "3.1": _Version("3.1", _dialect_3_1),
    "3.2": _Version("3.2", _dialect_3_2),
}


def check_version(document: Mapping[str, Any]) -> _Version:
    """Refuse a document that does not declare OpenAPI 3.0, 3.1 or 3.2."""
    said = document.get("openapi")
    version = _VERSIONS.get(said[:3]) if isinstance(said, str) else None
    if version is None:
        swagger = document.get("swagger")
        raise SpecError(
            f"The document says swagger: {swagger}; OpenAPI 3.0, 3.1 and 3.2 are supported."
            if swagger
            else f"The document says openapi: {said}; 3.0, 3.1 and 3.2 are supported.",
            "#/openapi",
            "Convert the document, or quote the version.",
        )
    return version


def repair_structure(repair: Repair, version: _Version) -> None:
    structure = _structure(version.name)
    seen: set[str] = set()
    while errors := [_most_telling(each) for each in structure.errors(repair.document)]:
        fresh = {_invalid(each, ()).pointer + str(each.message): each for each in errors}
        if not fresh.keys() - seen:
            raise _invalid(errors[0], ())
        seen |= fresh.keys()
        for error in fresh.values():
            _repair(repair, error)
    _repair_schemas(repair, version.dialect())


def _repair_schemas(repair: Repair, dialect: _Checker) -> None:
    """Check each schema against its dialect: drop a wrong keyword, open a wrong shape."""
    distinct: dict[str, list[Where]] = {}
    for where, node in _schemas(repair.document):
        distinct.setdefault(json.dumps(node), []).append(where)
    for text, places in distinct.items():
        for error in dialect.errors(json.loads(text)):
            for where in places:
                wrong = _invalid(error, where)
                there = locate(repair.document, wrong.pointer)
                if place(there) != wrong.pointer:
                    continue  # corrected with the node around it
                if isinstance(there[-1], str) and not shapes_values(there[-1]):
                    repair.drop(there, wrong.what)
                elif error.validator in ("uniqueItems", "minItems"):
                    _put_list_right(repair, there, wrong.what)
                else:
                    repair.cut(wrong)


_HARMLESS: Final = frozenset(
    {"callbacks", "contact", "default", "deprecated", "description", "example", "examples"}
    | {"externalDocs", "license", "links", "operationId", "summary", "tags", "termsOfService"}
    | {"title", "xml"}
)
"""Keys that callers do not notice, whatever they hold."""
_FILLED: Final[Mapping[str, Any]] = {
    "description": "",
    "title": "API",
    "version": "0",
    "responses": {"default": {"description": ""}},
}
"""Keys that must be there, and the values to insert where they are missing."""


def _repair(repair: Repair, error: ValidationError) -> None:
    """Correct one slip of the structure, or cut the place."""
    wrong = _invalid(error, ())
    where = locate(repair.document, wrong.pointer)
    node = at(repair.document, where)
    if place(where) != wrong.pointer:
        return  # corrected with the node around it
    match error.validator:
        case "additionalProperties" | "unevaluatedProperties" if isinstance(node, dict):
            known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
            named = [key for key in node if repr(key) in str(error.message)]
            unknown = [key for key in named if key not in known and not key.startswith("x-")]
            for key in unknown:
                repair.drop((*where, key), f"{key!r} is not a key of OpenAPI here.")
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
            repair.drop(around, wrong.what)
            return
    repair.cut(wrong)


def _harmless(where: Where) -> Where | None:
    """Return the innermost place around this one that changes nothing for callers."""
    ends = [end for end, part in enumerate(where, 1) if part in _HARMLESS]
    return where[: ends[-1]] if ends else None


def _put_list_right(repair: Repair, where: Where, what: str) -> None:
    """Keep each item of a list once; drop a list that must not be empty."""
    node = at(repair.document, where)
    if not node:
        repair.drop(where, what)
        return
    node[:] = {json.dumps(item, sort_keys=True): item for item in node}.values()
    repair.corrected(what, where)


def _schemas(document: Mapping[str, Any]) -> Iterator[tuple[Where, Any]]:
    """Yield the schemas that stand in no other one."""
    for name, schema in ((document.get("components") or {}).get("schemas") or {}).items():
        yield ("components", "schemas", name), schema
    for where, node in nodes(document):
        if isinstance(node, Mapping) and "schema" in node and "schemas" not in where:
            yield (*where, "schema"), node["schema"]


def _most_telling(error: ValidationError) -> ValidationError:
    """Return the deepest of the reasons why none of several forms fits."""
    while error.context:
        reasons = [one for one in error.context if not str(one.message).startswith("'$ref' is a")]
        depths = [len(one.absolute_path) for one in reasons]
        if not reasons or depths.count(max(depths)) > 1:
            break
        error = reasons[depths.index(max(depths))]
    return error


_NO_FORM: Final = "this has none of the forms that it may have; a key is missing, or does not fit"
_IN_WORDS: Final = {
    "minItems": "this list is empty",
    "uniqueItems": "this list holds one item twice",
    "anyOf": _NO_FORM,
    "oneOf": _NO_FORM,
}
"""Messages for rules whose messages in the library quote the complete value."""


def _invalid(error: ValidationError, where: Where) -> SpecError:
    message = _IN_WORDS.get(str(error.validator)) or " ".join(str(error.message).split())
    return SpecError(
        f"The document is not valid OpenAPI: {message[:300].removesuffix('.')}.",
        place((*where, *error.absolute_path)),
        _FIX,
    )
