"""The built-in transport against a server that misbehaves, in both modes.

Each fault: how often the server got the request, what the caller is told, and when. A read may
arrive up to three times, a write never more than once.
"""

import itertools
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import attrs

import chessa
from chessa import NotSentError, Outcome, OutcomeUnknownError, ResponseError
from tests.marks import table

from .calls import A_READ, A_WRITE, CLIENT_SECRET, READ, Call, Driver, check_plain
from .raw_server import Connection, Play, RawServer, after_request, answering, on_time, reset, send

NOT_SENT, REJECTED, UNKNOWN, DONE = Outcome
DEADLINE = 0.4


def dripping(start: bytes, drop: bytes) -> Play:
    """Send a start, then a drop every 50 ms until the server is stopped."""

    def play(connection: Connection) -> None:
        if connection.read_request():
            connection.send(start)
            while not connection.wait_until_stopped(0.05):
                connection.send(drop)

    return play


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b'{"id": "t1"}'


@attrs.frozen
class Fault:
    """A fault after the request was received, and what each kind of call is told."""

    play: Play
    write: Outcome
    read: type[chessa.ChessaError] = ResponseError
    reads: int = 3
    """How often a read is tried."""


RECEIVED = {
    "closed": Fault(after_request(), UNKNOWN),
    "reset": Fault(after_request(reset), UNKNOWN),
    "half a status line": Fault(after_request(send(b"HTTP/1.1 20")), UNKNOWN),
    "half the headers": Fault(after_request(send(HEAD)), UNKNOWN),
    "half the headers, reset": Fault(after_request(send(HEAD), reset), UNKNOWN),
    "half a body": Fault(after_request(send(HEAD + b"Content-Length: 99\r\n\r\n{")), DONE),
    "half a body, reset": Fault(
        after_request(send(HEAD + b"Content-Length: 99\r\n\r\n{"), reset), DONE
    ),
    "cut chunk": Fault(after_request(send(CHUNKED + b"ff\r\n{")), DONE),
    "bad chunk": Fault(after_request(send(CHUNKED + b"zz\r\n{")), DONE),
    "no length, cut": Fault(after_request(send(HEAD + b'\r\n{"id"')), DONE, reads=1),
    "no HTTP": Fault(after_request(send(b"220 smtp.example ESMTP\r\n\r\n")), UNKNOWN),
    "two lengths": Fault(
        after_request(send(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ")), UNKNOWN
    ),
    "header flood": Fault(after_request(send(HEAD + b"X: y\r\n" * 50_000)), UNKNOWN),
    "unsolicited 101": Fault(
        after_request(send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")),
        UNKNOWN,
    ),
    "redirect": Fault(
        after_request(lambda c: c.answer("302 Found", b"", "Location: http://127.0.0.1:1/")),
        UNKNOWN,
        chessa.ApiError,
        reads=1,
    ),
    "redirect without a place": Fault(
        after_request(lambda c: c.answer("307 Temporary Redirect", b"", "Location: http://[")),
        UNKNOWN,
        chessa.ApiError,
        reads=1,
    ),
    "HTML 502": Fault(
        after_request(lambda c: c.answer("502 Bad Gateway", b"<html>")), UNKNOWN, chessa.ServerError
    ),
    "HTML 200": Fault(after_request(lambda c: c.answer("200 OK", b"<html>")), DONE, reads=1),
    "empty 200": Fault(after_request(lambda c: c.answer("200 OK")), DONE, reads=1),
    "brotli": Fault(
        after_request(lambda c: c.answer("200 OK", b"x", "Content-Encoding: br")), DONE, reads=1
    ),
    "status 999": Fault(
        after_request(lambda c: c.answer("999 ?", BODY)), UNKNOWN, chessa.ApiError, reads=1
    ),
}


@table("fault", RECEIVED.values())
def test_a_write_that_was_received_is_sent_once_and_never_called_safe(
    driver: Driver, fault: Fault
) -> None:
    """Whatever comes back, the server has the write once, and the caller knows it may have run."""
    with RawServer(fault.play) as server:
        (error,) = driver(A_WRITE, base_url=server.url, timeout=5)
    assert isinstance(error, OutcomeUnknownError)
    assert error.outcome is fault.write
    assert (error.attempts, len(server.ledger)) == (1, 1)
    assert not error.timed_out
    check_plain(error)


@table("fault", RECEIVED.values())
def test_a_read_is_repeated_where_it_may_help(driver: Driver, fault: Fault) -> None:
    """A read is tried again after connection faults and five statuses, and no more than that."""
    with RawServer(fault.play) as server:
        (error,) = driver(A_READ, base_url=server.url, timeout=5)
    assert type(error) is fault.read
    assert error.attempts == len(server.ledger) == fault.reads
    check_plain(error)


DRIPS = {
    "silence": (after_request(lambda c: c.wait_until_stopped()), UNKNOWN),
    "status line": (dripping(b"HTTP/1.1 200 O", b"K"), UNKNOWN),
    "headers": (dripping(HEAD, b"X-Drip: 1\r\n"), UNKNOWN),
    "endless 103": (dripping(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), UNKNOWN),
    "body": (dripping(HEAD + b"Content-Length: 9999\r\n\r\n", b" "), DONE),
    "chunks": (dripping(CHUNKED, b"1\r\n \r\n"), DONE),
    "endless body": (dripping(HEAD + b"\r\n", b" "), DONE),
}


def test_drips_end_with_the_deadline(driver: Driver) -> None:
    """A server that keeps sending a little holds no call past its deadline."""
    meetings = list(itertools.product(DRIPS, (A_WRITE, A_READ)))
    with ThreadPoolExecutor(len(meetings)) as pool:
        for met in [pool.submit(meet_drip, driver, *meeting) for meeting in meetings]:
            met.result()


def meet_drip(driver: Driver, name: str, call: Call) -> None:
    """Have a call meet a server of its own that drips like this."""
    play, outcome = DRIPS[name]
    with RawServer(play) as server, on_time(DEADLINE):
        (error,) = driver(call, base_url=server.url, timeout=DEADLINE)
    assert isinstance(error, OutcomeUnknownError if call is A_WRITE else ResponseError), name
    assert error.timed_out, name
    assert error.outcome is (outcome if call is A_WRITE else UNKNOWN), name
    assert error.attempts == len(server.ledger) == 1, name


@table("leave", [lambda c: None, reset])
def test_a_connection_lost_before_the_request_was_sent_or_read(
    driver: Driver, leave: Callable[[Connection], object]
) -> None:
    """Lost before the first byte it is NOT_SENT, after it UNKNOWN; the evidence tells which."""
    with RawServer(leave) as server:
        (error,) = driver(A_WRITE, base_url=server.url, max_retries=0)
    assert isinstance(error, NotSentError | OutcomeUnknownError)
    assert error.outcome is (NOT_SENT if isinstance(error, NotSentError) else UNKNOWN)
    assert (error.attempts, server.accepted, server.ledger) == (1, 1, [])
    check_plain(error)


@table("leave", [lambda c: None, reset])
def test_a_connection_lost_after_the_first_byte_is_not_called_safe(
    driver: Driver, leave: Callable[[Connection], object]
) -> None:
    """Once a byte was sent, it may have been read: UNKNOWN, no retry."""

    def play(connection: Connection) -> None:
        connection.sock.recv(1)
        leave(connection)

    with RawServer(play) as server:
        (error,) = driver(A_WRITE, base_url=server.url)
    assert isinstance(error, OutcomeUnknownError)
    assert (error.outcome, error.attempts) == (UNKNOWN, 1)
    assert (server.accepted, server.ledger) == (1, [])


def test_writes_never_share_a_connection(driver: Driver) -> None:
    """Each write has a connection of its own; reads share one."""
    with RawServer(answering) as server:
        outcomes = driver(*[A_WRITE] * 3, *[A_READ] * 3, base_url=server.url)
    assert outcomes == [{"id": "t1"}] * 6
    assert server.accepted == 4


def glued(connection: Connection) -> None:
    """Respond to each request, and add the response to another."""
    number = 0
    while connection.read_request():
        number += 1
        mine = b'{"id": "t%d"}' % number
        other = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" + b'{"id": "bad"}'
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(mine) + mine + other)


def test_a_second_answer_is_nobodys(driver: Driver) -> None:
    """A response that follows another is never the response to the next call."""
    with RawServer(glued) as server:
        outcomes = driver(A_READ, A_READ, A_WRITE, A_READ, base_url=server.url)
    assert outcomes == [{"id": "t1"}] * 4
    assert server.accepted == 4


def unasked(connection: Connection) -> None:
    """Send a 408 in place of each response, as some servers do, and the response after it."""
    while request := connection.read_request():
        thing = request.split(b" ")[1].rpartition(b"/")[2]
        connection.answer("408 Request Timeout")
        connection.wait_until_stopped(0.02)
        connection.answer("200 OK", b'{"id": "%s"}' % thing)


def test_a_response_that_was_not_asked_for_shifts_no_other(driver: Driver) -> None:
    """A connection that brought anything but a success is not used again."""
    calls = [(READ, {"thing_id": f"t{number}"}) for number in range(4)]
    with RawServer(unasked) as server:
        for error in driver(*calls, base_url=server.url, max_retries=0):
            assert isinstance(error, chessa.ApiError)
            assert error.status_code == 408
        assert server.accepted == 4


def odd_lines(connection: Connection) -> None:
    """Respond with a head of bare line feeds, and add another response."""
    if connection.read_request():
        body = b'{"id": "t1"}\r\n\r\n'
        head = b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(body)
        connection.send(head + body + b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" + BAD)
    connection.read_request()


BAD = b'{"id": "bad"}'


def test_a_head_of_odd_lines_hides_no_second_answer(driver: Driver) -> None:
    """The end of the head is found as strictly as that of the body."""
    with RawServer(odd_lines) as server:
        outcomes = driver(A_READ, A_READ, base_url=server.url)
    assert outcomes == [{"id": "t1"}] * 2
    assert server.accepted == 2


FLOODS = {
    "chunk extensions": (CHUNKED, b"1;" + b"x" * 60_000 + b"\r\n \r\n"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 20_000 + b"\r\n\r\n"),
}


@table(("start", "flood"), FLOODS.values())
def test_a_flood_fills_no_memory(driver: Driver, start: bytes, flood: bytes) -> None:
    """Bytes outside the body are not kept either, however many come."""

    def play(connection: Connection) -> None:
        if connection.read_request():
            connection.send(start)
            while not connection.wait_until_stopped(0):
                connection.send(flood)

    with RawServer(play) as server:
        tracemalloc.start()
        try:
            for call in (A_READ, A_WRITE):
                (error,) = driver(call, base_url=server.url, timeout=0.5, max_retries=0)
                assert error.timed_out
            assert tracemalloc.get_traced_memory()[1] < 12_000_000
        finally:
            tracemalloc.stop()


def test_a_flood_while_a_request_is_sent_waits_its_turn(driver: Driver) -> None:
    """A server that sends and does not read is not listened to: what comes waits in the system."""
    sent = 0

    def play(connection: Connection) -> None:
        nonlocal sent
        connection.sock.recv(1)  # what comes before that is not heard at all
        connection.sock.settimeout(0.3)
        try:
            while sent < 64_000_000:
                sent += connection.sock.send(b"x" * 100_000)
        except TimeoutError:
            connection.wait_until_stopped()

    long = (A_WRITE[0], {"name": "n" * 24_000_000})
    with RawServer(play) as server:
        (error,) = driver(long, base_url=server.url, timeout=3.0, max_retries=0)
        assert isinstance(error, chessa.OutcomeUnknownError)
    assert sent < 32_000_000


def test_a_read_that_was_received_once_is_never_called_not_sent(driver: Driver) -> None:
    """The last attempt found no server, the first was received: UNKNOWN."""

    def play(connection: Connection) -> None:
        connection.read_request()
        server.refuse()

    with RawServer(play) as server:
        (error,) = driver(A_READ, base_url=server.url)
    assert isinstance(error, ResponseError)
    assert (error.outcome, error.attempts, len(server.ledger)) == (UNKNOWN, 3, 1)
    assert error.cause == "ConnectError: ECONNREFUSED"


def test_a_stale_connection_costs_a_read_nothing_but_a_repeat(driver: Driver) -> None:
    """A kept connection that closes on the next read is replaced, and the read is retried."""

    def play(connection: Connection) -> None:
        connection.read_request()
        connection.answer("200 OK", BODY)
        connection.read_request()

    with RawServer(play) as server:
        outcomes = driver(A_READ, A_READ, base_url=server.url)
    assert outcomes == [{"id": "t1"}] * 2
    assert (len(server.ledger), server.accepted) == (3, 2)


def test_a_connection_that_closed_while_idle_is_not_used(driver: Driver) -> None:
    """A FIN between two reads is seen before the second is sent."""

    def play(connection: Connection) -> None:
        connection.read_request()
        connection.answer("200 OK", BODY)

    def pause() -> str:
        time.sleep(0.05)
        return CLIENT_SECRET

    with RawServer(play) as server:
        outcomes = driver(A_READ, A_READ, base_url=server.url, client_secret=pause)
    assert outcomes == [{"id": "t1"}] * 2
    assert len(server.ledger) == 2
