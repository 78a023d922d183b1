"""Failures that should never happen: logs, closing, decoders, hooks, our own layers.

A call keeps its result, or says truly what is known: each test holds one of the two.
"""

import asyncio
import gzip
import logging
from collections.abc import Coroutine
from typing import Any

import attrs
import httpx
import pytest

import chessa
from chessa import Hooks, JournalRecord, NotSentError, Outcome, OutcomeUnknownError, ResponseError
from chessa._call.events import AttemptResult
from chessa._call.messages import build_error
from chessa._errors import Circumstances
from chessa.testing import sandbox
from chessa.testing._http.transport import AsyncInProcessTransport, InProcessTransport
from chessa_api import fields
from tests.credentials import ID_HEADER, SECRET_HEADER

from .calls import A_READ, A_WRITE, CREDENTIALS, READ, WRITE, Driver, check_plain
from .journals import opened_and_closed
from .transports import Both, Factory, answers

OK: Any = (201, {"id": "t1"})


def test_a_log_that_raises_at_every_line_costs_no_result(
    driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    """With the log on and a filter that fails, each line of it does, and the calls return."""
    asked: list[object] = []

    def broken(record: object) -> bool:
        asked.append(record)
        raise RuntimeError("broken filter")

    logger = logging.getLogger("chessa")
    logger.addFilter(broken)
    try:
        with caplog.at_level(logging.DEBUG, "chessa"):
            transport = answers((503, b""), OK)
            assert driver(A_READ, A_WRITE, transport=transport) == [{"id": "t1"}] * 2
    finally:
        logger.removeFilter(broken)
    assert len(asked) == 5, "two calls, one retry, two statuses that the spec does not list"


def test_a_transport_that_fails_to_close_costs_no_result(driver: Driver) -> None:
    """A call returns what it received, whatever closing the connection raises."""

    class Stuck(Both):
        def close(self) -> None:
            raise OSError("it does not close")

        async def aclose(self) -> None:
            raise OSError("it does not close")

    factory = answers(OK)
    outcomes = driver(A_WRITE, A_READ, A_WRITE, transport=lambda: Stuck(factory))
    assert outcomes == [{"id": "t1"}] * 3


def test_a_transport_may_take_the_credentials_off_itself(driver: Driver) -> None:
    """Headers that a transport removed from the request are not missed."""

    def handle(request: httpx.Request) -> httpx.Response:
        del request.headers[SECRET_HEADER]
        return httpx.Response(200, json={"id": "t1"})

    factory = Factory(handle)
    assert driver(A_READ, A_WRITE, transport=factory) == [{"id": "t1"}] * 2
    assert [request.headers.get(ID_HEADER) for request in factory.requests] == [None, None]


@attrs.frozen
class Broken:
    """A codec with a defect."""

    def decode(self, value: object) -> object:
        raise TypeError("a defect")

    def encode(self, value: object) -> object:
        return value


def test_a_decoder_that_fails_hides_no_outcome(driver: Driver) -> None:
    """A 2xx whose body defeats the decoder: the write is DONE, the read is worth another call."""
    broken: Any = Broken()
    read = attrs.evolve(READ, responses={"200": broken}), A_READ[1]
    write = attrs.evolve(WRITE, responses={"201": broken}), A_WRITE[1]
    failed_read, failed_write = driver(read, write, transport=answers((201, ["t1"])))
    assert isinstance(failed_read, ResponseError)
    assert isinstance(failed_write, OutcomeUnknownError)
    assert (failed_write.outcome, failed_write.cause) == (Outcome.DONE, "TypeError")
    for error in (failed_read, failed_write):
        check_plain(error)


def test_a_defect_of_the_transport_layer_comes_out_as_itself(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that is not the wire's is not swallowed, and never calls a write safe."""

    def fail(*_: object) -> Any:
        raise LookupError("a defect")

    records: list[JournalRecord] = []
    for name in ("send", "send_async"):
        monkeypatch.setattr(f"chessa._transport.pools.{name}", fail)
    with pytest.raises(LookupError, match="a defect") as caught:
        driver(A_WRITE, transport=answers(OK), journal=records.append)
    assert any("whether it happened is unknown" in note for note in caught.value.__notes__)
    assert opened_and_closed(records).outcome is Outcome.UNKNOWN


def test_a_gzipped_answer_is_a_result(driver: Driver) -> None:
    """The client asks for plain bodies, and takes a packed one all the same."""
    whole = gzip.compress(b'{"id": "t1"}')
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    assert driver(A_READ, transport=answers((200, whole, headers))) == [{"id": "t1"}]


def test_a_hook_that_returns_a_coroutine_is_not_left_hanging() -> None:
    """`Chessa` cannot wait for one: it is closed, never run, and the call goes on."""
    ran: list[object] = []

    async def later(info: object) -> None:
        ran.append(info)

    def hook(info: object) -> Coroutine[Any, Any, None]:
        return later(info)

    with chessa.Chessa(
        **CREDENTIALS, transport=answers(OK), hooks=Hooks(request=hook, response=hook)
    ) as client:
        assert client._performer.perform(*A_WRITE) == {"id": "t1"}
    assert ran == []


def test_a_client_that_its_own_hook_closes_sends_nothing() -> None:
    """Closed between the call's beginning and its first byte: NOT_SENT, with what to do."""
    factory = answers(OK)
    client = chessa.Chessa(
        **CREDENTIALS, transport=factory, hooks=Hooks(request=lambda info: client.close())
    )
    with pytest.raises(
        NotSentError, match=r"the client is closed\. .* Make a new client"
    ) as caught:
        client._performer.perform(*A_WRITE)
    assert (caught.value.outcome, caught.value.cause) == (Outcome.NOT_SENT, "ClientClosedError")
    assert factory.made == 0


def test_an_async_client_that_its_own_hook_closes_sends_nothing() -> None:
    """The same on asyncio, where the hook waits for the client to be closed."""
    factory = answers(OK)

    async def main() -> chessa.ChessaError:
        async def close(info: object) -> None:
            await client.aclose()

        client = chessa.AsyncChessa(**CREDENTIALS, transport=factory, hooks=Hooks(request=close))
        with pytest.raises(NotSentError, match="Make a new client") as caught:
            await client._performer.perform(*A_READ)
        return caught.value

    assert asyncio.run(main()).outcome is Outcome.NOT_SENT
    assert factory.made == 0


def test_a_call_that_was_not_sent_for_no_known_reason_says_just_that() -> None:
    """Where nothing is known of the failure, nothing is made up about it."""
    circumstances = Circumstances(operation="things.create", attempts=1)
    error = build_error(AttemptResult(), Outcome.NOT_SENT, circumstances, is_read=False)
    assert isinstance(error, NotSentError)
    assert (str(error), error.cause) == ("things.create was not sent.", None)


def test_raw_responses_on_asyncio_have_it_all() -> None:
    """An awaited raw response has status, headers, body and attempts."""

    async def main() -> chessa.RawResponse[Any]:
        transport = answers((503, b""), (200, {"id": "t1"}, {"X-Request-Id": "r-2"}))
        async with chessa.AsyncChessa(**CREDENTIALS, transport=transport) as client:
            return await client._performer.perform_raw(READ, {"thing_id": "t1"})

    raw = asyncio.run(main())
    assert raw.parsed == raw.envelope == {"id": "t1"}
    assert (raw.status_code, raw.attempts, raw.request_id) == (200, 2, "r-2")
    assert raw.body == b'{"id":"t1"}'


def test_the_sandboxes_transport_serves_other_clients() -> None:
    """Without the evidence of a call of ours it responds too, in both modes."""

    async def on_asyncio() -> int:
        transport = AsyncInProcessTransport(api.backend)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return (await client.get("/v1/users/me")).status_code

    with sandbox() as api:
        with httpx.Client(
            transport=InProcessTransport(api.backend), base_url="http://api"
        ) as client:
            assert client.get("/v1/users/me").status_code == 401
            assert client.get("/v1/users/me", timeout=None).status_code == 401
        assert asyncio.run(on_asyncio()) == 401


BODY_WHOLE = attrs.evolve(
    WRITE,
    arguments=(
        attrs.evolve(WRITE.arguments[0], location="body", codec=fields.array(fields.STRING)),
    ),
)


def test_extra_members_need_an_object() -> None:
    """A body that is a list has no place for extra_body: refused before anything is sent."""
    factory = answers(OK)
    with chessa.Chessa(**CREDENTIALS, transport=factory) as client:
        whole = client.with_options()._performer.perform(BODY_WHOLE, {"name": ["a"]})
        assert whole == {"id": "t1"}
        extra = client.with_options(extra_body={"b": 1})
        with pytest.raises(chessa.InvalidRequestError, match="its body is not an object"):
            extra._performer.perform(BODY_WHOLE, {"name": ["a"]})
    assert [request.content for request in factory.requests] == [b'["a"]']
