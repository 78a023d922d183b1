"""Names of servers: each address in turn, look-ups that fail, are late or never begin."""

import asyncio
import socket
import threading
import time
from typing import Any

import pytest

import chessa
from chessa import NotSentError

from .calls import A_READ, A_WRITE, CREDENTIALS, Driver, check_plain
from .raw_server import RawServer, answering

getaddrinfo = socket.getaddrinfo


def names(monkeypatch: pytest.MonkeyPatch, **known: list[str]) -> None:
    """Let these names have these addresses; all others stay as they are."""

    def look_up(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if str(host) in known:
            return [(2, 1, 6, "", (address, port)) for address in known[str(host)]]
        return getaddrinfo(host, port, *rest, **named)

    monkeypatch.setattr("socket.getaddrinfo", look_up)


def test_the_next_address_is_tried(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without a server at its first address is reached at its second."""
    names(monkeypatch, localhost=["127.0.0.9", "127.0.0.1"])
    with RawServer(answering) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        assert driver(A_WRITE, A_READ, base_url=url) == [{"id": "t1"}] * 2
    assert len(server.ledger) == 2


def test_the_last_address_tells_what_failed(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a server at any address nothing was sent, and the last failure is the cause."""
    names(monkeypatch, localhost=["127.0.0.9", "127.0.0.8"])
    (error,) = driver(A_WRITE, base_url="http://localhost:9", max_retries=0)
    assert isinstance(error, NotSentError)
    assert error.cause == "ConnectError: ECONNREFUSED"
    check_plain(error)


def test_a_name_without_an_address(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that finds nothing is a connection that cannot be made."""
    names(monkeypatch, localhost=[])
    (error,) = driver(A_WRITE, base_url="http://localhost:9", max_retries=0)
    assert isinstance(error, NotSentError)
    assert not error.timed_out
    check_plain(error)


def test_a_name_that_no_resolver_takes(driver: Driver) -> None:
    """A label longer than DNS allows is a name that does not exist, not an error of its own."""
    (error,) = driver(A_WRITE, base_url=f"https://{'a' * 64}.example", max_retries=0)
    assert isinstance(error, NotSentError)
    assert str(error.cause).startswith("ConnectError: name not resolved")
    check_plain(error)


def test_a_machine_without_another_thread(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the look-up finds no thread to run on, nothing was sent, and it is said why."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "chessa-resolver":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    (error,) = driver(A_WRITE, base_url="http://localhost:9", max_retries=0)
    assert isinstance(error, NotSentError)
    assert error.cause == "ConnectError: EAGAIN"
    check_plain(error)


def test_a_late_answer_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up that ends after its call is ignored by an event loop that goes on."""
    ended = threading.Event()

    def late(*_: Any, **__: Any) -> Any:
        time.sleep(0.4)
        ended.set()
        return [(2, 1, 6, "", ("127.0.0.1", 9))]

    async def main() -> None:
        complaints: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
        async with chessa.AsyncChessa(**CREDENTIALS, base_url="http://localhost:9") as client:
            quick = client.with_options(timeout=0.1, max_retries=0)
            with pytest.raises(NotSentError) as caught:
                await quick._performer.perform(*A_READ)
            assert caught.value.timed_out
        assert await asyncio.to_thread(ended.wait, 10)
        await asyncio.sleep(0.05)
        assert complaints == []

    monkeypatch.setattr("socket.getaddrinfo", late)
    asyncio.run(main())
