"""Options of a command, out of a query, a form or JSON, by their types in Python."""

import datetime
import types
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal, Union, cast, get_args, get_origin

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads

from .._errors import invalid
from .._spec.document import is_list, is_object
from .._spec.schemas import number
from .commands import Command

JSON_TYPE: Final = "application/json"
FORM_TYPE: Final = "application/x-www-form-urlencoded"


def plain_kind(kind: Any) -> Any:
    """Return the type that an option has when it is given: of `int | None`, int."""
    if get_origin(kind) in (Union, types.UnionType):
        given = [each for each in get_args(kind) if each is not type(None)]
        return Decimal if Decimal in given else plain_kind(given[-1])
    if get_origin(kind) is Mapping:
        return dict if get_args(kind)[1] is str else Mapping
    return Sequence if get_origin(kind) is Sequence else kind


def read_options(command: Command, query: str, content_type: str, body: bytes) -> dict[str, Any]:
    """Return the options of a command. Raises a `Problem`, 400, that names what is wrong."""
    given: dict[str, Any] = {}
    for name, value in [*_pairs(query), *_of_body(content_type, body)]:
        if name in given:
            raise invalid(f"option {name!r} is given twice")
        given[name] = value
    unknown = sorted(set(given) - set(command.options))
    if unknown:
        known = ", ".join(command.options) or "none"
        raise invalid(f"unknown option {unknown[0]!r} of {command.path}; its options: {known}")
    for option in command.options.values():
        if option.is_required and given.get(option.name) is None:
            raise invalid(f"option {option.name!r} of {command.path} is required")
    return {
        name: _read(command.options[name].kind, name, value)
        for name, value in given.items()
        if value is not None  # JSON's null: the default
    }


def read_json(body: bytes) -> Mapping[str, Any]:
    """Return a body that must be a JSON object. Raises a `Problem`, 400."""
    try:
        value = loads(body)
    except DecodeError as error:
        raise invalid(f"the body is not JSON: {error}") from None
    if not is_object(value):
        raise invalid("the body must be a JSON object")
    return value


def _of_body(content_type: str, body: bytes) -> list[tuple[str, Any]]:
    media_type = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return []
    # `curl -d '{…}'` says that it is a form.
    if media_type == JSON_TYPE or (media_type == FORM_TYPE and body.lstrip()[:1] == b"{"):
        return list(read_json(body).items())
    if media_type == FORM_TYPE:
        return list(_pairs(body.decode("utf-8", "replace")))
    raise invalid(f"the body must be {JSON_TYPE} or {FORM_TYPE}")


def _pairs(text: str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    pairs += urllib.parse.parse_qsl(text, keep_blank_values=True, max_num_fields=50)
    return pairs


def _read(kind: Any, name: str, value: Any) -> Any:
    kind = plain_kind(kind)
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        raise invalid(f"option {name!r} must be one of {', '.join(get_args(kind))}")
    what, read = _READERS[kind]
    try:
        made = read(value)
    except (ValueError, ArithmeticError):
        made = None
    if made is None:
        raise invalid(f"option {name!r} must be {what}")
    return made


def _boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    amount = number(str(value))
    return None if amount is None else Decimal(amount)


def _integer(value: Any) -> int | None:
    amount = _amount(value)
    return int(amount) if amount is not None and amount == int(amount) else None


def _seconds(value: Any) -> float | None:
    amount = _amount(value)
    return None if amount is None else float(amount)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _instant(value: Any) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(value) if isinstance(value, str) else None


def _object(value: Any) -> Mapping[str, str] | None:
    if isinstance(value, str):
        value = read_json(value.encode("utf-8", "replace"))
    is_fitting = is_object(value) and all(isinstance(each, str) for each in value.values())
    return cast("Mapping[str, str]", value) if is_fitting else None


def _any_object(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, str):
        return read_json(value.encode("utf-8", "replace"))
    return value if is_object(value) else None


def _texts(value: Any) -> list[str] | None:
    """Return a list of JSON, or a text in which commas separate the items."""
    if isinstance(value, str):
        return value.split(",")
    return value if is_list(value) and all(isinstance(each, str) for each in value) else None


_READERS: Final[Mapping[Any, tuple[str, Callable[[Any], Any]]]] = {
    bool: ("true or false", _boolean),
    Decimal: ("an amount", _amount),
    int: ("an integer", _integer),
    float: ("a number", _seconds),
    str: ("text", _text),
    datetime.datetime: ("a time in ISO 8601", _instant),
    dict: ("an object of texts", _object),
    Mapping: ("an object", _any_object),
    Sequence: ("a list of texts", _texts),
}
