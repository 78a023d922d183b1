"""The complete state of a sandbox as values of JSON, and back."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from chessa_api.errors import DecodeError
from chessa_api.exact_json import loads

from ._domain.life_cycle import ForcedStatus, SandboxOrder
from ._domain.plain_data import dump, load
from ._domain.records import (
    Event,
    Ledger,
    Movement,
    PaymentRules,
    RequestCounts,
    SandboxRecipient,
    SandboxRefund,
    SandboxRequest,
)
from ._http.backend import Backend
from ._http.drifting import Drifting
from ._http.faults import Chaos, PlannedFault
from ._spec.document import is_list, is_object

FORMAT: Final = 1
_MOST_COUNTED: Final = 2**53
"""More than a JSON number of a page holds."""


@attrs.frozen
class _Chaos:
    rate: float
    seed: int
    operation: str | None
    drawn: int


@attrs.frozen
class _Drift:
    put: Mapping[str, str]
    """Texts of JSON: a number in one stays as it is written."""
    drop: list[str]
    status: int | None


@attrs.frozen
class _Snapshot:
    format: int
    seed: str
    now: datetime.datetime
    running: bool
    recipients: list[SandboxRecipient]
    orders: list[Any]
    movements: list[Movement]
    refunds: list[SandboxRefund]
    requests: list[SandboxRequest]
    faults: list[PlannedFault]
    chaos: _Chaos | None
    rules: PaymentRules
    unknown_accounts: list[str]
    reads_until_refunds_show: int
    feedback_count: int
    events: list[Event]
    counts: RequestCounts | None = None
    """None in a snapshot of an earlier version, whose requests are all there."""
    dropped_events: int = 0
    drift: Mapping[str, _Drift] = attrs.field(factory=dict[str, _Drift])
    """By the name of the operation."""


def take(backend: Backend) -> dict[str, Any]:
    """Return the snapshot."""
    state, chaos = backend.state, backend.chaos
    snapshot = _Snapshot(
        format=FORMAT,
        seed=state.seed,
        now=state.clock.now,
        running=state.clock.is_running,
        recipients=list(state.recipients.values()),
        orders=[_dump_order(order) for order in state.orders.values()],
        movements=state.movements,
        refunds=state.refunds,
        requests=list(backend.requests),
        faults=backend.faults.waiting,
        chaos=None
        if chaos is None
        else _Chaos(chaos.rate, chaos.seed, chaos.operation, chaos.drawn),
        rules=state.rules,
        unknown_accounts=sorted(state.unknown_accounts),
        reads_until_refunds_show=state.reads_until_refunds_show,
        feedback_count=state.feedback_count,
        events=list(state.events),
        counts=backend.counts,
        dropped_events=state.events.dropped,
        drift={str(name): _dump_drift(each) for name, each in backend.drifting.items()},
    )
    return {a.name: _plain(getattr(snapshot, a.name)) for a in attrs.fields(_Snapshot)}


def _plain(value: Any) -> Any:
    # A body is JSON already, and its Decimals are numbers.
    if is_list(value) and value and isinstance(value[0], SandboxRequest):
        return [{**dump(each), "body": each.body} for each in value]
    # `dumps` takes exact numbers only.
    return _exact(dump(value))


def _exact(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if is_object(value):
        return {name: _exact(each) for name, each in value.items()}
    return [_exact(each) for each in value] if is_list(value) else value


def _fields_of_order() -> "dict[str, attrs.Attribute[Any]]":
    """Return what an order is made of, by the name that it is made with, but for its ledger."""
    return {str(a.alias): a for a in attrs.fields(SandboxOrder) if a.name != "_ledger"}


def _dump_order(order: SandboxOrder) -> dict[str, Any]:
    plain = {
        name: dump(getattr(order, field.name))
        for name, field in _fields_of_order().items()
        if name != "recipient"
    }
    is_forced = isinstance(order.status, ForcedStatus)
    return {**plain, "recipient": order.recipient.id, "is_forced": is_forced}


def _load_order(
    value: Any, place: str, recipients: Mapping[str, SandboxRecipient], ledger: Ledger
) -> SandboxOrder:
    known = _fields_of_order()
    if not is_object(value) or set(value) != {*known, "is_forced"}:
        raise ValueError(f"{place} is not an order")
    recipient = recipients.get(load(str, value["recipient"], f"{place}.recipient"))
    if recipient is None:
        raise ValueError(f"{place}.recipient is not among the recipients")
    given = {
        name: load(field.type, value[name], f"{place}.{name}")
        for name, field in known.items()
        if name != "recipient"
    }
    if not (given["history"] and given["origin_amount"] > 0):
        raise ValueError(f"{place} lacks a history or an amount")
    if value["is_forced"] is True:
        given["status"] = ForcedStatus(given["status"])
    return SandboxOrder(**given, recipient=recipient, ledger=ledger)


def _dump_drift(drifting: Drifting) -> _Drift:
    put = {pointer: text.decode("ascii") for pointer, text in drifting.put.items()}
    return _Drift(put, list(drifting.drop), drifting.status)


def _load_drift(backend: Backend, name: str, read: _Drift) -> Drifting:
    try:
        backend.spec.find(name)
        put = {pointer: loads(text.encode("utf-8")) for pointer, text in read.put.items()}
        return Drifting.of(put, tuple(read.drop), read.status)
    except (DecodeError, ValueError) as error:
        raise ValueError(f"snapshot.drift.{name}: {error}") from None


def _load_chaos(read: _Chaos) -> Chaos:
    if not (0 < read.rate <= 1 and 0 <= read.drawn <= _MOST_COUNTED):
        raise ValueError("snapshot.chaos is out of its bounds")
    return Chaos(read.rate, read.seed, read.operation, read.drawn)


def _load_counts(read: _Snapshot) -> RequestCounts:
    """Return the counts. Raises `ValueError` where they are fewer than the requests that are kept,
    or more than can have arrived."""
    least = RequestCounts(
        arrived=len(read.requests),
        acted=sum(each.acted for each in read.requests),
        lost=sum(each.outcome == "lost" for each in read.requests),
    )
    counts = read.counts or least
    possible = (
        least.acted <= counts.acted <= counts.arrived
        and least.lost <= counts.lost <= counts.arrived
        and least.arrived <= counts.arrived <= _MOST_COUNTED
        and 0 <= read.dropped_events <= _MOST_COUNTED
    )
    if not possible:
        raise ValueError("the counts in the snapshot are out of their bounds")
    return counts


def restore(backend: Backend, snapshot: Mapping[str, Any]) -> None:
    """Put the state of a snapshot in place. Raises `ValueError`, and changes nothing then."""
    state = backend.state
    if snapshot.get("format") != FORMAT:
        raise ValueError(f"this is not a snapshot of format {FORMAT}")
    read: _Snapshot = load(_Snapshot, snapshot, "snapshot")
    recipients = {each.id: each for each in read.recipients}
    orders = [
        _load_order(each, f"snapshot.orders[{n}]", recipients, state)
        for n, each in enumerate(read.orders)
    ]
    for name, records in (("recipients", read.recipients), ("orders", orders)):
        if len({each.id for each in records}) < len(records):
            raise ValueError(f"two of snapshot.{name} have the same id")
    chaos = None if read.chaos is None else _load_chaos(read.chaos)
    counts = _load_counts(read)
    drifting = {name: _load_drift(backend, name, each) for name, each in read.drift.items()}
    state.clock.put_back(read.now, running=read.running)
    state.seed = read.seed
    state.recipients.clear()
    state.recipients.update(recipients)
    state.orders.clear()
    state.orders.update({order.id: order for order in orders})
    state.movements[:] = read.movements
    refunds = {order.id: order.refund for order in orders}
    state.refunds[:] = [refunds.get(each.order_id) or each for each in read.refunds]
    state.events.put_back(read.events, read.dropped_events)
    state.unknown_accounts = set(read.unknown_accounts)
    state.reads_until_refunds_show = read.reads_until_refunds_show
    state.feedback_count = read.feedback_count
    state.rules = read.rules
    backend.requests.put_back(read.requests, counts.arrived - len(read.requests))
    backend.counts = counts
    backend.faults.waiting[:] = read.faults
    backend.chaos = chaos
    backend.drifting.clear()
    backend.drifting.update(drifting)
    state.note("state", "a snapshot was restored")
