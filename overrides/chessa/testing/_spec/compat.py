"""Adapt the response of a behaviour to the spec, which may have changed since.

Values that the spec adds, retypes or no longer allows are filled from its examples, and recorded.
With the spec that the behaviours were written for there are none.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from chessa_api.exact_json import number_text

from ..._spelling import word
from .._domain.life_cycle import ForcedStatus
from .._domain.serializers import Echoed, LeftOut
from .._errors import SandboxError
from .document import Documented, SpecOperation, is_list, is_object
from .examples import Examples
from .schemas import Schemas, number

Json = Mapping[str, Any]


class Fitting:
    """Adapts one response, and records the invented values."""

    def __init__(self, schemas: Schemas, operation: SpecOperation) -> None:
        self._schemas = schemas
        self._examples = Examples(schemas)
        self._name = operation.name
        self.invented: list[str] = []
        """JSON pointers of the values that are examples; `""` is the complete response."""

    def example(self, documented: Documented) -> Any:
        """Return a response for an operation without a behaviour."""
        if documented.schema is None:
            return None
        self.invented.append("")
        for example in documented.examples:
            if self._schemas.allows(example, documented.schema):
                return example
        return self._examples.of(documented.schema, f"the response to {self._name}")

    def fit(self, answer: Any, documented: Documented) -> Any:
        """Return the response of a behaviour, as the spec has it."""
        if documented.schema is None:
            return None
        return self._fit(answer, documented.schema, "")

    def _fit(self, answer: Any, schema: Any, pointer: str) -> Any:
        plain = self._schemas.merged(schema)
        value = self._fit_parts(answer, plain, pointer)
        if self._schemas.allows(value, plain):
            return value
        if isinstance(value, ForcedStatus):
            raise SandboxError(f"the spec does not allow the status {value!r} that a test forced")
        self.invented.append(pointer)
        for other in _other_forms(value, plain):
            if self._schemas.allows(other, plain):
                return other
        return self._examples.of(plain, f"{self._name}, {pointer or 'the complete response'}")

    def _fit_parts(self, value: Any, schema: Json, pointer: str) -> Any:
        if is_object(value):
            return self._fit_object(value, schema, pointer)
        if is_list(value) and "items" in schema:
            items = schema["items"]
            return [self._fit(item, items, f"{pointer}/{n}") for n, item in enumerate(value)]
        return value

    def _fit_object(self, members: Json, schema: Json, pointer: str) -> dict[str, Any]:
        properties: Json = schema.get("properties", {})
        required = schema.get("required", ())
        spared = {name: each.value for name, each in members.items() if isinstance(each, LeftOut)}
        needed = {name: spared.pop(name) for name in [*spared] if name in required}
        present = {name: each for name, each in members.items() if not isinstance(each, LeftOut)}
        present |= {name: each for name, each in needed.items() if each is not attrs.NOTHING}
        fitted: dict[str, Any] = {}
        for name, value in present.items():
            place = f"{pointer}/{_escaped(name)}"
            if name not in properties:
                fitted[name] = value
            elif value is None and name not in required and not self._is_nullable(properties[name]):
                self.invented.append(place)  # omitted rather than replaced by something untrue
            else:
                fitted[name] = self._fit(value, properties[name], place)
        for name in () if isinstance(members, Echoed) else properties:
            if name not in present and name not in spared:
                place = f"{pointer}/{_escaped(name)}"
                self.invented.append(place)
                fitted[name] = self._examples.of(properties[name], f"{self._name}, {place}")
        return fitted

    def _is_nullable(self, schema: Any) -> bool:
        return self._schemas.allows(None, self._schemas.merged(schema))


def _other_forms(value: Any, schema: Json) -> Iterator[Any]:
    """Yield the same amount as text or number; the same string as the spec spells it."""
    if isinstance(value, str):
        yield from (each for each in schema.get("enum", ()) if word(str(each)) == word(value))
        read = number(value)
        if read is not None:
            yield read
    if isinstance(value, Decimal):
        yield number_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        yield str(value)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
