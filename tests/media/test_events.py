"""Event streams over the wire: each event as it comes, and every way in which a stream ends."""

import asyncio
import contextlib
import gc
import time
import traceback
import warnings
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest

import chessa
from chessa import Outcome
from tests.faults import leaks
from tests.marks import every
from tests.modes import ASYNC, SYNC, Mode
from tests.pipeline.made import Package
from tests.unit.raw_server import Connection, RawServer

from .conftest import Api
from .plays import (
    HEAD,
    ONE,
    OPEN,
    SHORT,
    Play,
    chunked,
    drip,
    endless,
    opened,
    pause,
    reset,
    run,
    sends,
    step,
)
from .test_faults import TRANSPORTS


def test_events_come_one_by_one(api: Api, mode: Mode) -> None:
    """With their data as the spec describes it, and what the stream said of itself."""
    api.play = sends(
        b'id: a\nretry: 500\ndata: {"amount":\ndata: 1.10}\n\n',
        b': comment\n\nevent: paid\ndata: {"amount": 2}\n\ndata: {"amount": 3}\n',
    )
    (first, second), error = run(api, mode)
    assert error is None
    assert (first.data.amount, first.event, first.id, first.retry) == (
        *(Decimal("1.10"), "message", "a", 500),
    )
    assert (second.data.amount, second.event, second.id) == (2, "paid", "a")
    (request,) = api.received
    assert request.header("accept") == "text/event-stream"
    assert "last-event-id" not in request.head.lower()


def test_a_text_is_a_text(api: Api, mode: Mode) -> None:
    """Line by line, as UTF-8 whatever the server says."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;charset=latin-1\r\n\r\n"
    api.play = sends("data: {\u00fc\ndata\n\n".encode(), head=head)
    found, error = run(api, mode, "texts")
    assert error is None
    assert [event.data for event in found] == ["{\u00fc\n"]


def test_each_event_has_the_timeout_of_a_call(api: Api, mode: Mode) -> None:
    """A stream may take longer in all; what the caller does in between does not count."""
    api.play = sends(*[ONE] * 4, pause=SHORT / 2)
    found, error = run(api, mode, timeout=SHORT)
    assert (len(found), error) == (4, None)


def test_the_caller_takes_its_time(api: Api, mode: Mode) -> None:
    """Nor does a stream end while nothing waits for it."""

    async def main() -> int:
        async with (
            api.files(mode, timeout=SHORT) as files,
            opened(mode, files.events()) as events,
        ):
            pause(1.2 * SHORT)
            return sum([1 for _ in range(2) if await step(mode, events)])

    api.play = sends(ONE, ONE)
    assert mode.run(main()) == 2


def test_closing_early_closes_the_connection(api: Api, mode: Mode) -> None:
    """At once, and what has not been read is not given any more."""
    closed: list[bytes] = []

    def play(connection: Connection) -> None:
        connection.send(OPEN + ONE + ONE)
        closed.append(connection.receive())

    async def main() -> None:
        async with api.files(mode) as files:
            async with opened(mode, files.events(last_event_id="7")) as events:
                await step(mode, events)
                assert "open" in repr(events)
            assert await step(mode, events) is None
            assert "closed" in repr(events)
            await wait_for(closed, mode)

    api.play = play
    mode.run(main())
    assert closed == [b""]
    assert [each.header("last-event-id") for each in api.received] == ["7"]


async def wait_for(closed: list[bytes], mode: Mode) -> None:
    """Wait until the server has seen the end of the connection."""
    for _ in range(200):
        if mode.is_async:
            await asyncio.sleep(0)
        if closed:
            break
        pause(0.005)


def test_the_response_is_there_as_well(api: Api, mode: Mode) -> None:
    """Its status, headers and request id, with the stream as the result."""

    async def main() -> Any:
        async with api.files(mode) as files:
            raw = await mode.done(files.with_raw_response.events())
            async with mode.opened(raw.parsed) as events:
                await step(mode, events)
                assert events.last_event_id == "9"
            return raw

    api.play = sends(b"id: 9\n", ONE, head=HEAD + b"X-Request-Id: r1\r\n\r\n")
    raw = mode.run(main())
    assert (raw.status_code, raw.request_id, raw.body) == (200, "r1", b"")


# ---- Faults --------------------------------------------------------------------------------------


BROKEN: Final[dict[str, tuple[Play, str | None]]] = {
    "an end": (sends(ONE), None),
    "an end within an event": (sends(ONE, b"data: {"), None),
    "a cut": (chunked(ONE, b'data: {"amount"'), "RemoteProtocolError"),
    "a cut of a length": (
        sends(ONE, head=HEAD + b"Content-Length: 999\r\n\r\n"),
        "RemoteProtocolError",
    ),
    "a reset": (reset, "ReadError"),
    "endless comments": (endless(b": beat\n"), "time ran out"),
    "endless fields": (endless(b"id: x\n"), "time ran out"),
    "an endless line": (endless(b"data" * 200), "an event longer than 9000 bytes"),
    "endless lines": (endless(b"data: 1\n" * 99), "an event longer than 9000 bytes"),
    "silence": (sends(head=OPEN + ONE, pause=5), "time ran out"),
    "a drip": (drip, "time ran out"),
    "a misfit": (sends(ONE, b"data: 5\n\n", ONE), "DecodeError"),
    "not JSON": (sends(ONE, b"data: [DONE]\n\n", ONE), "DecodeError"),
    "not UTF-8": (sends(ONE, b'data: {"amount": 1, "x": "\xff"}\n\n'), "DecodeError"),
}


@pytest.mark.parametrize("transport", every(3, TRANSPORTS))
@pytest.mark.parametrize("method", every(2, ["events", "make_events"]))
@pytest.mark.parametrize("fault", BROKEN)
def test_a_stream_that_breaks_off(
    package: Package, mode: Mode, fault: str, method: str, transport: str
) -> None:
    """The events before it are given, then an error, in time: nothing changed, or it was done."""
    play, says = BROKEN[fault]

    def after_request(connection: Connection) -> None:
        if connection.read_request():
            play(connection)

    given = TRANSPORTS[transport](mode)
    seconds = SHORT if says == "time ran out" else 20
    with RawServer(after_request) as server:
        began = time.monotonic()
        found, error = run(
            *(Api(package, server), mode, method),
            timeout=seconds,
            transport=given,
            max_response_bytes=9_000,
        )
        took = time.monotonic() - began
        assert len(server.ledger) == 1
    assert [event.data.amount for event in found] == [Decimal("1.10")]
    if says is None:
        assert error is None
        return
    assert error is not None
    assert says in str(error)
    kind = chessa.ResponseError if method == "events" else chessa.OutcomeUnknownError
    outcome = Outcome.UNKNOWN if method == "events" else Outcome.DONE
    assert (type(error), error.outcome) == (kind, outcome)
    assert error.timed_out is (says == "time ran out")
    assert took < 10 * seconds


NOT_OPENED: Final = {
    "another type": (b"200 OK\r\nContent-Type: application/json", "it is not an event stream"),
    "no type": (b"200 OK", "it is not an event stream"),
    "gzip": (
        b"200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip",
        "a content coding that was not asked for",
    ),
    "nothing": (b"204 No Content\r\nContent-Type: text/plain", "it is not an event stream"),
}


@pytest.mark.parametrize("head", NOT_OPENED)
def test_what_is_not_an_event_stream(api: Api, mode: Mode, head: str) -> None:
    """It is an error of the call itself, with what is known of it, and the connection is closed."""
    status, says = NOT_OPENED[head]
    body = b"" if status.startswith(b"204") else ONE
    api.play = sends(body, head=b"HTTP/1.1 " + status + b"\r\nConnection: close\r\n\r\n")
    for method, outcome in (("events", Outcome.UNKNOWN), ("make_events", Outcome.DONE)):
        found, error = run(api, mode, method)
        assert found == []
        assert error is not None
        assert error.outcome is outcome
        assert says in str(error)


def test_a_read_is_retried_until_it_is_open(api: Api, mode: Mode) -> None:
    """Never after that; a write never is."""
    plays = [sends(head=b""), sends(head=b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")]

    def play(connection: Connection) -> None:
        (plays.pop() if plays else sends(ONE))(connection)

    api.play = play
    found, error = run(api, mode)
    assert (len(found), error, len(api.received)) == (1, None, 3)


def test_a_rejection_is_an_error_as_usual(api: Api, mode: Mode) -> None:
    """By its status, with its body."""
    api.status = "404 Not Found"
    api.body = b'{"statusCode": 404, "error": "nothing", "message": "no such thing"}'
    _, error = run(api, mode)
    assert isinstance(error, chessa.NotFoundError)
    assert error.code == "nothing"


@pytest.mark.parametrize("line", ['data: "{}"', 'data: {{"amount": "{}"}}', "data: {}"])
def test_no_traceback_shows_an_event(api: Api, mode: Mode, line: str) -> None:
    """A server may send the secret back: the variables of the frames do not hold it."""
    secret = leaks.CLIENT_SECRET.replace('"', "")
    api.play = sends(line.format(secret).encode() + b"\n\n")
    _, error = run(api, mode)
    assert error is not None
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = [
        name
        for frame in report.stack
        for name, text in (frame.locals or {}).items()
        if secret[:12] in text
    ]
    assert shown == []


# ---- Interruptions -------------------------------------------------------------------------------


def test_a_cancelled_wait_closes_the_stream(api: Api) -> None:
    """It comes out as itself; asking again is an error, and not the end."""
    closed: list[bytes] = []

    def play(connection: Connection) -> None:
        connection.send(OPEN)
        closed.append(connection.receive())

    async def main() -> None:
        async with api.files(ASYNC) as files, await files.events() as events:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(events), 0.1)
            with pytest.raises(chessa.ResponseError, match="an exception closed the stream"):
                await step(ASYNC, events)
            await wait_for(closed, ASYNC)
            assert closed == [b""]

    api.play = play
    asyncio.run(main())


def test_an_error_is_raised_again(api: Api, mode: Mode) -> None:
    """A caller that goes on after an error does not take it for the end."""

    async def main() -> None:
        async with api.files(mode) as files, opened(mode, files.events()) as events:
            for _ in range(2):
                with pytest.raises(chessa.ResponseError, match="DecodeError"):
                    await step(mode, events)

    api.play = sends(b"data: 5\n\n")
    mode.run(main())


def test_a_stream_that_is_dropped_is_closed(api: Api, mode: Mode) -> None:
    """With a warning, and without a task or a socket that is left."""
    closed: list[bytes] = []

    def play(connection: Connection) -> None:
        connection.send(OPEN)
        closed.append(connection.receive())

    async def main() -> None:
        async with api.files(mode) as files:
            events = await mode.done(files.events())
            assert "open" in repr(events)
            with warnings.catch_warnings(record=True, action="always") as told:
                del events
                gc.collect()
            assert [str(each.message) for each in told if "EventStream" in str(each.message)]
            await wait_for(closed, mode)

    api.play = play
    mode.run(main())
    assert closed == [b""]


def test_a_hook_that_is_interrupted_leaves_no_stream(api: Api, mode: Mode) -> None:
    """A stream that no caller gets is closed."""

    class Stop(BaseException):
        """An interruption."""

    def stop(_: object) -> None:
        raise Stop

    api.play = sends(ONE, pause=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Stop):
            run(api, mode, hooks=chessa.Hooks(response=stop))
        gc.collect()


# ---- Transports ----------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", ["direct", "httpx"])
def test_a_client_of_the_callers(api: Api, mode: Mode, inner: str) -> None:
    """The deadline is moved there as well."""
    made: Any = httpx.AsyncClient if mode.is_async else httpx.Client
    transport = TRANSPORTS[inner](mode)

    async def main() -> int:
        async with (
            mode.opened(made(transport=transport)) as client,
            api.files(mode, timeout=SHORT, http_client=client) as files,
            opened(mode, files.events()) as events,
        ):
            return len([0 for _ in range(4) if await step(mode, events)])

    api.play = sends(*[ONE] * 4, pause=SHORT / 2)
    assert mode.run(main()) == 4


def test_a_mock(api: Api, mode: Mode) -> None:
    """A response that is there complete is read as one that comes."""

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=ONE * 2, headers={"content-type": "text/event-stream"})

    found, error = run(api, mode, transport=httpx.MockTransport(respond))
    assert (len(found), error) == (2, None)


def test_many_streams_keep_no_read_waiting(api: Api) -> None:
    """Each has a connection of its own, and none of those that reads share."""

    def play(connection: Connection) -> None:
        if b"/csv" in connection.server.ledger[-1]:
            connection.answer("200 OK", b"x", "Content-Type: text/csv")
        else:
            sends(pause=5)(connection)

    found: list[str] = []

    async def main() -> None:
        async with api.files(SYNC, timeout=2) as files:
            with contextlib.ExitStack() as streams, contextlib.suppress(chessa.NotSentError):
                for _ in range(101):
                    streams.enter_context(files.events())
                found.append(files.statement())

    api.play = play
    SYNC.run(main())
    assert found == ["x"]
