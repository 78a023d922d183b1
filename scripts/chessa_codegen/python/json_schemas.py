"""The JSON schema of every class (2020-12), for tools that ask for one, such as pydantic.

The structure is that of the shapes, so that it says what the classes take; the rest is what the
spec says of the values. Classes are definitions that refer to each other.
"""

from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.ir import types
from chessa_codegen.ir.plan import EnumPlan, FieldPlan, ModelPlan, Plan
from chessa_codegen.ir.types import Shape

Schema = dict[str, Any]

_SCALARS: Final[Mapping[Shape, Schema]] = {
    types.STRING: {"type": "string"},
    types.BOOLEAN: {"type": "boolean"},
    types.INTEGER: {"type": "integer"},
    types.NUMBER: {"type": "number"},
    types.DECIMAL: {"type": "string"},
    types.DATE_TIME: {"type": "string"},
    types.DATE: {"type": "string"},
}
_OF_VALUES: Final = (
    *("format", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf"),
    *("exclusiveMinimum", "exclusiveMaximum"),
)
"""Keywords of the spec that hold for scalars, as they are."""


def schemas_of(plan: Plan) -> Schema:
    """Return one JSON schema with a definition for each class of a plan."""
    classes = {model.name: _of_model(model) for model in plan.models}
    classes |= {enum.name: _of_enum(enum) for enum in plan.enums}
    return {"$defs": dict(sorted(classes.items()))}


def _of_model(model: ModelPlan) -> Schema:
    required = [field.key for field in model.fields if field.required or field.essential]
    return {
        "title": model.name,
        "type": "object",
        **_described(model.description),
        "properties": {field.key: _of_field(field) for field in model.fields},
        **({"required": required} if required else {}),
    }


def _of_enum(enum: EnumPlan) -> Schema:
    """Return the schema of an open enum: other values than these may come."""
    return {
        "title": enum.name,
        "type": "integer" if enum.integer else "string",
        **_described(enum.description),
        "examples": list(enum.constants.values()),
    }


def _of_field(field: FieldPlan) -> Schema:
    schema = _of_shape(field.shape, field.schema)
    kind = types.without_null(field.shape)
    example = field.schema.get("example")
    if example is None and kind == types.STRING:
        example = field.example or None  # of another schema of the class
    has_one = isinstance(kind, types.Scalar) and example is not None
    shown = {"examples": [example]} if has_one else {}
    return {**schema, **_described(field.description), **shown}


def _described(text: str) -> Schema:
    return {"description": text} if text else {}


def _of_shape(shape: Shape, said: Mapping[str, Any]) -> Schema:
    match shape:
        case types.Scalar():
            own = _SCALARS.get(shape, {})
            return {**own, **{key: said[key] for key in _OF_VALUES if own and _is_said(said, key)}}
        case types.Constant(base, value):
            return {**_SCALARS[base], "examples": [value]}
        case types.ModelRef(name) | types.EnumRef(name):
            return {"$ref": f"#/$defs/{name}"}
        case types.Array(item):
            return {"type": "array", "items": _of_shape(item, said.get("items") or {})}
        case types.Tuple(items):
            inner = [_of_shape(item, {}) for item in items]
            count = len(items)
            return {"type": "array", "prefixItems": inner, "minItems": count, "maxItems": count}
        case types.Dictionary(value):
            return {"type": "object", "additionalProperties": _of_shape(value, {})}
        case types.Nullable(inner):
            known = _of_shape(inner, said)
            return {"anyOf": [known, {"type": "null"}]} if known else {}
        case types.Union(kinds):
            return {"anyOf": [_of_shape(kind, {}) for kind in kinds]}
        case types.Recursive(_, inner):
            return _of_shape(inner, {})
        case types.Itself():
            return {}


def _is_said(said: Mapping[str, Any], key: str) -> bool:
    """Return whether the spec has a keyword; exclusive bounds of OpenAPI 3.0 are flags."""
    return key in said and not isinstance(said[key], bool)
