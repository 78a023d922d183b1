"""The life of a client and its calls: hooks, credentials, interruptions, options, closing, logs."""

import asyncio
import copy
import logging
import pickle
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

import chessa
from chessa import Hooks, Outcome, RequestInfo, ResponseInfo
from tests.credentials import SECRET_HEADER

from .calls import A_READ, A_WRITE, CLIENT_ID, CLIENT_SECRET, CREDENTIALS, DRIVERS, Driver, printed
from .calls import READ as READ_OPERATION
from .raw_server import on_time
from .transports import Factory, answers

OK = (200, {"id": "t1"})


def test_hooks_are_told_of_every_attempt(driver: Driver) -> None:
    """Before each attempt and after it, with operation, attempt, status and outcome, in order."""
    told: list[RequestInfo | ResponseInfo] = []
    hooks = Hooks(request=told.append, response=told.append)
    transport = answers((503, b"", {"x-request-id": "r-1"}), OK)
    driver(A_READ, transport=transport, hooks=hooks)
    first, second, third, fourth = told
    assert isinstance(first, RequestInfo)
    assert isinstance(second, ResponseInfo)
    assert (first.operation, first.method, first.path, first.attempt) == (
        "things.retrieve",
        "GET",
        "/v1/things/{thingId}",
        1,
    )
    assert (second.status_code, second.outcome, second.request_id) == (503, Outcome.REJECTED, "r-1")
    assert isinstance(third, RequestInfo)
    assert isinstance(fourth, ResponseInfo)
    assert (fourth.attempt, fourth.status_code, fourth.outcome) == (2, 200, None)
    assert len({record.call_id for record in told}) == 1
    assert CLIENT_SECRET not in repr(told)


def test_a_hook_that_raises_changes_nothing(
    driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    """A hook's exception is logged by its kind, and the call goes on."""

    def hook(record: object) -> None:
        raise ValueError(CLIENT_SECRET)

    transport = answers(OK)
    (result,) = driver(A_WRITE, transport=transport, hooks=Hooks(request=hook, response=hook))
    assert result == {"id": "t1"}
    assert len(transport.requests) == 1
    assert caplog.text.count("raised ValueError, ignored") == 2
    assert CLIENT_SECRET not in caplog.text


def test_async_hooks_are_awaited_by_the_async_client_only() -> None:
    """A coroutine function is awaited by AsyncChessa and refused by Chessa."""
    told: list[object] = []

    async def hook(record: object) -> None:
        await asyncio.sleep(0)
        told.append(record)

    hooks = Hooks(request=hook, response=hook)
    DRIVERS["async"](A_READ, transport=answers(OK), hooks=hooks)
    assert [type(record) for record in told] == [RequestInfo, ResponseInfo]
    with pytest.raises(chessa.ConfigurationError, match="only AsyncChessa"):
        chessa.Chessa(**CREDENTIALS, hooks=hooks)


def test_credentials_are_asked_once_per_call(driver: Driver) -> None:
    """Once for a call, not for each attempt; all attempts carry the same."""
    count = iter(range(100))
    transport = answers((503, b""))
    driver(A_READ, A_READ, transport=transport, client_secret=lambda: f"secret-{next(count)}")
    secrets = [seen[SECRET_HEADER] for seen in transport.seen]
    assert secrets == ["secret-0"] * 3 + ["secret-1"] * 3


def test_credentials_that_cannot_be_had_stop_the_call(driver: Driver) -> None:
    """Nothing is sent, and the error names the operation."""

    def broken() -> str:
        raise KeyError(CLIENT_SECRET)

    transport = answers(OK)
    (error,) = driver(A_WRITE, transport=transport, client_secret=broken)
    assert isinstance(error, chessa.ConfigurationError)
    assert (error.operation, error.attempts, error.outcome) == (
        "things.create",
        0,
        Outcome.NOT_SENT,
    )
    assert error.__context__ is None
    assert transport.requests == []


def test_slow_credentials_end_with_the_deadline() -> None:
    """An async callable that does not return holds a call no longer than its deadline."""

    async def slow() -> str:
        await asyncio.sleep(5)
        return "late"

    with on_time(0.2):
        (error,) = DRIVERS["async"](A_READ, client_secret=slow, timeout=0.2)
    assert isinstance(error, chessa.ConfigurationError)
    assert error.timed_out


def test_a_transport_that_hangs_ends_with_the_deadline() -> None:
    """The async client cancels what does not end by itself; a status that came is not forgotten."""

    class Hanging(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=Stalled())

    class Stalled(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(5)

    with on_time(0.2):
        (error,) = DRIVERS["async"](A_WRITE, transport=Hanging, timeout=0.2)
    assert (error.outcome, error.status_code, error.timed_out) == (Outcome.DONE, 200, True)


def test_an_echoed_secret_stays_out_of_the_error(driver: Driver) -> None:
    """A server that sends the secret back does not put it into an error, pickled or printed."""
    for body in (CLIENT_SECRET.encode(), f'{{"message": "{CLIENT_SECRET}"}}'.encode()):
        for error in driver(A_READ, A_WRITE, transport=answers((500, body)), max_retries=0):
            assert CLIENT_SECRET.encode() not in pickle.dumps(error)
            assert CLIENT_SECRET not in f"{error} {error!r} {vars(error)}"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_comes_out_as_it_is(interruption: type[BaseException]) -> None:
    """Ctrl-C is not wrapped; it carries a note on writes, and no frame that holds the secret."""

    def handle(request: httpx.Request) -> httpx.Response:
        header = request.headers[SECRET_HEADER]
        try:
            raise ValueError(header)
        except ValueError:
            raise interruption from None

    told: list[Any] = []
    hooks = Hooks(response=told.append)
    client = chessa.Chessa(**CREDENTIALS, transport=Factory(handle), hooks=hooks)
    with pytest.raises(interruption) as caught:
        client._performer.perform(*A_WRITE)
    assert "whether it happened is unknown" in caught.value.__notes__[0]
    assert caught.value.__context__ is None
    if interruption is not GeneratorExit:  # after that one, nothing may be awaited
        assert [record.outcome for record in told] == [Outcome.UNKNOWN]
    assert CLIENT_SECRET not in printed(caught.value)


def test_a_cancellation_comes_out_as_it_is() -> None:
    """A cancelled write is cancelled and on record as unknown; no frame holds the secret."""
    started = asyncio.Event()

    class Waiting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            header = request.headers[SECRET_HEADER]
            started.set()
            await asyncio.sleep(5)
            raise AssertionError(header)

    told: list[Any] = []

    async def main() -> None:
        hooks = Hooks(response=told.append)
        async with chessa.AsyncChessa(**CREDENTIALS, transport=Waiting, hooks=hooks) as client:
            task = asyncio.ensure_future(client._performer.perform(*A_WRITE))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert task.cancelled()
            assert CLIENT_SECRET not in printed(caught.value)

    asyncio.run(main())
    assert [record.outcome for record in told] == [Outcome.UNKNOWN]


def test_options_make_a_copy_that_shares_the_connections() -> None:
    """The copy differs in its options only; the original stays as it was, and open."""
    transport = answers(OK)
    client = chessa.Chessa(**CREDENTIALS, transport=transport)
    with client.with_options(extra_headers={"x-a": "1"}, timeout=1, max_retries=0) as narrow:
        twice = narrow.with_options(extra_query={"q": "2"})
        for one in (client, narrow, twice):
            one._performer.perform(*A_READ)
        assert transport.made == 1
    assert ["x-a" in seen for seen in transport.seen] == [False, True, True]
    assert [request.url.query for request in transport.requests] == [b"", b"", b"q=2"]
    with pytest.raises(chessa.NotSentError, match="client is closed"):
        narrow._performer.perform(*A_READ)
    client._performer.perform(*A_READ)
    twice._performer.perform(*A_READ)
    client.close()
    client.close()
    for one in (client, narrow, twice):
        with pytest.raises(chessa.NotSentError, match="client is closed"):
            one._performer.perform(*A_WRITE)
    assert (transport.made, transport.closed) == (1, 1)
    assert isinstance(twice, chessa.Chessa)


def test_an_async_client_can_be_closed_twice() -> None:
    """Closing is idempotent, and calls after it say what is wrong."""

    async def main() -> None:
        transport = answers(OK)
        client = chessa.AsyncChessa(**CREDENTIALS, transport=transport)
        copied = client.with_options(timeout=1)
        await copied._performer.perform(*A_READ)
        await copied.aclose()
        await client._performer.perform(*A_READ)
        await client.aclose()
        await client.aclose()
        with pytest.raises(chessa.NotSentError, match="client is closed"):
            await client._performer.perform(*A_READ)
        assert (transport.made, transport.closed) == (1, 1)

    asyncio.run(main())


@pytest.mark.parametrize("make", [chessa.Chessa, chessa.AsyncChessa])
def test_clients_are_not_pickled_or_copied(make: Callable[..., object]) -> None:
    """A client holds credentials and connections: serialising one is refused, and says why."""
    client = make(**CREDENTIALS)
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="with_options makes a copy"):
            take(client)


def test_raw_responses_have_it_all() -> None:
    """A raw response has status, headers, body bytes, attempts and time."""
    transport = answers((503, b""), (200, {"id": "t1"}, {"X-Request-Id": "r-2"}))
    client = chessa.Chessa(**CREDENTIALS, transport=transport)
    raw = client._performer.perform_raw(READ_OPERATION, {"thing_id": "t1"})
    assert raw.parsed == raw.envelope == {"id": "t1"}
    assert (raw.status_code, raw.attempts, raw.request_id) == (200, 2, "r-2")
    assert raw.headers["content-type"] == "application/json"
    assert b'"t1"' in raw.body
    assert raw.elapsed > 0


def test_the_log_says_only_what_it_may(driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    """A line for each call, retry and unlisted status: no URL, id, body or secret in any."""
    caplog.set_level(logging.DEBUG)
    transport = answers((503, {"private": "body"}), OK, (502, {"private": "body"}))
    driver((READ_OPERATION, {"thing_id": "t-private"}), A_WRITE, transport=transport)
    ours = [record for record in caplog.records if record.name == "chessa"]
    assert [record.levelname for record in ours] == ["INFO", "DEBUG", "DEBUG", "INFO", "WARNING"]
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "things.create: unknown, status=502 attempts=1" in text
    for leak in ("private", "/v1/", CLIENT_SECRET, CLIENT_ID):
        assert leak not in text
