"""`refund_safely` asks the journal of its client before it sends a refund."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import chessa
from chessa import FileJournal, JournalRecord, Outcome, OutcomeUnknownError
from chessa.flows import (
    AlreadyRefundedError,
    Confirmed,
    NotApplied,
    NotRefundableError,
    StillUnknown,
    _steps,
)
from chessa.flows._steps import Find, Send
from chessa.testing import Sandbox, SandboxOrder

from .runs import (
    ADDRESS,
    READ,
    REFUND,
    ManualTime,
    Run,
    closed,
    interrupt,
    opened,
    operations,
    refund,
)

Written = Callable[[str], list[JournalRecord]]
SendFlow = Callable[..., Any]
UNKNOWN, DONE = Outcome.UNKNOWN, Outcome.DONE
# Records after which the refund may have been made, with the outcome of the error.
MAY_HAVE: dict[str, tuple[Written, Outcome, str]] = {
    "open": (lambda name: [opened(name)], UNKNOWN, "not closed since"),
    "UNKNOWN": (
        lambda name: [opened(name), closed(name, UNKNOWN)],
        UNKNOWN,
        "the outcome UNKNOWN",
    ),
    "DONE": (lambda name: [opened(name), closed(name, DONE)], DONE, "the outcome DONE"),
    "result": (lambda name: [opened(name), closed(name, None)], DONE, "with its result"),
    "in the other order": (
        lambda name: [closed(name, UNKNOWN), opened(name)],
        UNKNOWN,
        "the outcome UNKNOWN",
    ),
    "closed alone": (lambda name: [closed(name, UNKNOWN)], UNKNOWN, "the outcome UNKNOWN"),
    "open before a rejected one": (
        lambda name: [opened(name), opened(name, "c2"), closed(name, Outcome.REJECTED, "c2")],
        UNKNOWN,
        "not closed since",
    ),
    "made before an open one": (
        lambda name: [opened(name), closed(name, None), opened(name, "c2")],
        DONE,
        "with its result",
    ),
}
# Records that stop no refund.
HAS_NOT: dict[str, Written] = {
    "NOT_SENT": lambda name: [opened(name), closed(name, Outcome.NOT_SENT)],
    "REJECTED": lambda name: [opened(name), closed(name, Outcome.REJECTED)],
    "in the other order": lambda name: [closed(name, Outcome.NOT_SENT), opened(name)],
    "of another reference": lambda name: [opened(f"{name}0"), closed(f"0{name}", None, "c2")],
    "of another operation": lambda name: [opened(name, operation="orders.prepare_funding")],
}


@pytest.fixture
def send(run: Run, order: SandboxOrder, journal: FileJournal) -> SendFlow:
    """Refund the order, with the journal."""
    return lambda **named: run(refund, order.id, ADDRESS, options={"journal": journal}, **named)


# ---- The reference ------------------------------------------------------------------------------


def test_a_refund_is_recorded_under_the_order_id(
    send: SendFlow, order: SandboxOrder, path: Path
) -> None:
    """Without a reference of the client's both records have the order's id."""
    assert isinstance(send(), Confirmed)
    records = [(each.event, each.reference) for each in FileJournal.records(path)]
    assert records == [("opened", order.id), ("closed", order.id)]


def test_the_reference_is_the_id_of_an_order_that_was_named_by_its_short_one(
    api: Sandbox, time: ManualTime, order: SandboxOrder
) -> None:
    """Both names of an order lead to the same records."""
    steps = refund(order.short_id, ADDRESS).steps(time)
    steps.send(None)
    found, sent = steps.send(api.client().orders.retrieve(order.id)), steps.send(None)
    assert isinstance(found, Find)
    assert isinstance(sent, Send)
    assert found.reference == sent.reference == order.id


def test_a_refund_is_recorded_under_the_reference_of_the_client(
    api: Sandbox, time: ManualTime, order: SandboxOrder, path: Path, journal: FileJournal
) -> None:
    """The reference of `with_options` takes precedence over the order's id."""
    client = api.client(journal=journal).with_options(reference="invoice 17")
    journal(opened(order.id))
    first, again = (_steps.run(client, refund(order.id, ADDRESS), time) for _ in range(2))
    assert isinstance(first, Confirmed)
    assert isinstance(again, Confirmed)
    assert {each.reference for each in list(FileJournal.records(path))[1:]} == {"invoice 17"}
    assert "'invoice 17'" in str(again.error)
    assert len(api.refunds) == 1


# ---- Records of an earlier refund ---------------------------------------------------------------


@pytest.mark.parametrize("kind", MAY_HAVE)
def test_after_an_earlier_refund_the_order_is_only_read(
    send: SendFlow, api: Sandbox, order: SandboxOrder, journal: FileJournal, kind: str
) -> None:
    """The order shows the refund late: Confirmed, with the journal's record, and nothing sent."""
    records, outcome, text = MAY_HAVE[kind]
    for record in records(order.id):
        journal(record)
    api.show_refunds_late(reads=3)
    order.give_back(ADDRESS, None)
    result = send()
    assert isinstance(result, Confirmed)
    assert (result.refund, result.reads) == (None, 4)
    assert result.order.refund is not None
    error = result.error
    assert isinstance(error, OutcomeUnknownError)
    assert (error.outcome, error.operation, error.attempts) == (outcome, REFUND, 0)
    assert error.status_code == (200 if outcome is DONE else None)
    parts = (text, order.id, REFUND, "2026-11-25T12:00:00+00:00", "was not sent now")
    assert all(part in str(error) for part in parts)
    assert pickle.loads(pickle.dumps(error)) == error
    assert operations(api) == [READ] * 4


@pytest.mark.parametrize("kind", MAY_HAVE)
def test_an_earlier_refund_that_does_not_show_is_unknown(
    send: SendFlow,
    api: Sandbox,
    time: ManualTime,
    order: SandboxOrder,
    journal: FileJournal,
    kind: str,
) -> None:
    """Its absence proves nothing: StillUnknown when time runs out, and nothing sent."""
    records, outcome, _ = MAY_HAVE[kind]
    for record in records(order.id):
        journal(record)
    result = send(timeout=30)
    assert isinstance(result, StillUnknown)
    assert (result.error.outcome, result.read_error) == (outcome, None)
    assert time.waits[:3] == [0.5, 0.75, 1.125]
    assert 29 <= time.now - 1_000 <= 30
    assert operations(api) == [READ] * result.reads


@pytest.mark.parametrize("kind", HAS_NOT)
def test_a_refund_that_was_certainly_not_made_is_sent(
    send: SendFlow, api: Sandbox, order: SandboxOrder, journal: FileJournal, kind: str
) -> None:
    """NOT_SENT, REJECTED, and records of something else do not stop a refund."""
    for record in HAS_NOT[kind](order.id):
        journal(record)
    result = send()
    assert isinstance(result, Confirmed)
    assert (result.refund is not None, result.error) == (True, None)
    assert operations(api) == [READ, REFUND]


def test_an_opening_line_that_a_crash_cut_stops_nothing(
    send: SendFlow, api: Sandbox, order: SandboxOrder, path: Path, journal: FileJournal
) -> None:
    """The call of a cut opening line was not sent."""
    journal(opened(order.id))
    path.write_bytes(path.read_bytes()[:-5])
    assert isinstance(send(), Confirmed)
    assert operations(api) == [READ, REFUND]


def test_a_refund_that_shows_at_once_is_confirmed_by_its_record(
    send: SendFlow, run: Run, api: Sandbox, order: SandboxOrder
) -> None:
    """Run again: Confirmed where the journal has the refund, else AlreadyRefundedError."""
    first, again = send(), send()
    assert isinstance(first, Confirmed)
    assert isinstance(again, Confirmed)
    assert (again.refund, again.reads) == (None, 1)
    with pytest.raises(AlreadyRefundedError):
        run(refund, order.id, ADDRESS)
    assert operations(api) == [READ, REFUND, READ, READ]


def test_a_lost_response_is_not_followed_by_a_second_refund(send: SendFlow, api: Sandbox) -> None:
    """StillUnknown; and every later call with the same reference only reads."""
    api.show_refunds_late(reads=40)
    api.lose_next_answer(operation=REFUND)
    results = [type(send()) for _ in range(4)]
    assert results == [StillUnknown, StillUnknown, Confirmed, Confirmed]
    assert operations(api).count(REFUND) == len(api.refunds) == 1


def test_a_rejected_refund_may_be_sent_again(send: SendFlow, api: Sandbox) -> None:
    """NotApplied leaves a record that stops nothing."""
    api.fail_next(422, operation=REFUND)
    rejected = send()
    api.refuse_next_connection(operation=REFUND)
    not_sent, sent = send(), send()
    assert isinstance(rejected, NotApplied)
    assert isinstance(not_sent, NotApplied)
    assert isinstance(sent, Confirmed)
    assert len(api.refunds) == 1


@pytest.mark.parametrize("end", [SandboxOrder.complete, SandboxOrder.fund])
def test_an_earlier_refund_counts_in_any_status(
    run: Run, api: Sandbox, journal: FileJournal, end: Callable[[SandboxOrder], SandboxOrder]
) -> None:
    """An order that is not to be refunded is only read where a refund may have been made."""
    order, options = end(api.add_order()), {"journal": journal}
    with pytest.raises(NotRefundableError):
        run(refund, order.id, ADDRESS, options=options)
    journal(opened(order.id))
    assert isinstance(run(refund, order.id, ADDRESS, options=options), StillUnknown)
    assert REFUND not in operations(api)


def test_a_refund_to_another_address_does_not_confirm_an_earlier_one(
    send: SendFlow, order: SandboxOrder, journal: FileJournal
) -> None:
    """A refund that the order shows for another address: StillUnknown, with the order."""
    journal(opened(order.id))
    order.give_back("elsewhere", None)
    result = send()
    assert isinstance(result, StillUnknown)
    assert result.order.refund is not None
    assert result.order.refund.refund_address == "elsewhere"


def test_a_call_in_flight_is_an_open_record(
    api: Sandbox, time: ManualTime, order: SandboxOrder, journal: FileJournal
) -> None:
    """A second call, while the first waits for its response, only reads."""
    found: list[Any] = []

    def meanwhile(record: JournalRecord) -> None:
        journal(record)
        if record.event == "opened":  # recorded, and about to be sent
            client = api.client(journal=journal)
            found.append(_steps.run(client, refund(order.id, ADDRESS), time))

    result = _steps.run(api.client(journal=meanwhile), refund(order.id, ADDRESS), time)
    assert isinstance(result, Confirmed)
    assert [type(each) for each in found] == [StillUnknown]
    assert operations(api).count(REFUND) == 1


def test_an_address_that_is_not_text_is_refused_before_the_journal_is_asked(
    run: Run, order: SandboxOrder, journal: FileJournal
) -> None:
    """An address that is not a str cannot be compared with the address that an order shows."""
    journal(opened(order.id))
    with pytest.raises(chessa.InvalidRequestError, match="address"):
        run(refund, order.id, 17, options={"journal": journal})


def test_an_interruption_after_an_earlier_refund_says_so(
    send: SendFlow, order: SandboxOrder, time: ManualTime, journal: FileJournal
) -> None:
    """The note names the journal's record, and says that nothing was sent now."""
    journal(opened(order.id))
    time.while_asleep = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        send()
    (note,) = caught.value.__notes__
    assert "was not sent now" in note
    assert "not closed since" in note
