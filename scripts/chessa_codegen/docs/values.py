"""Values of the examples: JSON of the spec as Python source, and a value where the spec has none.

Patterns are not used: they are written by others, and for another language.
"""

import datetime
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chessa_codegen.characters import literal
from chessa_codegen.ir import types
from chessa_codegen.ir.plan import EnumPlan, FieldPlan, ModelPlan, Plan
from chessa_codegen.ir.types import Shape
from chessa_codegen.python import source

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME: Final = re.compile(
    _DATE.pattern + r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{3})?"
    r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
)
_TEXTS: Final[Mapping[str, str]] = {
    "byte": "YQ==",
    "email": "ada@example.com",
    "time": "06:05:27Z",
    "uri": "https://example.com/",
    "uuid": "b647214f-3c33-4027-986b-3a46f041e800",
}
_DEEP: Final = 6
_MANY: Final = 5
_LONG: Final = 200


class Values:
    """Writes values of one plan's shapes."""

    def __init__(self, plan: Plan) -> None:
        self._models: dict[str, ModelPlan] = {model.name: model for model in plan.models}
        self._enums: dict[str, EnumPlan] = {enum.name: enum for enum in plan.enums}

    def given(self, shape: Shape, schema: Mapping[str, Any]) -> str | None:
        """Return the value that the spec itself offers."""
        for value in _offered(schema):
            if value is not None and (written := self.written(shape, value)) is not None:
                return written
        return None

    def any(self, shape: Shape, schema: Mapping[str, Any], depth: int = 0) -> str | None:
        """Return the value that the spec offers, or one that it allows."""
        return self.given(shape, schema) or self._made(shape, schema, depth)

    # --- JSON as Python

    def written(self, shape: Shape, value: Any) -> str | None:
        """Return a JSON value as an argument of this shape; None where it does not fit."""
        match shape:
            case types.Nullable(inner):
                return "None" if value is None else self.written(inner, value)
            case types.Constant(base, constant):
                return self.written(base, value) if value == constant else None
            case types.EnumRef():
                return self._member(shape, value)
            case types.ModelRef(name):
                return self._object(self._models[name], value)
            case types.Array(item):
                return self._list(item, value)
            case types.Tuple(items):
                return self._tuple(items, value)
            case types.Dictionary(inner):
                return self._dict(inner, value)
            case types.Union(kinds):
                found = (self.written(kind, value) for kind in kinds)
                return next((one for one in found if one is not None), None)
            case types.Recursive(_, inner):
                return self.written(inner, value)
            case types.Itself():
                return _scalar(types.JSON.codec, value)
            case types.Scalar(name):
                return _scalar(name, value)

    def _member(self, shape: types.EnumRef, value: Any) -> str | None:
        for name, known in source.constants(self._enums[shape.name]):
            if type(known) is type(value) and known == value:
                return f"models.{shape.name}.{name}"
        kind = int if shape.integer else str
        return literal(value) if type(value) is kind else None

    def _object(self, model: ModelPlan, value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return None
        parts: list[str] = []
        for field in _sent(model):
            written = self.written(field.shape, value[field.key]) if field.key in value else None
            if written is not None:
                parts.append(f"{field.name}={written}")
            elif field.required:
                return None
        return f"models.{model.name}({', '.join(parts)})"

    def _list(self, item: Shape, value: Any) -> str | None:
        if not isinstance(value, list):
            return None
        items = [self.written(item, one) for one in value]
        return None if None in items else f"[{', '.join(filter(None, items))}]"

    def _tuple(self, items: tuple[Shape, ...], value: Any) -> str | None:
        if not isinstance(value, list) or len(value) != len(items):
            return None
        return _tuple([self.written(item, one) for item, one in zip(items, value, strict=True)])

    def _dict(self, inner: Shape, value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return None
        members = {literal(key): self.written(inner, one) for key, one in value.items()}
        if None in members.values():
            return None
        return f"{{{', '.join(f'{key}: {one}' for key, one in members.items())}}}"

    # --- values that the spec allows

    def _made(self, shape: Shape, schema: Mapping[str, Any], depth: int) -> str | None:
        if depth > _DEEP:
            return None
        match shape:
            case types.Nullable(inner):
                return self._made(inner, schema, depth) or "None"
            case types.Constant(base, constant):
                return self.written(base, constant)
            case types.EnumRef(name):
                return self._member(shape, self._enums[name].values[0])
            case types.ModelRef(name):
                return self._made_object(self._models[name], depth)
            case types.Array(item):
                return self._made_list(item, schema, depth)
            case types.Tuple(items):
                return _tuple([self._made(item, {}, depth + 1) for item in items])
            case types.Dictionary():
                return "{}" if not schema.get("minProperties") else None
            case types.Union(kinds):
                found = (self._made(kind, {}, depth + 1) for kind in kinds)
                return next((one for one in found if one is not None), None)
            case types.Recursive(_, inner):
                return self._made(inner, schema, depth)
            case types.Itself():
                return _made_scalar(types.JSON.codec, schema)
            case types.Scalar(name):
                return _made_scalar(name, schema)

    def _made_object(self, model: ModelPlan, depth: int) -> str | None:
        parts: list[str] = []
        for field in _sent(model):
            if field.required:
                value = self.any(field.shape, field.schema, depth + 1)
                if value is None:
                    return None
                parts.append(f"{field.name}={value}")
        return f"models.{model.name}({', '.join(parts)})"

    def _made_list(self, item: Shape, schema: Mapping[str, Any], depth: int) -> str | None:
        least = schema.get("minItems", 0)
        items = schema.get("items")
        plain = items if isinstance(items, Mapping) and "$ref" not in items else {}
        one = self.any(item, plain, depth + 1)
        if one is None:
            return None if least else "[]"
        if least > 1 and schema.get("uniqueItems"):
            return None
        return f"[{', '.join([one] * max(1, least))}]" if least <= _MANY else None


def _tuple(items: list[str | None]) -> str | None:
    return None if None in items else f"({', '.join(filter(None, items))},)"


def _sent(model: ModelPlan) -> Iterator[FieldPlan]:
    return (field for field in model.fields if not field.read_only)


def _offered(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the values that a schema names, examples first."""
    for keyword in ("example", "default", "const"):
        if keyword in schema:
            yield schema[keyword]
    for keyword in ("examples", "enum", "x-open-enum"):
        listed = schema.get(keyword)
        yield from listed if isinstance(listed, list) else ()


def _scalar(codec: str, value: Any) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match codec:
        case "STRING" if isinstance(value, str):
            return literal(value)
        case "BOOLEAN" if isinstance(value, bool):
            return repr(value)
        case "INTEGER" if is_number and value == math.floor(value):
            return str(int(value))
        case "NUMBER" | "DECIMAL" if is_number or isinstance(value, str):
            number = value if isinstance(value, str) else repr(value)
            taken = codec == "DECIMAL" or is_number
            return f'Decimal("{number}")' if taken and _NUMBER.fullmatch(number) else None
        case "DATE_TIME" if isinstance(value, str) and _DATE_TIME.fullmatch(value):
            return _parsed(datetime.datetime, "datetime.datetime", value)
        case "DATE" if isinstance(value, str) and _DATE.fullmatch(value):
            return _parsed(datetime.date, "datetime.date", value)
        case "JSON":
            return _json(value)
        case _:
            return None


def _parsed(kind: type[datetime.date], name: str, value: str) -> str | None:
    try:
        kind.fromisoformat(value)
    except ValueError:
        return None
    return f'{name}.fromisoformat("{value}")'


def _json(value: Any) -> str:
    match value:
        case Mapping():
            return f"{{{', '.join(f'{literal(k)}: {_json(v)}' for k, v in value.items())}}}"
        case list():
            return f"[{', '.join(map(_json, value))}]"
        case float():
            return f'Decimal("{value!r}")'
        case _:
            return literal(value)


def _made_scalar(codec: str, schema: Mapping[str, Any]) -> str | None:
    match codec:
        case "STRING":
            return _made_text(schema)
        case "BOOLEAN":
            return "True"
        case "INTEGER" | "NUMBER":
            number = _made_number(schema)
            return None if number is None else _scalar(codec, number)
        case "DECIMAL":
            return 'Decimal("1.00")'
        case "DATE_TIME":
            return _scalar(codec, "2025-03-18T06:05:27.754Z")
        case "DATE":
            return _scalar(codec, "2025-03-18")
        case _:
            return '"example"'


def _made_text(schema: Mapping[str, Any]) -> str | None:
    if "pattern" in schema:
        return None
    word = _TEXTS.get(schema.get("format", ""), "example")
    least, most = schema.get("minLength", 0), schema.get("maxLength", _LONG)
    if least > _LONG:
        return None
    return literal(word if least <= len(word) <= most else ("example" * _LONG)[: max(least, 1)])


def _made_number(schema: Mapping[str, Any]) -> int | float | None:
    """Return a number within the bounds: a small one where there are none."""
    step = schema.get("multipleOf", 1)
    bounds = [
        bound
        for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
        if isinstance(bound := schema.get(key), int | float) and not isinstance(bound, bool)
    ]
    for near in (1, 10, 0, *(b + d for b in bounds for d in (0, 1, -1))):
        number = math.floor(near / step) * step if step else near
        for candidate in (number, number + step, near):
            if _is_allowed(candidate, schema):
                return candidate
    return None


def _is_allowed(number: float, schema: Mapping[str, Any]) -> bool:
    least, most = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum", False), schema.get("exclusiveMaximum", False)
    if isinstance(above, bool):  # OpenAPI 3.0: a flag that excludes `minimum` itself
        above = least if above else -math.inf
    if isinstance(below, bool):
        below = most if below else math.inf
    step = schema.get("multipleOf")
    fits = not step or math.isclose(number % step, 0, abs_tol=1e-9)
    return least <= number <= most and above < number < below and bool(fits)
