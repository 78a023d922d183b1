"""vcrpy: calls are recorded from a server and replayed without it, without the credentials."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpcore
import pytest
import vcr

from chessa import NotFoundError, Outcome, OutcomeUnknownError
from tests.faults.fault import FaultServer, answering, healthy
from tests.marks import table
from tests.unit.raw_server import Connection, after_request

from .calls import (
    LIBRARIES,
    MODES,
    NOT_FOUND,
    READ,
    WRITE,
    Call,
    Mode,
    check_authorized,
    holds_credentials,
    lose,
)

CREDENTIAL_HEADERS = ["x-client-id", "x-client-secret"]

Performed = Callable[[str], Any]


def recorded(path: Path, perform: Performed, play: Any = answering, **settings: Any) -> str:
    """Record a call to a server; return the server's address."""
    with FaultServer(play) as server:
        with vcr.VCR(**settings).use_cassette(str(path), record_mode="all"):
            perform(server.url)
        (request,) = server.received
        check_authorized(request)
        return server.url


def replayed(path: Path, perform: Performed, url: str, **settings: Any) -> Any:
    """Replay a call whose server is closed; return its result or its error."""
    with vcr.VCR(**settings).use_cassette(str(path), record_mode="none") as tape:
        result = perform(url)
        assert tape.play_count == 1
    return result


def test_a_recorded_call_is_replayed(mode: Mode, call: Call, tmp_path: Path) -> None:
    """A result that was recorded is that of the server, and is the same without the server."""
    path = tmp_path / "cassette.yaml"
    results: list[Any] = []

    def perform(url: str) -> Any:
        results.append(mode.perform(call, base_url=url))
        return results[-1]

    url = recorded(path, perform)
    call.check(results[0])
    assert replayed(path, perform, url) == results[0]


def test_no_cassette_holds_the_credentials(mode: Mode, call: Call, tmp_path: Path) -> None:
    """The default client adds the credentials below what vcrpy records."""
    path = tmp_path / "cassette.yaml"
    recorded(path, lambda url: mode.perform(call, base_url=url))
    text = path.read_text(encoding="utf-8")
    assert call.path in text
    assert not holds_credentials(text)
    assert "x-client" not in text.lower()


@table("library", LIBRARIES)
@table("is_filtered", [False, True])
@table("brought", ["transport", "http_client"])
def test_a_transport_of_ones_own_needs_a_filter(
    mode: Mode, call: Call, tmp_path: Path, library: Any, is_filtered: bool, brought: str
) -> None:
    """Through a transport or client of the caller's the credentials are recorded unless filtered.

    Either way the call is replayed.
    """
    path = tmp_path / "cassette.yaml"
    settings = {"filter_headers": CREDENTIAL_HEADERS} if is_filtered else {}

    def perform(url: str) -> Any:
        if brought == "http_client":
            return mode.perform_over(lambda: mode.http_client(library), call, base_url=url)
        return mode.perform(call, base_url=url, transport=lambda: mode.transport(library))

    url = recorded(path, perform, **settings)
    assert holds_credentials(path.read_text(encoding="utf-8")) is not is_filtered
    call.check(replayed(path, perform, url, **settings))


def test_a_recorded_rejection_is_replayed(mode: Mode, call: Call, tmp_path: Path) -> None:
    """A 404 is a NotFoundError when it is recorded and when it is replayed."""
    path = tmp_path / "cassette.yaml"
    errors: list[Any] = []

    def not_found(connection: Connection) -> None:
        connection.answer("404 Not Found", json.dumps(NOT_FOUND).encode("ascii"))

    def perform(url: str) -> Any:
        errors.append(mode.perform(call, base_url=url))
        return errors[-1]

    replayed(path, perform, recorded(path, perform, after_request(not_found)))
    assert [type(error) for error in errors] == [NotFoundError, NotFoundError]
    assert {error.outcome for error in errors} == {Outcome.REJECTED}
    assert {error.code for error in errors} == {NOT_FOUND["error"]}


@table("settings", [{}, {"decode_compressed_response": True}])
def test_a_compressed_response_is_replayed(
    mode: Mode, call: Call, tmp_path: Path, settings: dict[str, Any]
) -> None:
    """A body that a server compressed unasked is read when recorded and when replayed."""
    path = tmp_path / "cassette.yaml"

    def compressed(connection: Connection) -> None:
        if request := connection.read_request():
            body = gzip.compress(healthy(request))
            connection.answer("200 OK", body, "Content-Encoding: gzip")

    def perform(url: str) -> Any:
        result = mode.perform(call, base_url=url)
        call.check(result)
        return result

    url = recorded(path, perform, compressed, **settings)
    replayed(path, perform, url, **settings)


def test_a_lost_response_is_not_recorded(mode: Mode, tmp_path: Path) -> None:
    """A write whose response is lost while it is recorded is UNKNOWN, and was sent once."""
    path = tmp_path / "cassette.yaml"

    with FaultServer(lose) as losing, vcr.use_cassette(str(path), record_mode="all") as tape:
        error = mode.perform(WRITE, base_url=losing.url)
        assert len(losing.received) == 1
    assert type(error) is OutcomeUnknownError
    assert error.outcome is Outcome.UNKNOWN
    assert len(tape) == 0


def test_reads_are_recorded_one_after_another(mode: Mode, tmp_path: Path) -> None:
    """One client records many calls and replays them in their order."""
    path = tmp_path / "cassette.yaml"
    calls = [READ, READ, WRITE, READ]

    async def body(url: str) -> None:
        async with mode.chessa(base_url=url) as client:
            for each in calls:
                each.check(await mode.result_of(client, each))

    with FaultServer(answering) as server:
        with vcr.use_cassette(str(path), record_mode="all"):
            mode.run(body(server.url))
        assert len(server.received) == len(calls)
    with vcr.use_cassette(str(path), record_mode="none") as tape:
        mode.run(body(server.url))
        assert tape.play_count == len(calls)


def test_outside_a_cassette_nothing_is_recorded(
    mode: Mode, call: Call, tmp_path: Path, server: FaultServer
) -> None:
    """A client that made calls within a cassette makes real ones after it."""
    path = tmp_path / "cassette.yaml"

    async def body() -> None:
        async with mode.chessa(base_url=server.url) as client:
            with vcr.use_cassette(str(path), record_mode="all") as tape:
                call.check(await mode.result_of(client, call))
            call.check(await mode.result_of(client, call))
            assert len(tape) == 1

    mode.run(body())
    assert len(server.received) == 2


@pytest.mark.parametrize("pool", [httpcore.ConnectionPool, httpcore.AsyncConnectionPool])
def test_a_recorder_of_httpcore_sees_no_credentials(
    call: Call, server: FaultServer, monkeypatch: pytest.MonkeyPatch, pool: Any
) -> None:
    """A recorder that replaces the method that sends in httpcore's pools (vcrpy 8.0) sees none."""
    seen: list[Any] = []
    mode = MODES[pool is httpcore.AsyncConnectionPool]
    name = "handle_async_request" if mode.is_async else "handle_request"
    real = getattr(pool, name)

    def record(self: Any, request: Any) -> Any:  # async: what it returns is awaited
        seen.append(list(request.headers))
        return real(self, request)

    monkeypatch.setattr(pool, name, record)
    call.check(mode.perform(call, base_url=server.url))
    assert len(seen) == 1
    assert not holds_credentials(seen)
