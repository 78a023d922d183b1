"""Schemas of the spec: OpenAPI 3.0 to 3.2, formats and nullable included.

The only module that imports the validator.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, Literal, Protocol, cast

import openapi_schema_validator

from .._domain.life_cycle import ForcedStatus
from .._errors import SandboxError
from .document import Spec, is_object

# The library's classes are made at run time: no type checker knows them.
oas: Any = openapi_schema_validator
Json = Mapping[str, Any]
Direction = Literal["request", "response"]
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MAX_MESSAGE: Final = 300


class _Error(Protocol):
    message: str
    absolute_path: Any
    validator: Any
    validator_value: Any
    instance: Any
    context: Any


class _Validator(Protocol):
    def evolve(self, *, schema: Json) -> "_Validator": ...
    def iter_errors(self, instance: Any) -> Iterator[_Error]: ...


class Schemas:
    """The schemas of one spec, ready to check values."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        version = str(spec.document["openapi"])
        # Made over the complete document, so that references in a schema can be resolved.
        self._validators: dict[Direction, _Validator]
        if version.startswith("3.0"):
            formats = _formats(oas.oas30_format_checker)
            self._validators = {
                "request": _made(oas.OAS30WriteValidator, spec, formats),
                "response": _made(oas.OAS30ReadValidator, spec, formats),
            }
        elif version.startswith(("3.1", "3.2")):
            both = _made(oas.OAS31Validator, spec, _formats(oas.oas31_format_checker))
            self._validators = {"request": both, "response": both}
        else:
            raise ValueError(f"OpenAPI {version} is not supported: 3.0 to 3.2 are")

    def problems(self, value: Any, schema: Json, direction: Direction, place: str) -> list[str]:
        """Return the problems of a value, each a sentence that begins with its place."""
        validator = self._validators[direction].evolve(schema=schema)
        try:
            errors = [each for each in validator.iter_errors(value) if not _is_forced(each)]
        except ArithmeticError:  # `multipleOf` of a number that is too large to divide
            return [f"{place}: the number cannot be checked"]
        return list(dict.fromkeys(_sentence(place, error) for error in errors))

    def allows(self, value: Any, schema: Json, direction: Direction = "response") -> bool:
        """Return whether a value is valid."""
        return not self.problems(value, schema, direction, "")

    def merged(self, schema: Any) -> Json:
        """Return a schema with the reference or `allOf` at its top resolved."""
        resolved = self.spec.resolve(schema)
        if not is_object(resolved):
            return {}
        if "allOf" not in resolved:
            return resolved
        parts = [self.merged(part) for part in resolved["allOf"]]
        own = {key: value for key, value in resolved.items() if key != "allOf"}
        result: dict[str, Any] = {}
        for part in [*parts, own]:
            properties = {**result.get("properties", {}), **part.get("properties", {})}
            required = [*result.get("required", []), *part.get("required", [])]
            result = {**result, **part}
            if properties:
                result["properties"] = properties
            if required:
                result["required"] = required
        return result


def types_of(schema: Json) -> list[str]:
    """The JSON types that a schema names, null among them where it is nullable."""
    named = schema.get("type")
    types = [named] if isinstance(named, str) else list(cast("list[str]", named or []))
    if not types and "properties" in schema:
        types = ["object"]
    if not types and "items" in schema:
        types = ["array"]
    return [*types, "null"] if schema.get("nullable") and types else types


def _is_forced(error: _Error) -> bool:
    """Return whether a test forced a status that is not listed, and that is all."""
    if not isinstance(error.instance, ForcedStatus):
        return False
    return error.validator == "enum" or any(_is_forced(each) for each in error.context or ())


def _sentence(place: str, error: _Error) -> str:
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    message = error.message
    if error.validator == "type":  # the library's text would show Python's None and Decimal('1')
        wanted: Any = error.validator_value
        message = f"must be of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
    if len(message) > _MAX_MESSAGE:
        message = f"…{message[-_MAX_MESSAGE:]}"
    return f"{place}{path}: {message}"


def _made(validator: Any, spec: Spec, formats: Any) -> _Validator:
    return cast("_Validator", validator(spec.document, format_checker=formats))


def _formats(known: Any) -> Any:
    checker = copy.copy(known)
    # The library expects Python floats for these formats; here every fraction is a Decimal.
    ours = {"decimal": _is_decimal, "double": _is_anything, "float": _is_anything}
    checker.checkers = {**known.checkers, **{name: (check, ()) for name, check in ours.items()}}
    return checker


def _is_decimal(value: object) -> bool:
    return not isinstance(value, str) or _DECIMAL.fullmatch(value) is not None


def _is_anything(value: object) -> bool:
    return True


def number(text: str) -> Decimal | int | None:
    """The number that a text is in JSON's grammar; None when it is none."""
    if not _DECIMAL.fullmatch(text) or len(text) > 1_000:
        return None
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def first_problem(problems: list[str], what: str) -> None:
    """Raise `SandboxError` if a response is not as the spec documents."""
    if problems:
        raise SandboxError(f"the sandbox's response to {what} breaks the spec: {problems[0]}")
