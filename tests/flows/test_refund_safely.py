"""`refund_safely` against an API that loses responses and shows refunds late, without a journal."""

import types
from collections.abc import Callable
from typing import Any

import pytest

import chessa
from chessa import Outcome, flows
from chessa.flows import Confirmed, NotApplied, StillUnknown, refund_safely
from chessa.flows._steps import Find, Note
from chessa.testing import Sandbox, SandboxOrder
from chessa.testing._domain import serializers as answers

from .runs import ADDRESS, READ, REFUND, Run, Time, asked

# ---- A refund that goes well, or is refused -----------------------------------------------------


def test_a_refund_that_is_answered_is_confirmed(run: Run, api: Sandbox) -> None:
    """Looked at, sent once, confirmed by the API's own answer."""
    order = api.add_order().fail()
    result = run(refund_safely, order.id, ADDRESS, "77")
    assert isinstance(result, Confirmed)
    assert result.refund is not None
    assert result.refund.refund_id == api.refunds[0].id
    assert (result.error, result.reads, result.order.id) == (None, 0, order.id)
    assert (api.refunds[0].address, api.refunds[0].tag) == (ADDRESS, "77")
    assert asked(api) == [READ, REFUND]


@pytest.mark.parametrize("spelling", ["failed", "FAILED", "Failed"])
def test_the_case_of_letters_stops_no_refund(run: Run, api: Sandbox, spelling: str) -> None:
    """The vendor's pages spell `Failed` in prose only: it counts however it is written."""
    order = api.add_order().fail().force_status(spelling)
    assert isinstance(run(refund_safely, order.id, ADDRESS), Confirmed)
    assert asked(api) == [READ, REFUND]


def states() -> dict[str, Callable[[SandboxOrder], object]]:
    """Orders that are not to be refunded, by their status."""
    return {
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


@pytest.mark.parametrize("state", states())
def test_an_order_that_did_not_fail_is_not_refunded(run: Run, api: Sandbox, state: str) -> None:
    """On its way, completed, or in a status that nobody knows: refused here, nothing is sent."""
    order = api.add_order()
    states()[state](order)
    with pytest.raises(flows.NotRefundableError) as caught:
        run(refund_safely, order.id, ADDRESS)
    error = caught.value
    assert (error.outcome, error.status, error.order_id) == (Outcome.NOT_SENT, state, order.id)
    assert isinstance(error, chessa.InvalidRequestError)
    assert state in str(error)
    assert asked(api) == [READ]


def test_an_order_that_shows_a_refund_is_not_refunded_again(run: Run, api: Sandbox) -> None:
    """Refused here, by an error of its own: a job that starts over takes it for done."""
    order = api.add_order().fail()
    run(refund_safely, order.id, ADDRESS)
    with pytest.raises(flows.AlreadyRefundedError) as caught:
        run(refund_safely, order.id, ADDRESS)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert len(api.refunds) == 1
    assert asked(api) == [READ, REFUND, READ]


def test_what_cannot_be_read_is_not_refunded(run: Run, api: Sandbox) -> None:
    """Without a look beforehand nothing is sent; the error of the read says why."""
    with pytest.raises(chessa.NotFoundError):
        run(refund_safely, "no such order", ADDRESS)
    order = api.add_order().fail()
    api.fail_next(503, operation=READ)
    with pytest.raises(chessa.ServerError):
        run(refund_safely, order.id, ADDRESS)
    assert asked(api) == [READ, READ]


def test_arguments_that_cannot_be_used_are_errors(run: Run, api: Sandbox) -> None:
    """Not a result of a refund: a mistake of the caller's, before anything was sent."""
    order = api.add_order().fail()
    mistakes: list[tuple[Any, ...]] = [("", ADDRESS), (order.id, 17), (order.id, ADDRESS, 17)]
    for mistake in mistakes:
        with pytest.raises(chessa.InvalidRequestError):
            run(refund_safely, *mistake)
    for timeout in (0, -1, float("nan"), None, "1"):
        with pytest.raises(chessa.ConfigurationError):
            run(refund_safely, order.id, ADDRESS, timeout=timeout)
    assert REFUND not in asked(api)


# ---- A refund that was certainly not made -------------------------------------------------------


def test_a_refund_that_was_not_sent_is_not_applied(run: Run, api: Sandbox) -> None:
    """No connection: NotApplied, with the order as it was read before."""
    order = api.add_order().fail()
    api.refuse_next_connection(operation=REFUND)
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, NotApplied)
    assert isinstance(result.error, chessa.NotSentError)
    assert (result.order_id, result.order.id, api.refunds) == (order.id, order.id, ())


def test_a_refund_that_was_refused_is_not_applied(run: Run, api: Sandbox) -> None:
    """The API said no: NotApplied, and the order is read again, for it may tell why."""
    order = api.add_order().fail()
    api.show_refunds_late(reads=1)
    api.client().orders.request_refund(order_id=order.id, address="another")  # meanwhile, elsewhere
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, NotApplied)
    assert isinstance(result.error, chessa.BadRequestError)
    assert result.error.outcome is Outcome.REJECTED
    assert result.order.refund is not None
    assert len(api.refunds) == 1


def test_a_refusal_whose_second_look_fails_is_a_refusal(run: Run, api: Sandbox) -> None:
    """What the second look would have told is not needed."""
    order = api.add_order().fail()
    api.fail_next(400, operation=REFUND)

    def then_lose_the_next_look(record: chessa.ResponseInfo) -> None:
        if record.operation == REFUND:
            api.lose_next_answer(operation=READ)

    hooks = chessa.Hooks(response=then_lose_the_next_look)
    result = run(refund_safely, order.id, ADDRESS, options={"hooks": hooks})
    assert isinstance(result, NotApplied)
    assert (result.error.outcome, result.order.status) == (Outcome.REJECTED, "Failed")
    assert asked(api) == [READ, REFUND, READ]


# ---- A lost answer ------------------------------------------------------------------------------

LOST: dict[str, Callable[[Sandbox], None]] = {
    "connection": lambda api: api.lose_next_answer(operation=REFUND),
    "502": lambda api: api.fail_next(502, html=True, acts=True, operation=REFUND),
    "503 envelope": lambda api: api.fail_next(503, acts=True, operation=REFUND),
    "HTML 200": lambda api: api.fail_next(200, html=True, acts=True, operation=REFUND),
    "409": lambda api: api.fail_next(409, acts=True, operation=REFUND),
}


@pytest.mark.parametrize("late", [0, 1, 5])
@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
def test_a_lost_answer_is_confirmed_by_the_order(
    run: Run, api: Sandbox, lose: Callable[[Sandbox], None], late: int
) -> None:
    """The order shows the refund, at once or late: Confirmed, and sent once."""
    order = api.add_order().fail()
    api.show_refunds_late(reads=late)
    lose(api)
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert result.refund is None
    assert result.order.refund is not None
    assert isinstance(result.error, chessa.OutcomeUnknownError)
    assert result.reads == late + 1
    assert asked(api) == [READ, REFUND, *[READ] * (late + 1)]
    assert len(api.refunds) == 1


def test_a_refund_that_does_not_show_is_unknown(run: Run, api: Sandbox, time: Time) -> None:
    """Looked at with growing waits until the time is over; sent once; nothing is concluded."""
    for acts in (True, False):
        order = api.add_order().fail()
        api.show_refunds_late(reads=10_000)
        api.fail_next(502, acts=acts, operation=REFUND)
        begun, before = time.now, len(api.requests)
        result = run(refund_safely, order.id, ADDRESS, timeout=30)
        assert isinstance(result, StillUnknown)
        assert result.error.outcome is Outcome.UNKNOWN
        assert (result.order.refund, result.read_error) == (None, None)
        assert 29 <= time.now - begun <= 30
        assert time.waits[-result.reads + 1 :][:3] == [0.5, 0.75, 1.125]
        assert asked(api)[before:] == [READ, REFUND, *[READ] * result.reads]
        assert result.reads >= 6


def test_a_success_that_cannot_be_read_is_said(run: Run, api: Sandbox) -> None:
    """A 2xx whose body was lost: if the order does not show the refund, the evidence says DONE."""
    order = api.add_order().fail()
    api.show_refunds_late(reads=10_000)
    api.fail_next(200, html=True, acts=True, operation=REFUND)
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, StillUnknown)
    assert result.error.outcome is Outcome.DONE


def test_looks_that_fail_are_repeated(run: Run, api: Sandbox, time: Time) -> None:
    """What may pass is waited out: no connection, no answer, 429, 5xx."""
    order = api.add_order().fail()
    api.lose_next_answer(operation=REFUND)
    settings = {"max_retries": 0}
    client = api.client(**settings)
    seen: list[int] = []

    def trouble() -> None:
        seen.append(len(seen))
        match len(seen):
            case 1:
                api.refuse_next_connection(operation=READ)
            case 2:
                api.lose_next_answer(operation=READ)
            case 3:
                api.fail_next(429, operation=READ, headers={"retry-after": "3"})
            case 4:
                api.fail_next(500, html=True, operation=READ)
            case _:
                pass

    api.show_refunds_late(reads=2)
    time.while_asleep = trouble
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert result.reads == 6
    assert time.waits[3] == 3.0, "the server asked for three seconds"
    assert client.orders.retrieve(order.id).refund is not None


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_look_that_is_refused_ends_it(run: Run, api: Sandbox, time: Time, status: int) -> None:
    """What does not pass is not repeated: StillUnknown, with the reason."""
    order = api.add_order().fail()
    api.lose_next_answer(operation=REFUND)
    time.while_asleep = lambda: api.fail_next(status, operation=READ)
    api.show_refunds_late(reads=100)
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, StillUnknown)
    assert isinstance(result.read_error, chessa.ApiError)
    assert result.read_error.status_code == status
    assert result.reads == 2


@pytest.mark.parametrize("empty", [{}, [], "", False])
def test_an_empty_refund_is_not_taken_for_one(api: Sandbox, empty: Any) -> None:
    """Nobody knows what it means: nothing is sent, and it is not called refunded."""
    order = api.add_order().fail()
    seen = api.client().orders.retrieve(order.id).replace(refund=empty)
    flow = flows._refund(order.id, ADDRESS, None, 10.0, Note())
    flow.send(None)
    assert isinstance(flow.send(seen), Find)
    with pytest.raises(flows.NotRefundableError, match="empty refund"):
        flow.send(None)


def test_an_interruption_while_looking_says_that_it_was_sent(
    run: Run, api: Sandbox, time: Time
) -> None:
    """Ctrl-C between two looks: the note on it says what the flow would have returned."""
    order = api.add_order().fail()
    api.show_refunds_late(reads=50)
    api.lose_next_answer(operation=REFUND)

    def interrupt() -> None:
        raise KeyboardInterrupt

    time.while_asleep = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        run(refund_safely, order.id, ADDRESS)
    assert any("was sent, and whether it was made is unknown" in n for n in caught.value.__notes__)
    assert len(api.refunds) == 1


@pytest.mark.parametrize("short_id", [None, 17, {}])
def test_a_look_with_holes_in_it_is_a_look(
    run: Run, api: Sandbox, monkeypatch: pytest.MonkeyPatch, short_id: Any
) -> None:
    """An order whose other fields are not what is documented shows its refund all the same."""
    order = api.add_order().fail()
    api.lose_next_answer(operation=REFUND)
    plain = answers.whole_order
    spoiled = {"shortId": short_id, "createdAt": "never", "feeUsd": []}
    monkeypatch.setattr(answers, "whole_order", lambda each: {**plain(each), **spoiled})
    monkeypatch.setattr("chessa.testing._spec.compat.Fitting.fit", lambda self, value, _: value)
    monkeypatch.setattr("chessa.testing._http.backend.check_answer", lambda *_: None)
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert isinstance(result.error, chessa.OutcomeUnknownError)


@pytest.mark.parametrize("hole", [{}, {"id": 17}, {"id": None}])
def test_a_look_without_an_id_is_a_failed_read(
    run: Run, api: Sandbox, time: Time, monkeypatch: pytest.MonkeyPatch, hole: dict[str, Any]
) -> None:
    """An order that does not say which one it is, after the refund: no AttributeError comes out."""
    order = api.add_order().fail()
    api.lose_next_answer(operation=REFUND)
    api.show_refunds_late(reads=1)
    plain = answers.whole_order

    def spoil() -> None:
        if len(time.waits) > 1:
            monkeypatch.setattr(answers, "whole_order", plain)
            return
        kept = [name for name in plain(order) if name not in ("id", "shortId")]
        spoiled = lambda each: {**{name: plain(each)[name] for name in kept}, **hole}  # noqa: E731
        monkeypatch.setattr(answers, "whole_order", spoiled)

    monkeypatch.setattr("chessa.testing._spec.compat.Fitting.fit", lambda self, value, _: value)
    monkeypatch.setattr("chessa.testing._http.backend.check_answer", lambda *_: None)
    time.while_asleep = spoil
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert (result.reads, result.refund) == (3, None)


def test_a_flow_whose_time_is_over_sends_nothing(run: Run, api: Sandbox, time: Time) -> None:
    """Where the look beforehand took all of it: NOT_SENT, as of any call."""
    order = api.add_order().fail()

    def take_all(_: object) -> None:
        time.now += 100

    options = {"hooks": chessa.Hooks(response=take_all)}
    with pytest.raises(chessa.NotSentError) as caught:
        run(refund_safely, order.id, ADDRESS, timeout=50, options=options)
    assert caught.value.timed_out
    assert asked(api) == [READ]


def test_a_client_that_was_closed_is_not_looked_at_again(api: Sandbox, time: Time) -> None:
    """Closed meanwhile: what is known is said at once."""
    order = api.add_order().fail()
    api.show_refunds_late(reads=50)
    api.lose_next_answer(operation=REFUND)
    client = api.client()
    time.while_asleep = client.close
    result = refund_safely(client, order.id, ADDRESS)
    assert isinstance(result, StillUnknown)
    assert (result.reads, len(time.waits)) == (2, 1)


def test_another_refund_is_no_evidence(run: Run, api: Sandbox, time: Time) -> None:
    """A refund to another address that appears meanwhile is somebody else's."""
    order = api.add_order().fail()
    api.fail_next(502, operation=REFUND)
    time.while_asleep = lambda: order.refund or order.give_back("elsewhere", None)
    result = run(refund_safely, order.id, ADDRESS)
    assert isinstance(result, StillUnknown)
    assert result.order.refund["refundAddress"] == "elsewhere"


@pytest.mark.parametrize(
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
    """Its form was never seen: anything that is there, and is not for another address."""
    order: Any = types.SimpleNamespace(refund=shown)
    assert flows._shows_refund_to(order, ADDRESS) is is_shown


def test_the_answer_to_another_read_is_no_look(api: Sandbox) -> None:
    """An order of another id, however it came here, is neither a reason to send nor a proof."""
    mine, other = api.add_order().fail(), api.add_order().fail()
    seen = api.client().orders.retrieve(other.id)
    flow = flows._refund(mine.id, ADDRESS, None, 10.0, Note())
    flow.send(None)
    with pytest.raises(chessa.ResponseError, match="another order"):
        flow.send(seen)
