"""List models as tables: flat rows, and the types that pandas and polars make of them."""

import datetime
from decimal import Decimal
from typing import Any

import pandas
import polars
import pytest

from chessa.models import Configurations, OrderList, OrderStatusHistory, RecipientList
from chessa.testing import sandbox

ORDERS = OrderList.from_dict(
    {
        "orders": [
            {
                "id": "ord_1",
                "status": "completed",
                "cryptoAmount": "0.05",
                "exchangeRate": "1E+2",
                "createdAt": "2025-03-18T06:05:27.754Z",
            },
            {
                "id": "ord_2",
                "status": "paused",
                "cryptoAmount": "1.2",
                "exchangeRate": "lots",
                "createdAt": "2025-03-18T08:05:27.123456789+02:00",
                "riskScore": 3,
            },
        ]
    }
)


def test_rows_are_flat_and_alike() -> None:
    """Each row has all columns; absent and misfit values are None, values are plain Python's."""
    first, second = ORDERS.rows()
    assert list(first) == list(second)
    assert first["crypto_amount"] == Decimal("0.05")
    assert (first["exchange_rate"], second["exchange_rate"]) == (Decimal(100), None)
    assert second["created_at"] == datetime.datetime(2025, 3, 18, 6, 5, 27, 123456, datetime.UTC)
    assert "riskScore" not in second
    assert {type(value) for row in (first, second) for value in row.values()} == {
        *(str, Decimal, datetime.datetime, type(None))
    }


def test_pandas_makes_columns_of_the_right_types() -> None:
    """Amounts stay Decimal and add up exactly; timestamps are aware."""
    frame = pandas.DataFrame(ORDERS.rows())
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"
    assert [frame["crypto_amount"].sum()] == [Decimal("1.25")]
    assert [*frame["status"]] == ["completed", "paused"]


def test_polars_makes_columns_of_the_right_types() -> None:
    """Amounts are of its Decimal, timestamps aware, statuses text."""
    frame = polars.DataFrame(ORDERS.rows())
    assert isinstance(frame.schema["crypto_amount"], polars.Decimal)
    assert frame.schema["created_at"] == polars.Datetime("us", "UTC")
    assert frame.schema["status"] == polars.String
    assert frame["crypto_amount"].sum() == Decimal("1.25")


def test_models_within_are_columns_of_their_own() -> None:
    """Their names are joined by a dot, also where no row has them; lists are lists of dicts."""
    payouts: list[dict[str, Any]] = [
        {"country": {"code": "ZW"}, "methods": [{"id": "m", "fields": [{"id": "f"}]}]},
        {"limits": {"min": 2}},
    ]
    made = Configurations.from_dict({"payouts": payouts})
    assert not hasattr(made, "rows")
    history = OrderStatusHistory.from_dict({"currentStatus": "created", "history": []})
    assert history.rows() == []


@pytest.mark.parametrize(
    "empty",
    [OrderList.from_dict({"orders": []}), RecipientList.from_dict({"recipients": []})],
    ids=lambda empty: type(empty).__name__,
)
def test_no_items_are_no_rows(empty: OrderList | RecipientList) -> None:
    """An empty list has no rows, and is falsy like a list."""
    assert (empty.rows(), len(empty), bool(empty)) == ([], 0, False)


def test_a_list_is_indexed_and_sliced() -> None:
    """As the list that it holds; a slice is a list, and an index past its end an IndexError."""
    assert ORDERS[0] is ORDERS.orders[0]
    assert ORDERS[-1].id == "ord_2"
    assert ORDERS[:1] == [ORDERS[0]]
    assert [row.id for row in reversed(ORDERS)] == ["ord_2", "ord_1"]
    with pytest.raises(IndexError):
        _ = ORDERS[2]


def test_what_the_sandbox_returns_is_a_table() -> None:
    """Each list operation gives rows."""
    with sandbox() as api, api.client() as chessa:
        order = api.add_order()
        assert [row["id"] for row in chessa.orders.list().rows()] == [order.id]
        assert chessa.recipients.list(currency="NGN").rows()[0]["currency"] == "NGN"
        assert chessa.orders.status_history(order.id).rows()[0]["status"] == "created"
