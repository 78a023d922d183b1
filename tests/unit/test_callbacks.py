"""Other people's code in a call: hooks, credentials, transports, logging; slow, broken or odd.

None of it costs a result, sends anything late, or brings a bare exception or a secret out.
"""

import asyncio
import logging
import time
import types
from typing import Any

import httpx
import pytest

import chessa
from chessa import Hooks, Outcome, testing
from tests.marks import table

from .calls import A_READ, A_WRITE, CLIENT_SECRET, CREDENTIALS, DRIVERS, Driver, printed
from .transports import Factory, answers

OK = (200, {"id": "t1"})


# ---- Time that others take ----------------------------------------------------------------------


@table("taken_by", ["hook", "credentials"])
def test_nothing_is_sent_after_the_deadline(driver: Driver, taken_by: str) -> None:
    """Where hooks or credentials use the time up, no transport gets the request: NOT_SENT."""

    def slow(*_: object) -> str:
        time.sleep(0.2)
        return CLIENT_SECRET

    settings: dict[str, Any] = (
        {"hooks": Hooks(request=slow)} if taken_by == "hook" else {"client_secret": slow}
    )
    transport = answers(OK)
    (error,) = driver(A_WRITE, transport=transport, timeout=0.1, **settings)
    assert isinstance(error, chessa.NotSentError | chessa.ConfigurationError)
    assert (error.outcome, error.timed_out) == (Outcome.NOT_SENT, True)
    assert transport.requests == []


def test_the_sandbox_moves_no_money_after_the_deadline() -> None:
    """The in-process sandbox keeps the deadline as the built-in transport does."""
    with testing.sandbox() as api:
        order = api.add_order().fail()
        client = api.client(hooks=Hooks(request=lambda _: time.sleep(0.2)), timeout=0.1)
        with pytest.raises(chessa.NotSentError):
            client.orders.request_refund(order_id=order.id, address="bc1q")
        assert api.refunds == ()


def test_a_transport_that_does_not_close_holds_nothing_up() -> None:
    """Closing is given a moment; what was received is the result."""

    class Clinging(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(201, json={"id": "t1"})

        async def aclose(self) -> None:
            await asyncio.sleep(5)

    begun = time.monotonic()
    assert DRIVERS["async"](A_WRITE, A_WRITE, transport=Clinging) == [{"id": "t1"}] * 2
    assert time.monotonic() - begun < 4


# ---- Interruptions after the response -----------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (OK, "was carried out; the call was interrupted before"),
        (
            (400, {"error": "e", "message": "m", "statusCode": 400}),
            "was rejected by the API; the call was interrupted before",
        ),
        ((502, b"<html>"), "was interrupted while it was in flight"),
    ],
)
def test_an_interruption_in_a_hook_says_what_is_known(
    driver: Driver, answer: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Ctrl-C while the response hook runs: a note and a log line tell how the write ended."""

    def hook(record: object) -> None:
        raise KeyboardInterrupt

    with caplog.at_level(logging.DEBUG, "chessa"), pytest.raises(KeyboardInterrupt) as caught:
        driver(A_WRITE, transport=answers(answer), hooks=Hooks(response=hook))
    assert any(words in note for note in caught.value.__notes__)
    assert "things.create: " in caplog.text


def test_a_cancellation_in_a_hook_says_what_is_known() -> None:
    """The same of a task that is cancelled while its response hook waits."""

    async def hook(record: object) -> None:
        await asyncio.sleep(5)

    async def main() -> BaseException:
        settings: dict[str, Any] = {**CREDENTIALS, "transport": answers(OK)}
        async with chessa.AsyncChessa(**settings, hooks=Hooks(response=hook)) as client:
            task = asyncio.create_task(client._performer.perform(*A_WRITE))
            await asyncio.sleep(0.1)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as error:
                return error
        raise AssertionError("not cancelled")

    (note,) = asyncio.run(main()).__notes__
    assert "was carried out; the call was interrupted before" in note


def test_a_log_that_raises_costs_no_result(driver: Driver) -> None:
    """A filter of the application's that fails does not lose the response to a write."""

    def broken(record: object) -> bool:
        raise RuntimeError("broken filter")

    logger = logging.getLogger("chessa")
    logger.addFilter(broken)
    try:
        assert driver(A_WRITE, transport=answers(OK)) == [{"id": "t1"}]
    finally:
        logger.removeFilter(broken)


# ---- Odd things ---------------------------------------------------------------------------------


class Odd:
    """Something that a transport should not return."""

    def __init__(self, status_code: Any, raw: Any, stream: Any) -> None:
        self.status_code = status_code
        self.headers = types.SimpleNamespace(raw=raw)
        self.stream = stream


@table(
    "odd",
    [
        None,
        "a response",
        httpx.Response("200"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        Odd(400, [("Content-Type", "text/plain")], httpx.ByteStream(b"x")),
        Odd(200, None, httpx.ByteStream(b"{}")),
        Odd(200, [], "no stream"),
    ],
)
def test_whatever_a_transport_returns_is_an_error_of_ours(driver: Driver, odd: Any) -> None:
    """The error says that the request was sent and that its outcome is unknown."""
    read, write = driver(A_READ, A_WRITE, transport=Factory(lambda request: odd), max_retries=0)
    assert isinstance(read, chessa.ResponseError)
    assert isinstance(write, chessa.OutcomeUnknownError)
    assert write.outcome in (Outcome.UNKNOWN, Outcome.DONE)


def test_an_echoed_secret_stays_out_of_headers_and_ids(driver: Driver) -> None:
    """Headers and the request id of a response are shown without the secret, too."""
    headers = {"x-request-id": f"r-{CLIENT_SECRET}", "x-debug": CLIENT_SECRET}
    body = {"error": "e", "message": f"no {CLIENT_SECRET}", "statusCode": 400}
    for error in driver(A_READ, A_WRITE, transport=answers((400, body, headers)), max_retries=0):
        assert isinstance(error, chessa.BadRequestError)
        assert error.headers["x-debug"] == "..."
        assert CLIENT_SECRET not in printed(error)


def test_a_secret_from_a_future_is_not_shown() -> None:
    """Cancelled in the very moment in which it came, a secret is in no frame."""

    async def main() -> BaseException:
        futures: list[asyncio.Future[str]] = []

        def provide() -> "asyncio.Future[str]":
            futures.append(asyncio.get_running_loop().create_future())
            return futures[-1]

        settings: dict[str, Any] = {"client_id": "id-1", "client_secret": provide}
        client = chessa.AsyncChessa(**settings, transport=answers(OK))
        task = asyncio.create_task(client._performer.perform(*A_WRITE))
        await asyncio.sleep(0.05)
        futures[0].set_result(CLIENT_SECRET)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as error:
            return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
        raise AssertionError("not cancelled")

    assert CLIENT_SECRET not in printed(asyncio.run(main()))


def test_a_copy_of_a_closed_copy_is_closed() -> None:
    """Options open nothing again."""
    client = chessa.Chessa(**CREDENTIALS, transport=answers(OK))
    copied = client.with_options(timeout=5)
    copied.close()
    with pytest.raises(chessa.NotSentError, match="client is closed"):
        copied.with_options(timeout=6)._performer.perform(*A_READ)
    assert client._performer.perform(*A_READ) == {"id": "t1"}
