"""Make an operation of a request that the spec does not have yet. Pure decisions."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import attrs

from chessa_api.arguments import Argument
from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads
from chessa_api.fields import JSON, STRING
from chessa_api.index import OPERATIONS
from chessa_api.operation import Operation
from chessa_api.types import UNSET

from .._errors import ConfigurationError, InvalidRequestError
from .._options import read_query

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_READS: Final = ("GET", "HEAD")
_LONGEST_NAME: Final = 190
"""Of method and path: the ledger keeps 200 characters of an operation's name."""
_TEXT: Final = r"[A-Za-z0-9._~!$&'()*+,;=:@-]+"
_PATH: Final = re.compile(rf"(?:/(?:{_TEXT}|\{{[A-Za-z_][A-Za-z0-9_]*\}})+)+/?")
"""Segments of characters that need no encoding, and names in braces: no `//`, `?`, `#`, `%`."""
_NAME: Final = re.compile(r"\{([^{}]*)\}")
_MATRIX: Final = re.compile(r";[^/]*")
"""Parameters of a segment, without which some servers and proxies match a route."""


@attrs.frozen
class UndocumentedOperation(Operation[Any]):
    """An operation whose response is any JSON, or anything if it is returned raw."""

    is_raw: bool = False

    def read(self, status_code: int, body: bytes, content_type: str | None) -> tuple[Any, Any]:
        """Read the body of a 2xx: None if it is empty. Raises `DecodeError`."""
        if not body.strip():
            return None, None
        try:
            value = loads(body)
        except DecodeError:
            if not self.is_raw:
                raise
            return None, None
        return value, value

    def answers_json(self, status_code: int) -> bool:
        """Return whether the body is JSON for certain, so that the ledger may keep it."""
        return not self.is_raw


def operation_of(
    method: object,
    path: object,
    parameters: object,
    query: Any,
    body: Any,
    is_read: object,
    *,
    raw: object,
) -> tuple[Operation[Any], dict[str, object]]:
    """Return an operation and its arguments. Raises `InvalidRequestError`."""
    if method not in _METHODS:
        raise _refused(f"method must be one of {', '.join(_METHODS)}")
    place = _checked_path(path)
    name = f"{method} {place}"
    values = _parameters(name, place, parameters)
    for argument, value in {"is_read": is_read, "raw": raw}.items():
        if not isinstance(value, bool) and (argument, value) != ("is_read", None):
            raise _refused(f"{name}: {argument} must be True or False")
    if body is not UNSET and method in _READS:
        raise _refused(f"{name}: a {method} has no body")
    pairs = _query(name, query)
    operation = UndocumentedOperation(
        name=name,
        method=str(method),
        path=place,
        operation_id=None,
        is_read=method in _READS if is_read is None else is_read is True,
        arguments=(
            *(Argument(each, each, "path", STRING, required=True) for each in values),
            *((Argument("body", "body", "body", JSON),) if body is not UNSET else ()),
        ),
        responses={"204": None, "205": None, "2XX": JSON},
        accept="*/*" if raw else "application/json",
        fixed_query=pairs,
        is_raw=raw is True,
    )
    _check_has_no_method(operation, values)
    return operation, {**values, **({} if body is UNSET else {"body": body})}


def _refused(problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"{problem}. Nothing was sent.")


def _checked_path(path: object) -> str:
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
        raise _refused("path must begin with one slash, as /v1/orders: it is not a URL")
    if len(path) > _LONGEST_NAME:
        raise _refused(f"path must be {_LONGEST_NAME} characters at most")
    if not _PATH.fullmatch(path):
        raise _refused(
            "path must be segments of plain characters and names in braces: give ids by "
            "parameters=, and what follows a question mark by query="
        )
    if any(segment in (".", "..") for segment in path.split("/")):
        raise _refused("path must not have the segment '.' or '..'")
    return path


def _query(name: str, given: object) -> tuple[tuple[str, str], ...]:
    try:
        return read_query(given)
    except ConfigurationError as error:
        problem = str(error).replace("extra_query", "query").rstrip(".")
    raise _refused(f"{name}: {problem}")


def _parameters(name: str, path: str, given: object) -> dict[str, object]:
    """Return the values of the names in a path, in its order."""
    wanted = _NAME.findall(path)
    if not isinstance(given, Mapping | None):
        raise _refused(f"{name}: parameters must be a mapping")
    values = cast("Mapping[object, object]", given or {})
    if len(set(wanted)) != len(wanted) or set(wanted) != set(values):
        raise _refused(
            f"{name}: parameters must have each name in braces of the path, and no other"
        )
    if "body" in wanted:
        raise _refused(f"{name}: a name in braces must not be 'body'")
    for each in values.values():
        if not isinstance(each, str | int) or isinstance(each, bool):
            raise _refused(f"{name}: a value of parameters must be a str or an int")
    return {each: _text(name, values[each]) for each in wanted}


def _text(name: str, value: object) -> str:
    try:
        return str(value)
    except ValueError:
        pass  # Python writes no integer of thousands of digits
    raise _refused(f"{name}: a value of parameters has too many digits")


def _check_has_no_method(operation: Operation[Any], values: Mapping[str, object]) -> None:
    """Refuse a write of the spec: its method knows what `once` and the journal need of it."""
    target = _NAME.sub(lambda match: str(values[match[1]]), operation.path)
    target = _MATRIX.sub("", target)
    for known in OPERATIONS.values():
        if known.method == operation.method and not known.is_read and _is_at(known, target):
            raise _refused(
                f"{operation.name}: this write is {known.name}; call that, with "
                "with_options(extra_query=…, extra_body=…) for what it does not take"
            )


def _is_at(known: Operation[Any], target: str) -> bool:
    """Return whether a server may take a path for that of an operation, its ids of any text."""
    parts = [
        "[^/]+" if number % 2 else re.escape(text) for number, text in enumerate(known.path_parts)
    ]
    return re.fullmatch("".join(parts) + "/?", target, re.IGNORECASE) is not None
