"""Check requests and responses against the spec.

A request becomes a `CheckedRequest`, or a `Problem` for the client; a response that does not
conform is a `SandboxError` for the test.
"""

import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

import attrs

from .._errors import invalid
from .bodies import ReadBody, without_files
from .document import SpecOperation, is_object
from .parameters import MISSING, Parts, Reader, is_ignored, schema_of
from .schemas import Schemas, first_problem

NOTHING: Final = b""
_SHOWN: Final = 3
"""Problems that one response reports."""


@attrs.frozen
class Arrival:
    """A request as it arrived."""

    method: str
    path: str
    """Percent-encoded, without the query."""
    raw_query: str
    """Percent-encoded."""
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @classmethod
    def of(cls, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> "Arrival":
        """Take a request line and headers apart."""
        path, _, query = target.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        lowered = {name.lower(): value for name, value in headers}
        return cls(method, path, query, tuple(pairs), lowered, body)


@attrs.frozen
class CheckedRequest:
    """A valid request: what the behaviour of an operation acts on."""

    path: tuple[str, ...]
    """The values in the path, in its order."""
    query: Mapping[str, str]
    body: Mapping[str, Any]
    """The JSON object that was sent; empty without one."""


def read_call(
    schemas: Schemas,
    operation: SpecOperation,
    values: tuple[str, ...],
    arrival: Arrival,
    body: ReadBody,
) -> CheckedRequest:
    """Check a request against the spec. Raises `Problem`: 400, saying what is wrong."""
    problems = _parameter_problems(schemas, operation, values, arrival)
    if arrival.body != NOTHING:
        problems += _body_problems(schemas, body)
    elif operation.body is not None and operation.body.get("required"):
        problems.append("body: is required")
    if problems:
        rest = len(problems) - _SHOWN
        more = f"; and {rest} more" if rest > 0 else ""
        raise invalid("; ".join(problems[:_SHOWN]) + more)
    in_path = tuple(map(urllib.parse.unquote, values))
    return CheckedRequest(in_path, dict(arrival.query), body.value if is_object(body.value) else {})


def _parameter_problems(
    schemas: Schemas, operation: SpecOperation, values: tuple[str, ...], arrival: Arrival
) -> list[str]:
    names = [part.partition("}")[0] for part in operation.path.split("{")[1:]]
    parts = Parts.of(dict(zip(names, values, strict=True)), arrival.raw_query, arrival.headers)
    reader = Reader(operation.parameters, parts, schemas)
    problems: list[str] = []
    for parameter in operation.parameters:
        if is_ignored(parameter) or reader.is_empty(parameter):
            continue
        place = f"{parameter['in']} parameter {parameter['name']}"
        value = reader.read(parameter)
        if value is not MISSING:
            problems += schemas.problems(value, schema_of(parameter), "request", place)
        elif parameter.get("required"):
            problems.append(f"{place}: is required")
    return problems


def _body_problems(schemas: Schemas, body: ReadBody) -> list[str]:
    if body.problem:
        return [f"body: {body.problem}"]
    if body.schema is None:
        return []
    problems = schemas.problems(without_files(body.value), body.schema, "request", "body")
    return problems + _exclusive_problems(schemas.merged(body.schema), body.value)


def _exclusive_problems(schema: Mapping[str, Any], body: Any) -> list[str]:
    if not is_object(body):
        return []
    groups: list[list[str]] = schema.get("x-mutually-exclusive", [])
    given = [[name for name in group if name in body] for group in groups]
    return [f"body: only one of {' and '.join(both)} may be given" for both in given if both[1:]]


def check_response(schemas: Schemas, operation: SpecOperation, status: int, body: Any) -> None:
    """Check a response against the spec. An error whose status is not documented passes.

    Raises `SandboxError`.
    """
    what = f"{operation.name} ({status})"
    documented = operation.answer(status)
    if documented is None:
        problem = f"the status {status} is not documented"
        first_problem([problem] if status < 400 else [], what)
    elif documented.schema is None:
        # The vendor documents its error envelope for all operations.
        is_odd = body is not None and status < 400
        first_problem(["it has a body, where none is documented"] if is_odd else [], what)
    else:
        first_problem(schemas.problems(body, documented.schema, "response", "body"), what)
