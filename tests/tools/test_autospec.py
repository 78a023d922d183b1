"""`unittest.mock.create_autospec` of a client or of its class, as docs/testing.md says."""

from typing import Any
from unittest.mock import AsyncMock, create_autospec

import pytest

from chessa import NotSentError, models
from tests.marks import table
from tests.unit.calls import CREDENTIALS

from .calls import ORDER, ORDER_ID, Mode


@pytest.fixture(params=["class", "client"])
def mock(mode: Mode, request: pytest.FixtureRequest) -> Any:
    """Return a mock that is specified by the class, or by a client with nothing to set on it."""
    if request.param == "class":
        return create_autospec(mode.client, instance=True)
    return create_autospec(mode.client(**CREDENTIALS), spec_set=True)


def test_the_class_has_the_classes_of_its_resources(mode: Mode) -> None:
    """An attribute of the class is the class of what a client has there; no client is needed."""
    with_client = type(mode.client(**CREDENTIALS).orders)
    assert mode.client.orders is with_client


def test_a_client_specifies_its_methods(mode: Mode, mock: Any) -> None:
    """A mock of a client is one by `isinstance`, and its methods return what they are told to."""
    order = models.Order.from_dict(ORDER["order"])
    mock.orders.retrieve.return_value = order

    async def body() -> Any:
        begun = mock.orders.retrieve(ORDER_ID)
        return await begun if mode.is_async else begun

    assert isinstance(mock, mode.client)
    assert mode.run(body()) is order
    mock.orders.retrieve.assert_called_once_with(ORDER_ID)
    assert isinstance(mock.orders.retrieve, AsyncMock) is mode.is_async


def test_a_method_of_a_mock_raises(mode: Mode, mock: Any) -> None:
    """A method of a mock raises an error of ours that it is told to."""
    mock.orders.request_refund.side_effect = NotSentError("made up")

    async def body() -> None:
        begun = mock.orders.request_refund(order_id=ORDER_ID, address="bc1qexample")
        if mode.is_async:
            await begun

    with pytest.raises(NotSentError, match="made up"):
        mode.run(body())


@table("name", ["configurations", "orders", "rates", "recipients", "users"])
def test_every_resource_is_specified(mock: Any, name: str) -> None:
    """No resource of a mock has a method that the client has not."""
    with pytest.raises(AttributeError):
        _ = getattr(mock, name).retrieve_everything


@table("arguments", [{}, {"address": "bc1qexample", "memo": "7"}])
def test_a_mock_takes_the_arguments_of_the_client(
    mode: Mode, mock: Any, arguments: dict[str, Any]
) -> None:
    """A call with an argument missing, or with an unknown one, is a TypeError."""

    async def body() -> None:
        begun = mock.orders.request_refund(order_id=ORDER_ID, **arguments)
        if mode.is_async:
            await begun

    with pytest.raises(TypeError, match="address" if not arguments else "memo"):
        mode.run(body())


def test_a_copy_with_options_is_specified_by_hand(mock: Any) -> None:
    """`with_options` of a mock returns a mock of anything, unless it is told to return the mock."""
    assert mock.with_options(timeout=5).orders.no_such_method
    mock.with_options.return_value = mock
    with pytest.raises(AttributeError):
        _ = mock.with_options(timeout=5).orders.no_such_method
    with pytest.raises(TypeError, match="time_out"):
        mock.with_options(time_out=5)


def test_no_credentials_are_needed_to_specify(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client that specifies a mock makes no connection, and takes any credentials."""
    monkeypatch.delenv("CHESSA_CLIENT_ID", raising=False)
    monkeypatch.delenv("CHESSA_CLIENT_SECRET", raising=False)
    mock = create_autospec(mode.client(client_id="any", client_secret="any"))
    assert mock.orders.retrieve
