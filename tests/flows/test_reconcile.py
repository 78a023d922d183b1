"""`reconcile`: what the API shows is closed as confirmed; nothing is sent again."""

from typing import Any

import pytest

import chessa
from chessa import Outcome
from chessa.flows import Reconciled, reconcile
from chessa.testing import Sandbox, SandboxOrder
from tests.samples import order_for

from .runs import ADDRESS, READ, REFUND, Once, operations

ACCEPT, CREATE = "orders.prepare_funding", "orders.create"


def refunded(order: SandboxOrder) -> Any:
    """Return a function that refunds an order under a reference."""
    return lambda client: client.once("r").orders.request_refund(order_id=order.id, address=ADDRESS)


def lose(once: Once, function: Any) -> None:
    """Call a function whose response is lost."""
    once.api.lose_next_answer(operation=None)
    with pytest.raises(chessa.OutcomeUnknownError):
        once(function)


def only(found: list[Reconciled]) -> Reconciled:
    """Return the only result."""
    (result,) = found
    return result


def test_a_write_that_the_api_shows_is_closed_as_confirmed(
    once: Once, api: Sandbox, order: SandboxOrder
) -> None:
    """By its link, with the evidence in its history; after that nothing is open."""
    lose(once, refunded(order))
    result = only(once(reconcile))
    assert (result.state, result.error) == ("confirmed", None)
    assert (result.entry.operation, result.entry.outcome) == (REFUND, Outcome.UNKNOWN)
    entry = once.entry()
    assert entry.outcome is None
    event = entry.history[-1]
    assert (event["event"], event["by"], event["evidence"]) == ("confirmed", READ, "/order/refund")
    assert once(reconcile) == []
    assert operations(api) == [REFUND, READ]


def test_a_write_that_the_api_does_not_show_stays_open(
    once: Once, api: Sandbox, order: SandboxOrder
) -> None:
    """Its history has one event for all such reads, with their number."""
    api.show_refunds_late(reads=3)
    lose(once, refunded(order))
    assert [only(once(reconcile)).state for _ in range(3)] == ["not shown"] * 3
    entry = once.entry()
    assert entry.outcome is Outcome.UNKNOWN
    (event,) = entry.history
    assert (event["event"], event["times"]) == ("not shown", 3)
    assert event["since"] <= event["at"]
    assert only(once(reconcile)).state == "confirmed"
    assert [each["event"] for each in once.entry().history] == ["not shown", "confirmed"]
    assert operations(api).count(REFUND) == 1


def test_a_claim_whose_lease_is_over_is_looked_up(once: Once, order: SandboxOrder) -> None:
    """Its process died; until then it is in progress, and left alone."""
    once(refunded(order))
    once.lapse(seconds=-60)
    assert only(once(reconcile)).state == "in progress"
    once.lapse()
    assert only(once(reconcile)).state == "confirmed"
    assert once.entry().outcome is None


def test_an_accepted_order_is_confirmed_by_its_address(once: Once, api: Sandbox) -> None:
    """Then `once` returns the order again, as the API has it."""
    order = api.add_order()

    def accept(client: Any) -> Any:
        return client.once("r").orders.prepare_funding(order_id=order.id, chain="Solana")

    lose(once, accept)
    assert only(once(reconcile)).state == "confirmed"
    assert once(accept).crypto_address
    assert operations(api).count(ACCEPT) == 1


def test_a_write_without_a_way_to_check_is_said_to_be_so(once: Once, api: Sandbox) -> None:
    """The id of an order is in its response only. A duplicate of the quote is harmless."""
    recipient = api.add_recipient()

    def create(client: Any) -> Any:
        return client.once("r").orders.create(**order_for(recipient))

    lose(once, create)
    result = only(once(reconcile))
    assert (result.state, result.duplicate_is_harmless) == ("no way to check", True)
    assert once(create).id
    assert once(reconcile) == []


def test_a_read_that_fails_does_not_stop_the_others(once: Once, api: Sandbox) -> None:
    """It has its error; the next entry is confirmed all the same."""
    for name in "ab":
        order = api.add_order().fail()
        api.lose_next_answer(operation=REFUND)
        with pytest.raises(chessa.OutcomeUnknownError):
            once(
                lambda client, name=name, order=order: client.once(name).orders.request_refund(
                    order_id=order.id, address=ADDRESS
                )
            )
    api.fail_next(500, operation=READ)
    first, second = once(reconcile)
    assert (first.state, type(first.error)) == ("not read", chessa.ServerError)
    assert (second.state, second.error) == ("confirmed", None)
    assert only(once(reconcile)).state == "confirmed"


def test_entries_of_another_account_are_left_alone(once: Once, order: SandboxOrder) -> None:
    """They are followed if the account is named: its client's credentials are the caller's care."""
    lose(once, refunded(order))
    assert once(reconcile, account="other") == []
    assert only(once(reconcile, account="acme")).state == "confirmed"


def test_a_recorded_write_without_a_claim_is_looked_up(once: Once, order: SandboxOrder) -> None:
    """A write that was not under `once` is in the ledger as well."""
    lose(once, lambda client: client.orders.request_refund(order_id=order.id, address=ADDRESS))
    assert only(once(reconcile)).state == "confirmed"


def test_a_new_operation_with_a_link_needs_no_line_here(
    once: Once, order: SandboxOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that is followed is the operation's data."""
    import attrs

    from chessa_api.index import OPERATIONS
    from chessa_api.links import Link

    link = Link("orders.status_history", {"order_id": "$request.body#/orderId"}, "/history/0")
    made = attrs.evolve(OPERATIONS[REFUND], name="orders.new", links=(link,))
    monkeypatch.setattr("chessa_api.index.OPERATIONS", {**OPERATIONS, "orders.new": made})
    monkeypatch.setattr("chessa.flows._reconcile.OPERATIONS", {**OPERATIONS, "orders.new": made})
    arguments = {"order_id": order.id, "address": ADDRESS}
    lose(once, lambda client: client.once("r")._performer.perform(made, arguments))
    assert only(once(reconcile)).state == "confirmed"


def test_another_journal_is_refused(api: Sandbox) -> None:
    """Only a ledger has what it takes."""
    with pytest.raises(chessa.ConfigurationError, match="SqlJournal"):
        reconcile(api.client(journal=lambda record: None))
