"""Codecs: from each kind of JSON value to a Python value, and back.

`decode` never raises: for a value that does not fit its type it returns a `Misfit` with the reason,
and the model keeps the raw value. `encode` raises `EncodeError`. No message contains a value.
"""

import datetime
import re
from collections.abc import Callable, Container, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from .enums import OpenEnum, OpenIntEnum
from .errors import DecodeError, EncodeError
from .exact_json import MAX_EXPONENT, NumberText, exact, number_text, within_bounds
from .scalars import WireDecimal, read_date_time, write_date_time

if TYPE_CHECKING:
    from .model import Model

_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# No exponent, and bounded in size; possessive, so that a match hardly backtracks. The group is not:
# before Python 3.11.5 a possessive group of it let "1." match where a comma follows.
_PLAIN_NUMBER: Final = r"-?+(?!0[0-9])[0-9]{1,400}+(?:\.[0-9]{1,400}+)?"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Deviations:
    """A mark that is another whenever something was decoded that the spec does not describe."""

    latest: object = None


def deviates() -> None:
    """Record that a value was met that the spec does not describe."""
    Deviations.latest = object()


class Misfit:
    """The outcome of decoding a value that does not fit, with the reason."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Codec:
    """Two functions, from a JSON value to Python and back, and the facts that a union needs."""

    __slots__ = ("decode", "encode", "find", "inner", "items", "known", "native")

    def __init__(
        self,
        decode: Callable[[Any], Any],
        encode: Callable[[Any], Any],
        *,
        known: Container[Any] | None = None,
        native: tuple[type, ...] = (),
        find: Callable[[], type["Model"]] | None = None,
        inner: "Codec | None" = None,
        items: "Codec | None" = None,
    ) -> None:
        self.decode = decode
        self.encode = encode
        self.known = known
        """The values that the spec lists; None where it lists none."""
        self.native = native
        """The types of the JSON values that the spec documents; others may fit as well."""
        self.find = find
        """For an object: return the class that it is decoded into."""
        self.inner = inner
        """The codec of values other than null, where null is taken."""
        self.items = items
        """For an array: the codec of its items."""


def _refuse(expected: str, value: object) -> EncodeError:
    given = "None" if value is None else type(value).__name__
    return EncodeError(f"expected {expected}, not {given}")


def _decode_string(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, NumberText):
        return value
    return Misfit("is not a string")


def _encode_string(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise _refuse("a str", value)


def _decode_boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else Misfit("is not a boolean")


def _encode_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _refuse("a bool", value)


def _decode_integer(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and _is_sensible(value):
        whole = int(value)
        return whole if whole == value else Misfit("is not an integer")  # 1.0 is one in JSON
    return Misfit("is not an integer")


def _encode_integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    raise _refuse("an int", value)


def _decode_amount(value: Any) -> Decimal | Misfit:
    """Read an exact number from a JSON number, or from a string that holds one."""
    if isinstance(value, NumberText):
        return Misfit("is a number out of all bounds")
    if isinstance(value, str):
        if _JSON_NUMBER.fullmatch(value) and within_bounds(value):
            return Decimal(value)
        return Misfit("is not a decimal number")
    if isinstance(value, Decimal):
        return value if value.is_finite() else Misfit("is not a finite number")
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float):  # never from our own JSON; its shortest text is the amount
        amount = Decimal(repr(value))
        return amount if amount.is_finite() else Misfit("is not a finite number")
    return Misfit("is not a decimal number")


def _encode_amount(value: Any) -> Decimal:
    if isinstance(value, float):
        raise EncodeError("a float cannot hold an amount exactly: pass a decimal.Decimal or an int")
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise _refuse("a decimal.Decimal or an int", value)
    amount = Decimal(value)
    if not amount.is_finite() or not within_bounds(str(amount)):
        raise EncodeError("expected a finite amount of sensible size")
    return amount


def _is_sensible(amount: Decimal) -> bool:
    """Return whether `_encode_amount` takes it; else the codec keeps its text, to send it back."""
    return -MAX_EXPONENT <= amount.adjusted() <= MAX_EXPONENT


def _decode_number(value: Any) -> Any:
    amount = _decode_amount(value)
    if isinstance(amount, Misfit) or (not isinstance(value, str) and _is_sensible(amount)):
        return amount
    return WireDecimal.read(amount, value)


def _encode_number(value: Any) -> Any:
    if isinstance(value, WireDecimal) and hasattr(value, "wire"):
        return value.wire
    amount = _encode_amount(value)
    return int(amount) if amount.as_tuple().exponent == 0 and amount else amount


def _decode_decimal(value: Any) -> Any:
    amount = _decode_amount(value)
    if isinstance(amount, Misfit):
        return amount
    if isinstance(value, str) and "e" not in value and "E" not in value and _is_sensible(amount):
        return amount
    if isinstance(value, float):
        return amount
    return WireDecimal.read(amount, value)


def _encode_decimal(value: Any) -> Any:
    if isinstance(value, WireDecimal) and hasattr(value, "wire"):
        return value.wire
    return number_text(_encode_amount(value))


def plain_amounts(count: int) -> Callable[[str], object]:
    """Return a test for `count` amounts in plain notation, joined with commas.

    One match over all amounts of an object costs less than one match for each.
    """
    return re.compile(rf"(?:{_PLAIN_NUMBER},){{{count - 1}}}{_PLAIN_NUMBER}").fullmatch


def _decode_date_time(value: Any) -> Any:
    read = read_date_time(value) if isinstance(value, str) else None
    return Misfit("is not a timestamp with an offset") if read is None else read


def _encode_date_time(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        if value.utcoffset() is None:
            raise EncodeError("a naive datetime names no instant: give it a time zone")
        try:
            return write_date_time(value)
        except OverflowError:
            problem = "the datetime lies outside the years 1 to 9999 in UTC"
        raise EncodeError(problem)
    raise _refuse("a datetime.datetime", value)


def _decode_date(value: Any) -> Any:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    return Misfit("is not a date")


def _encode_date(value: Any) -> str:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    raise _refuse("a datetime.date", value)


def _encode_json(value: Any) -> Any:
    """Check that a free-form value has an exact JSON form, and take a copy of it."""
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise EncodeError("an object's names are strings")
        return {name: _encode_json(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode_json(item) for item in value]
    if isinstance(value, float):
        raise EncodeError("a float cannot hold an amount exactly: pass a decimal.Decimal or an int")
    if isinstance(value, Decimal) and not value.is_finite():
        raise EncodeError("NaN and Infinity are not valid JSON")
    if value is None or isinstance(value, (str, int, Decimal)):
        return value
    raise _refuse("a JSON value", value)


STRING: Final = Codec(_decode_string, _encode_string)
BOOLEAN: Final = Codec(_decode_boolean, _encode_boolean)
INTEGER: Final = Codec(_decode_integer, _encode_integer)
NUMBER: Final = Codec(_decode_number, _encode_number, native=(int, Decimal, float))
DECIMAL: Final = Codec(_decode_decimal, _encode_decimal, native=(str,))
DATE_TIME: Final = Codec(_decode_date_time, _encode_date_time)
DATE: Final = Codec(_decode_date, _encode_date)
JSON: Final = Codec(exact, _encode_json)


def constant(inner: Codec, value: str | int) -> Codec:
    """Return `inner` for a single value that the spec allows. Other values are kept as received."""
    return Codec(inner.decode, inner.encode, known=(value,), native=inner.native)


def open_enum(enum: type[OpenEnum]) -> Codec:
    """Return a codec of strings, the listed ones as the constants of `enum`."""

    def decode(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, NumberText):
            return _listed(enum, value)
        return Misfit("is not a string")

    return Codec(decode, _encode_string, known=enum.members)


def open_int_enum(enum: type[OpenIntEnum]) -> Codec:
    """Return a codec of integers, the listed ones as the constants of `enum`."""

    def decode(value: Any) -> Any:
        integer = _decode_integer(value)
        return integer if isinstance(integer, Misfit) else _listed(enum, integer)

    return Codec(decode, _encode_integer, known=enum.members)


def _listed(enum: type[Any], value: Any) -> Any:
    if value not in enum.members:
        deviates()
    return enum(value)


def nullable(inner: Codec) -> Codec:
    """Return a codec that takes null as well as the values of `inner`."""
    decode_inner, encode_inner = inner.decode, inner.encode
    return Codec(
        lambda value: None if value is None else decode_inner(value),
        lambda value: None if value is None else encode_inner(value),
        known=inner.known,
        inner=inner,
        find=inner.find,
        items=inner.items,
    )


def array(inner: Codec) -> Codec:
    """Return a codec of lists. One misfit among the items makes the list a misfit: none is lost."""
    decode_item, encode_item = inner.decode, inner.encode

    def decode(value: Any) -> Any:
        if not isinstance(value, list):
            return Misfit("is not an array")
        items = [decode_item(item) for item in value]
        if Misfit in map(type, items):
            for position, item in enumerate(items):
                if isinstance(item, Misfit):
                    return Misfit(f"holds an item that does not fit: [{position}] {item.reason}")
        return items

    def encode(value: Any) -> list[Any]:
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
            return [encode_item(item) for item in value]
        raise _refuse("a list", value)

    return Codec(decode, encode, items=inner)


def tuple_of(*inner: Codec) -> Codec:
    """Return a codec of tuples: arrays of just so many items, each with a codec of its own."""

    def decode(value: Any) -> Any:
        if not isinstance(value, list) or len(value) != len(inner):
            return Misfit(f"is not an array of {len(inner)} items")
        items = tuple([codec.decode(item) for codec, item in zip(inner, value, strict=True)])
        for position, item in enumerate(items):
            if isinstance(item, Misfit):
                return Misfit(f"holds an item that does not fit: [{position}] {item.reason}")
        return items

    def encode(value: Any) -> list[Any]:
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
            if len(value) != len(inner):
                raise EncodeError(f"expected {len(inner)} items, not {len(value)}")
            return [codec.encode(item) for codec, item in zip(inner, value, strict=True)]
        raise _refuse("a tuple", value)

    return Codec(decode, encode)


def mapping(inner: Codec) -> Codec:
    """Return a codec of dicts from names to the values of `inner`."""
    decode_value, encode_value = inner.decode, inner.encode

    def decode(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return Misfit("is not an object")
        members = {name: decode_value(member) for name, member in value.items()}
        for member in members.values():
            if isinstance(member, Misfit):
                return Misfit(f"holds a value that does not fit: it {member.reason}")
        return members

    def encode(value: Any) -> dict[str, Any]:
        if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
            return {name: encode_value(member) for name, member in value.items()}
        raise _refuse("a dict with str keys", value)

    return Codec(decode, encode)


def model(find: Callable[[], type["Model"]]) -> Codec:
    """Return a codec of a model. `find` returns the class late: models may refer to each other."""

    def decode(value: Any) -> Any:
        if value.__class__ is not dict and not isinstance(value, Mapping):
            return Misfit("is not an object")
        try:
            return find().from_dict(value)
        except DecodeError as error:
            return Misfit(str(error))
        except RecursionError:
            return Misfit("is nested too deep")

    def encode(value: Any) -> dict[str, Any]:
        if isinstance(value, find()):
            return value.to_dict()
        raise _refuse(f"a {find().__name__}", value)

    return Codec(decode, encode, find=find)
