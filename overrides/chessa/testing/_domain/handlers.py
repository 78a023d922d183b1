"""Behaviour of each operation: a function each, and the table of them by method and path.

A handler takes the state and a valid request, and returns the success as the vendor responds, or
raises a `Problem`. Its docstring names the choices that the vendor's pages leave open.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from .._errors import INVALID_REFUND_REQUEST, Problem, invalid, not_found
from .._spec.document import is_object
from .._spec.schemas import number
from .._spec.validation import CheckedRequest
from . import fixtures as reference
from . import serializers as answers
from .amounts import divide, multiply, plain
from .clock import stamp
from .life_cycle import UNPAID, SandboxOrder
from .records import SandboxRecipient
from .serializers import Echoed
from .state import State

Json = dict[str, Any]


@attrs.frozen
class Behaviour:
    """The behaviour of an operation."""

    act: Callable[[State, CheckedRequest], Json]
    needs: frozenset[str] = frozenset()
    """Strings in the body without which it cannot act. A spec that no longer documents one of them
    as a string has changed the operation: its response is an example instead."""
    status: int = 200
    """Of the success, unless the spec documents only another one."""


def configurations(state: State, call: CheckedRequest) -> Json:
    return answers.configurations()


def create_recipient(state: State, call: CheckedRequest) -> Json:
    """Account number and institution are all it takes; what is left out follows from the latter."""
    body = call.body
    account, code = _text(call, "accountNumber").removeprefix("+"), _text(call, "code")
    if not account or not code:
        raise invalid("body: a recipient cannot be paid without accountNumber and code")
    known = reference.institution(code)
    defaults: Mapping[str, str] = {}
    if known is not None:
        destination, institution = known
        defaults = {
            "country": destination.country,
            "currency": destination.currency,
            "type": institution.type,
        }
    details = {name: body.get(name, defaults.get(name)) for name in ("country", "currency", "type")}
    for name, value in details.items():
        if not value:
            raise invalid(f"body.{name}: is needed, for the code {code!r} is not a known one")
    recipient = state.add_recipient(
        account_name=body.get("accountName") or reference.holder(account),
        account_number=account,
        code=code,
        country=str(details["country"]),
        currency=str(details["currency"]),
        type=str(details["type"]),
    )
    return {"recipient": answers.new_recipient(recipient)}


def list_recipients(state: State, call: CheckedRequest) -> Json:
    """All of them, deactivated ones too: the vendor does not say that they disappear."""
    currency, country = call.query.get("currency"), call.query.get("country")
    return {
        "recipients": [
            answers.recipient(each)
            for each in state.recipients.values()
            if currency in (None, each.currency) and country in (None, each.country)
        ]
    }


def list_recipients_of_user(state: State, call: CheckedRequest) -> Json:
    if call.path[0] != reference.USER_ID:
        raise not_found("User")
    return list_recipients(state, call)


def read_recipient(state: State, call: CheckedRequest) -> Json:
    return {"recipient": answers.recipient(_recipient(state, call.path[0]))}


def deactivate_recipient(state: State, call: CheckedRequest) -> Json:
    """A second time changes nothing more."""
    recipient = _recipient(state, call.path[0])
    if recipient.is_active:
        recipient.is_active = False
        recipient.updated_at = state.clock.now
        state.note("state", f"recipient {recipient.id} is deactivated")
    return {"recipient": {**answers.recipient(recipient), "active": False}}


def validate_recipient(state: State, call: CheckedRequest) -> Json:
    """A name enquiry. An unknown account is `valid: false` without a name; the vendor's way is
    not known."""
    account, code = _text(call, "accountNumber").removeprefix("+"), _text(call, "code")
    is_known = (
        reference.institution(code) is not None
        and account.isdigit()
        and account not in state.unknown_accounts
    )
    return {
        "accountName": reference.holder(account) if is_known else "",
        "accountNumber": account,
        "bankName": answers.institution_name(code),
        "code": code,
        "valid": is_known,
    }


def create_order(state: State, call: CheckedRequest) -> Json:
    body = call.body
    recipient = _recipient(state, _text(call, "recipientId"))
    if not recipient.is_active:
        raise invalid("body.recipientId: the recipient was deactivated")
    origin, target = _text(call, "originAsset"), body.get("destinationAsset", recipient.currency)
    if target != recipient.currency:
        raise invalid(f"body.destinationAsset: the recipient is paid in {recipient.currency}")
    rate = reference.rate(origin, target)
    if rate is None:
        raise invalid(f"body.originAsset: there is no rate from {origin} to {target}")
    sent, received = _amounts(body, rate)
    _check_limits(received, target)
    order = state.add_order(
        recipient,
        origin_asset=origin,
        origin_amount=sent,
        destination_amount=received,
        rate=rate,
        chain=body.get("chain"),
    )
    return {"order": answers.order(order)}


def _amounts(body: Mapping[str, Any], rate: Decimal) -> tuple[Decimal, Decimal]:
    fixed = [name for name in ("originAmount", "destinationAmount") if name in body]
    if len(fixed) != 1:
        raise invalid("body: one of originAmount and destinationAmount must be given")
    amount = number(str(body[fixed[0]]))
    if amount is None or amount <= 0:
        raise invalid(f"body.{fixed[0]}: must be an amount of more than zero")
    amount = Decimal(amount)
    if fixed == ["originAmount"]:
        return amount, multiply(amount, rate)
    return divide(amount, rate), amount


def _check_limits(received: Decimal, currency: str) -> None:
    """The limits of the configurations, which apply to what the recipient gets."""
    destination = reference.destination_of(currency)
    if destination is None:
        return
    if received < destination.least:
        limit = f"minimum limit of {plain(destination.least)} {currency}"
        raise invalid(f"The amount is below the {limit}")
    if received > destination.most:
        limit = f"maximum limit of {plain(destination.most)} {currency}"
        raise invalid(f"The amount is above the {limit}")


def list_orders(state: State, call: CheckedRequest) -> Json:
    return answers.order_list(list(state.orders.values()))


def read_order(state: State, call: CheckedRequest) -> Json:
    return {"order": answers.full_order(_order(state, call.path[0]))}


def read_status_history(state: State, call: CheckedRequest) -> Json:
    return answers.status_history(_order(state, call.path[0]))


def prepare_funding(state: State, call: CheckedRequest) -> Json:
    """A second request returns the same address. An expired or a paid order is refused with the
    sandbox's own code: the vendor's is not known."""
    order = _order(state, _text(call, "orderId"))
    if order.status not in UNPAID:
        raise invalid(f"The order is {order.status}: it cannot be funded again")
    if not order.is_accepted and state.clock.now > order.expires_at:
        raise invalid("The quote of the order has expired")
    order.accept(call.body.get("chain", ""), call.body.get("notes"))
    return {"order": answers.order(order)}


def request_refund(state: State, call: CheckedRequest) -> Json:
    """For an order whose payout failed. The vendor documents the 400 for completed and refunded
    orders only; one that has no payment yet gets the same code with another message."""
    order = _order(state, _text(call, "orderId"))
    refusal = order.refusal_of_refund()
    if refusal is not None:
        raise Problem(400, INVALID_REFUND_REQUEST, refusal)
    address = _text(call, "address")
    if not address.strip():
        raise invalid("body.address: must not be blank")
    return answers.refund_of(order.give_back(address, call.body.get("tag")))


def read_rate(state: State, call: CheckedRequest) -> Json:
    """A pair that is not traded is an unknown one: 404."""
    origin, target = call.path
    rate = reference.rate(origin, target)
    if rate is None:
        raise not_found("Rate")
    return {"rate": {"from": origin, "rate": rate, "to": target}}


def read_user(state: State, call: CheckedRequest) -> Json:
    return {
        "user": {
            "createdAt": reference.USER_SINCE,
            "email": reference.USER_EMAIL,
            "fullName": reference.USER_NAME,
        }
    }


def submit_feedback(state: State, call: CheckedRequest) -> Json:
    state.feedback_count += 1
    metadata = call.body.get("metadata")
    return {
        "feedback": {
            "comment": _text(call, "comment"),
            "createdAt": stamp(state.clock.now),
            "id": state.feedback_count,
            "metadata": Echoed(metadata) if is_object(metadata) else answers.LEFT_OUT,
            "type": call.body.get("type", answers.LEFT_OUT),
            "userId": reference.USER_ID,
        },
        "message": "Feedback submitted successfully",
    }


def _text(call: CheckedRequest, name: str) -> str:
    """Return a string that the operation needs, whether or not the spec requires it."""
    value = call.body.get(name)
    if not isinstance(value, str):
        raise invalid(f"body.{name}: is required")
    return value


def _recipient(state: State, recipient_id: str) -> SandboxRecipient:
    recipient = state.recipients.get(recipient_id)
    if recipient is None:
        raise not_found("Recipient")
    return recipient


def _order(state: State, order_id: str) -> SandboxOrder:
    order = state.orders.get(order_id)
    if order is None:
        raise not_found("Order")
    return order


# By method and path, which the vendor keeps, and not by name, which the overlay may change.
BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    "GET /v1/configurations": Behaviour(configurations),
    "POST /v1/recipients": Behaviour(
        create_recipient, needs=frozenset({"accountNumber", "code"}), status=201
    ),
    "GET /v1/recipients": Behaviour(list_recipients),
    "GET /v1/recipients/{}": Behaviour(read_recipient),
    "GET /v1/recipients/user/{}": Behaviour(list_recipients_of_user),
    "POST /v1/recipients/validate": Behaviour(
        validate_recipient, needs=frozenset({"accountNumber", "code"})
    ),
    "POST /v1/recipients/{}/deactivate": Behaviour(deactivate_recipient),
    "POST /v1/orders": Behaviour(
        create_order, needs=frozenset({"recipientId", "originAsset"}), status=201
    ),
    "GET /v1/orders": Behaviour(list_orders),
    "GET /v1/orders/{}": Behaviour(read_order),
    "GET /v1/orders/{}/status-history": Behaviour(read_status_history),
    "POST /v1/orders/funding": Behaviour(prepare_funding, needs=frozenset({"orderId"})),
    "POST /v1/orders/refund": Behaviour(request_refund, needs=frozenset({"orderId", "address"})),
    "GET /v1/rates/{}/{}": Behaviour(read_rate),
    "GET /v1/users/me": Behaviour(read_user),
    "POST /v1/users/support": Behaviour(submit_feedback, needs=frozenset({"comment"}), status=201),
}
