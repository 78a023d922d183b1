"""Timestamps and amounts that keep the text they were read from, where Python would write another.

`2025-03-18T06:05:27.123456789Z` is a datetime of microseconds, `1E+2` is the Decimal 100: both are
right to calculate with and wrong to send back. These subclasses carry the original next to the
value. Only the codecs make them; arithmetic on them gives plain values.
"""

import datetime
from decimal import Decimal
from typing import Any, Final, Self, SupportsIndex

_UTC: Final = datetime.UTC


class WireDateTime(datetime.datetime):
    """An aware datetime that is sent back as the text it was read from."""

    __slots__ = ("wire",)
    wire: str

    @classmethod
    def read(cls, value: datetime.datetime, wire: str) -> Self:
        """Join a timestamp and its text."""
        self = cls.combine(value.date(), value.timetz())
        self.wire = wire
        return self

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[Any, ...]:
        wire = getattr(self, "wire", None)
        if wire is None:
            return _plain, (_plain(self),)
        return type(self).read, (_plain(self), wire)

    def __repr__(self) -> str:
        return repr(_plain(self))


def _plain(value: datetime.datetime) -> datetime.datetime:
    return datetime.datetime.combine(value.date(), value.timetz())


class WireDecimal(Decimal):
    """A Decimal that is sent back as the JSON value it was read from."""

    __slots__ = ("wire",)
    wire: Any

    @classmethod
    def read(cls, value: Decimal, wire: Any) -> Self:
        """Join an amount and its JSON value."""
        self = cls(value)
        self.wire = wire
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).read, (Decimal(self), getattr(self, "wire", str(self)))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __repr__(self) -> str:
        return f"Decimal('{self}')"


def usual_date_times(*values: Any) -> list[datetime.datetime] | None:
    """Read timestamps in the form that `write_date_time` writes; None if any value is not one."""
    for value in values:
        if (
            value.__class__ is not str
            or value[7:20:3] != "-T::."
            or value[23:] != "Z"
            or (value[11] == "2" and value[12] == "4")  # 24:00, which later Pythons take
        ):
            return None
    try:
        return [*map(datetime.datetime.fromisoformat, values)]
    except ValueError:
        return None


def read_date_time(text: str) -> datetime.datetime | None:
    """Read an ISO 8601 timestamp with an offset; None if it is not one, or has no offset."""
    if usual := usual_date_times(text):
        return usual[0]
    try:
        value = datetime.datetime.fromisoformat(text)
    except ValueError:
        read = _read_rarer_form(text)
        if read is None:
            return None
        value = read
    return None if value.tzinfo is None else WireDateTime.read(value, text)


def _read_rarer_form(text: str) -> datetime.datetime | None:
    from dateutil.parser import isoparse  # imported here: few calls need it, and it costs 15 ms

    try:
        value: datetime.datetime = isoparse(text)
        offset = value.utcoffset()
        return value if offset is None else value.replace(tzinfo=datetime.timezone(offset))
    except (ValueError, OverflowError):
        return None


def write_date_time(value: datetime.datetime) -> str:
    """Write an aware timestamp in RFC 3339, in milliseconds unless it is finer, UTC as `Z`."""
    wire: str | None = getattr(value, "wire", None)
    if wire is not None:
        return wire
    offset = value.utcoffset()
    if offset is None:
        raise ValueError("a naive datetime names no instant")
    if offset % datetime.timedelta(minutes=1):
        value = value.astimezone(_UTC)  # RFC 3339 has no seconds in an offset
    text = value.isoformat(timespec="microseconds" if value.microsecond % 1000 else "milliseconds")
    return text[:-6] + "Z" if text.endswith("+00:00") else text
