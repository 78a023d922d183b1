"""The state of a sandbox as JSON, for commands over HTTP and for the page."""

import sys
from collections.abc import Reversible
from itertools import islice
from typing import Any, Final

from .._domain.amounts import plain
from .._domain.clock import Clock, stamp
from .._domain.life_cycle import SandboxOrder
from .._domain.plain_data import dump
from .._domain.records import Movement, SandboxRecipient, SandboxRefund, SandboxRequest
from .._sandbox import Sandbox
from .backend import describe_response
from .faults import PlannedFault

Json = dict[str, Any]
LIMIT: Final = 50


def newest(records: Reversible[Any], limit: int) -> list[Any]:
    """Return the newest so many records, the newest first. Raises `ValueError` below zero."""
    if limit < 0:
        raise ValueError("limit must be zero or more")
    return list(islice(reversed(records), min(limit, sys.maxsize)))


def order(record: SandboxOrder) -> Json:
    """An order with its life, its payments, and the commands that it can follow."""
    refund = record.refund
    address = record.deposit_address
    return {
        "id": record.id,
        "short_id": record.short_id,
        "status": record.status,
        "created_at": stamp(record.created_at),
        "updated_at": stamp(record.updated_at),
        "expires_at": stamp(record.expires_at),
        "history": [{"status": each.status, "at": stamp(each.at)} for each in record.history],
        "recipient": record.recipient.account_name,
        "recipient_id": record.recipient.id,
        "origin_amount": plain(record.origin_amount),
        "origin_asset": record.origin_asset,
        "destination_amount": plain(record.destination_amount),
        "destination_asset": record.destination_asset,
        "chain": record.chain if address is None else address.chain,
        "address": None if address is None else address.address,
        "notes": record.notes,
        "payout_fails": record.payout_fails,
        "payments": [
            {"amount": plain(each.amount), "at": stamp(each.paid_at)} for each in record.deposits
        ],
        "paid_amount": plain(record.paid_amount),
        "is_paid_twice": record.is_paid_twice,
        "is_underpaid": record.is_underpaid,
        "is_overpaid": record.is_overpaid,
        "refund": None if refund is None else _refund(refund),
        "commands": list(record.commands),
    }


def order_status(record: SandboxOrder) -> Json:
    """The result of a command to an order."""
    return {"id": record.id, "status": record.status}


def _refund(record: SandboxRefund) -> Json:
    return {
        "id": record.id,
        "order_id": record.order_id,
        "amount": plain(record.amount),
        "asset": record.asset,
        "address": record.address,
        "tag": record.tag,
        "created_at": stamp(record.created_at),
    }


def recipient(record: SandboxRecipient) -> Json:
    """A recipient."""
    return {
        "id": record.id,
        "account_name": record.account_name,
        "account_number": record.account_number,
        "code": record.code,
        "country": record.country,
        "currency": record.currency,
        "type": record.type,
        "is_active": record.is_active,
        "created_at": stamp(record.created_at),
    }


def _movement(record: Movement) -> Json:
    return {
        "kind": record.kind,
        "order_id": record.order_id,
        "amount": plain(record.amount),
        "asset": record.asset,
        "at": stamp(record.at),
    }


def request(record: SandboxRequest) -> Json:
    """A request, without its headers."""
    return {
        "at": None if record.at is None else stamp(record.at),
        "operation": record.operation,
        "method": record.method,
        "path": record.path,
        "query": [list(pair) for pair in record.query],
        "body": record.body,
        "status": record.status,
        "outcome": record.outcome,
        "acted": record.acted,
        "fault": record.fault,
        "summary": describe_response(record),
        "invented": list(record.invented),
    }


def fault(record: PlannedFault) -> Json:
    """A fault that waits."""
    return {
        "kind": record.kind,
        "operation": record.operation,
        "acts": record.acts,
        "seconds": f"{record.seconds:g}",
        "status": record.status or None,
    }


def clock(record: Clock) -> Json:
    """The time, and whether it runs."""
    return {"now": stamp(record.now), "running": record.is_running}


def mistakes(api: Sandbox) -> Json:
    """The numbers of orders that were not paid once and exactly, and the rules for them."""
    return {**dump(api.mistakes), "rules": dump(api.payment_rules)}


def faults(api: Sandbox) -> Json:
    """The faults that wait, in their order, chance, and the operations whose responses drift."""
    chaos = api.backend.chaos
    by_chance = {} if chaos is None else {"rate": f"{chaos.rate:g}", "seed": chaos.seed}
    operation = {} if chaos is None else {"operation": chaos.operation}
    return {
        "waiting": [fault(each) for each in api.waiting_faults],
        "chaos": {**by_chance, **operation} or None,
        "drift": list(api.backend.drifting),
    }


def orders(api: Sandbox, *, limit: int = LIMIT) -> Json:
    """The orders, newest first."""
    return _list("orders", api.orders.values(), order, limit)


def recipients(api: Sandbox, *, limit: int = LIMIT) -> Json:
    """The recipients, newest first."""
    return _list("recipients", api.recipients.values(), recipient, limit)


def movements(api: Sandbox, *, limit: int = LIMIT) -> Json:
    """The movements of money, newest first."""

    def view(record: Movement) -> Json:
        moved = api.orders.get(record.order_id)
        return {**_movement(record), "order": None if moved is None else moved.short_id}

    return _list("movements", api.movements, view, limit)


def refunds(api: Sandbox, *, limit: int = LIMIT) -> Json:
    """The refunds that were made, newest first."""
    return _list("refunds", api.refunds, _refund, limit)


def requests(api: Sandbox, *, limit: int = LIMIT) -> Json:
    """The requests that arrived, newest first; the newest 10,000 are kept, and all are counted."""
    counts = api.request_counts
    shown = [request(each) for each in newest(api.backend.requests, limit)]
    return {"requests": shown, "total": counts.arrived, "acted": counts.acted, "lost": counts.lost}


def _list(name: str, records: Any, view: Any, limit: int) -> Json:
    return {name: [view(each) for each in newest(records, limit)], "total": len(records)}


def state(api: Sandbox, *, limit: int = LIMIT) -> Json:
    """All of it: the newest so many of each list, and the totals."""
    views = (orders, recipients, movements, refunds, requests)
    lists = {view.__name__: view(api, limit=limit) for view in views}
    return {
        "version": api.backend.state.version,
        "seed": api.seed,
        "credentials": {"client_id": api.client_id, "client_secret": api.client_secret},
        "clock": clock(api.clock),
        "totals": {name: each["total"] for name, each in lists.items()},
        "acted": api.request_counts.acted,
        "lost": api.request_counts.lost,
        "mistakes": mistakes(api),
        "faults": faults(api),
        "operations": [each.name for each in api.backend.spec.operations],
        **{name: each[name] for name, each in lists.items()},
    }
