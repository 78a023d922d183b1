"""`quote_payout` and `accept_quote`: each step once, and nothing to pay that was not asked for."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import pytest

import chessa
from chessa import InvalidRequestError, Outcome, OutcomeUnknownError
from chessa.flows import (
    DepositInstructions,
    Quote,
    QuoteMismatchError,
    accept_quote,
    quote_payout,
    wait_for_order,
)
from chessa.testing import Sandbox
from tests.samples import BANK_ACCOUNT

from .runs import READ, Once, operations

RECIPIENT, CREATE, ACCEPT = "recipients.create", "orders.create", "orders.prepare_funding"
ASKED: dict[str, Any] = {
    "reference": "invoice 17",
    "chain": "Solana",
    "origin_asset": "USDC",
    "destination_asset": "NGN",
    "origin_amount": Decimal(10),
    "max_origin_amount": Decimal(10),
}


def quote(once: Once, **named: Any) -> Quote:
    """Quote a payout to Ada, unless arguments say otherwise."""
    result = once(quote_payout, **{"recipient": BANK_ACCOUNT, **ASKED, **named})
    assert isinstance(result, Quote)
    return result


def accept(once: Once, quoted: Any, **named: Any) -> DepositInstructions:
    """Accept a quote."""
    result = once(accept_quote, quoted, **{"reference": "invoice 17", **named})
    assert isinstance(result, DepositInstructions)
    return result


def posts(api: Sandbox) -> list[str]:
    """Return the writes that the API received."""
    return [name for name in operations(api) if name in (RECIPIENT, CREATE, ACCEPT)]


def change(monkeypatch: pytest.MonkeyPatch, operation: Any, **members: Any) -> None:
    """Let the API's response to an operation have other members, or none (UNSET)."""
    decode = type(operation).decode

    def decoded(self: Any, status: int, value: Any) -> Any:
        if self.name == operation.name:
            kept = {**value["order"], **members}
            kept = {name: each for name, each in kept.items() if each is not chessa.UNSET}
            value = {**value, "order": kept}
        return decode(self, status, value)

    monkeypatch.setattr(type(operation), "decode", decoded)


# ---- From quote to instructions ------------------------------------------------------------------


def test_a_payout_up_to_the_payment(once: Once, api: Sandbox) -> None:
    """The instructions have what the payer needs, from the order."""
    quoted = quote(once)
    assert (quoted.origin_asset, quoted.chain) == ("USDC", "Solana")
    assert quoted.origin_amount == 10
    paid = accept(once, quoted)
    order = api.orders[paid.order_id]
    assert order.deposit_address is not None
    assert paid.address == order.deposit_address.address == paid.order.crypto_address
    assert (paid.amount, paid.asset, paid.chain, paid.tag) == (Decimal(10), "USDC", "Solana", None)
    assert paid.expires_at == order.expires_at == quoted.expires_at
    assert posts(api) == [RECIPIENT, CREATE, ACCEPT]


def test_a_payout_that_is_called_again_resumes(once: Once, api: Sandbox) -> None:
    """In another process, after each step: the same recipient, order and instructions."""
    results = []
    for _ in range(2):
        quoted = quote(once)
        assert quote(once).order_id == quoted.order_id
        results += [accept(once, quoted), accept(once, quoted)]
    assert len({(each.order_id, each.address) for each in results}) == 1
    assert posts(api) == [RECIPIENT, CREATE, ACCEPT]


def test_a_recipient_is_used_again(once: Once, api: Sandbox) -> None:
    """By its id nothing is created."""
    recipient = api.add_recipient()
    quoted = quote(once, recipient=recipient.id)
    assert quoted.order.recipient_id == recipient.id
    assert posts(api) == [CREATE]


def test_a_payout_of_a_fixed_destination(once: Once) -> None:
    """Either side may be fixed, and either limited."""
    quoted = quote(
        once,
        origin_amount=None,
        destination_amount=15_000,
        max_origin_amount=100,
        min_destination_amount=15_000,
    )
    assert quoted.destination_amount == 15_000
    assert accept(once, quoted).amount == quoted.origin_amount


def test_references_are_apart(once: Once, api: Sandbox) -> None:
    """Each reference has its own order."""
    first, second = quote(once), quote(once, reference="invoice 18")
    assert first.order_id != second.order_id
    assert posts(api) == [RECIPIENT, CREATE] * 2


def test_other_arguments_under_the_same_reference_conflict(once: Once) -> None:
    """One reference, one payout."""
    quote(once)
    with pytest.raises(chessa.ReferenceConflictError):
        quote(once, origin_amount=9)


# ---- Limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ({"max_origin_amount": Decimal("9.99")}, r"at most 9\.99"),
        ({"min_destination_amount": 10**9}, "at least 1000000000"),
        ({"min_destination_amount": 10**9, "max_origin_amount": None}, "at least 1000000000"),
    ],
)
def test_a_quote_beyond_a_limit_is_refused(
    once: Once, api: Sandbox, named: dict[str, Any], text: str
) -> None:
    """Nothing is accepted; the error has the order. The same reference gives the same error."""
    for _ in range(2):
        with pytest.raises(QuoteMismatchError, match=text) as caught:
            quote(once, **named)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert caught.value.order is not None
    assert posts(api) == [RECIPIENT, CREATE]


@pytest.mark.parametrize(
    "named",
    [
        {"max_origin_amount": None},
        {"max_origin_amount": 10.5},
        {"max_origin_amount": True},
        {"max_origin_amount": "10"},
        {"max_origin_amount": 0},
        {"max_origin_amount": Decimal("NaN")},
        {"min_destination_amount": -1},
        {"origin_amount": 10.0},
        {"origin_amount": None},
        {"destination_amount": 5},
        {"recipient": None},
    ],
)
def test_arguments_that_cannot_be_used_are_refused(
    once: Once, api: Sandbox, named: dict[str, Any]
) -> None:
    """Before anything is created: a limit is needed, an amount is fixed on one side, exact."""
    with pytest.raises(InvalidRequestError):
        quote(once, **named)
    assert operations(api) == []


def test_a_ledger_is_needed(api: Sandbox) -> None:
    """Without one nothing could be once."""
    with pytest.raises(chessa.ConfigurationError, match="SqlJournal"):
        quote_payout(api.client(), recipient="r", **ASKED)
    with pytest.raises(chessa.ConfigurationError, match="SqlJournal"):
        accept_quote(api.client(), api.client().orders.retrieve(api.add_order().id), reference="r")


# ---- What the API says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "members",
    [
        {"originAsset": "BTC"},
        {"originAmount": "10.01"},
        {"recipientId": "another"},
        {"expiresAt": chessa.UNSET},
        {"destinationAmount": chessa.UNSET},
        {"expiresAt": "2025-03-18T05:00:00.000Z"},
    ],
)
def test_a_quote_of_something_else_is_refused(
    once: Once, api: Sandbox, monkeypatch: pytest.MonkeyPatch, members: Mapping[str, Any]
) -> None:
    """Asset, amount, recipient and expiry are those that were asked for, and are shown."""
    from chessa_api.api.orders.create import CREATE as CREATED

    change(monkeypatch, CREATED, **members)
    with pytest.raises(QuoteMismatchError) as caught:
        quote(once)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert ACCEPT not in operations(api)


@pytest.mark.parametrize(
    "members",
    [
        {"cryptoAddressChain": "Tron"},
        {"cryptoAddressChain": chessa.UNSET},
        {"originAsset": "USDT"},
        {"originAmount": "10.00000001"},
        {"originAmount": chessa.UNSET},
        {"destinationAmount": "1"},
        {"destinationAsset": "GHS"},
        {"expiresAt": "2025-03-18T07:00:00.000Z"},
        {"cryptoAddress": None},
        {"cryptoAddress": " "},
        {"id": "another"},
    ],
)
def test_instructions_that_differ_from_the_quote_are_refused(
    once: Once, monkeypatch: pytest.MonkeyPatch, members: Mapping[str, Any]
) -> None:
    """Before a payment, and whenever it is called again; the acceptance is DONE."""
    from chessa_api.api.orders.prepare_funding import PREPARE_FUNDING

    quoted = quote(once)
    change(monkeypatch, PREPARE_FUNDING, **members)
    for _ in range(2):
        with pytest.raises(QuoteMismatchError, match="do not pay") as caught:
            accept(once, quoted)
        assert caught.value.outcome is Outcome.DONE


def test_a_chain_that_the_vendor_does_not_know_is_found_out(once: Once) -> None:
    """The API quietly assigns an address on Tron: the trap that cost an integrator money."""
    quoted = quote(once, chain="BEP20")
    with pytest.raises(QuoteMismatchError, match="to be paid on Tron, not on BEP20"):
        accept(once, quoted)


def test_an_order_of_the_callers_own_is_accepted(once: Once, api: Sandbox) -> None:
    """Its chain is the order's, unless another one is named."""
    order = api.client().orders.retrieve(api.add_order().id)
    assert accept(once, order).chain == "Solana"
    other = api.client().orders.retrieve(api.add_order(chain="BNB Chain").id)
    assert accept(once, other, reference="r2", chain="BNB Chain").chain == "BNB Chain"


# ---- Lost responses -----------------------------------------------------------------------------


def test_a_lost_acceptance_is_looked_up(once: Once, api: Sandbox) -> None:
    """The order shows its address: the entry is closed as confirmed, and called again it is so."""
    quoted = quote(once)
    api.lose_next_answer(operation=ACCEPT)
    paid, again = accept(once, quoted), accept(once, quoted)
    assert paid.address == again.address
    assert posts(api).count(ACCEPT) == 1
    entry = once.entry(ACCEPT)
    assert (entry.outcome, entry.history[-1]["event"]) == (None, "confirmed")


@pytest.mark.usefixtures("sped_up")
def test_an_acceptance_that_is_not_shown_is_unknown(once: Once, api: Sandbox) -> None:
    """The error comes out, with nothing to pay; the next call only reads."""
    quoted = quote(once)
    api.fail_next(502, html=True, operation=ACCEPT)
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            accept(once, quoted)
    assert posts(api).count(ACCEPT) == 1
    assert operations(api).count(READ) > 2


def test_a_lost_quote_is_made_again(once: Once, api: Sandbox) -> None:
    """An order that no call accepts expires by itself: its duplicate is harmless."""
    api.lose_next_answer(operation=CREATE)
    with pytest.raises(OutcomeUnknownError):
        quote(once)
    quoted = quote(once)
    assert accept(once, quoted).order_id == quoted.order_id
    assert posts(api) == [RECIPIENT, CREATE, CREATE, ACCEPT]


def test_a_killed_acceptance_is_looked_up(once: Once, api: Sandbox) -> None:
    """Its claim was never closed."""
    quoted = quote(once)
    first = accept(once, quoted)
    once.lapse(operation=ACCEPT)
    assert accept(once, quoted).address == first.address
    assert posts(api).count(ACCEPT) == 1


# ---- Expiry -------------------------------------------------------------------------------------


def test_a_quote_that_has_expired_is_not_accepted(once: Once, api: Sandbox) -> None:
    """By the database's clock since it was created; nothing is sent."""
    quoted = quote(once)
    once.age(3 * 3600)
    for function in (lambda: quote(once), lambda: accept(once, quoted)):
        with pytest.raises(QuoteMismatchError, match="has expired, and was not accepted") as caught:
            function()
        assert caught.value.outcome is Outcome.NOT_SENT
    assert ACCEPT not in operations(api)


def test_instructions_that_have_expired_are_not_to_be_paid(once: Once, api: Sandbox) -> None:
    """Unless the payment was begun: then the payout goes on where it was."""
    quoted = quote(once)
    first = accept(once, quoted)
    once.age(3 * 3600)
    assert quote(once).order_id == quoted.order_id
    with pytest.raises(QuoteMismatchError, match="no payment is known") as caught:
        accept(once, quoted)
    assert caught.value.outcome is Outcome.DONE
    with once.ledger() as journal, journal.step("invoice 17", "broadcast") as step:
        step.done("0x17")
    assert accept(once, quoted).address == first.address
    assert posts(api) == [RECIPIENT, CREATE, ACCEPT]


def test_expired_instructions_that_were_paid_are_no_obstacle(once: Once, api: Sandbox) -> None:
    """The order shows it, though no step was claimed: it can be waited for."""
    quoted = quote(once)
    paid = accept(once, quoted)
    api.orders[paid.order_id].complete()
    once.age(3 * 3600)
    assert accept(once, quoted).address == paid.address
    assert once(wait_for_order, paid.order_id).status == "completed"


def test_results_are_frozen(once: Once) -> None:
    """And their repr has no order."""
    paid: Any = accept(once, quote(once))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        paid.address = "another"
    assert "Order(" not in repr(paid)
