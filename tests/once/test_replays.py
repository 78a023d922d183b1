"""A second call with the same reference sends nothing, and is told of the first."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import chessa
from chessa import Outcome
from chessa.testing import Sandbox
from tests.modes import Mode

from .calls import ADDRESS, OTHER_ADDRESS, REFERENCE, REFUND, client_of, posts, refund
from .databases import Database


def test_a_result_is_replayed(mode: Mode, api: Sandbox, database: Database) -> None:
    """The second call returns the first one's result, from another process's journal as well."""
    order = api.add_order().fail()
    first = refund(mode, api, database, order.id)
    second = refund(mode, api, database, order.id)
    assert not isinstance(first, Exception)
    assert (second, type(second)) == (first, type(first))
    assert posts(api) == 1
    assert database.states() == ["result"]


ENDS: dict[str, tuple[Callable[[Sandbox], None], Outcome, str]] = {
    "lost": (lambda api: api.lose_next_answer(operation=REFUND), Outcome.UNKNOWN, "unknown"),
    "502": (
        lambda api: api.fail_next(502, html=True, acts=True, operation=REFUND),
        Outcome.UNKNOWN,
        "unknown",
    ),
    "unreadable": (
        lambda api: api.fail_next(200, html=True, acts=True, operation=REFUND),
        Outcome.DONE,
        "done",
    ),
    "rejected": (lambda api: api.fail_next(400, operation=REFUND), Outcome.REJECTED, "rejected"),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_is_told_again(end: str, mode: Mode, api: Sandbox, database: Database) -> None:
    """The second call raises what is known of the first, with the entry, and sends nothing."""
    order = api.add_order().fail()
    prepare, outcome, state = ENDS[end]
    prepare(api)
    first = refund(mode, api, database, order.id)
    assert database.states() == [state]
    for again in (False, True):
        second = refund(mode, api, database, order.id)
        assert isinstance(second, type(first)), again
        assert second.outcome is first.outcome is outcome
        assert second.status_code == first.status_code
        assert pickle.loads(pickle.dumps(second)) == second == copy.deepcopy(second)
        if state != "rejected":
            assert second.record.reference == REFERENCE
            assert second.record.outcome is outcome
            assert not second.record.in_progress
    assert posts(api) == 1


def test_what_was_not_sent_is_sent_again(mode: Mode, api: Sandbox, database: Database) -> None:
    """NOT_SENT frees the reference, for other arguments too."""
    order = api.add_order().fail()
    api.refuse_next_connection(operation=REFUND)
    first = refund(mode, api, database, order.id)
    assert first.outcome is Outcome.NOT_SENT
    assert database.states() == ["not_sent"]
    second = refund(mode, api, database, order.id, address=OTHER_ADDRESS)
    assert not isinstance(second, Exception), second
    with database.journal() as journal:
        (entry,) = journal.find(REFERENCE)
    assert [each["outcome"] for each in entry.history] == ["not_sent"]


def test_a_rejected_write_is_sent_again_on_demand(
    mode: Mode, api: Sandbox, database: Database
) -> None:
    """Only `retry_rejected` sends again what the API rejected, other arguments or not."""
    order = api.add_order().fail()
    api.fail_next(400, operation=REFUND)
    refund(mode, api, database, order.id)
    assert isinstance(refund(mode, api, database, order.id), chessa.BadRequestError)
    made = refund(mode, api, database, order.id, address=OTHER_ADDRESS, retry_rejected=True)
    assert not isinstance(made, Exception), made
    assert posts(api) == 2
    again = refund(mode, api, database, order.id, address=OTHER_ADDRESS, retry_rejected=True)
    assert again == made


def test_other_arguments_are_refused(mode: Mode, api: Sandbox, database: Database) -> None:
    """A reference that has a result is not sent with other arguments, and its result not given."""
    order = api.add_order().fail()
    refund(mode, api, database, order.id)
    error = refund(mode, api, database, order.id, address=OTHER_ADDRESS)
    assert isinstance(error, chessa.ReferenceConflictError)
    assert error.outcome is Outcome.NOT_SENT
    assert error.record is not None
    assert error.record.outcome is None
    assert pickle.loads(pickle.dumps(error)) == error
    assert posts(api) == 1


def test_two_references_do_not_refund_one_order(
    mode: Mode, api: Sandbox, database: Database
) -> None:
    """The order is the subject of its refund: another reference is refused."""
    order = api.add_order().fail()
    refund(mode, api, database, order.id, "invoice 17")
    error = refund(mode, api, database, order.id, "invoice 18")
    assert isinstance(error, chessa.ReferenceConflictError)
    assert error.record is not None
    assert (error.record.reference, error.record.subject) == ("invoice 17", order.id)
    assert posts(api) == 1
    assert database.states() == ["result"], "the refused claim has left an entry"


def test_reads_are_not_claimed(mode: Mode, api: Sandbox, database: Database) -> None:
    """A read under `once` passes each time."""
    order = api.add_order()

    async def main() -> None:
        async with client_of(mode, api, database.journal()) as client:
            for _ in range(2):
                await mode.done(client.once(REFERENCE).orders.retrieve(order.id))

    mode.run(main())
    assert posts(api, "orders.retrieve") == 2


def test_a_raw_response_is_replayed(mode: Mode, api: Sandbox, database: Database) -> None:
    """`with_raw_response` gives the stored body and status, and says that nothing was attempted."""
    order = api.add_order().fail()

    async def main() -> list[Any]:
        async with client_of(mode, api, database.journal()) as client:
            raw = client.once(REFERENCE).orders.with_raw_response
            return [
                await mode.done(raw.request_refund(order_id=order.id, address=ADDRESS))
                for _ in range(2)
            ]

    first, second = mode.run(main())
    assert (first.parsed, first.body, first.status_code) == (
        second.parsed,
        second.body,
        second.status_code,
    )
    assert (first.attempts, second.attempts) == (1, 0)
