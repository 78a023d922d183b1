"""Connections under use: threads, event loops, forks, cancellations, closing in the middle.

Each leaves a client that works, and nothing behind.
"""

import asyncio
import gc
import multiprocessing
import os
import queue
import signal
import ssl
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpcore
import pytest

import chessa
from chessa import testing
from chessa._transport.stacks import Place
from chessa._transport.tls import make_context
from tests.marks import every

from .calls import A_READ, A_WRITE, CLIENT_SECRET, CREDENTIALS, READ, Driver
from .raw_server import Connection, RawServer, refusing_port

SANDBOX: dict[str, Any] = {
    "client_id": testing.Sandbox.client_id,
    "client_secret": testing.Sandbox.client_secret,
}


def echoing(connection: Connection) -> None:
    """Respond to each read with the id that it asked for."""
    while request := connection.read_request():
        thing = request.split(b" ")[1].rpartition(b"/")[2]
        connection.answer("200 OK", b'{"id": "%s"}' % thing)


@pytest.fixture
def server() -> Iterator[RawServer]:
    """Run a server that responds to each read with its id."""
    with RawServer(echoing) as running:
        yield running


def descriptors() -> int:
    """Return the number of open files and sockets."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def goes_back_to(before: int) -> bool:
    """Return whether as many are open again, soon: the server's ends are in this process too."""
    end = time.monotonic() + 5
    while descriptors() != before and time.monotonic() < end:
        time.sleep(0.01)
    return descriptors() == before


def ask(client: chessa.Chessa, thing_id: str) -> bool:
    """Return whether a read brings what it asked for."""
    answer: dict[str, str] = client._performer.perform(READ, {"thing_id": thing_id})
    return answer == {"id": thing_id}


async def ask_async(client: chessa.AsyncChessa, thing_id: str) -> bool:
    """`ask` on asyncio."""
    answer: dict[str, str] = await client._performer.perform(READ, {"thing_id": thing_id})
    return answer == {"id": thing_id}


def test_threads_share_a_client(server: RawServer) -> None:
    """Threads share a client: no error, no mixed-up response, no more connections than threads."""
    good: list[bool] = []
    with chessa.Chessa(**CREDENTIALS, base_url=server.url) as client:

        def work(number: int) -> None:
            good.extend(ask(client, f"{number}-{turn}") for turn in range(40))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert good == [True] * 640
    assert server.accepted <= 16


def test_tasks_share_a_client(server: RawServer) -> None:
    """Many tasks on one client, more than there are connections: no error, no mixed-up response."""

    async def main() -> None:
        async with chessa.AsyncChessa(**CREDENTIALS, base_url=server.url) as client:
            asked = [ask_async(client, str(number)) for number in range(300)]
            assert all(await asyncio.gather(*asked))

    asyncio.run(main())
    assert server.accepted <= 100


def test_one_client_serves_several_event_loops(server: RawServer) -> None:
    """`asyncio.run` three times with one client: each loop has its own connections."""
    client = chessa.AsyncChessa(**CREDENTIALS, base_url=server.url)
    before = descriptors()
    for turn in range(3):

        async def main(name: str) -> None:
            assert all(await asyncio.gather(*(ask_async(client, f"{name}{n}") for n in range(5))))

        asyncio.run(main(str(turn)))
        assert goes_back_to(before)
    asyncio.run(client.aclose())


def test_cancelled_calls_leave_a_working_client(server: RawServer) -> None:
    """After many cancellations at random moments, every call succeeds and no task is left."""

    async def main() -> None:
        async with chessa.AsyncChessa(**CREDENTIALS, base_url=server.url) as client:
            for turn in range(60):
                tasks = [asyncio.create_task(ask_async(client, f"{turn}-{n}")) for n in range(10)]
                await asyncio.sleep(0.0005 * (turn % 20))
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            begun = time.monotonic()
            assert all(await asyncio.gather(*(ask_async(client, str(n)) for n in range(100))))
            assert time.monotonic() - begun < 5
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def _child(client: chessa.Chessa, name: str, results: "multiprocessing.Queue[bool]") -> None:
    results.put(all(ask(client, f"{name}-{number}") for number in range(20)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_gets_connections_of_its_own(server: RawServer) -> None:
    """Two children and their parent use one client at once: each gets its own responses."""
    fork = multiprocessing.get_context("fork")
    with chessa.Chessa(**CREDENTIALS, base_url=server.url) as client:
        assert ask(client, "before")
        results: multiprocessing.Queue[bool] = fork.Queue()
        children = [
            fork.Process(target=_child, args=(client, name, results)) for name in ("a", "b")
        ]
        for child in children:
            child.start()
        assert all(ask(client, f"parent-{number}") for number in range(20))
        assert [results.get(timeout=20) for _ in children] == [True, True]
        for child in children:
            child.join(20)
            assert child.exitcode == 0
        assert ask(client, "after")
        results.close()
    parents = [request for request in server.ledger if b"/parent-" in request]
    assert (len(parents), server.accepted) == (20, 3)


def test_a_fork_in_the_middle_of_the_first_call_hangs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A child makes for itself what another thread was making when the process forked."""
    making, forked = threading.Event(), threading.Event()

    def slowly(**settings: bool) -> ssl.SSLContext:
        making.set()
        forked.wait(10)
        return make_context(**settings)

    monkeypatch.setattr("chessa._transport.pools.make_context", slowly)
    with refusing_port() as url:
        client = chessa.Chessa(
            **CREDENTIALS, base_url=url.replace("http:", "https:"), timeout=2, max_retries=0
        )
        thread = threading.Thread(target=failing, args=(client,))
        thread.start()
        making.wait(10)
        with warnings.catch_warnings(action="ignore"):  # Python 3.12 warns of a fork with threads
            child = os.fork()
        if child == 0:  # pragma: no cover - another process
            monkeypatch.undo()
            os._exit(0 if failing(client) else 1)
        forked.set()
        thread.join()
        assert os.waitpid(child, 0)[1] == 0


def failing(client: chessa.Chessa) -> bool:
    """Return whether a read fails because no server listens."""
    try:
        ask(client, "t1")
    except chessa.NotSentError:
        return True
    return False


def test_a_place_goes_back_by_itself() -> None:
    """However a call is interrupted, the right to a connection is neither lost nor duplicated."""
    places: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for _ in range(3):
        places.put(Place(places))
    taken = places.get()
    assert places.qsize() == 2
    taken.release()
    taken.release()
    assert places.qsize() == 3
    del taken
    assert places.qsize() == 3
    places.get()  # and drop it
    assert places.qsize() == 3


def test_calls_wait_for_a_place_until_their_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """More reads than connections: one waits, and the one that waits too long is NOT_SENT."""
    monkeypatch.setattr("chessa._transport.stacks.MAX_CONNECTIONS", 1)
    received, answer = threading.Event(), threading.Event()

    def play(connection: Connection) -> None:
        while request := connection.read_request():
            received.set()
            answer.wait(10)
            thing = request.split(b" ")[1].rpartition(b"/")[2]
            connection.answer("200 OK", b'{"id": "%s"}' % thing)

    with RawServer(play) as server, chessa.Chessa(**CREDENTIALS, base_url=server.url) as client:
        first = threading.Thread(target=ask, args=(client, "t1"))
        first.start()
        received.wait(10)
        with pytest.raises(chessa.NotSentError) as caught:
            ask(client.with_options(timeout=0.2, max_retries=0), "t2")
        assert caught.value.cause == "PoolTimeout"
        assert caught.value.timed_out
        answer.set()
        first.join()
        assert ask(client, "t3")
    assert (len(server.ledger), server.accepted) == (2, 1)


def test_closing_lets_calls_under_way_end() -> None:
    """`close` in another thread does not break a write in flight; later calls are refused."""
    received = threading.Event()

    def play(connection: Connection) -> None:
        connection.read_request()
        received.set()
        time.sleep(0.2)
        connection.answer("201 Created", b'{"id": "t1"}')

    with RawServer(play) as server:
        client = chessa.Chessa(**CREDENTIALS, base_url=server.url)

        def close() -> None:
            received.wait(5)
            client.close()

        thread = threading.Thread(target=close)
        thread.start()
        assert client._performer.perform(*A_WRITE) == {"id": "t1"}
        thread.join()
        with pytest.raises(chessa.NotSentError, match="client is closed"):
            client._performer.perform(*A_READ)


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals")
def test_ctrl_c_leaves_a_working_client() -> None:
    """Ctrl-C in a write comes out as itself, with a note and without the secret in its frames."""

    def play(connection: Connection) -> None:
        while request := connection.read_request():
            if request.startswith(b"POST"):
                os.kill(os.getpid(), signal.SIGINT)
                connection.wait_until_stopped()
            connection.answer("200 OK", b'{"id": "t1"}')

    before = descriptors()
    with RawServer(play) as server, chessa.Chessa(**CREDENTIALS, base_url=server.url) as client:
        with pytest.raises(KeyboardInterrupt) as caught:
            client._performer.perform(*A_WRITE)
        assert "whether it happened is unknown" in caught.value.__notes__[0]
        report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        lines = [line for line in report.format() if "CREDENTIALS" not in line]
        assert CLIENT_SECRET not in "".join(lines)
        assert ask(client, "t1")
    del caught, report, lines
    assert goes_back_to(before)


def test_what_is_held_of_a_client_keeps_working() -> None:
    """A resource, a copy or a view of a client without other references still calls."""
    held: dict[str, Callable[[], Any]] = {
        "a method": lambda: chessa.Chessa(**SANDBOX).orders.list,
        "a resource": lambda: chessa.Chessa(**SANDBOX).orders,
        "a copy": lambda: chessa.Chessa(**SANDBOX).with_options(timeout=5),
        "a resource of a copy": lambda: chessa.Chessa(**SANDBOX).with_options(timeout=5).orders,
        "raw responses": lambda: chessa.Chessa(**SANDBOX).with_raw_response.orders,
    }
    with testing.serve() as url:
        SANDBOX["base_url"] = url
        before = descriptors()
        for name, make in held.items():
            kept = make()
            gc.collect()
            for _ in range(2):
                answer = getattr(getattr(kept, "orders", kept), "list", kept)()
                assert getattr(answer, "parsed", answer).pagination.page == 1, name
            del kept
        assert goes_back_to(before), "and nothing is left once they are collected"


def test_nothing_is_left_open(server: RawServer) -> None:
    """Clients that were closed, or only forgotten, leave no socket behind."""
    before = descriptors()
    for _ in range(5):
        with chessa.Chessa(**CREDENTIALS, base_url=server.url) as client:
            ask(client, "1")
            client._performer.perform(*A_WRITE)
        ask(chessa.Chessa(**CREDENTIALS, base_url=server.url), "2")
        client = chessa.Chessa(**CREDENTIALS, base_url=server.url).with_options(timeout=5)
        ask(client, "3")
        del client
    assert goes_back_to(before)


# ---- Last, for a search unfreezes what the other tests need not collect --------------------------


@pytest.mark.parametrize("sent", every(2, [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", b""]))
def test_no_request_holds_the_credentials_while_an_answer_is_read(
    driver: Driver, sent: bytes
) -> None:
    """Once it is written, and once the response's head has come, no object holds them.

    The search finds what a frame or an object does hold.
    """
    gc.collect()
    waiting, go_on = threading.Event(), threading.Event()

    def play(connection: Connection) -> None:
        while connection.read_request():
            connection.send(sent)
            waiting.set()
            go_on.wait(5)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"[len(sent) :])

    with RawServer(play) as server:
        thread = threading.Thread(target=driver, args=[A_READ], kwargs={"base_url": server.url})
        thread.start()
        assert waiting.wait(5)
        time.sleep(0.1)  # what has been sent, let it be read
        received = [id(request) for request in server.ledger]
        local = b"GET / HTTP/1.1\r\nx-client-secret: " + CLIENT_SECRET.encode()
        owner = [local[:-1], local + b"!"]
        found = {id(request): request for request in requests_held()}
        go_on.set()
        thread.join()
    assert len(received) == 1, "what the server has received has the credentials"
    planted = {id(local), id(owner[1])}
    assert planted <= found.keys()
    assert [found[each] for each in found.keys() - planted - {*received}] == []


FORMS = {bytes, bytearray, memoryview, httpcore.Request}


def requests_held() -> list[object]:
    """Return the parts of a request with credentials that objects and frames hold."""
    frames: list[Any] = list(sys._current_frames().values())
    for frame in frames:
        frames += [frame.f_back] if frame.f_back is not None else []
    held = [thing for frame in frames for thing in frame.f_locals.values()]
    gc.unfreeze()
    held += gc.get_referents(*gc.get_objects())
    of_a_request = [thing for thing in held if type(thing) in FORMS]
    return [thing for thing in of_a_request if CLIENT_SECRET in _request_text(thing)]


def _request_text(thing: Any) -> str:
    """Return the text of a request; nothing for another object."""
    if isinstance(thing, httpcore.Request):
        return str(thing.headers)
    text = bytes(thing[:2000]).decode("latin-1")
    return text if text.startswith(("GET ", "POST ")) else ""
