"""`refund_safely` asks the journal of its client before it sends a refund."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import chessa
from chessa import FileJournal, JournalRecord, Outcome, OutcomeUnknownError, flows
from chessa.flows import (
    AlreadyRefundedError,
    Confirmed,
    NotApplied,
    NotRefundableError,
    StillUnknown,
    refund_safely,
)
from chessa.flows._steps import Find, Note, Send
from chessa.testing import Sandbox, SandboxOrder

from .runs import ADDRESS, READ, REFUND, Run, Time, asked, closed, opened

Written = Callable[[str], list[JournalRecord]]
# Records after which the refund may have been made, with the outcome of the error.
MAY_HAVE: dict[str, tuple[Written, Outcome, str]] = {
    "open": (lambda name: [opened(name)], Outcome.UNKNOWN, "not closed since"),
    "UNKNOWN": (
        lambda name: [opened(name), closed(name, Outcome.UNKNOWN)],
        Outcome.UNKNOWN,
        "the outcome UNKNOWN",
    ),
    "DONE": (
        lambda name: [opened(name), closed(name, Outcome.DONE)],
        Outcome.DONE,
        "the outcome DONE",
    ),
    "result": (lambda name: [opened(name), closed(name, None)], Outcome.DONE, "with its result"),
    "turned around": (
        lambda name: [closed(name, Outcome.UNKNOWN), opened(name)],
        Outcome.UNKNOWN,
        "the outcome UNKNOWN",
    ),
    "closed alone": (
        lambda name: [closed(name, Outcome.UNKNOWN)],
        Outcome.UNKNOWN,
        "the outcome UNKNOWN",
    ),
    "open before a rejected one": (
        lambda name: [opened(name), opened(name, "c2"), closed(name, Outcome.REJECTED, "c2")],
        Outcome.UNKNOWN,
        "not closed since",
    ),
    "made before an open one": (
        lambda name: [opened(name), closed(name, None), opened(name, "c2")],
        Outcome.DONE,
        "with its result",
    ),
}
# Records that stop no refund.
HAS_NOT: dict[str, Written] = {
    "NOT_SENT": lambda name: [opened(name), closed(name, Outcome.NOT_SENT)],
    "REJECTED": lambda name: [opened(name), closed(name, Outcome.REJECTED)],
    "turned around": lambda name: [closed(name, Outcome.NOT_SENT), opened(name)],
    "of another reference": lambda name: [opened(f"{name}0"), closed(f"0{name}", None, "c2")],
    "of another operation": lambda name: [opened(name, operation="orders.prepare_funding")],
}


# ---- The reference ------------------------------------------------------------------------------


def test_a_refund_is_recorded_under_the_order_id(
    run: Run, api: Sandbox, path: Path, journal: FileJournal
) -> None:
    """Without a reference of the client's both records have the order's id."""
    order = api.add_order().fail()
    options = {"journal": journal}
    assert isinstance(run(refund_safely, order.id, ADDRESS, options=options), Confirmed)
    records = list(FileJournal.records(path))
    assert [(each.event, each.reference) for each in records] == [
        ("opened", order.id),
        ("closed", order.id),
    ]


def test_the_reference_is_the_id_of_an_order_that_was_named_by_its_short_one(api: Sandbox) -> None:
    """Both names of an order lead to the same records."""
    order = api.client().orders.retrieve(api.add_order().fail().id)
    flow = flows._refund(order.short_id, ADDRESS, None, 10.0, Note())
    flow.send(None)
    found, sent = flow.send(order), flow.send(None)
    assert isinstance(found, Find)
    assert isinstance(sent, Send)
    assert found.reference == sent.reference == order.id


def test_a_refund_is_recorded_under_the_reference_of_the_client(
    api: Sandbox, path: Path, journal: FileJournal
) -> None:
    """The reference of `with_options` goes before the order's id, and is what is asked for."""
    order = api.add_order().fail()
    client = api.client(journal=journal).with_options(reference="invoice 17")
    journal(opened(order.id))
    assert isinstance(refund_safely(client, order.id, ADDRESS), Confirmed)
    assert {each.reference for each in list(FileJournal.records(path))[1:]} == {"invoice 17"}
    again = refund_safely(client, order.id, ADDRESS)
    assert isinstance(again, Confirmed)
    assert "'invoice 17'" in str(again.error)
    assert len(api.refunds) == 1


# ---- What the journal has -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", MAY_HAVE)
def test_an_earlier_refund_is_only_looked_for(
    run: Run, api: Sandbox, journal: FileJournal, kind: str
) -> None:
    """The order shows the refund late: Confirmed, with what the journal has, and nothing sent."""
    order = api.add_order().fail()
    records, outcome, words = MAY_HAVE[kind]
    for record in records(order.id):
        journal(record)
    api.show_refunds_late(reads=3)
    order.give_back(ADDRESS, None)
    result = run(refund_safely, order.id, ADDRESS, options={"journal": journal})
    assert isinstance(result, Confirmed)
    assert (result.refund, result.reads) == (None, 4)
    assert result.order.refund is not None
    error = result.error
    assert isinstance(error, OutcomeUnknownError)
    assert (error.outcome, error.operation, error.attempts) == (outcome, REFUND, 0)
    assert error.status_code == (200 if outcome is Outcome.DONE else None)
    for part in (words, order.id, REFUND, "2026-11-25T12:00:00+00:00", "was not sent now"):
        assert part in str(error)
    assert pickle.loads(pickle.dumps(error)) == error
    assert asked(api) == [READ] * 4


@pytest.mark.parametrize("kind", MAY_HAVE)
def test_an_earlier_refund_that_does_not_show_is_unknown(
    run: Run, api: Sandbox, time: Time, journal: FileJournal, kind: str
) -> None:
    """Its absence proves nothing: StillUnknown when time runs out, and nothing sent."""
    order = api.add_order().fail()
    records, outcome, _ = MAY_HAVE[kind]
    for record in records(order.id):
        journal(record)
    begun = time.now
    result = run(refund_safely, order.id, ADDRESS, timeout=30, options={"journal": journal})
    assert isinstance(result, StillUnknown)
    assert (result.error.outcome, result.read_error) == (outcome, None)
    assert time.waits[:3] == [0.5, 0.75, 1.125]
    assert 29 <= time.now - begun <= 30
    assert asked(api) == [READ] * result.reads


@pytest.mark.parametrize("kind", HAS_NOT)
def test_what_was_certainly_not_made_is_sent(
    run: Run, api: Sandbox, journal: FileJournal, kind: str
) -> None:
    """NOT_SENT, REJECTED, and records of something else do not stop a refund."""
    order = api.add_order().fail()
    for record in HAS_NOT[kind](order.id):
        journal(record)
    result = run(refund_safely, order.id, ADDRESS, options={"journal": journal})
    assert isinstance(result, Confirmed)
    assert (result.refund is not None, result.error) == (True, None)
    assert asked(api) == [READ, REFUND]


def test_an_opening_line_that_a_crash_cut_stops_nothing(
    run: Run, api: Sandbox, path: Path, journal: FileJournal
) -> None:
    """The call of a cut opening line was not sent."""
    order = api.add_order().fail()
    journal(opened(order.id))
    path.write_bytes(path.read_bytes()[:-5])
    assert isinstance(
        run(refund_safely, order.id, ADDRESS, options={"journal": journal}), Confirmed
    )
    assert asked(api) == [READ, REFUND]


def test_a_refund_that_shows_at_once_is_confirmed_by_its_record(
    run: Run, api: Sandbox, journal: FileJournal
) -> None:
    """Run again: Confirmed where the journal has the refund, else AlreadyRefundedError."""
    order = api.add_order().fail()
    options = {"journal": journal}
    assert isinstance(run(refund_safely, order.id, ADDRESS, options=options), Confirmed)
    again = run(refund_safely, order.id, ADDRESS, options=options)
    assert isinstance(again, Confirmed)
    assert (again.refund, again.reads) == (None, 1)
    with pytest.raises(AlreadyRefundedError):
        run(refund_safely, order.id, ADDRESS)
    assert asked(api) == [READ, REFUND, READ, READ]


def test_a_lost_answer_is_not_followed_by_a_second_refund(
    run: Run, api: Sandbox, journal: FileJournal
) -> None:
    """StillUnknown, and every later call of the same reference: looked at, never sent."""
    order = api.add_order().fail()
    api.show_refunds_late(reads=40)
    api.lose_next_answer(operation=REFUND)
    results = [
        run(refund_safely, order.id, ADDRESS, options={"journal": journal}) for _ in range(4)
    ]
    assert [type(each) for each in results] == [StillUnknown, StillUnknown, Confirmed, Confirmed]
    assert asked(api).count(REFUND) == len(api.refunds) == 1


def test_a_rejected_refund_may_be_sent_again(run: Run, api: Sandbox, journal: FileJournal) -> None:
    """NotApplied leaves a record that stops nothing."""
    order = api.add_order().fail()
    options = {"journal": journal}
    api.fail_next(422, operation=REFUND)
    assert isinstance(run(refund_safely, order.id, ADDRESS, options=options), NotApplied)
    api.refuse_next_connection(operation=REFUND)
    assert isinstance(run(refund_safely, order.id, ADDRESS, options=options), NotApplied)
    assert isinstance(run(refund_safely, order.id, ADDRESS, options=options), Confirmed)
    assert len(api.refunds) == 1


@pytest.mark.parametrize("end", [SandboxOrder.complete, SandboxOrder.fund])
def test_an_earlier_refund_counts_whatever_the_status(
    run: Run, api: Sandbox, journal: FileJournal, end: Callable[[SandboxOrder], object]
) -> None:
    """An order that is not to be refunded: only looked at, where a refund may have been made."""
    order = api.add_order()
    end(order)
    with pytest.raises(NotRefundableError):
        run(refund_safely, order.id, ADDRESS, options={"journal": journal})
    journal(opened(order.id))
    result = run(refund_safely, order.id, ADDRESS, options={"journal": journal})
    assert isinstance(result, StillUnknown)
    assert REFUND not in asked(api)


def test_a_refund_to_another_address_does_not_confirm_an_earlier_one(
    run: Run, api: Sandbox, journal: FileJournal
) -> None:
    """A refund that the order shows for another address: StillUnknown, with the order."""
    order = api.add_order().fail()
    journal(opened(order.id))
    order.give_back("elsewhere", None)
    result = run(refund_safely, order.id, ADDRESS, options={"journal": journal})
    assert isinstance(result, StillUnknown)
    assert result.order.refund["refundAddress"] == "elsewhere"


def test_a_call_in_flight_is_an_open_record(api: Sandbox, path: Path, journal: FileJournal) -> None:
    """A second call, while the first waits for its response, only looks."""
    order = api.add_order().fail()
    found: list[Any] = []

    def meanwhile(record: JournalRecord) -> None:
        journal(record)
        if record.event == "opened":  # recorded, and about to be sent
            found.append(refund_safely(api.client(journal=journal), order.id, ADDRESS))

    result = refund_safely(api.client(journal=meanwhile), order.id, ADDRESS)
    assert isinstance(result, Confirmed)
    assert [type(each) for each in found] == [StillUnknown]
    assert asked(api).count(REFUND) == 1


def test_an_address_that_is_none_is_refused_before_the_journal_is_asked(
    run: Run, api: Sandbox, journal: FileJournal
) -> None:
    """An address that is not a str cannot be compared with what an order shows."""
    order = api.add_order().fail()
    journal(opened(order.id))
    with pytest.raises(chessa.InvalidRequestError, match="address"):
        run(refund_safely, order.id, 17, options={"journal": journal})


# ---- Interruptions ------------------------------------------------------------------------------


def test_an_interruption_while_an_earlier_refund_is_looked_for_says_so(
    run: Run, api: Sandbox, time: Time, journal: FileJournal
) -> None:
    """The note says what the journal has, and that nothing was sent now."""
    order = api.add_order().fail()
    journal(opened(order.id))

    def interrupt() -> None:
        raise KeyboardInterrupt

    time.while_asleep = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        run(refund_safely, order.id, ADDRESS, options={"journal": journal})
    (note,) = caught.value.__notes__
    assert "was not sent now" in note
    assert "not closed since" in note
