"""The mistakes to plant: each could cost money, time, a secret or a digit, and a test sees it.

`FAULTS` are planted in the client and shown by a fault of the catalogue or by a test of their own,
`BUGS` in a client for a wider spec than the vendor's and shown by a property, `LEDGER` in claims,
`MEDIA` in bodies that are not JSON, `TELEMETRY` in what an application sees.
"""

import datetime
import functools
import json
import os
import re
import time
import typing
import zlib
from collections.abc import Callable, Generator, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
import httpx

import chessa
import chessa.models
from chessa import Outcome
from chessa._call import (
    asyncio,
    ledger,
    machine,
    messages,
    outcomes,
    request,
    retry,
    saving,
    streaming,
    sync,
    uploads,
)
from chessa._call import bodies as client_bodies
from chessa._call.events import Attempt, ErrorKind, Failure
from chessa._call.outcomes import is_success
from chessa._credentials import Credentials
from chessa._transport import default, exceptions, resolver, send, streams, streams_async, tls
from chessa._transport.channels import OwnChannel
from chessa._transport.evidence import Evidence, Watch
from chessa._transport.keepalive import Received
from chessa._transport.library import httpcore
from chessa._transport.sockets import SocketStream
from chessa._transport.tls_stream import TlsStream
from chessa.journal import _keys, _sql_claims, _statements, _transactions
from chessa.journal._claims import verdict_on
from chessa.journal._entries import state_of
from chessa.journal._keys import FingerprintKeys
from chessa.journal._schema import JOURNAL
from chessa.telemetry import _drift, _spans, _watch
from chessa_api import codecs, events, exact_json, files, media, parameters, scalars, unions
from chessa_api.arguments import Argument, BoundArguments
from chessa_api.enums import OpenEnum, OpenIntEnum
from chessa_api.model import Model
from chessa_api.operation import Operation
from chessa_api.resource import AsyncResource
from chessa_api.types import UNSET
from tests.planting import Edit, Mistake, everywhere, wrap

# ---- The outcome table and the retries -----------------------------------------------------------


def _table(change: Callable[[Any], Any], *, read: Outcome, write: Outcome) -> list[Edit]:
    """Change the rows of these outcomes."""
    rows = [
        change(row) if (row.read, row.write) == (read, write) else row for row in outcomes.TABLE
    ]
    return [(outcomes, "TABLE", tuple(rows))]


def _without_envelope(result: Any) -> bool:
    status = result.status_code or 0
    is_telling = 400 <= status <= 499 and status not in outcomes.INCONCLUSIVE
    return is_telling and result.failure is None


def _without_evidence(result: Any) -> bool:
    return result.response is None and result.kind in outcomes.ESTABLISHING


def _conflict_is_refusal() -> list[Edit]:
    return [(outcomes, "INCONCLUSIVE", outcomes.INCONCLUSIVE - {409})]


def _as_read(is_one: Callable[[Any], bool]) -> list[Edit]:
    """Retry a write as if it were a read where the result is one of these."""
    return [
        wrap(
            retry,
            "may_retry",
            lambda true, result, outcome, *, is_read: true(
                result, outcome, is_read=is_read or is_one(result)
            ),
        )
    ]


# ---- Transport -----------------------------------------------------------------------------------


def _follow(true: Any, channel: Any, attempt: Any) -> Any:
    response = true(channel, attempt)
    location = response.headers.get("location")
    return httpx.get(location) if location else response


def _unpack(limited: bool, true: Any, body: bytes, coding: str | None, limit: int) -> bytes:
    if coding != "gzip":
        plain: bytes = true(body, coding, limit)
        return plain
    return zlib.decompressobj(31).decompress(body, limit if limited else 0)


def _trusting(true: Any, **settings: Any) -> Any:
    context = true(**settings)
    context.check_hostname = False
    context.verify_mode = 0
    return context


def _swallow(true: Any, error: Exception, **rest: Any) -> Any:
    return true(error, **rest) or Failure(ErrorKind.UNEXPECTED, type(error).__name__)


_MATRIX: Final = "tests/faults/test_matrix.py::test_a_fault_breaks_no_invariant"
_UNIT: Final = "tests/unit/"

FAULTS: Final = [
    Mistake(name, seen_by if "::" in seen_by else f"{_MATRIX}[{seen_by}-", edits)
    for name, seen_by, edits in (
        # Either edit alone changes no outcome: the evidence and the failure must both say so.
        (
            "a read that times out is a failure to connect",
            "silence",
            lambda: [
                *_table(
                    lambda row: attrs.evolve(row, fits=_without_evidence),
                    read=Outcome.NOT_SENT,
                    write=Outcome.NOT_SENT,
                ),
                (
                    exceptions,
                    "TABLE",
                    ((("ReadTimeout",), ErrorKind.CONNECTING), *exceptions.TABLE),
                ),
            ],
        ),
        ("409 is a rejection", "409 in the vendor's envelope", _conflict_is_refusal),
        (
            "a status is a rejection without the vendor's envelope",
            "403 as a page",
            lambda: _table(
                lambda row: attrs.evolve(row, fits=_without_envelope),
                read=Outcome.REJECTED,
                write=Outcome.REJECTED,
            ),
        ),
        (
            "a write is retried after 503",
            "503 in the vendor's envelope",
            lambda: _as_read(lambda result: result.status_code == 503),
        ),
        (
            "a write is retried after a lost connection",
            "closed after the request",
            lambda: _as_read(lambda result: result.response is None),
        ),
        (
            "the evidence says that nothing was sent",
            "tunnel: closed",
            lambda: [(Evidence, "nothing_sent", property(lambda _self: True))],
        ),
        (
            "the first byte is not noted",
            "tunnel: reset",
            lambda: [(Evidence, "mark_sent", lambda _self: None)],
        ),
        (
            "writes use kept connections",
            "reused: closed once read",
            lambda: [
                wrap(
                    OwnChannel,
                    "send",
                    lambda true, channel, attempt: true(
                        channel, attrs.evolve(attempt, is_read=True)
                    ),
                ),
            ],
        ),
        (
            "a connection is kept whatever came in",
            "reused: both responses in one piece",
            lambda: [(Received, "is_clean", lambda received, *_: received.clear() or True)],
        ),
        (
            "a redirect is followed",
            "302 Found to another host",
            lambda: [wrap(OwnChannel, "send", _follow)],
        ),
        (
            "gzip that is cut is taken for complete",
            "gzip without its trailer",
            lambda: everywhere(client_bodies.unpack, functools.partial(_unpack, True)),
        ),
        (
            "gzip is unpacked without a limit",
            "a bomb",
            lambda: everywhere(client_bodies.unpack, functools.partial(_unpack, False)),
        ),
        (
            "a read is not bound to the deadline",
            "headers that drip",
            lambda: [
                wrap(
                    Watch,
                    "bounded",
                    lambda true, watch, timeout, expired: (
                        60.0 if expired is httpcore.ReadTimeout else true(watch, timeout, expired)
                    ),
                ),
            ],
        ),
        (
            "a look-up is not bound to the deadline",
            "a look-up that hangs",
            lambda: [(resolver, "take", lambda answers, _timeout: answers.get())],
        ),
        (
            "certificates are not checked",
            "TLS: untrusted authority",
            lambda: everywhere(tls.make_context, _trusting),
        ),
        (
            "a secret that a server sends back is shown",
            "a refusal that shows the secret",
            lambda: [(Credentials, "scrub_value", lambda _self, value: value)],
        ),
        # ---- Shown by tests of their own
        (
            "a server is heard before it is asked",
            f"{_UNIT}test_early_bytes.py::test_a_server_that_speaks_before_it_is_asked_is_not_heard",
            lambda: [(cls, "peek", lambda _self: None) for cls in (SocketStream, TlsStream)],
        ),
        (
            "the start of the headers is not evidence",
            f"{_UNIT}test_evidence.py::test_a_request_that_was_sent_stays_sent",
            lambda: [
                wrap(
                    Evidence,
                    "trace",
                    lambda true, evidence, event, info: (
                        event.endswith("send_request_headers.started")
                        or true(evidence, event, info)
                    ),
                ),
            ],
        ),
        (
            "an interruption is swallowed",
            f"{_UNIT}test_client.py::test_what_a_transport_raises_of_its_own_comes_out_as_itself",
            lambda: everywhere(
                exceptions.failure_of,
                _swallow,
            ),
        ),
    )
]

# ---- Models --------------------------------------------------------------------------------------


@attrs.frozen
class Reading:
    """A JSON object and what was read from it, to be changed before it is returned."""

    cls: Any
    data: Mapping[str, Any]
    fields: dict[str, Any]
    misfits: dict[str, tuple[Any, str]]
    """By key: the raw value, and the reason."""
    unknown: dict[str, Any]

    def keys(self) -> dict[str, str]:
        """Return the keys of the declared attributes by their names."""
        return {each.name: each.metadata["key"] for each in attrs.fields(self.cls)}

    def accept(self, hint: Any, make: Callable[[Any], Any]) -> None:
        """Give the fields of this hint what `make` reads into a misfit, unless that is None."""
        for name, key in self.keys().items():
            if key in self.misfits and hint in _parts(self.cls, name):
                raw, _ = self.misfits[key]
                if (value := make(raw)) is not UNSET:
                    self.fields[name] = value
                    del self.misfits[key]


@functools.cache
def _parts(cls: Any, name: str) -> tuple[Any, ...]:
    hint = typing.get_type_hints(cls)[name]
    return typing.get_args(hint) or (hint,)


def _reading(change: Callable[[Reading], object]) -> list[Edit]:
    """Change what every model reads."""

    def from_dict(true: Any, cls: Any, data: Any) -> Any:
        restore, (cls, *state) = true(cls, data).__reduce__()
        reading = Reading(cls, dict(data), *map(dict, state))
        change(reading)
        return restore(cls, reading.fields, reading.misfits, reading.unknown)

    return [wrap(Model, "from_dict", from_dict)]


def _misread(kind: Any, change: Callable[[Any, Any], Any]) -> list[Edit]:
    """Change the attributes of a type, given the raw and the true value."""

    def each(reading: Reading) -> None:
        for name, key in reading.keys().items():
            value = reading.fields.get(name)
            if isinstance(value, kind):
                reading.fields[name] = change(reading.data[key], value)

    return _reading(each)


def _accepting(hint: Any, make: Callable[[Any], Any]) -> list[Edit]:
    return _reading(lambda reading: reading.accept(hint, make))


def _amounts(pattern: str) -> list[Edit]:
    """Take texts of this form for amounts."""
    return _accepting(
        Decimal,
        lambda raw: (
            Decimal(raw.strip()) if isinstance(raw, str) and re.fullmatch(pattern, raw) else UNSET
        ),
    )


def _writing(change: Callable[[Model, dict[str, Any]], dict[str, Any]]) -> list[Edit]:
    """Change what every model writes."""
    return [wrap(Model, "to_dict", lambda true, model: change(model, true(model)))]


def _without(members: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key not in keys}


def _declared(model: Any) -> list[str]:
    return [each.metadata["key"] for each in attrs.fields(type(model))]


def _rekeyed(new: Mapping[str, str]) -> list[Edit]:
    """Give fields of a refund other names on the wire."""
    old = {wire: key for key, wire in new.items()}

    def renamed(members: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        return {names.get(key, key): value for key, value in members.items()}

    true = Model.from_dict.__func__  # type: ignore[attr-defined]  # of a class method
    refund = chessa.models.Refund
    return [
        (refund, "from_dict", classmethod(lambda cls, data: true(cls, renamed(data, new)))),
        (refund, "to_dict", lambda self: renamed(Model.to_dict(self), old)),
    ]


def _fields(
    change: Callable[[Any], Any], annotations: Mapping[str, str] | None = None
) -> list[Edit]:
    """Change what a refund declares; `change` returns None to leave an attribute out."""
    refund: Any = chessa.models.Refund
    declared = [changed for each in attrs.fields(refund) if (changed := change(each)) is not None]
    hints = {**refund.__annotations__, **(annotations or {})}
    return [(refund, "__attrs_attrs__", tuple(declared)), (refund, "__annotations__", hints)]


def _not_required(true: Any, cls: Any, data: Any) -> Any:
    try:
        return true(cls, data)
    except chessa.DecodeError:
        if not isinstance(data, Mapping):
            raise
        return cls(**{each.name: UNSET for each in attrs.fields(cls)})


def _none_for_absent(true: Any, model: Any, name: str) -> Any:
    try:
        return true(model, name)
    except chessa.AbsentFieldError:
        return None


def _no_optional(true: Any, model: Any, name: str) -> Any:
    true(model, name)
    raise chessa.AbsentFieldError(name)


def _hand_out(reading: Reading, value: Callable[[Any, str], Any], *, is_noted: bool) -> None:
    for name, key in reading.keys().items():
        if key in reading.misfits:
            reading.fields[name] = value(*reading.misfits[key])
            if not is_noted:
                del reading.misfits[key]


def _closed(kind: Any) -> list[Edit]:
    def close(reading: Reading) -> None:
        for name, key in reading.keys().items():
            value: Any = reading.fields.get(name)
            if isinstance(value, kind) and not value.is_known:
                reading.misfits[key] = reading.data[key], "is not listed"
                del reading.fields[name]

    return _reading(close)


def _drop_bad_rows(true: Any, cls: Any, data: Any) -> Any:
    bad = true(cls, data).misfits
    rows = {key: raw for key, raw in bad.items() if isinstance(raw, list)}
    kept = {
        key: [row for row in raw if key not in true(cls, {**data, key: [row]}).misfits]
        for key, raw in rows.items()
    }
    return true(cls, {**data, **kept})


def _drop_where_plain(reading: Reading) -> None:
    if not reading.misfits and not reading.unknown:
        reading.fields.pop(next(iter(reading.fields), ""), None)


def _forget_where_known(reading: Reading) -> None:
    if reading.fields:
        reading.unknown.clear()


def _exchange(reading: Reading) -> None:
    values = [*reading.fields.values()]
    if not reading.misfits:
        reading.fields.update(zip(reading.fields, reversed(values), strict=True))


def _is_plain(raw: Any) -> bool:
    return isinstance(raw, str) and "e" not in raw.lower()


def _is_usual(raw: str) -> bool:
    return len(raw) == 24 and raw.endswith("Z")


def _rows(cls: Any) -> Edit:
    return wrap(cls, "__iter__", lambda true, model: iter([*true(model)][1:]))


def _converted(raw: Any, value: Any) -> Any:
    return raw if isinstance(raw, str) else value


def _floated(change: Callable[[float], Any], *, plain: bool) -> list[Edit]:
    return _misread(
        Decimal,
        lambda raw, value: (
            change(float(raw)) if isinstance(raw, str) and _is_plain(raw) == plain else value
        ),
    )


def _instants(change: Callable[[datetime.datetime], Any], *, usual: bool) -> list[Edit]:
    return _misread(
        datetime.datetime, lambda raw, value: change(value) if _is_usual(raw) == usual else value
    )


def _plain_instant(value: datetime.datetime) -> datetime.datetime:
    return datetime.datetime.combine(value.date(), value.timetz())


# ---- Operations ----------------------------------------------------------------------------------


def _operations(kept: Callable[[Operation[Any]], object] = bool) -> list[Any]:
    from tests.property.surface import every_operation

    every = {operation.name: operation for operation in every_operation()}
    return [operation for operation in every.values() if kept(operation)]


def _bound(change: Callable[[Any, BoundArguments], BoundArguments]) -> list[Edit]:
    """Change the wire form of every call's arguments."""
    return [
        wrap(
            Operation,
            "bind",
            lambda true, operation, given: change(operation, true(operation, given)),
        )
    ]


def _prepared(change: Callable[[Any], Any]) -> list[Edit]:
    """Change every request."""
    return [*everywhere(request.prepare, lambda true, *given: change(true(*given)))]


def _unquoted(prepared: Any) -> Any:
    path, *query = prepared.target.split("?", 1)
    for character in "/?#":
        path = path.replace(f"%{ord(character):02X}", character)
    return attrs.evolve(prepared, target="?".join([path, *query]))


def _credentials(change: Callable[[Any], Any]) -> list[Edit]:
    return [wrap(Credentials, "headers", lambda true, self: change(true(self)))]


def _arguments(is_one: Callable[[Argument], bool], name: str, value: Any) -> list[Edit]:
    return [
        (argument, name, value)
        for operation in _operations()
        for argument in operation.arguments
        if is_one(argument)
    ]


def _swap(operation: Any) -> Edit:
    first, second, *rest = operation.arguments
    pair = attrs.evolve(first, wire=second.wire), attrs.evolve(second, wire=first.wire)
    return operation, "arguments", (*pair, *rest)


def _decode_as_before(seen: dict[str, int]) -> Callable[..., Any]:
    def decode(true: Any, operation: Any, status: int, value: Any) -> Any:
        return true(operation, seen.setdefault(operation.name, status), value)

    return decode


def _method(name: str, value: Callable[[Any], Any]) -> list[Edit]:
    """Change an attribute of the function behind `orders.create`."""
    function: Any = vars(type(chessa.Chessa(client_id="i", client_secret="s").orders))["create"]
    return [(function, name, value(getattr(function, name)))]


def _returned(true: Any, call: Any, *given: Any) -> Generator[Any, Any, Any]:
    result: Any
    try:
        result = yield from true(call, *given)
    except chessa.ApiError:
        result = machine.Result(None, None, typing.cast("Any", None), call.attempts, 0.0, None)
    return result


def _codeless(true: Any, *given: Any, **rest: Any) -> Any:
    error = true(*given, **rest)
    if isinstance(error, chessa.ApiError):
        error.code = None
    return error


def _bugs() -> Iterable[tuple[str, str, Callable[[], Iterable[Edit]]]]:
    return (
        # ---- Fields and names
        (
            "a field is not declared",
            "declared::a_class_has_the_documented_fields_and_no_other[Refund",
            lambda: _fields(lambda each: None if each.name == "reason" else each),
        ),
        (
            "a field is dropped on read",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _reading(lambda reading: reading.fields.pop([*reading.keys()][-1], None)),
        ),
        (
            "a field is dropped on write",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _writing(lambda model, members: _without(members, _declared(model)[-1])),
        ),
        (
            "a wire name is changed",
            "round_trip::what_comes_is_read_and_goes_back[Refund",
            lambda: _rekeyed({"createdAt": "created_at"}),
        ),
        (
            "a Python name is changed",
            "declared::a_class_has_the_documented_fields_and_no_other[Refund",
            lambda: _fields(
                lambda each: each.evolve(name="updated") if each.name == "updated_at" else each,
                {"updated": "datetime.datetime"},
            ),
        ),
        (
            "two names are swapped",
            "round_trip::what_comes_is_read_and_goes_back[Refund",
            lambda: _rekeyed({"orderId": "refundAddress", "refundAddress": "orderId"}),
        ),
        (
            "a required field is not",
            "declared::what_is_absent_is_not_made_up",
            lambda: [wrap(Model, "from_dict", _not_required)],
        ),
        (
            "a documented field reads as None when it is absent",
            "declared::what_is_absent_is_not_made_up",
            lambda: [wrap(Model, "__getattr__", _none_for_absent)],
        ),
        (
            "an optional field raises when it is absent",
            "declared::what_is_absent_is_not_made_up",
            lambda: [wrap(Model, "__getattr__", _no_optional)],
        ),
        (
            "null is written for what is absent",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _writing(lambda model, members: {**dict.fromkeys(_declared(model)), **members}),
        ),
        (
            "null is read as absent",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: [
                wrap(
                    Model,
                    "from_dict",
                    lambda true, cls, data: true(
                        cls, {key: value for key, value in dict(data).items() if value is not None}
                    ),
                )
            ],
        ),
        (
            "an unknown key is lost",
            "round_trip::unknown_keys_are_kept",
            lambda: _reading(lambda reading: reading.unknown.clear()),
        ),
        (
            "an unknown null is lost",
            "any_json::any_json_is_a_model_or_an_error",
            lambda: _reading(
                lambda reading: [
                    reading.unknown.pop(key)
                    for key, value in [*reading.unknown.items()]
                    if value is None
                ]
            ),
        ),
        (
            "a misfit is returned as a value",
            "any_json::a_bad_field_spoils_itself_only",
            lambda: _reading(lambda reading: _hand_out(reading, lambda raw, _: raw, is_noted=True)),
        ),
        (
            "a misfit is not noted",
            "any_json::a_bad_field_spoils_itself_only",
            lambda: _reading(
                lambda reading: _hand_out(
                    reading, lambda _, reason: codecs.Misfit(reason), is_noted=False
                )
            ),
        ),
        (
            "a misfit is not written back",
            "any_json::a_bad_field_spoils_itself_only",
            lambda: _writing(lambda model, members: _without(members, *model.misfits)),
        ),
        (
            "a list loses its first row",
            "round_trip::what_answers_many_is_walked_through",
            lambda: [_rows(cls) for cls in Model.__subclasses__() if "__iter__" in vars(cls)],
        ),
        (
            "a value is not decoded",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _misread((list, Model), lambda raw, _: raw),
        ),
        (
            "absent is read as null",
            "any_json::a_bad_field_spoils_itself_only",
            lambda: [
                wrap(
                    Model,
                    "from_dict",
                    lambda true, cls, data: true(
                        cls,
                        {**{a.metadata["key"]: None for a in attrs.fields(cls)}, **dict(data)},
                    ),
                )
            ],
        ),
        (
            "an unknown key is lost where a documented one is absent",
            "round_trip::unknown_keys_are_kept",
            lambda: _reading(
                lambda reading: [
                    reading.unknown.pop(key)
                    for key in [*reading.unknown]
                    if not {*reading.keys().values()} <= reading.data.keys()
                ]
            ),
        ),
        (
            "an optional field is dropped",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _reading(
                lambda reading: [
                    reading.fields.pop(each.name, None)
                    for each in attrs.fields(reading.cls)
                    if each.metadata["optional"]
                ]
            ),
        ),
        (
            "a plain amount may hold a comma",
            "rare_values::rare_amounts_side_by_side",
            lambda: _accepting(
                Decimal,
                lambda raw: (
                    Decimal(raw.replace(",", "."))
                    if isinstance(raw, str) and re.fullmatch("[0-9]+,[0-9]+", raw)
                    else UNSET
                ),
            ),
        ),
        # ---- Objects of the usual shape
        (
            "an unknown key is lost next to known ones",
            "round_trip::unknown_keys_are_kept",
            lambda: _reading(_forget_where_known),
        ),
        (
            "a field is dropped where all are like that",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _reading(_drop_where_plain),
        ),
        (
            "two values are given to each other's attributes",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _reading(_exchange),
        ),
        (
            "a value is not converted",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _misread((Decimal, datetime.datetime, OpenEnum), _converted),
        ),
        (
            "texts of another form are not converted",
            "rare_values::rare_amounts_in_texts",
            lambda: _misread(
                Decimal, lambda raw, value: value if _is_plain(raw) else _converted(raw, value)
            ),
        ),
        (
            "any value is a text",
            "rare_values::values_of_every_kind",
            lambda: _accepting(str, lambda raw: raw),
        ),
        (
            "null fits everywhere",
            "rare_values::values_of_every_kind",
            lambda: _accepting(str, lambda raw: None if raw is None else UNSET),
        ),
        # ---- Amounts, timestamps, enums
        (
            "a plain amount is a float",
            "rare_values::rare_amounts_in_texts[",
            lambda: _floated(float, plain=True),
        ),
        (
            "a plain amount goes through a float",
            "rare_values::rare_amounts_in_texts[",
            lambda: _floated(lambda value: Decimal(str(value)), plain=True),
        ),
        (
            "a plain amount may begin with zeros",
            "rare_values::rare_amounts_in_texts[",
            lambda: _amounts(r"-?0[0-9]+(\.[0-9]+)?"),
        ),
        (
            "a plain amount may end in its point",
            "rare_values::rare_amounts_in_texts[",
            lambda: _amounts(r"-?[0-9]+\."),
        ),
        (
            "a plain amount may have any sign",
            "rare_values::rare_amounts_in_texts[",
            lambda: _amounts(r"\+[0-9]+(\.[0-9]+)?"),
        ),
        (
            "a number needs no conversion to a text",
            "rare_values::values_of_every_kind",
            lambda: _accepting(str, lambda raw: raw if type(raw) is int else UNSET),
        ),
        (
            "an amount in a text is a float",
            "rare_values::rare_amounts_in_texts[",
            lambda: _floated(float, plain=False),
        ),
        (
            "an amount in a text went through a float",
            "rare_values::rare_amounts_in_texts[",
            lambda: _floated(lambda value: Decimal(repr(value)), plain=False),
        ),
        (
            "a number went through a float",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: everywhere(
                exact_json.loads,
                lambda _, data: json.loads(
                    data, parse_float=lambda digits: Decimal(repr(float(digits)))
                ),
            ),
        ),
        (
            "an amount is declared a float",
            "declared::a_class_has_the_documented_fields_and_no_other[Refund",
            lambda: _fields(lambda each: each, {"crypto_amount": "float"}),
        ),
        (
            "a text that is nearly a number is an amount",
            "rare_values::rare_amounts_in_texts[",
            lambda: _amounts(r"\s*[0-9_.]*[0-9][0-9_.]*\s*"),
        ),
        (
            "digits are cut on write",
            "construction::what_is_made_is_written_as_documented",
            lambda: everywhere(
                exact_json.number_text,
                lambda true, value: format(value, ".8f") if "E-" in str(value) else true(value),
            ),
        ),
        (
            "a float is taken for an amount",
            "declared::a_method_takes_what_the_spec_documents",
            lambda: _method(
                "__annotations__",
                lambda hints: {
                    name: hint.replace("Decimal | int", "Decimal | float")
                    for name, hint in hints.items()
                },
            ),
        ),
        (
            "true is the number one",
            "rare_values::values_of_every_kind",
            lambda: _accepting(int, lambda raw: raw if isinstance(raw, bool) else UNSET),
        ),
        ("a number is a text", "rare_values::values_of_every_kind", lambda: _accepting(str, str)),
        (
            "a timestamp is naive",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _instants(lambda value: value.replace(tzinfo=None), usual=True),
        ),
        (
            "a timestamp is in another zone",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: [
                wrap(
                    scalars.WireDateTime,
                    "read",
                    lambda true, cls, value, wire: true(
                        cls, value.replace(tzinfo=datetime.UTC), wire
                    ),
                )
            ],
        ),
        (
            "a millisecond is lost on read",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: everywhere(
                scalars.read_date_time,
                lambda true, raw: (value := true(raw)) and value.replace(microsecond=0),
            ),
        ),
        (
            "a millisecond is lost where all are like that",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _instants(lambda value: value.replace(microsecond=0), usual=True),
        ),
        (
            "a time of another form is taken for the usual one",
            "rare_values::rare_instants",
            lambda: _instants(_plain_instant, usual=False),
        ),
        (
            "a microsecond is lost on write",
            "construction::what_is_made_is_written_as_documented",
            lambda: everywhere(
                scalars.write_date_time,
                lambda true, value: true(
                    value.replace(microsecond=value.microsecond // 1000 * 1000)
                ),
            ),
        ),
        (
            "an offset is lost on write",
            "construction::what_is_made_is_written_as_documented",
            lambda: everywhere(
                scalars.write_date_time,
                lambda true, value: re.sub(r"(Z|[+-][0-9]{2}:[0-9]{2})\Z", "Z", true(value)),
            ),
        ),
        (
            "an enum is closed",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: _closed(OpenEnum),
        ),
        (
            "an enum's value is changed",
            "declared::an_enum_knows_the_listed_values[RefundStatus",
            lambda: [
                (
                    chessa.models.RefundStatus,
                    "members",
                    {
                        f"A{value}": str.__new__(chessa.models.RefundStatus, f"A{value}")
                        for value in chessa.models.RefundStatus.members
                    },
                )
            ],
        ),
        (
            "an integer enum is closed",
            "rare_values::values_that_are_not_listed_yet",
            lambda: _closed(OpenIntEnum),
        ),
        (
            "a bad row is left out of its list",
            "any_json::a_bad_field_spoils_itself_only",
            lambda: [wrap(Model, "from_dict", _drop_bad_rows)],
        ),
        (
            "one kind is read as another",
            "round_trip::what_comes_is_read_and_goes_back",
            lambda: [(unions, "_left_over", lambda *_: 0)],
        ),
        # ---- Requests
        (
            "two parameters of a path are swapped",
            "requests::requests_are_what_the_spec_documents",
            lambda: [
                _swap(operation)
                for operation in _operations()
                if [each.location for each in operation.arguments[:2]] == ["path", "path"]
            ],
        ),
        (
            "a value in a path is not quoted",
            "requests::requests_are_what_the_spec_documents",
            lambda: _prepared(_unquoted),
        ),
        (
            "a member is sent under its Python name",
            "requests::requests_are_what_the_spec_documents",
            lambda: _bound(
                lambda operation, bound: (
                    bound
                    if not isinstance(bound.body, dict)
                    else bound._replace(
                        body={
                            each.name: bound.body[each.wire]
                            for each in operation.arguments
                            if each.location == "member" and each.wire in bound.body
                        }
                    )
                )
            ),
        ),
        (
            "a query is sent in the body",
            "requests::requests_are_what_the_spec_documents",
            lambda: _bound(
                lambda _, bound: bound._replace(query=(), body=dict(bound.query) or bound.body)
            ),
        ),
        (
            "the items of a query are joined",
            "requests::requests_are_what_the_spec_documents",
            lambda: _arguments(lambda argument: argument.location == "query", "explode", False),
        ),
        (
            "an exploded parameter of a path is joined",
            "requests::requests_are_what_the_spec_documents",
            lambda: _arguments(lambda argument: argument.style == "label", "explode", False),
        ),
        (
            "a part of a parameter is not percent-encoded",
            "requests::requests_are_what_the_spec_documents",
            lambda: [(parameters, "percent_encoded", parameters.Encoded)],
        ),
        (
            "items in brackets are counted from one",
            "requests::requests_are_what_the_spec_documents",
            lambda: [
                wrap(
                    parameters,
                    "in_query",
                    lambda true, *given, **rest: [
                        (re.sub(r"\[([0-9]+)\]", lambda at: f"[{int(at[1]) + 1}]", name), text)
                        for name, text in true(*given, **rest)
                    ],
                )
            ],
        ),
        (
            "%XX is encoded again where it may stay",
            "requests::requests_are_what_the_spec_documents",
            lambda: [
                wrap(
                    parameters,
                    "reserved_expansion",
                    lambda _, text, **_rest: parameters.percent_encoded(text),
                )
            ],
        ),
        (
            "cookies are separated as a query is",
            "requests::requests_are_what_the_spec_documents",
            lambda: _prepared(
                lambda prepared: attrs.evolve(
                    prepared,
                    headers=tuple(
                        (name, text.replace(b"; ", b"&") if name == b"cookie" else text)
                        for name, text in prepared.headers
                    ),
                )
            ),
        ),
        (
            "an amount in a parameter went through a float",
            "requests::requests_are_what_the_spec_documents",
            lambda: [
                wrap(
                    parameters,
                    "dumps",
                    lambda true, value: true(
                        json.loads(
                            true(value), parse_float=lambda digits: Decimal(repr(float(digits)))
                        )
                    ),
                )
            ],
        ),
        (
            "a header parameter is dropped",
            "requests::requests_are_what_the_spec_documents",
            lambda: _bound(lambda _, bound: bound._replace(headers=())),
        ),
        (
            "a header of the credentials is dropped",
            "requests::requests_are_what_the_spec_documents",
            lambda: _credentials(lambda headers: headers[:1]),
        ),
        (
            "the credentials are swapped",
            "requests::requests_are_what_the_spec_documents",
            lambda: _credentials(
                lambda headers: [(name, headers[1 - at][1]) for at, (name, _) in enumerate(headers)]
            ),
        ),
        (
            "a body does not say that it is JSON",
            "requests::requests_are_what_the_spec_documents",
            lambda: _prepared(
                lambda prepared: attrs.evolve(
                    prepared,
                    headers=tuple(
                        header for header in prepared.headers if header[0] != b"content-type"
                    ),
                )
            ),
        ),
        (
            "a method of HTTP is wrong",
            "declared::every_operation_is_offered_and_no_other",
            lambda: [
                (operation, "method", "PUT")
                for operation in _operations(lambda each: each.method == "POST")[:1]
            ],
        ),
        (
            "arguments that exclude each other are sent",
            "requests::arguments_that_exclude_each_other_are_refused",
            lambda: [
                (operation, "exclusive", ())
                for operation in _operations(lambda each: each.exclusive)
            ],
        ),
        (
            "the async method forgets an argument",
            "requests::requests_are_what_the_spec_documents",
            lambda: [
                wrap(
                    AsyncResource,
                    "_call",
                    lambda true, self, operation, **given: true(
                        self, operation, **dict([*given.items()][1:])
                    ),
                )
            ],
        ),
        (
            "an optional argument is needed",
            "declared::a_method_takes_what_the_spec_documents",
            lambda: _method("__kwdefaults__", lambda defaults: _without(defaults, "chain")),
        ),
        (
            "an amount is sent as a text",
            "requests::requests_are_what_the_spec_documents",
            lambda: _arguments(
                lambda argument: argument.codec is codecs.NUMBER, "codec", codecs.DECIMAL
            ),
        ),
        # ---- Responses
        (
            "a success is read as an error",
            "answers::a_documented_success_gives_the_documented_type",
            lambda: [
                wrap(
                    Operation,
                    "decode",
                    lambda true, operation, status, value: (
                        (chessa.models.ApiError.from_dict(value),) * 2
                        if operation.name == "recipients.retrieve"
                        else true(operation, status, value)
                    ),
                )
            ],
        ),
        (
            "a response is read as that of the status before",
            "answers::a_documented_success_gives_the_documented_type",
            lambda: [wrap(Operation, "decode", _decode_as_before({}))],
        ),
        (
            "an envelope is not unwrapped",
            "answers::a_documented_success_gives_the_documented_type",
            lambda: [
                (operation, "unwrap", None)
                for operation in _operations(lambda each: each.unwrap)[:1]
            ],
        ),
        (
            "a 4xx is returned",
            "answers::every_telling_status_is_mapped",
            lambda: _table(
                lambda row: attrs.evolve(row, fits=lambda _result: False),
                read=Outcome.REJECTED,
                write=Outcome.REJECTED,
            ),
        ),
        (
            "a rejection is a result",
            "answers::every_telling_status_is_mapped",
            lambda: [wrap(machine.Call, "run", _returned)],
        ),
        (
            "a response that is lost is a rejection",
            "answers::every_telling_status_is_mapped",
            lambda: _table(
                lambda row: attrs.evolve(row, write=Outcome.REJECTED),
                read=Outcome.REJECTED,
                write=Outcome.UNKNOWN,
            ),
        ),
        (
            "a success that cannot be read may not have happened",
            "answers::any_answer_gives_a_result_or_the_error_of_the_table",
            lambda: _table(
                lambda row: attrs.evolve(row, write=Outcome.UNKNOWN),
                read=Outcome.UNKNOWN,
                write=Outcome.DONE,
            ),
        ),
        (
            "a conflict is a rejection",
            "answers::every_telling_status_is_mapped",
            _conflict_is_refusal,
        ),
        (
            "a write is taken for a read",
            "declared::every_operation_is_offered_and_no_other",
            lambda: [
                (operation, "is_read", True)
                for operation in _operations(lambda each: not each.is_read)[:1]
            ],
        ),
        (
            "an error is of another class",
            "answers::every_telling_status_is_mapped",
            lambda: [
                wrap(
                    chessa.ApiError,
                    "for_status",
                    lambda true, cls, status: (
                        chessa.BadRequestError if status == 404 else true(cls, status)
                    ),
                )
            ],
        ),
        (
            "the vendor's code is lost",
            "answers::documented_errors_are_mapped",
            lambda: everywhere(messages.build_error, _codeless),
        ),
    )


BUGS: Final = [
    Mistake(name, f"tests/property/test_{seen.replace('::', '.py::test_')}", edits)
    for name, seen, edits in _bugs()
]
# ---- The ledger ----------------------------------------------------------------------------------


def _freeing(true: Any, stored: Any, asked: Any, keys: Any) -> Any:
    is_over = stored.state == "claimed" and not stored.entry.in_progress
    return "claim" if is_over else true(stored, asked, keys)


def _closing_first(true: Any, gate: Any, cause: str | None) -> None:
    true(gate, cause)
    gate.journal(gate.close(TimeoutError(), None))


def _claiming_anew(true: Any, claim: Any, asked: Any, ledger: Any) -> None:
    """Claim each call under a reference of its own."""
    own = f"{asked.reference} {os.urandom(4).hex()}"
    true(claim, attrs.evolve(asked, reference=own, subject=None), ledger)


def _overruling(_: Any, record: Any, kept: Any) -> Generator[Any, Any, bool]:
    """Let an owner close its entry in any state."""
    values = {"state": state_of(record.outcome), "result": kept.result}
    changed = JOURNAL.update().where(JOURNAL.c.call_id == record.call_id).values(values)
    yield _statements.do(changed)
    return True


LEDGER: Final = [
    Mistake(name, f"tests/once/test_{seen.replace('::', '.py::test_')}", edits)
    for name, seen, edits in (
        (
            "a claim selects, then inserts",
            "claims::threads_claim_each_reference_once[postgresql",
            lambda: [(index, "unique", False) for index in JOURNAL.indexes if index.unique],
        ),
        (
            "a lease that is over frees",
            "databases::a_settling_that_fails_leaves_unknown",
            lambda: everywhere(verdict_on, _freeing),
        ),
        (
            "an entry is closed before the send",
            "replays::an_end_is_told_again[sync-sqlite-lost",
            lambda: [wrap(ledger.LedgerGate, "opened", _closing_first)],
        ),
        (
            "the fingerprint is ignored",
            "replays::other_arguments_are_refused",
            lambda: [(FingerprintKeys, "match", lambda *_: True)],
        ),
        (
            "a claim for each attempt",
            "replays::a_result_is_replayed",
            lambda: [wrap(_sql_claims.SqlClaim, "__init__", _claiming_anew)],
        ),
        (
            "a subject has no key",
            "replays::two_references_do_not_refund_one_order",
            lambda: [
                wrap(
                    ledger,
                    "_intent",
                    lambda true, *given: attrs.evolve(true(*given), subject=None),
                )
            ],
        ),
        (
            "a late owner overrules a person",
            "claims::a_late_owner_does_not_overrule_a_person",
            lambda: [wrap(_statements, "settle", _overruling)],
        ),
        (
            "a settling that is cut is given up",
            "databases::a_cut_connection[sync-before the second COMMIT",
            lambda: [(_transactions, "is_cut", lambda _: False)],
        ),
        (
            "amounts are rounded before they are compared",
            "what_is_kept::amounts_are_compared_exactly",
            lambda: [(_keys, "_number", lambda value: f"n{value.normalize()}")],
        ),
        (
            "an error of a read stands for the write",
            "what_is_kept::a_replay_that_cannot_read_says_done",
            lambda: [(sync, "ChessaError", LookupError), (asyncio, "ChessaError", LookupError)],
        ),
    )
]
# ---- Other media types ---------------------------------------------------------------------------


def _forgetful(true: Any, parser: Any, piece: Any) -> None:
    parser._is_after_cr = False
    true(parser, piece)


def _completed(true: Any, reading: Any, piece: Any) -> None:
    if piece is None:
        reading._parser.add(b"\n\n")
    true(reading, piece)


def _skipping(true: Any, reading: Any) -> Any:
    try:
        return true(reading)
    except chessa.ChessaError:
        reading._failure = None
        return true(reading)


async def _nothing(*_: object) -> None:
    pass


MEDIA: Final = [
    Mistake(name, f"tests/media/test_{seen.replace('::', '.py::test_')}", edits)
    for name, seen, edits in (
        (
            "the content of a file is not compared",
            "once::an_upload_is_sent_once",
            lambda: [wrap(files.File, "sha256", lambda *_: "0")],
        ),
        (
            "a file may change while it is sent",
            "sent::a_file_that_shrinks_is_unknown",
            lambda: [wrap(files.File, "chunks", lambda _, file: file._read())],
        ),
        (
            "a part loses the type of its file",
            "sent::parts_of_a_multipart_body",
            lambda: [
                wrap(
                    uploads,
                    "_parts",
                    lambda true, *given: ((name, part, None) for name, part, _ in true(*given)),
                )
            ],
        ),
        (
            "an array of a form is one text",
            "sent::members_of_a_form",
            lambda: [(uploads, "_is_list", lambda _: False)],
        ),
        (
            "the style of a member is ignored",
            "sent::the_style_of_a_member",
            lambda: [
                wrap(
                    uploads,
                    "_pairs",
                    lambda true, form, key, value: true(
                        attrs.evolve(form, encodings={}), key, value
                    ),
                )
            ],
        ),
        (
            "a text is read in another charset",
            "read::a_body_is_read_as_it_is",
            lambda: [
                (media, "_CHARSET", re.compile("no charset (is) named")),
                (media.TEXT, "read", lambda body, _: body.decode("latin-1")),
            ],
        ),
        (
            "a cut response is put in its place",
            "read::a_cut_response_leaves_no_file",
            lambda: [wrap(saving.Saving, "discard", lambda _, found: found.finished(None, None))],
        ),
        (
            "the digest of a saved response is wrong",
            "read::a_response_is_saved",
            lambda: [
                wrap(
                    saving.Saving,
                    "finished",
                    lambda true, *given: attrs.evolve(true(*given), sha256="0"),
                )
            ],
        ),
        (
            "a name of a form is sent as it is",
            "drawn::members_of_odd_names[odd_pairs]",
            lambda: [
                wrap(
                    uploads,
                    "_urlencoded",
                    lambda _, pairs: "&".join(
                        f"{key}={parameters.percent_encoded(text)}" for key, text in pairs
                    ).encode("utf-8"),
                )
            ],
        ),
        (
            "a suggested name is the one without a charset",
            "read::a_suggested_name_is_only_a_name",
            lambda: [(saving, "_EXTENDED", re.compile("$^"))],
        ),
        (
            "a suggested name keeps its folders",
            "read::a_suggested_name_is_only_a_name",
            lambda: [(saving, "_ODD", re.compile("$^")), (saving, "_FOLDERS", re.compile("$^"))],
        ),
        (
            "a CR and an LF in two pieces are two line ends",
            "event_parser::the_cases_of_the_standard",
            lambda: [wrap(events.EventParser, "add", _forgetful)],
        ),
        (
            "a CR ends no line",
            "event_parser::the_cases_of_the_standard",
            lambda: [(events, "_LINE_END", re.compile(rb"\r?\n"))],
        ),
        (
            "all spaces before a value are taken off",
            "event_parser::the_cases_of_the_standard",
            lambda: [
                wrap(
                    events.EventParser,
                    "_field",
                    lambda true, parser, line: true(parser, re.sub(rb": +", b": ", line)),
                )
            ],
        ),
        (
            "an event that is not complete is given",
            "events::a_stream_that_breaks_off",
            lambda: [wrap(streaming.Reading, "_take", _completed)],
        ),
        (
            "an event may be of any length",
            "event_parser::an_event_is_bounded",
            lambda: [(events.EventParser, "_check", lambda *_: None)],
        ),
        (
            "a comment moves the deadline of an event",
            "events::a_stream_that_breaks_off",
            lambda: [
                wrap(
                    streams.OpenBody,
                    "read",
                    lambda true, body, _: true(body, time.monotonic() + 2),
                ),
                wrap(
                    streams_async.AsyncOpenBody,
                    "read",
                    lambda true, body, _: true(body, time.monotonic() + 2),
                ),
            ],
        ),
        (
            "a stream has the deadline of its call",
            "events::each_event_has_the_timeout_of_a_call",
            lambda: [
                (default.DefaultTransport, "until", lambda *_: None),
                (default.AsyncDefaultTransport, "until", lambda *_: None),
            ],
        ),
        (
            "a stream of another type is read",
            "events::what_is_not_an_event_stream",
            lambda: [
                (streaming, "is_stream", lambda _, response: is_success(response.status_code))
            ],
        ),
        (
            "a packed stream is read as it is",
            "events::what_is_not_an_event_stream",
            lambda: [(send, "_refuse_codings", lambda _: None)],
        ),
        (
            "a stream that was cut is at its end",
            "events::a_stream_that_breaks_off",
            lambda: [
                wrap(
                    streaming.Reading,
                    "_take",
                    lambda true, reading, piece: true(
                        reading, None if isinstance(piece, Failure) else piece
                    ),
                )
            ],
        ),
        (
            "an event that cannot be read is left out",
            "events::a_stream_that_breaks_off",
            lambda: [wrap(streaming.Reading, "_event", _skipping)],
        ),
        (
            "a stream takes one of the connections that reads share",
            "events::many_streams_keep_no_read_waiting",
            lambda: [(Attempt, "shares_connections", property(lambda attempt: attempt.is_read))],
        ),
        (
            "a stream that is closed early keeps its connection",
            "events::closing_early_closes_the_connection",
            lambda: [
                (streams.OpenBody, "close", lambda _: None),
                (streams_async.AsyncOpenBody, "aclose", _nothing),
            ],
        ),
        (
            "after an interruption a stream is at its end",
            "events::a_cancelled_wait_closes_the_stream",
            lambda: [(streaming, "_INTERRUPTED", None)],
        ),
        (
            "a stream that is dropped stays open",
            "events::a_stream_that_is_dropped_is_closed",
            lambda: [(events._Stream, "__del__", lambda _: None)],
        ),
    )
]
# ---- Telemetry -----------------------------------------------------------------------------------


def _left_open(true: Any, span: Any, error: BaseException | None) -> None:
    """End a span unless an interruption ends its call."""
    if error is None or isinstance(error, Exception):
        true(span, error)


TELEMETRY: Final = [
    Mistake(name, f"tests/telemetry/test_{seen.replace('::', '.py::test_')}", edits)
    for name, seen, edits in (
        (
            "a key that is data is shown",
            "private::no_value_comes_out",
            lambda: [(_drift, "is_name", lambda _: True)],
        ),
        (
            "a value that is data is shown",
            "private::no_value_comes_out",
            lambda: [(_drift, "_is_value", lambda _: True)],
        ),
        (
            "a map of many keys is shown",
            "private::many_keys_are_data",
            lambda: [(_drift, "MOST_NAMES", 1_000)],
        ),
        (
            "an unknown outcome is ok in a span",
            "spans::an_outcome_is_that_of_the_error",
            lambda: [(_spans, "_outcome_of", lambda *_: None)],
        ),
        (
            "an interrupted span stays open",
            "ends::an_interruption_ends_the_span",
            lambda: [wrap(_spans._Span, "_leave", _left_open)],
        ),
        (
            "httpx's instrumentation is not noticed",
            "spans::under_httpx_instrumentation",
            lambda: [(_watch, "is_traced", lambda _: False)],
        ),
        (
            "the application's baggage is sent",
            "spans::baggage_stays_at_home",
            lambda: [(_spans, "_KEPT_BACK", frozenset())],
        ),
    )
]
MISTAKES: Final = {
    mistake.name: mistake for mistake in (*FAULTS, *BUGS, *LEDGER, *MEDIA, *TELEMETRY)
}
