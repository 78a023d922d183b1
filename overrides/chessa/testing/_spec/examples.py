"""A value for any schema, the spec's own example if there is one."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from .._errors import SandboxError
from .document import is_object
from .schemas import Schemas, types_of

Json = Mapping[str, Any]
_DEPTH: Final = 8
"""Levels down to which optional properties are filled: schemas may contain themselves."""

_BY_FORMAT: Final = {
    "date-time": "2025-03-18T06:05:27.754Z",
    "date": "2025-03-18",
    "time": "06:05:27Z",
    "uuid": "b647214f-3c33-4027-986b-3a46f041e800",
    "decimal": "1.00",
    "email": "ada@example.com",
    "uri": "https://example.com/",
    "byte": "YQ==",
}
# Tried in turn where a pattern or a length has to be met.
_TEXTS: Final = ("example", "1", "1.00", "A", "a", "AB", "ab", "ABC", "abc", "NGN", "12345", "-")


class Examples:
    """Makes values."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def of(self, schema: Json, what: str) -> Any:
        """Return a value that the schema allows. Raises `SandboxError` if none was found."""
        for candidate in self._candidates(schema, 0):
            if self._schemas.allows(candidate, schema):
                return candidate
        raise SandboxError(f"the sandbox finds no example for {what}: give its schema one")

    def _candidates(self, schema: Any, depth: int) -> Iterator[Any]:
        plain = self._schemas.merged(schema)
        yield from _given(plain)
        for keyword in ("oneOf", "anyOf"):
            for branch in plain.get(keyword, ()):
                yield from self._candidates(branch, depth + 1)
        types = types_of(plain)
        for kind in types or ["string"]:
            yield from self._of_type(kind, plain, depth)

    def _of_type(self, kind: str, schema: Json, depth: int) -> Iterator[Any]:
        match kind:
            case "object":
                yield from self._objects(schema, depth)
            case "array":
                yield from self._arrays(schema, depth)
            case "string":
                yield from _strings(schema)
            case "integer" | "number":
                yield from _numbers(schema)
            case "boolean":
                yield from (True, False)
            case _:
                yield None

    def _objects(self, schema: Json, depth: int) -> Iterator[Any]:
        required = schema.get("required", ())
        members: dict[str, Any] = {}
        for name, property_schema in schema.get("properties", {}).items():
            if depth >= _DEPTH and name not in required:
                continue
            if depth >= 2 * _DEPTH:
                return
            found = self._first(property_schema, depth + 1)
            if found:
                members[name] = found[0]
        yield members
        extra = schema.get("additionalProperties")
        if is_object(extra):
            found = self._first(extra, depth + 1)
            least = schema.get("minProperties", 1)
            yield {**members, **{f"key{n}": found[0] for n in range(1, least + 1) if found}}

    def _arrays(self, schema: Json, depth: int) -> Iterator[Any]:
        least = schema.get("minItems", 0)
        found = [] if depth >= _DEPTH and not least else self._first(schema.get("items"), depth + 1)
        yield found * max(1, least)
        yield []

    def _first(self, schema: Any, depth: int) -> list[Any]:
        """Return the first allowed value, in a list that is empty if there is none."""
        return next(
            ([each] for each in self._candidates(schema, depth) if self._allows(each, schema)),
            list[Any](),
        )

    def _allows(self, value: Any, schema: Any) -> bool:
        return not is_object(schema) or self._schemas.allows(value, schema)


def _given(schema: Json) -> Iterator[Any]:
    """Yield the examples of the spec."""
    for keyword in ("example", "default", "const"):
        if keyword in schema:
            yield schema[keyword]
    for keyword in ("examples", "enum", "x-open-enum"):
        yield from schema.get(keyword, ())


def _strings(schema: Json) -> Iterator[str]:
    if schema.get("format") in _BY_FORMAT:
        yield _BY_FORMAT[schema["format"]]
    yield from _TEXTS
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1_000)
    for text in _TEXTS:
        yield (text * (least // len(text) + 1))[: max(least, min(len(text), most))]


def _numbers(schema: Json) -> Iterator[int | Decimal]:
    yield from (1, 0, 10, -1)
    step = schema.get("multipleOf", 1)
    for keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        bound = schema.get(keyword)
        if isinstance(bound, (int, Decimal)) and not isinstance(bound, bool):
            near = bound - bound % step
            yield from (bound, bound + 1, bound - 1, near, near + step, near - step)
    yield step
