"""Models: JSON of the wire, typed, with nothing lost and nothing made up."""

import copy
import datetime
import json
import pickle
import typing
from decimal import Decimal
from typing import Any

import pytest
from hypothesis.vendor.pretty import pretty

from chessa import UNSET, AbsentFieldError, DecodeError, EncodeError, MisfitFieldError, Unset
from chessa.models import (
    FeedbackMetadata,
    Order,
    OrderList,
    OrderStatus,
    Pagination,
    Rate,
    StatusHistoryEntry,
)
from tests.marks import table

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
NAIVE = datetime.datetime(2025, 3, 18)  # noqa: DTZ001 - to be refused
ORDER: dict[str, Any] = {
    "id": "b647214f",
    "status": "created",
    "createdAt": "2025-03-18T06:05:27.754Z",
    "originAmount": "0.95",
    "cryptoAddress": None,
    "cryptoAddressTag": "",
}


def order(**members: Any) -> Order:
    """Return an order as a server sends it, with these members changed."""
    return Order.from_dict({**ORDER, **members})


# ---- What fits ----------------------------------------------------------------------------------


def test_attributes_are_typed() -> None:
    """Texts, amounts, instants and statuses come as what their hints say."""
    got = order()
    assert got.id == "b647214f"
    assert got.origin_amount == Decimal("0.95")
    assert got.created_at == datetime.datetime(2025, 3, 18, 6, 5, 27, 754_000, datetime.UTC)
    assert got.status is OrderStatus.CREATED
    assert got.crypto_address is None
    assert got.crypto_address_tag == ""


def test_what_came_goes_back() -> None:
    """An object that was read is written as it was, name by name."""
    assert order().to_dict() == ORDER
    assert json.loads(order().to_json()) == ORDER


def test_hints_can_be_resolved() -> None:
    """Tools that read hints at run time find every name."""
    hints = typing.get_type_hints(Order)
    assert hints["origin_amount"] is Decimal
    assert hints["status"] is OrderStatus


def test_a_list_is_walked_through() -> None:
    """A list response is iterable and has a length."""
    page = OrderList.from_dict({"orders": [ORDER, {**ORDER, "id": "2"}]})
    assert [row.id for row in page] == ["b647214f", "2"]
    assert len(page) == 2
    assert page.orders[1] in page
    assert OrderList.from_dict({"orders": []}) not in page
    assert "orders" in page
    assert "pagination" not in page


# ---- What is absent -----------------------------------------------------------------------------


def test_a_documented_field_that_is_absent_says_so_when_it_is_read() -> None:
    """Decoding succeeds; reading raises an error that names the field and how to ask before."""
    got = order()
    with pytest.raises(AbsentFieldError, match=r"Order\.short_id .* left it out.*'short_id' in"):
        _ = got.short_id
    assert "short_id" not in got
    assert not hasattr(got, "short_id")
    assert getattr(got, "short_id", "none") == "none"


def test_an_optional_field_that_is_absent_is_none() -> None:
    """The overlay marks what may well be missing: it reads as None, and is not written back."""
    got = order()
    assert got.refund is None
    assert "refund" not in got
    assert "refund" not in got.to_dict()


def test_null_and_absent_stay_apart() -> None:
    """Both may read as None; only null is there, and only null is written back."""
    for name, key in (("refund", "refund"), ("crypto_address", "cryptoAddress")):
        got = order(**{key: None})
        assert getattr(got, name) is None
        assert name in got
        assert got.to_dict()[key] is None


@pytest.mark.parametrize("missing", ["id", "status"])
def test_a_field_that_nobody_can_go_on_without_is_needed(missing: str) -> None:
    """Decoding fails without one of the few required fields, and names it."""
    data = {key: value for key, value in ORDER.items() if key != missing}
    with pytest.raises(DecodeError, match=f"Order: `{missing}` is missing"):
        Order.from_dict(data)


def test_a_required_field_that_does_not_fit_is_refused_without_being_shown() -> None:
    """The message names the field and the reason, not the value."""
    with pytest.raises(DecodeError, match="Order: `id` is not a string") as caught:
        order(id=["a-value"])
    assert "a-value" not in str(caught.value)


@table("data", [None, [], "text", 1, [("id", "1")]])
def test_only_an_object_is_a_model(data: Any) -> None:
    """Whatever else a server sends is a DecodeError."""
    with pytest.raises(DecodeError, match="Order: is not an object"):
        Order.from_dict(data)


def test_tools_that_print_by_field_are_given_the_repr() -> None:
    """hypothesis and IPython read every field to print it, and would stumble over absent ones."""
    assert pretty(order()) == repr(order())


# ---- What does not fit --------------------------------------------------------------------------


@table(
    ("name", "key", "raw", "reason"),
    [
        ("origin_amount", "originAmount", "1_000", "not a decimal number"),
        ("origin_amount", "originAmount", None, "not a decimal number"),
        ("origin_amount", "originAmount", True, "not a decimal number"),
        ("created_at", "createdAt", "2025-03-18T06:05:27", "not a timestamp with an offset"),
        ("created_at", "createdAt", 1_742_277_927, "not a timestamp"),
        ("short_id", "shortId", 7, "not a string"),
        ("recipient", "recipient", "rec_1", "not an object"),
        ("crypto_deposit", "cryptoDeposit", [], "not an object"),
    ],
)
def test_a_misfit_is_kept_beside_the_model(name: str, key: str, raw: Any, reason: str) -> None:
    """A value of another type is reported when it is read, kept raw, and written back."""
    got = order(**{key: raw})
    with pytest.raises(MisfitFieldError, match=rf"Order\.{name} .*{reason}"):
        getattr(got, name)
    assert got.misfits == {key: raw}
    assert name in got
    assert got.to_dict() == {**ORDER, key: raw}


def test_a_misfit_deep_inside_spoils_its_own_field_only() -> None:
    """The recipient of an order stays readable but for what did not fit."""
    got = order(recipient={"accountName": "Ada Example", "isActive": "yes"})
    assert got.recipient is not None
    assert got.recipient.account_name == "Ada Example"
    assert got.recipient.misfits == {"isActive": "yes"}


def test_a_list_with_an_item_that_does_not_fit_is_a_misfit_whole() -> None:
    """No row is lost: a list that cannot be read completely is not returned in part."""
    with pytest.raises(DecodeError, match=r"`orders` holds an item that does not fit: \[1\]"):
        OrderList.from_dict({"orders": [ORDER, {"status": "created"}]})


def test_a_misfit_that_is_replaced_goes_out_as_what_it_was_replaced_with() -> None:
    """Replacing the field drops the misfit."""
    got = order(originAmount="lots").replace(origin_amount=Decimal("1.50"))
    assert got.origin_amount == Decimal("1.5")
    assert got.to_dict()["originAmount"] == "1.50"
    assert not got.misfits
    assert "misfits" not in repr(got)


# ---- Undocumented fields -------------------------------------------------------------------------


def test_unknown_keys_are_kept_and_written_back() -> None:
    """A key that the spec does not know is in additional_properties, value and all."""
    extra = {"fundingAmount": Decimal("12.50"), "": [None, {"id": 1}], "from_dict": "x"}
    got = order(**extra)
    assert got.additional_properties == extra
    assert got.to_dict() == {**ORDER, **extra}


def test_undocumented_members_can_be_sent() -> None:
    """The vendor takes fields that its reference does not list: they are set like the others."""
    metadata = FeedbackMetadata(order_id="N3LBXEUI").replace(additional_properties={"caseId": 7})
    assert metadata.to_dict() == {"orderId": "N3LBXEUI", "caseId": 7}


@table("made", [order(), Pagination.from_dict({"page": 1}), order().replace(note=1)])
def test_a_model_does_not_change(made: Any) -> None:
    """Read, made or replaced: no attribute can be set or deleted, no unknown member added."""
    name = next(iter(made._fields()))[0]
    with pytest.raises(AttributeError):
        setattr(made, name, "completed")
    with pytest.raises(AttributeError):
        delattr(made, name)
    with pytest.raises(TypeError):
        made.additional_properties["new"] = 1
    assert type(made) in (Order, Pagination)


def test_a_replaced_copy_keeps_the_rest() -> None:
    """The original stays as it was; misfits and unknown keys of other fields are kept."""
    got = Order.from_dict(WEALTHY)
    changed = got.replace(status=OrderStatus.COMPLETED, note=UNSET)
    assert got.to_dict() == WEALTHY
    assert changed.to_dict() == {**WEALTHY, "status": "completed"}
    assert (changed.misfits, changed.additional_properties) == (got.misfits, {"new": {"x": 1}})
    assert got.replace() == got
    assert got.replace(additional_properties={}).to_dict() == {
        key: value for key, value in WEALTHY.items() if key != "new"
    }


def test_a_misspelt_attribute_cannot_be_set() -> None:
    """A typo is an error and not a value that goes nowhere."""
    with pytest.raises(AttributeError):
        setattr(order(), "statuss", "created")  # noqa: B010 - checkers refuse the plain form
    with pytest.raises(TypeError, match="Order has no field 'statuss'"):
        order().replace(statuss="created")
    with pytest.raises(AttributeError, match="Order has no field 'statuss'"):
        getattr(order(), "statuss")  # noqa: B009
    with pytest.raises(TypeError, match="orderid"):
        FeedbackMetadata(orderid="N3LBXEUI")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


# ---- Open enums ---------------------------------------------------------------------------------


def test_a_known_status_is_its_constant() -> None:
    """Known values are one object each, equal to their text."""
    assert order().status is OrderStatus.CREATED
    assert OrderStatus("created") is OrderStatus.CREATED
    assert OrderStatus.CREATED == "created"
    assert f"{OrderStatus.CREATED}" == "created"
    assert repr(OrderStatus.CREATED) == "OrderStatus('created')"
    assert OrderStatus.CREATED.is_known
    assert "created" in {OrderStatus.CREATED}


def test_statuses_can_be_walked_through() -> None:
    """The class lists its known values; each gives its plain text."""
    assert list(OrderStatus)[:2] == [OrderStatus.CREATED, OrderStatus.WAITING_FOR_FUNDING]
    assert len(OrderStatus) == len(list(OrderStatus))
    assert type(OrderStatus.CREATED.value) is str
    assert OrderStatus("on_hold").value == "on_hold"


def test_a_status_that_nobody_listed_is_kept() -> None:
    """A new value does not break an old client: it compares, prints and goes back as it came."""
    status = order(status="on_hold").status
    assert isinstance(status, OrderStatus)
    assert status == "on_hold"
    assert not status.is_known
    assert order(status="on_hold").to_dict()["status"] == "on_hold"


def test_statuses_match() -> None:
    """A match statement takes constants and texts alike."""
    match order(status=OrderStatus.FAILED.value).status:
        case OrderStatus.COMPLETED:
            end = "completed"
        case OrderStatus.FAILED:
            end = "failed"
        case _:
            end = "open"
    assert end == "failed"


@table("protocol", PROTOCOLS)
@table("value", ["created", "on_hold"])
def test_statuses_pickle_and_copy(value: str, protocol: int) -> None:
    """Known or not, a status comes out of a pickle or a copy as what it was."""
    status = OrderStatus(value)
    for twin in (
        pickle.loads(pickle.dumps(status, protocol)),
        copy.copy(status),
        copy.deepcopy(status),
    ):
        assert (twin, type(twin), twin.is_known) == (status, OrderStatus, status.is_known)
    assert copy.deepcopy(OrderStatus.CREATED) is OrderStatus.CREATED


# ---- Values, not identities ---------------------------------------------------------------------

WEALTHY = {
    **ORDER,
    "originAmount": "1E+2",
    "expiresAt": "2025-03-18T08:05:27.123456789Z",
    "shortId": 7,
    "recipient": {"type": "bank", "additional": {"a": [1]}},
    "new": {"x": Decimal("1.0")},
}


@table("protocol", PROTOCOLS)
def test_models_pickle(protocol: int) -> None:
    """A model comes out of a pickle equal to itself, with all that it kept."""
    got = Order.from_dict(WEALTHY)
    twin = pickle.loads(pickle.dumps(got, protocol))
    assert twin == got
    assert (repr(twin), twin.misfits, twin.to_dict()) == (repr(got), got.misfits, WEALTHY)


def test_models_copy() -> None:
    """A deep copy shares nothing with its original."""
    got = Order.from_dict(WEALTHY)
    twin = copy.deepcopy(got)
    assert (twin, copy.copy(got)) == (got, got)
    twin.additional_properties["new"]["x"] = 2
    assert twin.recipient is not None
    assert twin.recipient is not got.recipient
    twin.recipient.additional["a"].append(2)
    assert got.to_dict() == WEALTHY


def test_models_compare_by_what_they_hold() -> None:
    """Equal are two models of one class with the same fields, misfits and unknown keys."""
    assert order() == order()
    for change in ({"id": "2"}, {"shortId": 7}, {"new": 1}, {"refund": None}):
        assert order() != order(**change)
    assert order() != ORDER
    assert order(new=1) != order(new=2)


def test_a_repr_is_short_and_about_no_person() -> None:
    """Ids, statuses and amounts, and what was kept besides by its number or name only."""
    odd = {"to": None, "fee": 2, "secret": "Ada"}
    assert repr(Rate.from_dict({"from": "BTC", "rate": Decimal("1E-8"), **odd})) == (
        "<Rate from_asset='BTC' rate=0.00000001 additional_properties=2 misfits=['to']>"
    )
    assert str(order(note="Ada")) == "<Order id='b647214f' status='created' origin_amount=0.95>"


def test_models_are_made_by_name() -> None:
    """A model is built from keyword arguments; what is left out is absent."""
    page = Pagination(page=1, page_size=10, pages=2, total=15)
    assert page.to_dict() == {"page": 1, "pageSize": 10, "pages": 2, "total": 15}
    metadata = FeedbackMetadata(order_id="N3LBXEUI")
    assert metadata.to_dict() == {"orderId": "N3LBXEUI"}
    assert "hash_url" not in metadata


def test_an_attribute_can_be_unset_again() -> None:
    """`UNSET` takes a field away, as if the server had not sent it, a required one too."""
    page = Pagination(page=1, page_size=10, pages=2, total=15).replace(total=UNSET)
    assert page.to_dict() == {"page": 1, "pageSize": 10, "pages": 2}
    absent = typing.cast("int", UNSET)
    assert Pagination(page=1, page_size=10, pages=2, total=absent) == page
    assert "id" not in pickle.loads(pickle.dumps(order().replace(id=UNSET)))


@table("protocol", PROTOCOLS)
def test_unset_is_one_object(protocol: int) -> None:
    """UNSET is falsy, prints as itself, and stays identical through copies and pickles."""
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert isinstance(UNSET, Unset)
    assert pickle.loads(pickle.dumps(UNSET, protocol)) is UNSET
    assert copy.copy(UNSET) is copy.deepcopy(UNSET) is UNSET


# ---- What cannot be sent ------------------------------------------------------------------------

RATE = Rate(from_asset="BTC", rate=Decimal(1), to_asset="USDC")
PAGE = Pagination(page=1, page_size=10, pages=2, total=15)
METADATA = FeedbackMetadata(hash_url="https://x.invalid", order_id="N3LBXEUI")
STEP = StatusHistoryEntry(
    checked=True,
    description="The order was created.",
    status=OrderStatus.CREATED,
    timestamp=datetime.datetime(2025, 3, 18, tzinfo=datetime.UTC),
)


@table(
    ("whole", "name", "value", "why"),
    [
        (RATE, "rate", 0.5, "a float cannot hold an amount exactly"),
        (RATE, "rate", Decimal("NaN"), "expected a finite amount"),
        (RATE, "rate", Decimal("Infinity"), "expected a finite amount"),
        (RATE, "rate", Decimal("1E+500"), "expected a finite amount of sensible size"),
        (RATE, "rate", True, "expected a decimal.Decimal or an int, not bool"),
        (RATE, "rate", "1", "expected a decimal.Decimal or an int, not str"),
        (PAGE, "page", 1.0, "expected an int, not float"),
        (PAGE, "page", True, "expected an int, not bool"),
        (METADATA, "order_id", 7, "expected a str, not int"),
        (METADATA, "order_id", None, "expected a str, not None"),
        (STEP, "checked", 1, "expected a bool, not int"),
        (STEP, "timestamp", "2025-03-18", "expected a datetime.datetime, not str"),
        (STEP, "timestamp", NAIVE, "a naive datetime names no instant"),
    ],
)
def test_what_has_no_exact_form_is_refused(whole: Any, name: str, value: Any, why: str) -> None:
    """Writing raises an EncodeError that names the field and shows no value."""
    made = type(whole)(**{**dict(whole._fields()), name: value})
    for write in (made.to_dict, made.to_json):
        with pytest.raises(EncodeError) as caught:
            write()
        assert str(caught.value).startswith(f"{type(whole).__name__}.{name}: {why}")


def test_a_free_value_must_be_json() -> None:
    """A schema without a type takes any JSON, floats and odd objects excepted."""
    for value in (None, "x", 1, True, Decimal("1.10"), [1, {"a": None}]):
        assert order(note=value).note == value
        assert order(note=value).to_dict()["note"] == value
    for odd in (1.5, {1: 2}, {1, 2}, object(), b"x", Decimal("NaN"), [float("inf")]):
        with pytest.raises(EncodeError, match=r"Order\.note"):
            order().replace(note=odd).to_dict()


def test_an_object_that_holds_itself_is_refused() -> None:
    """Circles end in an EncodeError, not in a RecursionError."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(EncodeError, match="nested too deep, or holds itself"):
        order().replace(note=circle).to_json()
