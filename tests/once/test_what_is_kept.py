"""The contents of an entry, and a replay where the response is not kept."""

import datetime
import decimal
import functools
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import attrs
import httpx
import pytest

import chessa
from chessa import Outcome
from chessa.testing import Sandbox
from chessa_api.api.orders import prepare_funding
from chessa_api.index import OPERATIONS
from tests.modes import Mode
from tests.samples import BANK_ACCOUNT, order_for

from .calls import ADDRESS, REFERENCE, client_of, posts
from .databases import KEY, Database

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY: Final = "Kanarienvogel"
NAME: Final = "Ada Kanari"
"""Of no example: the sandbox may invent those."""


def _again(mode: Mode, api: Sandbox, journal: Any, call: Any, **options: Any) -> list[Any]:
    """Make a call twice under one reference; return results or errors."""

    async def main() -> list[Any]:
        found: list[Any] = []
        async with client_of(mode, api, journal, **options) as client:
            for _ in range(2):
                try:
                    found.append(await mode.done(call(client.once(REFERENCE))))
                except chessa.ChessaError as error:
                    found.append(error)
        return found

    return mode.run(main())


def _writes() -> list[str]:
    return [name for name, operation in OPERATIONS.items() if not operation.is_read]


def _call(api: Sandbox, name: str, client: Any) -> Any:
    """Call a write by its name, with arguments that its resources need."""
    recipient = next(iter(api.recipients.values()), None) or api.add_recipient()
    order = next(iter(api.orders.values()), None) or api.add_order(recipient=recipient)
    if name == "orders.request_refund" and not api.refunds:
        order.fail()
    arguments: dict[str, dict[str, Any]] = {
        "orders.create": order_for(recipient, origin_amount=Decimal("12.50")),
        "orders.prepare_funding": {"order_id": order.id, "chain": "Solana"},
        "orders.request_refund": {"order_id": order.id, "address": ADDRESS},
        "recipients.create": {**BANK_ACCOUNT, "account_name": NAME},
        "recipients.deactivate": {"recipient_id": recipient.id},
        "users.submit_feedback": {"comment": CANARY},
    }
    resource, method = name.split(".")
    return getattr(getattr(client, resource), method)(**arguments[name])


@pytest.mark.parametrize("keep", [True, False], ids=["kept", "not kept"])
@pytest.mark.parametrize("name", _writes())
def test_every_write_is_replayed(
    name: str, keep: bool, mode: Mode, api: Sandbox, database: Database
) -> None:
    """A replay has the type and the value of the first, or says DONE where nothing can bring it."""
    journal = database.journal(keep_results=keep)
    first, second = _again(mode, api, journal, lambda client: _call(api, name, client))
    assert not isinstance(first, Exception), first
    operation = OPERATIONS[name]
    if keep and not operation.is_personal:
        assert (type(second), second) == (type(first), first)
    elif isinstance(second, chessa.OutcomeUnknownError):
        assert second.outcome is Outcome.DONE
        assert second.record is not None
        links = [link.operation for link in operation.links]
        assert name in ("orders.request_refund", "users.submit_feedback"), links
    else:
        assert type(second) is type(first)
        assert second.id == first.id
        assert [row for (row,) in database.execute("SELECT result FROM chessa_journal")] == [None]
    assert posts(api, name) == 1


def test_no_argument_and_no_secret_is_kept(
    mode: Mode, api: Sandbox, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """No column has an argument of a call, a credential, or a person's comment."""
    canaries = [CANARY, "0123456789", ADDRESS, NAME, api.client_id, api.client_secret, KEY]

    async def main() -> None:
        async with client_of(mode, api, database.journal(account=None)) as client:
            for name in _writes():
                await mode.done(_call(api, name, client.once(f"of {name}")))
                if name != "orders.request_refund":
                    await mode.done(_call(api, name, client))
            api.fail_next(400, message=CANARY, error="some_code")
            api.fail_next(500, message=CANARY)
            api.fail_next(502, html=True)
            for _ in range(3):
                with pytest.raises(chessa.ChessaError):
                    await mode.done(_call(api, "users.submit_feedback", client))

    mode.run(main())
    rows = database.execute("SELECT * FROM chessa_journal")
    assert len(rows) == 2 * len(_writes()) - 1 + 3
    for canary in canaries:
        kept = [row for row in rows if canary in repr(row)]
        assert not kept or canary == ADDRESS, (canary, kept)
        assert canary not in caplog.text


def test_a_replay_that_cannot_read_says_done(mode: Mode, api: Sandbox, database: Database) -> None:
    """Whatever becomes of the read, the write was made: no error of a read stands for it."""
    call = functools.partial(_call, api, "orders.prepare_funding")
    journal = database.journal(keep_results=False)
    faults: list[Callable[[], None]] = [
        lambda: api.fail_next(404, operation="orders.retrieve"),
        lambda: api.refuse_next_connection(operation="orders.retrieve"),
        lambda: api.fail_next(200, html=True, operation="orders.retrieve"),
    ]
    for number, fault in enumerate(faults):

        async def main(number: int = number, fault: Any = fault) -> Any:
            async with client_of(mode, api, journal) as client:
                await mode.done(call(client.once(f"reference {number}")))
                fault()
                with pytest.raises(chessa.ChessaError) as raised:
                    await mode.done(call(client.once(f"reference {number}")))
                return raised.value

        error = mode.run(main())
        assert type(error) is chessa.OutcomeUnknownError, error
        assert error.outcome is Outcome.DONE
        assert error.operation == "orders.prepare_funding"
        assert error.record is not None
        assert error.__cause__ is error.__context__ is None


def test_a_response_without_content_may_hold_anything(mode: Mode, database: Database) -> None:
    """Where the API documents no content, what it sends anyway does not cost the result."""
    operation = attrs.evolve(prepare_funding.PREPARE_FUNDING, responses={"204": None}, unwrap=None)
    for number, (status, body) in enumerate(
        [(204, b""), (200, b"<html>"), (200, b"\xff\xfe"), (200, b"\x00"), (200, b"null")]
    ):

        def respond(_: httpx.Request, status: int = status, body: bytes = body) -> httpx.Response:
            return httpx.Response(status, content=body)

        async def main(number: int = number, respond: Any = respond) -> list[Any]:
            settings = {
                "client_id": "id-1",
                "client_secret": "secret-1",
                "base_url": "https://x.invalid",
            }
            journal = database.journal()
            found = []
            async with (
                mode.opened(journal),
                mode.opened(
                    mode.client(**settings, transport=httpx.MockTransport(respond), journal=journal)
                ) as client,
            ):
                for _ in range(2):
                    performer = client.once(f"reference {number}").orders._performer
                    found.append(
                        await mode.done(
                            performer.perform(operation, {"order_id": "o-1", "chain": "Solana"})
                        )
                    )
            return found

        assert mode.run(main()) == [None, None], body
    assert database.states() == ["result"] * 5


def test_amounts_are_compared_exactly(mode: Mode, api: Sandbox, database: Database) -> None:
    """Neither the caller's decimal context nor the length of an amount blurs the comparison."""
    recipient = api.add_recipient()

    async def main() -> list[Any]:
        found: list[Any] = []
        async with client_of(mode, api, database.journal()) as client:
            for reference, amount in (
                ("a", Decimal("1500.25")),
                ("a", Decimal("1500.2500")),
                ("a", Decimal("1500.21")),
                ("b", Decimal("1.0000000000000000000000000000001")),
                ("b", Decimal("1.0000000000000000000000000000002")),
            ):
                with decimal.localcontext(decimal.Context(prec=4)):
                    try:
                        await mode.done(
                            client.once(reference).orders.create(
                                **order_for(recipient, origin_amount=amount)
                            )
                        )
                        found.append("result")
                    except chessa.ChessaError as error:
                        found.append(type(error).__name__)
        return found

    conflict = "ReferenceConflictError"
    assert mode.run(main()) == ["result", "result", conflict, "result", conflict]


def test_purged_results_are_read(mode: Mode, api: Sandbox, database: Database) -> None:
    """After a purge a replay reads what the API shows; the entry stays."""
    call = functools.partial(_call, api, "orders.prepare_funding")
    journal = database.journal()
    first, _ = _again(mode, api, journal, call)
    long_ago = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)

    async def main() -> list[int]:
        async with mode.opened(database.journal()) as other:
            purge = other.apurge if mode.is_async else other.purge
            counts = [await mode.done(purge(before=at)) for at in (long_ago, tomorrow, tomorrow)]
            latest = await mode.done(other.alatest(1) if mode.is_async else other.latest(1))
            assert [entry.operation for entry in latest] == ["orders.prepare_funding"]
            return counts

    assert mode.run(main()) == [0, 1, 0]
    (again, _) = _again(mode, api, database.journal(), call)
    assert (type(again), again.id) == (type(first), first.id)
    assert posts(api, "orders.prepare_funding") == 1


@pytest.mark.parametrize("escaped", [False, True])
def test_a_secret_that_a_server_sends_back_is_not_kept(
    escaped: bool, mode: Mode, database: Database
) -> None:
    """A response is stored without the client secret, in whatever notation it came."""
    secret = "a-client-secret-of-a-test"
    echoed = "".join(f"\\u{ord(letter):04x}" for letter in secret) if escaped else secret
    body = f'{{"refundId": "ref_1", "status": "pending", "reason": "{echoed}"}}'

    async def main() -> list[Any]:
        found: list[Any] = []
        async with mode.opened(database.journal()) as journal:
            client = mode.client(
                client_id="id-1",
                client_secret=secret,
                base_url="https://x.invalid",
                transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body.encode())),
                journal=journal,
            )
            async with mode.opened(client) as opened:
                for _ in range(2):
                    orders = opened.once(REFERENCE).orders
                    call = orders.request_refund(order_id="o-1", address=ADDRESS)
                    found.append(await mode.done(call))
        return found

    first, second = mode.run(main())
    assert (first.refund_id, second.refund_id) == ("ref_1", "ref_1")
    [(stored,)] = database.execute("SELECT result FROM chessa_journal")
    assert secret not in stored
    assert echoed not in stored
