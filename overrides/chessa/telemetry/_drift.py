"""Compare a response with the spec, once the decoder has met something that the spec lacks.

Only names of the spec and names that look like those of fields come out, never a value. What looks
like data, such as a key that is an account number, is `*`.
"""

import datetime
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

from chessa_api.codecs import DATE, DATE_TIME, DECIMAL, Codec, Misfit
from chessa_api.enums import OpenEnum, OpenIntEnum
from chessa_api.errors import DecodeError
from chessa_api.exact_json import NumberText, loads
from chessa_api.media import BodyCodec
from chessa_api.model import Model
from chessa_api.operation import Operation

from .. import _log
from .._interruptions import is_from_signal_handler
from ._places import Drift, DriftKind, DriftPlace, merged
from ._settings import Telemetry
from ._watch import count_drift

MOST_PLACES: Final = 500
"""Of one client; differences at further places are counted together."""
MOST_NAMES: Final = 20
"""Unknown keys of an object, or new values of an enum: more of them are data."""
_DEEPEST: Final = 16
_ANY: Final = "*"
_NAME: Final = re.compile(r"_?[a-z](?:[a-z]|[A-Z](?![A-Z]{4})|[_-](?=[a-z])){0,39}[0-9]{0,2}")
_VALUE: Final = re.compile(r"[A-Za-z](?:[a-z]|[A-Z]|[_-](?=[A-Za-z])){0,39}")

Places = dict[Any, Any]
"""What a client has seen: `_Seen` by `_Key`, by `_Parent` the names met there (None where they are
data), and by None the number of what is not kept."""


class _Key(NamedTuple):
    operation: str
    status: str
    pointer: str
    kind: DriftKind
    value: str | None = None


class _Parent(NamedTuple):
    """The place of an object with unknown keys, or of an enum with new values."""

    operation: str
    status: str
    pointer: str
    kind: DriftKind


class _Seen:
    """A place, counted without a lock, which a fork would copy while another thread holds it."""

    __slots__ = ("count", "first", "last", "ticks", "types")

    def __init__(self) -> None:
        self.ticks = itertools.count(1)
        self.count = 0
        self.first = self.last = datetime.datetime.now(datetime.UTC)
        self.types: frozenset[str] = frozenset()

    def tick(self, types: Iterable[str]) -> None:
        """Count one response."""
        self.count = next(self.ticks)
        self.last = datetime.datetime.now(datetime.UTC)
        self.types |= frozenset(types)


def snapshot(places: Places) -> Drift:
    """Return what a client has seen so far."""
    seen = [(key, each) for key, each in list(places.items()) if isinstance(each, _Seen)]
    found = tuple(_place(_shown(places, key), each) for key, each in seen)
    return merged([Drift(places=found, lost=places.get(None, 0))])


def _shown(places: Places, key: _Key) -> _Key:
    """Return the place as it is shown: names that are data, or were not kept, are not."""
    parent, _, _ = key.pointer.rpartition("/")
    hidden = {
        "unknown key": (parent, key._replace(pointer=f"{parent}/{_ANY}")),
        "enum value": (key.pointer, key._replace(value=None)),
    }.get(key.kind)
    if hidden is None or places.get(_Parent(key.operation, key.status, hidden[0], key.kind)):
        return key
    return hidden[1]


def observe(
    places: Places,
    operation: Operation[Any],
    status_code: int,
    body: bytes,
    telemetry: Telemetry | bool,
) -> list[DriftPlace]:
    """Record how a response differs from the spec; return the places that are new.

    A failure is logged.
    """
    try:
        found: dict[_Key, frozenset[str]] = {}
        for key, types in list(_differences(places, operation, status_code, body)):
            shown = _shown(places, key)
            found[shown] = found.get(shown, frozenset()) | types
        return [place for each in found.items() if (place := _record(places, each, telemetry))]
    except Exception as error:
        if is_from_signal_handler(error):
            raise
        _log.hook_failed(operation.name, observe, error)
        return []


def _record(
    places: Places, found: tuple[_Key, frozenset[str]], telemetry: Telemetry | bool
) -> DriftPlace | None:
    key, types = found
    seen = places.get(key)
    if seen is None and len(places) >= MOST_PLACES:
        places[None] = places.get(None, 0) + 1
        return None
    is_new = seen is None
    seen = places.setdefault(key, _Seen()) if seen is None else seen
    seen.tick(types)
    known = {"chessa.operation": key.operation, "chessa.drift.kind": str(key.kind)}
    count_drift(telemetry, {**known, "chessa.drift.pointer": key.pointer})
    if not is_new:
        return None
    _log.drifted(key.operation, key.status, key.pointer, key.kind)
    return _place(key, seen)


def _place(key: _Key, seen: _Seen) -> DriftPlace:
    return DriftPlace(
        **key._asdict(),
        types=tuple(sorted(seen.types)),
        count=seen.count,
        first=seen.first,
        last=seen.last,
    )


# ---- The differences of one response -------------------------------------------------------------


def _differences(
    places: Places, operation: Operation[Any], status_code: int, body: bytes
) -> Iterator[tuple[_Key, frozenset[str]]]:
    status = operation.listed(status_code)
    if status is None:
        yield _Key(operation.name, str(status_code), "", "status"), frozenset()
    codecs = [each for each in operation.successes(status_code) if isinstance(each, Codec)]
    if not body or not codecs or any(isinstance(each, BodyCodec) for each in codecs):
        return
    try:
        value = loads(body)
    except DecodeError:
        return  # not of the API: a page of a proxy, or a body that was cut
    walk = _Walk(operation.name, status or _name_of(operation, codecs[0]), places)
    envelopes = [(codec, codec.decode(value)) for codec in codecs]
    fitting = next((each for each in envelopes if not isinstance(each[1], Misfit)), None)
    if fitting is None:
        walk.misfit(codecs[0], value, ())
    else:
        walk.value(fitting[1], ())
    yield from walk.found.items()


def _name_of(operation: Operation[Any], codec: object) -> str:
    return next(name for name, each in operation.responses.items() if each is codec)


class _Walk:
    """The places of one response at which it differs."""

    def __init__(self, operation: str, status: str, places: Places) -> None:
        self._operation = operation
        self._status = status
        self._places = places
        self.found: dict[_Key, frozenset[str]] = {}

    def value(self, value: Any, path: tuple[str, ...]) -> None:
        """Find the differences of a decoded value."""
        if len(path) > _DEEPEST:
            return
        if isinstance(value, Model):
            self._model(value, path)
        elif isinstance(value, OpenEnum | OpenIntEnum):
            if not value.is_known:
                self._unlisted(value, path)
        elif isinstance(value, list | tuple):
            for item in cast("Iterable[Any]", value):
                self.value(item, (*path, _ANY))
        elif isinstance(value, dict):
            for member in cast("dict[str, Any]", value).values():
                self.value(member, (*path, _ANY))

    def _model(self, model: Any, path: tuple[str, ...]) -> None:
        for field in model._described().fields.values():
            here = (*path, field.key)
            if field.key in model._misfits:
                self.misfit(field.codec, model._misfits[field.key][0], here)
            elif model._is_set(field.name):
                self.value(model._slot(field.name), here)
            elif not field.optional:
                self._add("absent", here)
        if model.additional_properties:
            self._unknown(model.additional_properties, path)

    def misfit(self, codec: Codec, raw: Any, path: tuple[str, ...]) -> None:
        """Find in a value that does not fit what does not, as deep as the spec tells."""
        before = len(self.found)
        if len(path) > _DEEPEST:
            return
        if codec.find is not None and isinstance(raw, Mapping):
            members = cast("Mapping[str, Any]", raw)
            model: Any = codec.find()
            for field in model._described().fields.values():
                here = (*path, field.key)
                if field.required and field.key not in members:
                    self._add("absent", here)
                elif field.required and isinstance(field.codec.decode(members[field.key]), Misfit):
                    self.misfit(field.codec, members[field.key], here)
        elif codec.items is not None and isinstance(raw, list):
            for item in cast("Iterable[Any]", raw):
                if isinstance(codec.items.decode(item), Misfit):
                    self.misfit(codec.items, item, (*path, _ANY))
        if len(self.found) == before:
            self._add("misfit", path, types={shape(raw)})

    def _unlisted(self, value: Any, path: tuple[str, ...]) -> None:
        """Add a value that the spec does not list."""
        plain = value.value
        text = plain if isinstance(plain, str) else ""
        self._name("enum value", path, {text}, _is_value)
        self._add("enum value", path, value=text, types={shape(plain)})

    def _unknown(self, members: Mapping[str, Any], path: tuple[str, ...]) -> None:
        """Add the keys that the spec does not know."""
        self._name("unknown key", path, set(members), is_name)
        # More of them are one place: a few tell its types.
        for name, value in itertools.islice(members.items(), MOST_NAMES + 1):
            self._add("unknown key", (*path, name), types={shape(value)})

    def _name(
        self,
        kind: DriftKind,
        path: tuple[str, ...],
        names: set[str],
        is_shown: Callable[[str], bool],
    ) -> None:
        """Keep the names at a place, or that they are data: one of them is, or they are many."""
        place = _Parent(self._operation, self._status, _pointer(path), kind)
        known: set[str] | None = self._places.get(place, set())
        if known is None or (not known and len(self._places) >= MOST_PLACES):
            return
        known = known | names
        is_data = len(known) > MOST_NAMES or not all(map(is_shown, known))
        self._places[place] = None if is_data else known

    def _add(
        self,
        kind: DriftKind,
        path: tuple[str, ...],
        *,
        value: str | None = None,
        types: Iterable[str] = (),
    ) -> None:
        key = _Key(self._operation, self._status, _pointer(path), kind, value)
        self.found[key] = self.found.get(key, frozenset()) | frozenset(types)


def is_name(key: str) -> bool:
    """Return whether a key looks like the name of a field, and not like data."""
    return _NAME.fullmatch(key) is not None


def _is_value(text: str) -> bool:
    return _VALUE.fullmatch(text) is not None


def _pointer(path: tuple[str, ...]) -> str:
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)


def shape(raw: Any) -> str:
    """Return the JSON type of a value; of a string its form, if it has one."""
    if raw is None:
        return "null"
    if isinstance(raw, bool):
        return "boolean"
    if isinstance(raw, Mapping):
        return "object"
    if isinstance(raw, list | tuple):
        return "array"
    if isinstance(raw, int):
        return "integer"
    if isinstance(raw, Decimal | float | NumberText):
        return "number"
    forms = [(DATE, "date"), (DATE_TIME, "date-time")]
    if "." in raw:  # without a point it may be the number of an account
        forms.append((DECIMAL, "decimal"))
    fitting = (name for codec, name in forms if not isinstance(codec.decode(raw), Misfit))
    return next(fitting, "string")
