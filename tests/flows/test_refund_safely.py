"""`refund_safely` against an API that loses responses and shows refunds late, without a journal."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import chessa
from chessa import Outcome, flows
from chessa.flows import Confirmed, NotApplied, StillUnknown, _steps, refund_safely, wait_for_order
from chessa.flows._refund import shows_refund_to
from chessa.flows._steps import Find
from chessa.models import Order, OrderStatus
from chessa.testing import Sandbox, SandboxOrder
from chessa.testing._domain import serializers
from tests.marks import table

from .runs import ADDRESS, READ, REFUND, ManualTime, Run, interrupt, operations, refund

Lose = Callable[[Sandbox], None]
LOST: dict[str, Lose] = {
    "connection": lambda api: api.lose_next_answer(operation=REFUND),
    "502": lambda api: api.fail_next(502, html=True, acts=True, operation=REFUND),
    "503 envelope": lambda api: api.fail_next(503, acts=True, operation=REFUND),
    "HTML 200": lambda api: api.fail_next(200, html=True, acts=True, operation=REFUND),
    "409": lambda api: api.fail_next(409, acts=True, operation=REFUND),
}


def test_the_public_functions_take_either_client(api: Sandbox, order: SandboxOrder) -> None:
    """Defaults, tag and time reach the flow; under `AsyncChessa` each returns a coroutine."""
    sent = refund_safely(api.client(), order.id, ADDRESS, "77", timeout=9)
    other = api.add_order().fail()

    async def main() -> Any:
        async with api.async_client() as client:
            assert (await wait_for_order(client, order.id)).status == OrderStatus.FAILED
            return await refund_safely(client, other.id, ADDRESS)

    assert isinstance(sent, Confirmed)
    assert isinstance(asyncio.run(main()), Confirmed)
    assert [made.tag for made in api.refunds] == ["77", None]
    assert wait_for_order(api.client(), order.id, ["failed"], 9).status == OrderStatus.FAILED


@pytest.mark.parametrize("spelling", ["failed", "FAILED", "Failed"])
def test_a_refund_with_a_response_is_confirmed(
    run: Run, api: Sandbox, order: SandboxOrder, spelling: str
) -> None:
    """The order is read and the refund sent once, in whatever case the status is spelled."""
    result = run(refund, order.force_status(spelling).id, ADDRESS, "77")
    (made,) = api.refunds
    assert isinstance(result, Confirmed)
    assert result.refund is not None
    assert result.refund.refund_id == made.id
    assert (result.error, result.reads, result.order.id) == (None, 0, order.id)
    assert (made.address, made.tag, operations(api)) == (ADDRESS, "77", [READ, REFUND])


STATES: dict[str, Callable[[SandboxOrder], object]] = {
    "created": lambda order: order,
    "waiting_for_funding": lambda order: order.advance(),
    "waiting_for_confirmations": lambda order: order.advance().advance(),
    "funds_received": lambda order: order.advance().advance().advance(),
    "processing_payout": lambda order: order.advance().advance().advance().advance(),
    "processing": lambda order: order.force_status("processing"),
    "cancelled_by_payer": lambda order: order.fail().force_status("cancelled_by_payer"),
    "Completed": lambda order: order.complete().force_status("Completed"),
    "completed": lambda order: order.complete(),
}


@pytest.mark.parametrize("state", STATES)
def test_an_order_that_did_not_fail_is_not_refunded(run: Run, api: Sandbox, state: str) -> None:
    """An order on its way, completed, or in an unknown status is refused before sending."""
    order = api.add_order()
    STATES[state](order)
    with pytest.raises(flows.NotRefundableError, match=state) as caught:
        run(refund, order.id, ADDRESS)
    error = caught.value
    assert (error.outcome, error.status, error.order_id) == (Outcome.NOT_SENT, state, order.id)
    assert isinstance(error, chessa.InvalidRequestError)
    assert operations(api) == [READ]


def test_an_order_that_shows_a_refund_is_not_refunded_again(
    run: Run, api: Sandbox, order: SandboxOrder
) -> None:
    """A job that starts over can tell this error from the others."""
    run(refund, order.id, ADDRESS)
    with pytest.raises(flows.AlreadyRefundedError) as caught:
        run(refund, order.id, ADDRESS)
    error = caught.value
    assert (error.outcome, error.__cause__, error.__context__) == (Outcome.NOT_SENT, None, None)
    assert operations(api) == [READ, REFUND, READ]


def test_nothing_is_sent_unless_the_order_was_read(
    run: Run, api: Sandbox, time: ManualTime, order: SandboxOrder
) -> None:
    """The error of the read says why; time that ran out meanwhile is NOT_SENT."""
    with pytest.raises(chessa.NotFoundError):
        run(refund, "no such order", ADDRESS)
    api.fail_next(503, operation=READ)
    with pytest.raises(chessa.ServerError):
        run(refund, order.id, ADDRESS)
    late = chessa.Hooks(response=lambda _: setattr(time, "now", time.now + 100))
    with pytest.raises(chessa.NotSentError, match="time ran out") as caught:
        run(refund, order.id, ADDRESS, timeout=50, options={"hooks": late})
    assert caught.value.timed_out
    assert operations(api) == [READ] * 3


def test_arguments_that_cannot_be_used_are_errors(
    run: Run, api: Sandbox, order: SandboxOrder
) -> None:
    """A mistake of the caller's is not a result of a refund."""
    for mistake in (("", ADDRESS), (order.id, 17), (order.id, ADDRESS, 17)):
        with pytest.raises(chessa.InvalidRequestError):
            run(refund, *mistake)
    for timeout in (0, -1, float("nan"), None, "1"):
        with pytest.raises(chessa.ConfigurationError):
            run(refund, order.id, ADDRESS, timeout=timeout)
    assert REFUND not in operations(api)


# ---- A refund that was certainly not made -------------------------------------------------------


def test_a_refund_that_was_not_sent_is_not_applied(
    run: Run, api: Sandbox, order: SandboxOrder
) -> None:
    """Without a connection: NotApplied, with the order as it was read before."""
    api.refuse_next_connection(operation=REFUND)
    result = run(refund, order.id, ADDRESS)
    assert isinstance(result, NotApplied)
    assert isinstance(result.error, chessa.NotSentError)
    assert (result.order_id, result.order.id, api.refunds) == (order.id, order.id, ())


def test_a_refund_that_was_rejected_is_not_applied(
    run: Run, api: Sandbox, order: SandboxOrder
) -> None:
    """The API rejected it: NotApplied, with the order as read again, which may say why."""
    api.show_refunds_late(reads=1)
    api.client().orders.request_refund(order_id=order.id, address="another")
    result = run(refund, order.id, ADDRESS)
    assert isinstance(result, NotApplied)
    assert isinstance(result.error, chessa.BadRequestError)
    assert (result.error.outcome, len(api.refunds)) == (Outcome.REJECTED, 1)
    assert result.order.refund is not None


def test_a_rejection_whose_second_read_fails_is_a_rejection(
    run: Run, api: Sandbox, order: SandboxOrder
) -> None:
    """The result does not depend on the second read."""
    api.fail_next(400, operation=REFUND)

    def lose_next_read(record: chessa.ResponseInfo) -> None:
        if record.operation == REFUND:
            api.lose_next_answer(operation=READ)

    options = {"hooks": chessa.Hooks(response=lose_next_read)}
    result = run(refund, order.id, ADDRESS, options=options)
    assert isinstance(result, NotApplied)
    assert (result.error.outcome, result.order.status) == (Outcome.REJECTED, OrderStatus.FAILED)
    assert operations(api) == [READ, REFUND, READ]


# ---- A lost response ----------------------------------------------------------------------------


@pytest.mark.parametrize("late", [0, 1, 5])
@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
def test_a_lost_response_is_confirmed_by_the_order(
    run: Run, api: Sandbox, order: SandboxOrder, lose: Lose, late: int
) -> None:
    """The order shows the refund, at once or late: Confirmed, and sent once."""
    api.show_refunds_late(reads=late)
    lose(api)
    result = run(refund, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert (result.refund, result.reads, len(api.refunds)) == (None, late + 1, 1)
    assert result.order.refund is not None
    assert isinstance(result.error, chessa.OutcomeUnknownError)
    assert operations(api) == [READ, REFUND, *[READ] * (late + 1)]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"status": 502, "acts": True}, Outcome.UNKNOWN),
        ({"status": 502, "acts": False}, Outcome.UNKNOWN),
        ({"status": 200, "html": True, "acts": True}, Outcome.DONE),
    ],
)
def test_a_refund_that_does_not_show_is_unknown(
    run: Run, api: Sandbox, time: ManualTime, order: SandboxOrder, fault: Any, outcome: Outcome
) -> None:
    """Read with growing waits until time runs out; sent once; its absence proves nothing."""
    api.show_refunds_late(reads=10_000)
    api.fail_next(**fault, operation=REFUND)
    result = run(refund, order.id, ADDRESS, timeout=30)
    assert isinstance(result, StillUnknown)
    assert (result.error.outcome, result.order.refund) == (outcome, None)
    assert result.read_error is None
    assert 29 <= time.now - 1_000 <= 30
    assert time.waits[:3] == [0.5, 0.75, 1.125]
    assert operations(api) == [READ, REFUND, *[READ] * result.reads]
    assert result.reads >= 6


def test_reads_that_fail_are_retried(
    run: Run, api: Sandbox, time: ManualTime, order: SandboxOrder
) -> None:
    """A lost connection, a lost response, 429 and 5xx are waited out."""
    api.lose_next_answer(operation=REFUND)
    api.show_refunds_late(reads=2)
    faults: list[Callable[[], None]] = [
        lambda: api.refuse_next_connection(operation=READ),
        lambda: api.lose_next_answer(operation=READ),
        lambda: api.fail_next(429, operation=READ, headers={"retry-after": "3"}),
        lambda: api.fail_next(500, html=True, operation=READ),
    ]
    time.while_asleep = lambda: faults.pop(0)() if faults else None
    result = run(refund, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert result.reads == 6
    assert time.waits[3] == 3.0, "the server asked for three seconds"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_read_that_is_refused_ends_the_flow(
    run: Run, api: Sandbox, time: ManualTime, order: SandboxOrder, status: int
) -> None:
    """A failure that does not pass is not retried: StillUnknown, with the reason."""
    api.lose_next_answer(operation=REFUND)
    api.show_refunds_late(reads=100)
    time.while_asleep = lambda: api.fail_next(status, operation=READ)
    result = run(refund, order.id, ADDRESS)
    assert isinstance(result, StillUnknown)
    assert isinstance(result.read_error, chessa.ApiError)
    assert (result.read_error.status_code, result.reads) == (status, 2)


def test_a_client_that_was_closed_is_not_used_again(
    api: Sandbox, time: ManualTime, order: SandboxOrder
) -> None:
    """A client that is closed meanwhile ends the flow at once, with what is known."""
    api.show_refunds_late(reads=50)
    api.lose_next_answer(operation=REFUND)
    client = api.client()
    time.while_asleep = client.close
    result = _steps.run(client, refund(order.id, ADDRESS), time)
    assert isinstance(result, StillUnknown)
    assert (result.reads, len(time.waits)) == (2, 1)


def test_an_interruption_between_two_reads_says_that_it_was_sent(
    run: Run, api: Sandbox, time: ManualTime, order: SandboxOrder
) -> None:
    """The note on Ctrl-C says what the flow would have returned."""
    api.show_refunds_late(reads=50)
    api.lose_next_answer(operation=REFUND)
    time.while_asleep = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        run(refund, order.id, ADDRESS)
    assert any("was sent, and whether it was made is unknown" in n for n in caught.value.__notes__)
    assert len(api.refunds) == 1


def test_a_refund_to_another_address_is_not_evidence(
    run: Run, api: Sandbox, time: ManualTime, order: SandboxOrder
) -> None:
    """A refund to another address that appears meanwhile is another caller's."""
    api.fail_next(502, operation=REFUND)
    time.while_asleep = lambda: order.refund or order.give_back("elsewhere", None)
    result = run(refund, order.id, ADDRESS)
    assert isinstance(result, StillUnknown)
    assert result.order.refund is not None
    assert result.order.refund.refund_address == "elsewhere"


# ---- Orders that are not as documented ----------------------------------------------------------


@pytest.mark.parametrize("short_id", [None, 17, {}])
def test_an_order_with_misfits_confirms(
    run: Run, api: Sandbox, order: SandboxOrder, monkeypatch: pytest.MonkeyPatch, short_id: Any
) -> None:
    """An order whose other fields are not as documented shows its refund all the same."""
    api.lose_next_answer(operation=REFUND)
    serialize = serializers.full_order
    spoiled = {"shortId": short_id, "createdAt": "never", "feeUsd": []}
    monkeypatch.setattr(serializers, "full_order", lambda each: {**serialize(each), **spoiled})
    monkeypatch.setattr("chessa.testing._spec.compat.Fitting.fit", lambda self, value, _: value)
    monkeypatch.setattr("chessa.testing._http.backend.check_response", lambda *_: None)
    result = run(refund, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert isinstance(result.error, chessa.OutcomeUnknownError)


@pytest.mark.parametrize("hole", [{}, {"id": 17}, {"id": None}])
def test_an_order_without_an_id_is_a_failed_read(
    run: Run,
    api: Sandbox,
    time: ManualTime,
    order: SandboxOrder,
    monkeypatch: pytest.MonkeyPatch,
    hole: dict[str, Any],
) -> None:
    """After the refund, an order that does not say which one it is raises no AttributeError."""
    api.lose_next_answer(operation=REFUND)
    api.show_refunds_late(reads=1)
    serialize = serializers.full_order

    def spoiled(each: SandboxOrder) -> dict[str, Any]:
        shown = serialize(each)
        if len(time.waits) == 1:
            del shown["id"], shown["shortId"]
            return {**shown, **hole}
        return shown

    monkeypatch.setattr(serializers, "full_order", spoiled)
    monkeypatch.setattr("chessa.testing._spec.compat.Fitting.fit", lambda self, value, _: value)
    monkeypatch.setattr("chessa.testing._http.backend.check_response", lambda *_: None)
    result = run(refund, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert (result.reads, result.refund) == (3, None)


@pytest.mark.parametrize("empty", [{}, [], "", False])
def test_an_empty_refund_is_not_taken_for_one(
    api: Sandbox, time: ManualTime, order: SandboxOrder, empty: Any
) -> None:
    """Its meaning is unknown: nothing is sent, and the order does not count as refunded."""
    seen = api.client().orders.retrieve(order.id)
    seen = Order.from_dict({**seen.to_dict(), "refund": empty})
    steps = refund(order.id, ADDRESS).steps(time)
    steps.send(None)
    assert isinstance(steps.send(seen), Find)
    with pytest.raises(flows.NotRefundableError, match="empty refund"):
        steps.send(None)


@table(
    ("shown", "is_shown"),
    [
        (None, False),
        ({}, False),
        ("", False),
        ([], False),
        ({"id": "ref_1"}, True),
        ({"refundAddress": ADDRESS.upper() + " "}, True),
        ({"address": ADDRESS}, True),
        ({"address": "other"}, False),
        ("ref_1", True),
        (True, True),
    ],
)
def test_what_counts_as_a_shown_refund(shown: Any, is_shown: bool) -> None:
    """Its form is not documented: anything present that is not for another address."""
    order = Order.from_dict({"id": "ord_1", "status": "Failed", "refund": shown})
    assert shows_refund_to(order, ADDRESS) is is_shown


def test_the_response_to_another_read_is_an_error(
    api: Sandbox, time: ManualTime, order: SandboxOrder
) -> None:
    """An order of another id is neither a reason to send nor a proof."""
    seen = api.client().orders.retrieve(api.add_order().fail().id)
    steps = refund(order.id, ADDRESS).steps(time)
    steps.send(None)
    with pytest.raises(chessa.ResponseError, match="another order"):
        steps.send(seen)
