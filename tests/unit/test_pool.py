"""The connections that reads share: how long they are kept, and who closes which of them when."""

import asyncio
import collections
import contextlib
import errno
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import chessa
from chessa._call.events import Attempt, PreparedRequest
from chessa._credentials import Credentials, Secret
from chessa._transport.channels import AsyncOwnChannel, OwnChannel
from chessa._transport.default import AsyncDefaultTransport, DefaultTransport
from chessa._transport.endpoint import Endpoint
from chessa._transport.stacks import AsyncStack, Stack
from chessa._urls import read_base_url

from .calls import A_READ, A_WRITE, CREDENTIALS, Driver
from .raw_server import Connection, RawServer, answering
from .transports import Factory

STACKS = "chessa._transport.stacks"


@pytest.fixture
def server() -> Iterator[RawServer]:
    """Run a server that responds well to every request."""
    with RawServer(answering) as running:
        yield running


def test_a_connection_is_kept_for_a_while_only(
    driver: Driver, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was idle for too long is closed before a read could be lost on it."""
    assert driver(A_READ, A_READ, base_url=server.url) == [{"id": "t1"}] * 2
    assert server.accepted == 1
    monkeypatch.setattr(f"{STACKS}.IDLE_SECONDS", -1.0)  # older than that is every connection
    assert driver(A_READ, A_READ, base_url=server.url) == [{"id": "t1"}] * 2
    assert server.accepted == 3


def test_a_place_is_not_lost_with_a_connection_that_fails_to_close(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the only place is taken by a read that cannot begin, the next read has it."""
    monkeypatch.setattr(f"{STACKS}.MAX_CONNECTIONS", 1)
    monkeypatch.setattr(f"{STACKS}.IDLE_SECONDS", -1.0)
    failing = iter([True])
    close = AsyncDefaultTransport.close

    def failing_close(transport: AsyncDefaultTransport) -> None:
        close(transport)
        if next(failing, False):
            raise OSError(errno.EIO, "it does not close")

    async def main() -> list[Any]:
        async with chessa.AsyncChessa(
            **CREDENTIALS, base_url=server.url, max_retries=0, timeout=5
        ) as client:
            outcomes: list[Any] = []
            for _ in range(3):
                try:
                    outcomes.append(await client._performer.perform(*A_READ))
                except chessa.ChessaError as error:
                    outcomes.append(type(error))
            return outcomes

    monkeypatch.setattr(AsyncDefaultTransport, "close", failing_close)
    first, second, third = asyncio.run(main())
    assert (first, third) == ({"id": "t1"}, {"id": "t1"})
    assert second is chessa.ResponseError, "which says that it is safe to call again"
    assert len(server.ledger) == 2


def test_tasks_wait_for_a_place_until_their_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More reads than connections: the one that waits too long is NOT_SENT, the others go on."""
    monkeypatch.setattr(f"{STACKS}.MAX_CONNECTIONS", 1)
    answer = threading.Event()

    def play(connection: Connection) -> None:
        while connection.read_request():
            answer.wait(10)
            connection.answer("200 OK", b'{"id": "t1"}')

    async def main(url: str) -> None:
        async with chessa.AsyncChessa(**CREDENTIALS, base_url=url) as client:
            first = asyncio.create_task(client._performer.perform(*A_READ))
            await asyncio.sleep(0.1)
            impatient = client.with_options(timeout=0.2, max_retries=0)
            with pytest.raises(chessa.NotSentError) as caught:
                await impatient._performer.perform(*A_READ)
            assert (caught.value.cause, caught.value.timed_out) == ("PoolTimeout", True)
            answer.set()
            assert await first == await client._performer.perform(*A_READ) == {"id": "t1"}

    with RawServer(play) as server:
        asyncio.run(main(server.url))
    assert (len(server.ledger), server.accepted) == (2, 1)


def attempt(server: RawServer, *, is_read: bool = True) -> Attempt:
    """Return an attempt, as the state machine asks for it."""
    request = PreparedRequest("GET", server.url, "/v1/things/t1", ((b"host", b"api"),), None)
    credentials = Credentials(Secret("id"), Secret("secret"))
    return Attempt(request, credentials, is_read, time.monotonic() + 10, 1_000)


def endpoint(server: RawServer) -> Endpoint:
    """Return where connections to a server lead."""
    return Endpoint(read_base_url(server.url)[0])


def body(response: httpx.Response) -> bytes:
    """Read the body of a response."""
    assert isinstance(response.stream, httpx.SyncByteStream)
    return b"".join(response.stream)


async def body_async(response: httpx.Response) -> bytes:
    """Read the body of a response on asyncio."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return b"".join([chunk async for chunk in response.stream])


def stacked(server: RawServer) -> tuple[Endpoint, Stack[DefaultTransport]]:
    """Return an endpoint, and a stack of connections to it."""
    place = endpoint(server)
    return place, Stack(lambda: DefaultTransport(place, is_kept=True))


def test_a_place_comes_back_with_its_response(server: RawServer) -> None:
    """It is taken while a response arrives; a connection is kept only if all of it was read."""
    place, stack = stacked(server)
    places = stack._places.qsize()
    for was_read in (True, True, False, True):
        channel = OwnChannel(place, stack)
        response = channel.send(attempt(server))
        assert stack._places.qsize() == places - 1
        assert body(response) == b'{"id": "t1"}'
        channel.finish(was_read=was_read)
        assert stack._places.qsize() == places
        assert len(stack._idle) == was_read
    stack.close()
    assert server.accepted == 2


def test_a_write_takes_no_place_and_leaves_no_connection(server: RawServer) -> None:
    """Its connection is new, and closed at the end, however well that was."""
    place, stack = stacked(server)
    places = stack._places.qsize()
    for is_read in (True, False, True, False):
        channel = OwnChannel(place, stack)
        body(channel.send(attempt(server, is_read=is_read)))
        assert stack._places.qsize() == places - is_read
        channel.finish(was_read=True)
        assert (stack._places.qsize(), len(stack._idle)) == (places, 1)
    stack.close()
    assert server.accepted == 3


def test_an_async_place_comes_back_with_its_response(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same on asyncio: one place serves one read after the other."""
    monkeypatch.setattr(f"{STACKS}.MAX_CONNECTIONS", 1)

    async def main() -> None:
        place = endpoint(server)
        stack = AsyncStack(lambda: AsyncDefaultTransport(place, is_kept=True))
        for was_read in (True, True, False, True):
            async with asyncio.timeout(5):
                channel = AsyncOwnChannel(place, stack)
                response = await channel.send(attempt(server))
                assert stack._places.locked()
                assert await body_async(response) == b'{"id": "t1"}'
                await channel.finish(was_read=was_read)
                assert not stack._places.locked()
                assert len(stack._idle) == was_read
        stack.close()

    asyncio.run(main())
    assert server.accepted == 2


def test_a_stack_that_is_closed_keeps_nothing(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed while a connection is in use, which is closed in its turn when it comes back."""
    closed: list[DefaultTransport] = []
    close = DefaultTransport.close

    def noting(transport: DefaultTransport) -> None:
        closed.append(transport)
        close(transport)

    monkeypatch.setattr(DefaultTransport, "close", noting)
    place, stack = stacked(server)
    channel = OwnChannel(place, stack)
    body(channel.send(attempt(server)))
    stack.close()
    assert closed == []
    channel.finish(was_read=True)
    assert len(closed) == 1
    assert not stack._idle


def test_a_stack_closed_just_as_a_connection_comes_back_keeps_nothing(server: RawServer) -> None:
    """Another thread closes it after it was seen open: the last of the two closes what is there."""

    class ClosedWhenAdded(collections.deque[DefaultTransport]):
        """The idle connections of a stack that is closed at the moment in which one is added."""

        def append(self, transport: DefaultTransport) -> None:
            stack.close()
            super().append(transport)

    place, stack = stacked(server)
    stack._idle = ClosedWhenAdded()
    channel = OwnChannel(place, stack)
    body(channel.send(attempt(server)))
    channel.finish(was_read=True)
    assert not stack._idle


def test_a_client_closed_while_its_stack_is_made_keeps_nothing(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread closes it in the middle of the first read: no connection stays open."""
    made: list[Stack[Any]] = []

    def closing(make: Callable[[], Any]) -> Stack[Any]:
        client.close()
        made.append(Stack(make))
        return made[0]

    monkeypatch.setattr("chessa._transport.pools.Stack", closing)
    client = chessa.Chessa(**CREDENTIALS, base_url=server.url)
    with contextlib.suppress(chessa.NotSentError):
        assert client._performer.perform(*A_READ) == {"id": "t1"}
    assert [len(stack._idle) for stack in made] == [0]


def test_calls_in_flight_outlast_the_closing() -> None:
    """Closed while a read waits: the read ends as it would have, and then all connections do."""
    received, answer = threading.Event(), threading.Event()

    def play(connection: Connection) -> None:
        while connection.read_request():
            received.set()
            answer.wait(10)
            connection.answer("200 OK", b'{"id": "t1"}')

    async def main(url: str) -> None:
        client = chessa.AsyncChessa(**CREDENTIALS, base_url=url)
        reading = asyncio.create_task(client._performer.perform(*A_READ))
        await asyncio.to_thread(received.wait, 10)
        await client.aclose()
        answer.set()
        assert await reading == {"id": "t1"}
        with pytest.raises(chessa.NotSentError, match="the client is closed"):
            await client._performer.perform(*A_READ)

    with warnings.catch_warnings(), RawServer(play) as server:
        warnings.simplefilter("error")
        asyncio.run(main(server.url))


def test_two_first_reads_share_one_transport() -> None:
    """Two threads that make the shared transport at once: one is used, the other is closed."""
    both = threading.Barrier(2)
    factory = Factory(lambda request: httpx.Response(200, json={"id": "t1"}))

    def make() -> httpx.BaseTransport:
        both.wait(10)
        return factory()

    outcomes: list[Any] = []
    client = chessa.Chessa(**CREDENTIALS, transport=make)
    threads = [
        threading.Thread(target=lambda: outcomes.append(client._performer.perform(*A_READ)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert client._performer.perform(*A_READ) == {"id": "t1"}
    assert outcomes == [{"id": "t1"}] * 2
    assert (factory.made, factory.closed) == (2, 1)
    client.close()
    assert factory.closed == 2


def test_event_loops_that_take_turns_keep_their_connections(server: RawServer) -> None:
    """A second loop takes nothing from the first, which goes on with the connection that it had."""

    async def ask() -> Any:
        return await client._performer.perform(*A_READ)

    client = chessa.AsyncChessa(**CREDENTIALS, base_url=server.url)
    with asyncio.Runner() as first, asyncio.Runner() as second:
        assert [runner.run(ask()) for runner in (first, second, first)] == [{"id": "t1"}] * 3
        assert server.accepted == 2
        second.run(client.aclose())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_leaves_the_parents_async_connections_alone(server: RawServer) -> None:
    """A child makes its own in a loop of its own; the parent's stay open and uncrossed."""

    async def ask() -> Any:
        return await client._performer.perform(*A_READ)

    client = chessa.AsyncChessa(**CREDENTIALS, base_url=server.url)
    with asyncio.Runner() as runner:
        assert runner.run(ask()) == {"id": "t1"}
        with warnings.catch_warnings(action="ignore"):  # Python 3.12 warns of a fork with threads
            child = os.fork()
        if child == 0:  # another process
            asyncio.set_event_loop(None)
            status = 1
            try:
                thread = threading.Thread(target=lambda: results.append(asyncio.run(ask())))
                results: list[Any] = []
                thread.start()
                thread.join(20)
                status = 0 if results == [{"id": "t1"}] else 1
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert runner.run(ask()) == {"id": "t1"}
        runner.run(client.aclose())
    assert server.accepted == 2


def test_writes_take_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool that is full of reads holds up no write."""
    monkeypatch.setattr(f"{STACKS}.MAX_CONNECTIONS", 1)
    answer = threading.Event()

    def play(connection: Connection) -> None:
        while request := connection.read_request():
            if request.startswith(b"GET"):
                answer.wait(10)
            connection.answer("200 OK", b'{"id": "t1"}')

    with RawServer(play) as server, chessa.Chessa(**CREDENTIALS, base_url=server.url) as client:
        thread = threading.Thread(target=client._performer.perform, args=A_READ)
        thread.start()
        begun = time.monotonic()
        assert client._performer.perform(*A_WRITE) == {"id": "t1"}
        assert time.monotonic() - begun < 5
        answer.set()
        thread.join()


# ---- A pool that is stuck -----------------------------------------------------------------------


def test_a_pool_of_the_users_that_is_stuck_is_replaced(driver: Driver) -> None:
    """One that gives no connection any more gets no more reads; the next has a new one."""
    stuck: list[Any] = []

    class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if self is stuck[0]:
                raise httpx.PoolTimeout("no connection")
            return httpx.Response(200, json={"id": "t1"})

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return self.handle_request(request)

    def make() -> Any:
        stuck.append(Transport())
        return stuck[-1]

    first, *rest = driver(A_READ, A_READ, A_READ, transport=make, max_retries=0)
    assert isinstance(first, chessa.ResponseError)
    assert rest == [{"id": "t1"}] * 2
    assert len(stuck) == 2
    stuck.clear()
    assert driver(A_READ, transport=make) == [{"id": "t1"}], "the retry is sent to the new one"
