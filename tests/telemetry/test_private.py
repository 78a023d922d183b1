"""No value comes out of the drift: not in a snapshot, a log, a hook, a metric, a draft."""

import json
import logging
from typing import Any, Final
from unittest import mock

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import chessa
from chessa import Hooks
from chessa.telemetry import Drift, _drift, draft_overlay, questions
from chessa.telemetry._drift import MOST_NAMES, is_name
from tests.unit.calls import CREDENTIALS

from .conftest import Seen, attributes

DIGITS: Final = "0123456789"
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
ACCOUNTS: Final = st.text(DIGITS, min_size=8, max_size=18)
DATA: Final = st.one_of(
    ACCOUNTS,
    st.from_regex(r"[A-Z]{2}[0-9]{2}[A-Z]{4}[0-9]{14}", fullmatch=True),  # IBAN
    st.from_regex(r"\+[0-9]{9,14}", fullmatch=True),  # telephone
    st.uuids().map(str),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.emails().filter(lambda mail: len(mail) < 60),
    st.from_regex(r"(?:ord|ref|usr)_[a-f0-9]{12}", fullmatch=True).filter(
        lambda text: sum(map(str.isdigit, text)) > 2
    ),
    st.from_regex(r"bc1q[ac-hj-np-z02-9]{38}", fullmatch=True).filter(
        lambda text: sum(map(str.isdigit, text)) > 3
    ),
    st.tuples(st.text(LETTERS, min_size=4, max_size=9), ACCOUNTS).map("-".join),
    st.text(LETTERS, min_size=3, max_size=9).map(lambda word: f"{word.title()} {word[::-1]} & Co"),
)
"""Account numbers, ids, addresses, e-mails, dates, names: as keys and as values."""
VALUES: Final = st.one_of(DATA, st.integers(10**7, 10**18), st.none(), st.booleans())
INNER: Final = st.recursive(
    VALUES,
    lambda inner: st.one_of(
        st.dictionaries(DATA, inner, min_size=1, max_size=3),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)
MAPS: Final = st.dictionaries(DATA, INNER, min_size=1, max_size=3)
FIELDS: Final = st.dictionaries(
    st.sampled_from(
        ["id", "feeUsd", "createdAt", "recipient", "cryptoDeposit", "note", "newField"]
    ),
    INNER,
)
ORDERS: Final = st.builds(
    lambda status, fields, more: {"id": "o", "status": status, **fields, **more},
    st.one_of(DATA, st.just("created")),
    FIELDS,
    MAPS,
)
BODIES: Final = st.one_of(
    MAPS,
    ORDERS.map(lambda order: {"order": order}),
    st.tuples(ORDERS, MAPS).map(lambda pair: {"order": pair[0], **pair[1]}),
)


def data_of(value: Any) -> set[str]:
    """Return the texts in a JSON value that are data: long enough not to stand there by chance."""
    if isinstance(value, dict):
        return set().union(*(data_of(key) | data_of(item) for key, item in value.items()), set())
    if isinstance(value, list):
        return set().union(*map(data_of, value), set())
    text = str(value)
    is_data = any(map(str.isdigit, text)) or not text.isalpha()
    return {text} if is_data and len(text) > 5 else set()


def everything(bodies: list[Any]) -> tuple[str, Drift]:
    """Return all that is told of the drift of these responses, as one text; and the snapshot."""
    told: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(f"{record.getMessage()} {vars(record)}")

    respond = iter(bodies)
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, content=json.dumps(next(respond)).encode())
    )
    log, handler = logging.getLogger("chessa"), Handler()
    log.addHandler(handler)
    level, log.level = log.level, logging.DEBUG
    hooks = Hooks(drift=lambda place: told.append(f"{place} {place!r}"))
    try:
        with chessa.Chessa(**CREDENTIALS, transport=transport, hooks=hooks) as client:
            for _ in bodies:
                try:
                    client.orders.retrieve("o")
                except chessa.ResponseError:
                    pass
            drift = client.drift
            kept = repr(client._core.plan.drift)
    finally:
        log.removeHandler(handler)
        log.level = level
    told += [drift.to_json().decode(), repr(drift), draft_overlay(drift), questions(drift), kept]
    return "\n".join(told), drift


@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])  # to shrink takes minutes
@given(st.lists(BODIES, min_size=1, max_size=3))
def test_no_value_comes_out(bodies: list[Any]) -> None:
    """Maps keyed by account numbers, values everywhere: none of them is told, however it is."""
    told, drift = everything(bodies)
    assert [text for text in sorted(data_of(bodies)) if text in told] == []
    assert all(place.value is None or place.value.isalpha() for place in drift)


def test_a_key_that_is_data_hides_the_keys_next_to_it() -> None:
    """One key that is data makes a map of the object, then and later: no key of it is shown."""
    order = {"id": "o", "status": "created"}
    bodies = [{"order": {**order, "lovelace": 1}}, {"order": {**order, "ada": 1, "0123456789": 1}}]
    told, drift = everything([{"order": {**order, "ada": 1, "0123456789": 1}}, bodies[0]])
    assert "lovelace" not in told
    _, drift = everything(bodies)
    assert [place.pointer for place in drift if place.kind == "unknown key"] == ["/order/*"]


def test_many_keys_are_data() -> None:
    """So many undocumented keys are not fields, whatever they look like."""
    names = [f"name{letter}" for letter in LETTERS[: MOST_NAMES + 1]]
    _, drift = everything([{"order": {"id": "o", "status": "created"}, **dict.fromkeys(names, 1)}])
    assert [place.pointer for place in drift if place.kind == "unknown key"] == ["/*"]


def test_what_is_data_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an object with thousands of unknown keys a few are examined."""
    shaped = mock.Mock(return_value="integer")
    monkeypatch.setattr(_drift, "shape", shaped)
    walk = _drift._Walk("orders.retrieve", "200", {})
    walk._unknown({f"key{number}": number for number in range(5_000)}, ())
    assert shaped.call_count <= MOST_NAMES + 1
    assert 1 <= len(walk.found) <= MOST_NAMES + 1


def test_many_values_are_data() -> None:
    """So many new values of an enum are not its values, whatever they look like."""
    orders = [
        {"order": {"id": "o", "status": f"on_{letter}"}} for letter in LETTERS[: MOST_NAMES + 1]
    ]
    _, drift = everything(orders)
    places = [place for place in drift if place.kind == "enum value"]
    assert [(place.pointer, place.value) for place in places] == [("/order/status", None)]
    assert places[0].count == MOST_NAMES + 1


@pytest.mark.parametrize(
    "key", ["refundFee", "refund_fee", "feeUSD", "addressLine2", "_links", "x"]
)
def test_names_of_fields_are_shown(key: str) -> None:
    """A key that looks like the name of a field is one."""
    assert is_name(key)


OTHERS: Final = (
    *("0123456789", "NGN", "N3LBXEUI", "Ada Lovelace", "a@b.example", "2025-03-18", "", "*", "a/b"),
    *("ord_abcdef123456789", "GB29NWBK60161331926819", "name\n", "a" * 50, "key123", "Ada"),
)


@pytest.mark.parametrize("key", OTHERS)
def test_other_keys_are_not_shown(key: str) -> None:
    """A key that may be data is not shown."""
    assert not is_name(key)


def test_metrics_have_no_value(seen: Seen) -> None:
    """The counter has operation, kind and place."""
    order = {"id": "o", "status": "hold 4711", "0123456789": "Ada"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"order": order}))
    telemetry = seen.telemetry()
    with chessa.Chessa(**CREDENTIALS, transport=transport, telemetry=telemetry) as client:
        client.orders.retrieve("o")
    told = repr([attributes(point) for point in seen.points("chessa.drift")])
    assert "/order/*" in told
    assert not [text for text in ("0123456789", "4711", "Ada") if text in told]
