"""`AsyncChessa` needs asyncio: elsewhere a call ends at once, with one error that says so."""

import gc
import inspect
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import pytest

import chessa
from chessa import JournalRecord, Outcome
from chessa.flows import refund_safely, wait_for_order
from tests.faults.fault import FaultServer, answering
from tests.faults.leaks import CREDENTIALS
from tests.marks import table

from .scenarios import ADDRESS

Run: TypeAlias = Callable[[Coroutine[Any, Any, object]], BaseException | None]
CALLS: Final[dict[str, Callable[[chessa.AsyncChessa], Coroutine[Any, Any, object]]]] = {
    "read": lambda client: client.orders.retrieve("ord_1"),
    "write": lambda client: client.orders.request_refund(order_id="ord_1", address=ADDRESS),
    "raw": lambda client: client.orders.with_raw_response.retrieve("ord_1"),
    "refund_safely": lambda client: refund_safely(client, "ord_1", ADDRESS),
    "wait_for_order": lambda client: wait_for_order(client, "ord_1", timeout=60),
}


def by_hand(coroutine: Coroutine[Any, Any, object]) -> BaseException | None:
    """Drive a coroutine without any event loop, which it must not need."""
    try:
        coroutine.send(None)
    except BaseException as error:  # noqa: BLE001  # it is judged
        return error
    coroutine.close()
    raise AssertionError("it waits for something")


def by_trio(coroutine: Coroutine[Any, Any, object]) -> BaseException | None:
    """Await a coroutine under trio."""
    trio = pytest.importorskip("trio")

    async def run() -> BaseException | None:
        try:
            with trio.fail_after(10):
                await coroutine
        except BaseException as error:  # noqa: BLE001  # it is judged
            return error
        return None

    found: BaseException | None = trio.run(run)
    return found


@contextmanager
def everything_awaited() -> Iterator[None]:
    """Fail where a coroutine is left that was never awaited."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert not [str(each.message) for each in caught if "never awaited" in str(each.message)]


@pytest.mark.parametrize("run", [by_hand, by_trio])
@table("name", CALLS)
def test_a_call_ends_at_once(name: str, run: Run) -> None:
    """NOT_SENT, and the message says that no asyncio event loop is running; nothing is sent."""
    records: list[JournalRecord] = []
    with FaultServer(answering) as server:
        settings = {**CREDENTIALS, "base_url": server.url, "journal": records.append}
        client = chessa.AsyncChessa(**settings)
        with everything_awaited():
            coroutine = CALLS[name](client)
            assert inspect.iscoroutine(coroutine)
            error = run(coroutine)
            del coroutine
    assert isinstance(error, chessa.ConfigurationError)
    assert error.outcome is Outcome.NOT_SENT
    assert "no asyncio event loop is running" in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert server.accepted == 0
    assert records == []


def test_a_client_is_made_and_left_without_asyncio() -> None:
    """`async with` under no event loop waits for nothing and raises nothing."""

    async def use() -> None:
        async with chessa.AsyncChessa(**CREDENTIALS, base_url="http://127.0.0.1:9"):
            pass

    with everything_awaited():
        assert isinstance(by_hand(use()), StopIteration)
