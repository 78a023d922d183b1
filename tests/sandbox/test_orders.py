"""The life of an order in the sandbox, through both clients: quote, payment, payout, refund."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import chessa
from chessa.models import OrderStatus
from chessa.testing import LifeCycleError, Sandbox, SandboxError
from tests.samples import MOBILE_MONEY, order_for
from tests.sandbox.callers import MODES, Caller, caller_in, refused

ADDRESS = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
STATUSES = [
    "created",
    "waiting_for_funding",
    "waiting_for_confirmations",
    "funds_received",
    "processing_payout",
    "completed",
]


def quote(call: Caller, **arguments: Any) -> Any:
    """Return an order of `orders.create`."""
    recipient = call(lambda c: c.recipients.create(**MOBILE_MONEY))
    return call(lambda c: c.orders.create(**order_for(recipient, **arguments)))


def test_an_order_up_to_its_payout(api: Sandbox, call: Caller) -> None:
    """From the configurations on, every response has the values that the next step needs."""
    payouts = call(lambda c: c.configurations.retrieve()).payouts
    code = payouts[1].methods[0].code
    owner = call(lambda c: c.recipients.validate(account_number="+233544444444", code=code))
    assert owner.valid
    assert owner.bank_name == "MTN Mobile Money"
    named = {"account_name": owner.account_name, "account_number": "+233544444444", "code": code}
    recipient = call(lambda c: c.recipients.create(**{**MOBILE_MONEY, **named}))
    assert (recipient.account_number, recipient.currency) == ("233544444444", "GHS")
    order = call(lambda c: c.orders.create(**order_for(recipient)))
    assert (order.status, order.destination_amount) == ("created", Decimal(155))
    assert order.expires_at - order.created_at == datetime.timedelta(hours=2)
    funding = call(lambda c: c.orders.prepare_funding(order_id=order.id, chain="Solana"))
    assert (funding.status, funding.crypto_address_chain) == ("waiting_for_funding", "Solana")
    assert funding.crypto_address
    assert funding.expires_at == order.expires_at

    api.orders[order.id].fund()
    api.clock.advance(seconds=62)

    done = call(lambda c: c.orders.retrieve(order.id))
    assert done.status == "completed"
    assert (done.crypto_deposit.amount, done.crypto_deposit.status) == (Decimal(10), "completed")
    assert done.recipient.institution_name == "MTN Mobile Money"
    assert [(m.kind, m.amount, m.asset) for m in api.movements] == [
        ("deposit", Decimal(10), "USDC"),
        ("payout", Decimal(155), "GHS"),
    ]


def test_the_clock_takes_a_paid_order_along(api: Sandbox, call: Caller) -> None:
    """After the payment each status comes at its time, and the history says when; not before it."""
    waiting, paid = api.add_order(), api.add_order()
    api.clock.advance(seconds=10)
    paid.fund()
    for milliseconds, status in [(698, 2), (1, 3), (642, 3), (1, 4), (6_290, 4), (1, 5)]:
        api.clock.advance(seconds=milliseconds / 1000)
        assert call(lambda c: c.orders.retrieve(paid.id)).status == STATUSES[status]
    history = call(lambda c: c.orders.status_history(paid.id))
    start = history.history[0].timestamp
    assert [entry.status for entry in history.history] == STATUSES
    assert [(entry.timestamp - start).total_seconds() for entry in history.history] == [
        0, 10, 10, 10.699, 11.342, 17.633,
    ]  # fmt: skip
    assert all(entry.checked and entry.description for entry in history.history)
    assert waiting.status == "created"


def test_a_test_moves_an_order_by_hand(api: Sandbox, call: Caller) -> None:
    """`advance` reaches every status, one by one, without the clock."""
    order = api.add_order()
    seen = [call(lambda c: c.orders.retrieve(order.id)).status]
    seen += [call(lambda c: c.orders.retrieve(order.advance().id)).status for _ in STATUSES[1:]]
    assert seen == STATUSES


def test_a_failed_payout_is_refunded_once(api: Sandbox, call: Caller) -> None:
    """The first refund is made and shown on the order; the second is refused."""
    order = api.add_order(origin_amount=Decimal("0.95")).fail()
    refund = call(lambda c: c.orders.request_refund(order_id=order.id, address=ADDRESS, tag="7"))
    assert (refund.status, refund.crypto_amount) == ("pending", Decimal("0.95"))
    assert (refund.order_id, refund.refund_address) == (order.id, ADDRESS)

    error = refused(
        call,
        chessa.BadRequestError,
        lambda c: c.orders.request_refund(order_id=order.id, address=ADDRESS),
    )
    assert (error.code, error.message, error.outcome) == (
        "invalid_refund_request",
        "Cannot refund an order that is already completed or refunded",
        chessa.Outcome.REJECTED,
    )
    assert [(r.id, r.tag) for r in order.refunds] == [(refund.refund_id, "7")]
    assert list(api.refunds) == list(order.refunds)
    assert [m.kind for m in api.movements] == ["deposit", "refund"]
    shown = call(lambda c: c.orders.retrieve(order.id))
    assert shown.status == OrderStatus.FAILED
    assert shown.refund is not None
    assert (shown.refund.refund_id, shown.refund_address) == (refund.refund_id, ADDRESS)


@pytest.mark.parametrize("status", STATUSES)
def test_only_a_failed_payout_is_refunded(api: Sandbox, call: Caller, status: str) -> None:
    """In every other status a refund is refused and no money moves."""
    order = api.add_order()
    while order.status != status:
        order.advance()
    before = api.movements
    error = refused(
        call,
        chessa.BadRequestError,
        lambda c: c.orders.request_refund(order_id=order.id, address=ADDRESS),
    )
    assert error.code == "invalid_refund_request"
    is_documented = error.message == "Cannot refund an order that is already completed or refunded"
    assert is_documented == (status == "completed")
    assert api.movements == before


def test_an_unpaid_order_is_not_refunded(api: Sandbox, call: Caller) -> None:
    """A failed order without a payment cannot be refunded."""
    order = api.add_order().force_status("failed")
    error = refused(
        call,
        chessa.BadRequestError,
        lambda c: c.orders.request_refund(order_id=order.id, address=ADDRESS),
    )
    assert error.message == "Cannot refund an order that was never paid"


def test_a_refund_may_show_late(api: Sandbox, call: Caller) -> None:
    """The refund is made at once; the order shows it after so many reads."""
    api.show_refunds_late(reads=2)
    order = api.add_order().fail()
    call(lambda c: c.orders.request_refund(order_id=order.id, address=ADDRESS))
    assert len(api.refunds) == 1
    seen = [call(lambda c: c.orders.retrieve(order.id)) for _ in range(3)]
    assert [each.refund is None for each in seen] == [True, True, False]
    assert [each.refund_address for each in seen] == [None, None, ADDRESS]


def _accept(order_id: str) -> Callable[[Any], Any]:
    return lambda c: c.orders.prepare_funding(order_id=order_id, chain="Solana")


def test_amounts_are_exact(call: Caller) -> None:
    """Every digit of an amount comes back; after funding there are eight decimals, or more."""
    for text in ("10", "0.95", "12345.678901234567891", "9000.5"):
        order = quote(call, origin_amount=Decimal(text))
        assert str(order.origin_amount) == text
        assert order.destination_amount == Decimal(text) * Decimal("15.5")
        accepted = call(_accept(order.id))
        assert accepted.origin_amount == Decimal(text)
        integer, _, fraction = str(accepted.origin_amount).partition(".")
        assert (integer, fraction) == (text.partition(".")[0], text.partition(".")[2].ljust(8, "0"))


def test_the_destination_side_can_be_fixed(call: Caller) -> None:
    """The recipient's amount is exact, and the payer's covers it."""
    order = quote(call, origin_amount=chessa.UNSET, destination_amount=Decimal("100.01"))
    assert order.destination_amount == Decimal("100.01")
    assert order.origin_amount == Decimal("6.45225807")
    assert order.origin_amount * Decimal("15.5") >= Decimal("100.01")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"origin_amount": Decimal("0.1")}, "The amount is below the minimum limit of 5 GHS"),
        ({"origin_amount": Decimal(10**6)}, "The amount is above the maximum limit of 500000 GHS"),
        ({"origin_amount": Decimal(-1)}, "body.originAmount: must be an amount of more than zero"),
        ({"origin_asset": "DOGE"}, "body.originAsset: there is no rate from DOGE to GHS"),
        ({"destination_asset": "NGN"}, "body.destinationAsset: the recipient is paid in GHS"),
        (
            {"origin_amount": chessa.UNSET},
            "body: one of originAmount and destinationAmount must be given",
        ),
    ],
)
def test_an_impossible_order_is_refused(
    call: Caller, arguments: dict[str, Any], message: str
) -> None:
    """An order that cannot be paid out is refused, with a message of the sandbox's own."""
    with pytest.raises(chessa.BadRequestError) as caught:
        quote(call, **arguments)
    error = caught.value
    assert (error.code, error.message) == ("validation_error", message)


def test_a_quote_expires(api: Sandbox, call: Caller) -> None:
    """After two hours the quote cannot be accepted; the vendor documents no status for it."""
    late, later = api.add_order(), api.add_order()
    api.clock.advance(hours=2)
    assert call(lambda c: c.orders.prepare_funding(order_id=late.id, chain="Solana"))
    api.clock.advance(seconds=0.001)
    refused(
        call,
        chessa.BadRequestError,
        lambda c: c.orders.prepare_funding(order_id=later.id, chain="Solana"),
    )
    assert later.status == "created"


def test_a_misspelt_chain_becomes_tron(api: Sandbox, call: Caller) -> None:
    """As integrators reported: the chain of the response shows it."""
    order = api.add_order(chain="BNB Chain")
    funding = call(lambda c: c.orders.prepare_funding(order_id=order.id, chain="BEP20"))
    assert funding.crypto_address_chain == "Tron"
    assert funding.crypto_address.startswith("T")
    again = call(lambda c: c.orders.prepare_funding(order_id=order.id, chain="BNB Chain"))
    assert again.crypto_address == funding.crypto_address


@pytest.mark.parametrize(("chain", "prefix"), [("BNB Chain", "0x"), ("Tron", "T")])
def test_an_address_has_the_form_of_its_chain(
    api: Sandbox, call: Caller, chain: str, prefix: str
) -> None:
    """The address is on the requested chain, if the vendor knows it."""
    order = api.add_order(chain=chain)
    funding = call(lambda c: c.orders.prepare_funding(order_id=order.id, chain=chain))
    assert funding.crypto_address_chain == chain
    assert funding.crypto_address.startswith(prefix)


def test_a_paid_order_is_not_funded_again(api: Sandbox, call: Caller) -> None:
    """Funding is for orders that wait for their payment."""
    order = api.add_order().fund()
    refused(
        call,
        chessa.BadRequestError,
        lambda c: c.orders.prepare_funding(order_id=order.id, chain="Solana"),
    )


def test_unknown_ids(api: Sandbox, call: Caller) -> None:
    """An unknown id is the vendor's 404; the API does not take short ids."""
    order = api.add_order()
    for order_id in ("unknown", "refund", "a/b", order.short_id, order.id.upper()):
        for use in (
            lambda c, i=order_id: c.orders.retrieve(i),
            lambda c, i=order_id: c.orders.status_history(i),
            lambda c, i=order_id: c.orders.prepare_funding(order_id=i, chain="Solana"),
            lambda c, i=order_id: c.orders.request_refund(order_id=i, address=ADDRESS),
        ):
            error = refused(call, chessa.ApiError, use)
            if (order_id, error.operation) != ("refund", "orders.retrieve"):
                assert (error.code, error.message) == ("not_found", "Order not found")


def test_the_list_shows_a_page(api: Sandbox, call: Caller) -> None:
    """Ten rows, oldest first, in the vendor's form of rows, and the counts."""
    orders = [api.add_order(origin_amount=n) for n in range(1, 13)]
    orders[0].complete()
    page = call(lambda c: c.orders.list())
    assert [row.id for row in page] == [order.id for order in orders[:10]]
    assert page.orders[0].completed_at is not None
    row = page.orders[1]
    assert (row.crypto_amount, row.crypto_asset) == (Decimal(2), "USDC")
    assert (row.fiat_amount, row.fiat_currency, row.exchange_rate) == (3000, "NGN", 1500)
    assert row.completed_at is None
    assert (page.pagination.pages, page.pagination.total) == (2, 12)


@pytest.mark.parametrize("mode", MODES)
def test_an_unknown_status(mode: str, spec: dict[str, Any]) -> None:
    """A test can give an order any status, without moving money."""
    with Sandbox(spec=spec) as api, caller_in(mode, api) as call:
        order = api.add_order().force_status("under_review")
        status = call(lambda c: c.orders.retrieve(order.id)).status
        assert isinstance(status, OrderStatus)
        assert status == "under_review"
        assert not status.is_known
        assert api.movements == ()


@pytest.fixture
def shown_status(spec: dict[str, Any]) -> dict[str, Any]:
    """The schema of the status of an order that is read, to be changed."""
    retrieve = spec["paths"]["/v1/orders/{orderId}"]["get"]["responses"]["200"]
    shown = retrieve["content"]["application/json"]["schema"]["properties"]["order"]
    status: dict[str, Any] = shown["properties"]["status"]
    return status


@pytest.mark.parametrize("mode", MODES)
def test_an_unknown_status_need_not_be_listed(
    mode: str, spec: dict[str, Any], shown_status: dict[str, Any]
) -> None:
    """A test can give it where the spec lists the statuses; others are spelled as listed."""
    shown_status["enum"] = ["CREATED", "completed", "FAILED"]
    with Sandbox(spec=spec) as api, caller_in(mode, api) as call:
        order = api.add_order()
        assert call(lambda c: c.orders.retrieve(order.id)).status == "CREATED"
        order.force_status("under_review")
        assert call(lambda c: c.orders.retrieve(order.id)).status == "under_review"


def test_a_status_that_the_spec_rules_out_is_not_replaced(
    spec: dict[str, Any], shown_status: dict[str, Any]
) -> None:
    """If the spec rules it out by more than a list, the sandbox raises an error."""
    shown_status["maxLength"] = 3
    with (  # noqa: PT012 - it is raised once more at the exit
        pytest.raises(SandboxError, match="does not allow the status 'under_review'"),
        Sandbox(spec=spec) as api,
        api.client() as client,
    ):
        order = api.add_order().force_status("under_review")
        client.with_options(max_retries=0).orders.retrieve(order.id)


@pytest.mark.parametrize("command", ["fund", "advance", "complete", "fail"])
@pytest.mark.parametrize("end", ["complete", "fail"])
def test_an_end_is_an_end(api: Sandbox, command: str, end: str) -> None:
    """No command moves an order that was completed or that failed."""
    order = api.add_order()
    getattr(order, end)()
    before = (order.status, list(order.history), api.movements)
    with pytest.raises(LifeCycleError, match="the order is"):
        getattr(order, command)()
    assert (order.status, list(order.history), api.movements) == before


def test_a_payout_can_fail_in_its_time(api: Sandbox, call: Caller) -> None:
    """With `payout_fails` the clock brings the order to its failure in place of its completion."""
    order = api.add_order().fund(payout_fails=True)
    api.clock.advance(seconds=7.632)
    assert order.status == "processing_payout"
    api.clock.advance(seconds=0.001)
    assert call(lambda c: c.orders.retrieve(order.id)).status == OrderStatus.FAILED
    assert [m.kind for m in api.movements] == ["deposit"]


@pytest.mark.parametrize(
    ("amount", "error"),
    [
        *[(amount, ValueError) for amount in (0, -1, Decimal("NaN"), Decimal("Infinity"))],
        (1.1, TypeError),
    ],
)
def test_an_amount_is_an_exact_number_above_zero(
    api: Sandbox, amount: Any, error: type[Exception]
) -> None:
    """A float is refused as the client refuses it."""
    with pytest.raises(error, match=r"more than zero|cannot hold an amount exactly"):
        api.add_order(origin_amount=amount)


def test_a_refund_goes_somewhere(api: Sandbox, call: Caller) -> None:
    """A blank address is refused, and no money moves."""
    order = api.add_order().fail()
    refused(
        call,
        chessa.BadRequestError,
        lambda c: c.orders.request_refund(order_id=order.id, address=" "),
    )
    assert api.refunds == ()
