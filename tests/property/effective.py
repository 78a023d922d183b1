"""The effective spec as the property tests walk it: schemas, and the kinds of value they allow.

Nothing here reads a generated class: this module says what a class should be.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import attrs

from chessa.testing._spec.document import Spec, SpecOperation
from chessa.testing._spec.schemas import Schemas
from chessa_codegen.overlay.essential import ESSENTIAL

Schema = Mapping[str, Any]
Name = Literal[
    "object",
    "map",
    "array",
    "string",
    "date-time",
    "date",
    "decimal",
    "number",
    "integer",
    "boolean",
    "null",
    "text-enum",
    "integer-enum",
    "any",
]
SPEC: Final = Spec()
SCHEMAS: Final = Schemas(SPEC)
_IS_3_0: Final = str(SPEC.document["openapi"]).startswith("3.0")
_FORMATS: Final[Mapping[str, Name]] = {
    "date-time": "date-time",
    "date": "date",
    "decimal": "decimal",
}
_SCALARS: Final[Mapping[str, Name]] = {
    "string": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
}
_CONSTANTS: Final = {str: "string", bool: "boolean", int: "integer", float: "number"}
_PROSE: Final = frozenset({"description", "example", "examples", "externalDocs", "default"})
# What a schema may say without a word on which values it means.
_SILENT: Final = re.compile(
    r"x-.*|title|description|examples?|default|deprecated|externalDocs|xml|nullable"
    r"|readOnly|writeOnly|\$comment|\$id|\$schema|discriminator"
)


@attrs.frozen
class Kind:
    """One kind of value that a schema allows, and the plain schema that says so."""

    name: Name
    schema: Schema


NULL: Final = Kind("null", {"enum": [None]})  # as 3.0 says it too, which has no type of it


def node(documented: SpecOperation) -> Mapping[str, Any]:
    """All that the spec says of an operation, extensions included."""
    found: Mapping[str, Any] = SPEC.document["paths"][documented.path][documented.method.lower()]
    return found


def plain(schema: Any) -> Schema:
    """A schema without a reference or an allOf at its top."""
    if schema is True:
        return {}
    for _ in range(100):
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            target = SPEC.resolve({"$ref": schema["$ref"]})
            schema = target if _IS_3_0 or not rest else {"allOf": [target, rest]}
        elif "allOf" in schema:
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            schema = _merged([*map(plain, schema["allOf"]), rest])
        else:
            break
    return {} if schema is True else schema


def _merged(parts: list[Schema]) -> Schema:
    """Merge schemas as far as kinds of values go."""
    merged: dict[str, Any] = {}
    for part in filter(None, parts):
        inner = {**merged.get("properties", {})}
        for name, schema in part.get("properties", {}).items():
            known = inner.get(name)
            inner[name] = schema if known in (None, schema) else {"allOf": [known, schema]}
        both = {
            key: list(dict.fromkeys([*merged.get(key, []), *part.get(key, [])]))
            for key in ("required", ESSENTIAL)
        }
        null = _allows_null(merged) and _allows_null(part)
        merged = {**merged, **part}
        if inner:
            merged["properties"] = inner
        merged |= {key: keys for key, keys in both.items() if keys}
        merged["nullable"] = null and merged.get("nullable", False)
    return merged


def _allows_null(part: Schema) -> bool:
    """Return whether a part of an allOf lets null through: it says so, or is silent."""
    return part.get("nullable", False) or all(_SILENT.fullmatch(key) for key in part)


def kinds(schema: Any) -> tuple[Kind, ...]:
    """Every kind of value that a schema allows, null among them where it is allowed."""
    found = list(_kinds(plain(schema)))
    if any(kind.name == "any" for kind in found):
        return (Kind("any", plain(schema)),)
    distinct = {(kind.name, repr(kind.schema)): kind for kind in found}
    return tuple(distinct.values())


def _kinds(schema: Schema) -> Iterator[Kind]:
    if schema.get("nullable") is True:
        yield NULL
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema and not _only_asks(schema[keyword]):
            beside = {k: v for k, v in schema.items() if k != keyword and not _SILENT.fullmatch(k)}
            for variant in schema[keyword]:
                yield from _kinds(plain({"allOf": [beside, variant]} if beside else variant))
            return
    if "enum" in schema or "x-open-enum" in schema:
        yield from _of_enum(schema)
        return
    types = _types(schema)
    if not types:
        yield Kind("any", schema)
    for name in types:
        yield _of_type(name, schema)


def _only_asks(variants: Any) -> bool:
    """Return whether variants only say which properties must be there."""
    return all(set(variant) <= {"required"} for variant in variants if isinstance(variant, Mapping))


def spelling(value: object) -> str:
    """Return what stays of a value of an enum when its case and separators change."""
    return re.sub(r"(?<=[a-z])[\s_-]+(?=[a-z])", "", str(value).lower())


def _of_enum(schema: Schema) -> Iterator[Kind]:
    listed = schema.get("enum", schema.get("x-open-enum"))
    values = [value for value in listed or () if value is not None]
    types = set(_types(schema)) - {"null"}
    if len(values) < len(listed or ()) or "null" in _types(schema):
        yield NULL
    if values and types <= {"string"} and all(type(value) is str for value in values):
        yield Kind("text-enum", schema)
        return
    if values and types <= {"integer"} and all(type(value) is int for value in values):
        yield Kind("integer-enum", schema)
        return
    rest = {key: value for key, value in schema.items() if key not in ("enum", "x-open-enum")}
    if values:
        yield from _kinds(rest)


def _types(schema: Schema) -> list[str]:
    said = schema.get("type")
    if said is not None:
        return [said] if isinstance(said, str) else list(said)
    if "const" in schema:
        constant = _CONSTANTS.get(type(schema["const"]))
        return [constant] if constant else []
    if "properties" in schema or "additionalProperties" in schema:
        return ["object"]
    return ["array"] if "items" in schema else []


def _of_type(name: str, schema: Schema) -> Kind:
    if name == "object":
        alone = {**schema, "type": "object", "nullable": False}
        return Kind("object" if schema.get("properties") else "map", alone)
    if name == "array":
        return Kind("array", schema)
    if name == "null":
        return NULL
    if name == "string":
        return Kind(_FORMATS.get(schema.get("format", ""), "string"), schema)
    return Kind(_SCALARS[name], schema)


def bare(schema: Any) -> Any:
    """A schema without what is said for people only: one such schema is tested once."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: bare(each) for name, each in value.items()}
        if key == "properties"
        else value
        if key in ("enum", "const", "required", ESSENTIAL)
        else bare(value)
        for key, value in schema.items()
        if key not in _PROSE
    }


def properties(schema: Schema) -> Mapping[str, Any]:
    """The properties of an object; what it only requires, and never describes, holds anything."""
    described: Mapping[str, Any] = schema.get("properties", {})
    return {**dict.fromkeys(schema.get("required", ()), True), **described}


def items(schema: Schema) -> Any:
    """The schema of the items of an array."""
    return True if "prefixItems" in schema else schema.get("items", True)


def tuple_items(schema: Schema) -> list[Any]:
    """The schemas of an array that has just so many items, each of its own; else none."""
    found: list[Any] = schema.get("prefixItems") or []
    count = len(found)
    ends = schema.get("items", True) is False or schema.get("maxItems", count + 1) <= count
    return found if ends and schema.get("minItems", 0) >= count else []


def values(schema: Schema) -> Any:
    """The schema of the values of an object without properties."""
    if patterns := [*schema.get("patternProperties", {}).values()]:
        return patterns[0] if len(patterns) == 1 else {"anyOf": patterns}
    rest = schema.get("additionalProperties", True)
    return True if rest is False else rest


def parts(schema: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each key or position of an array or an object, with the schema that it has."""
    if isinstance(value, list):
        array = next((kind.schema for kind in kinds(schema) if kind.name == "array"), {})
        inner = tuple_items(array) or [items(array)] * len(value)
        yield from enumerate(inner[: len(value)])
    if isinstance(value, Mapping):
        fitting = [kind.schema for kind in kinds(schema) if kind.name in ("object", "map")]
        known = {name: each for one in fitting for name, each in properties(one).items()}
        rest = next((values(one) for one in fitting), True)
        yield from ((name, known.get(name, rest)) for name in value)


def flag(schema: Any, name: str) -> bool:
    """Return whether a schema, its reference or one of its parts sets a flag."""
    if not isinstance(schema, Mapping):
        return False
    if "$ref" in schema and flag(SPEC.resolve(schema), name):
        return True
    return schema.get(name) is True or any(flag(part, name) for part in schema.get("allOf", ()))
