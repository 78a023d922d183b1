"""Recipients, rates, the user, feedback and configurations in the sandbox, through both clients."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import chessa
from chessa.testing import Sandbox
from tests.credentials import ID_HEADER, SECRET_HEADER
from tests.samples import BANK_ACCOUNT, MOBILE_MONEY, order_for
from tests.sandbox.callers import Caller, refused

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def _retrieve(recipient_id: str) -> Callable[[Any], Any]:
    return lambda c: c.recipients.retrieve(recipient_id)


def test_a_bank_account_and_a_mobile_money_number_differ(api: Sandbox, call: Caller) -> None:
    """As on the vendor's pages, rows have bankCode and bankName, or code."""
    bank = call(lambda c: c.recipients.create(**{**BANK_ACCOUNT, "code": "058"}))
    plus = {"account_number": "+233544444444"}
    mobile = call(lambda c: c.recipients.create(**{**MOBILE_MONEY, **plus}))
    assert (bank.code, bank.bank_code, bank.type) == ("058", None, "bank_account")
    assert (mobile.code, mobile.account_number, mobile.type) == (
        "gh_mtn", "233544444444", "mobile_money",
    )  # fmt: skip
    rows = list(call(lambda c: c.recipients.list()))
    assert rows == list(call(lambda c: c.recipients.list_for_user(api.user_id)))
    assert rows == [call(_retrieve(r.id)) for r in (bank, mobile)]
    assert [(r.code, r.bank_code, r.bank_name) for r in rows] == [
        (None, "058", "Guaranty Trust Bank"),
        ("gh_mtn", None, None),
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 2),
        ({"currency": "NGN"}, 1),
        ({"country": "GH"}, 1),
        ({"currency": "NGN", "country": "GH"}, 0),
    ],
)
def test_recipients_are_filtered(
    api: Sandbox, call: Caller, filters: dict[str, str], expected: int
) -> None:
    """Currency and country narrow the list."""
    api.add_recipient()
    api.add_recipient(account_number="233544444444", code="gh_mtn")
    assert len(call(lambda c: c.recipients.list(**filters))) == expected


def test_a_recipient_of_an_unknown_institution(call: Caller) -> None:
    """Any code is accepted with country, currency and type; without, they are required."""
    given = {**MOBILE_MONEY, "account_number": "263770000000", "code": "zw_ecocash"}
    blank = {**given, "country": ""}
    error = refused(call, chessa.BadRequestError, lambda c: c.recipients.create(**blank))
    assert "body.country" in error.message
    place = {"country": "ZW", "currency": "USD"}
    recipient = call(lambda c: c.recipients.create(**{**given, **place}))
    assert (recipient.code, recipient.country, recipient.currency) == ("zw_ecocash", "ZW", "USD")


@pytest.mark.parametrize("missing", ["account_number", "code"])
def test_a_recipient_needs_a_number_and_an_institution(call: Caller, missing: str) -> None:
    """Without them a recipient cannot be paid."""
    given = {**BANK_ACCOUNT, missing: ""}
    error = refused(call, chessa.BadRequestError, lambda c: c.recipients.create(**given))
    assert "without accountNumber and code" in error.message


def test_what_is_left_out_follows_from_the_institution(spec: dict[str, Any]) -> None:
    """Account number and code are enough, and an order is in the recipient's currency."""
    with Sandbox(spec=spec) as api:
        headers = {ID_HEADER: api.client_id, SECRET_HEADER: api.client_secret}

        def post(path: str, body: dict[str, Any]) -> Any:
            sent = [*headers.items(), ("content-type", "application/json")]
            response = api.backend.answer("POST", path, sent, json.dumps(body).encode())
            assert response.status == 201, response.body
            return json.loads(response.body)

        account = {"accountNumber": "+233544444444", "code": "gh_mtn"}
        recipient = post("/v1/recipients", account)["recipient"]
        assert recipient["accountName"]
        kept = (recipient["country"], recipient["currency"], recipient["type"])
        assert kept == ("GH", "GHS", "mobile_money")
        quote = {"recipientId": recipient["id"], "originAsset": "USDC", "originAmount": 10}
        assert post("/v1/orders", quote)["order"]["destinationAsset"] == "GHS"


def test_a_deactivated_recipient(api: Sandbox, call: Caller) -> None:
    """It can be read, gets no new order, and a second request changes nothing."""
    recipient, other = api.add_recipient(), api.add_recipient()
    api.clock.advance(seconds=5)
    first = call(lambda c: c.recipients.deactivate(recipient.id))
    api.clock.advance(seconds=5)
    assert call(lambda c: c.recipients.deactivate(recipient.id)) == first
    assert first.active is False
    assert first.updated_at > first.created_at
    assert not call(lambda c: c.recipients.retrieve(recipient.id)).active
    assert call(lambda c: c.recipients.retrieve(other.id)).active in (None, True)
    refused(call, chessa.BadRequestError, lambda c: c.orders.create(**order_for(recipient)))
    assert not api.orders


def test_the_owner_of_an_account(api: Sandbox, call: Caller) -> None:
    """The same number has the same owner; unknown numbers and institutions are not valid."""

    def validate(number: str, code: str = "058") -> Any:
        return call(lambda c: c.recipients.validate(account_number=number, code=code))

    known = validate("+0123456789")
    assert known.valid
    assert known.account_name
    assert known.bank_name == "Guaranty Trust Bank"
    assert validate("0123456789") == known
    api.forget_account("0123456789")
    for unknown in (validate("0123456789"), validate("0000000000"), validate("1", code="xx")):
        assert (unknown.valid, unknown.account_name) == (False, "")


@pytest.mark.parametrize(
    ("pair", "rate"),
    [
        (("BTC", "USDC"), "82605.06975000001"),
        (("USDT", "USD"), "0.9975"),
        (("USDC", "NGN"), "1500"),
        (("ETH", "GHS"), "28678.875"),
    ],
)
def test_rates_are_fixed_and_exact(call: Caller, pair: tuple[str, str], rate: str) -> None:
    """The table never changes, and every digit arrives."""
    found = call(lambda c: c.rates.retrieve(*pair))
    assert (found.from_asset, found.to_asset, found.rate) == (*pair, Decimal(rate))


@pytest.mark.parametrize(
    "use",
    [
        lambda c: c.rates.retrieve("NGN", "USDC"),
        lambda c: c.rates.retrieve("USDC", "USDC"),
        lambda c: c.recipients.retrieve("unknown"),
        lambda c: c.recipients.deactivate("unknown"),
        lambda c: c.recipients.list_for_user("another"),
        lambda c: c.orders.create(
            recipient_id=UNKNOWN, origin_asset="USDC", origin_amount=1, destination_asset="NGN"
        ),
    ],
)
def test_unknown_ids_and_pairs(call: Caller, use: Any) -> None:
    """An unknown id or pair is the vendor's 404."""
    error = refused(call, chessa.NotFoundError, use)
    assert error.code == "not_found"


def test_the_user_and_feedback(api: Sandbox, call: Caller) -> None:
    """The credentials belong to the user; feedback is numbered and returned."""
    assert call(lambda c: c.users.me()).email == "sandbox.user@example.com"
    first = call(lambda c: c.users.submit_feedback(comment="late"))
    second = call(
        lambda c: c.users.submit_feedback(
            comment="later",
            type="order",
            metadata=chessa.models.FeedbackMetadata(order_id="N3LBXEUI"),
        )
    )
    assert [first.id, second.id] == [1, 2]
    assert first.user_id == api.user_id
    assert (second.comment, second.type, second.metadata.order_id) == ("later", "order", "N3LBXEUI")
    assert "hash_url" not in second.metadata  # it was not sent


def test_configurations_hold_what_an_order_needs(call: Caller) -> None:
    """Countries, currencies, limits, and the code to send, found by the option of a field."""
    payouts = call(lambda c: c.configurations.retrieve()).payouts
    assert [(p.country.code, p.currency.code) for p in payouts] == [("NG", "NGN"), ("GH", "GHS")]
    assert (payouts[1].limits.min, payouts[1].limits.max) == (5, 500_000)
    for method in (m for payout in payouts for m in payout.methods):
        assert method.code in [o.id for f in method.fields for o in f.options]
