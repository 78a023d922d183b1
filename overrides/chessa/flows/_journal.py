"""Ask the client's journal whether an earlier call may have made a refund.

A journal can be asked if it is a ledger, or has the method `find_records(reference, operation)`, as
`FileJournal` has. Nothing is concluded from another one.
"""

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from chessa_api.api.orders.request_refund import REQUEST_REFUND
from chessa_api.errors import Outcome

from .._call.asyncio import call_off_loop
from .._errors import ConfigurationError, NotSentError, OutcomeUnknownError
from ..journal._records import JournalRecord, cause_of, is_coroutine_function
from ._ledger import Earlier, look_up, look_up_async

REFUND: Final = REQUEST_REFUND.name
_NOT_MADE: Final = (Outcome.NOT_SENT, Outcome.REJECTED)

_Method: TypeAlias = Callable[[str, str], object]
Records: TypeAlias = Sequence[JournalRecord] | None
"""None where the journal cannot be asked."""


def find_records(journal: object, order_id: str, reference: str, _seconds: float) -> Records:
    """Find the records of a refund, blocking. An exception other than `OSError` comes out.

    An `OSError` that a signal handler raises meanwhile cannot be told from the journal's own: it
    becomes the `NotSentError`, which is true of it as well.
    """
    method = _method(journal)
    if method is None:
        return None
    try:
        records = _list(method, reference, REFUND)
    except OSError as error:
        unread = _unread(order_id, cause_of(error))
    else:
        return _not_awaitable(records, order_id)
    raise unread


async def find_records_async(
    journal: object, order_id: str, reference: str, seconds: float
) -> Records:
    """Find the records of a refund, on a thread unless `find_records` is a coroutine function."""
    method = _method(journal)
    if method is None:
        return None
    function = method if is_coroutine_function(method) else functools.partial(_list, method)
    limit = asyncio.timeout(max(0.0, seconds))
    try:
        async with limit:
            return list(cast("Any", await call_off_loop(function, reference, REFUND)))
    except OSError as error:
        cause = cause_of(error)
    raise _unread(order_id, cause, timed_out=limit.expired())


def find_earlier(client: Any, sent: Mapping[str, Any], _seconds: float) -> Earlier:
    """Return what the client's ledger has of a refund, blocking."""
    try:
        return look_up(client, REQUEST_REFUND, sent)
    except OSError as error:
        unread = _unread(sent["order_id"], cause_of(error))
    raise unread


async def find_earlier_async(client: Any, sent: Mapping[str, Any], seconds: float) -> Earlier:
    """Do the same, awaited."""
    try:
        return await look_up_async(client, REQUEST_REFUND, sent, seconds)
    except OSError as error:
        cause, timed_out = cause_of(error), isinstance(error, TimeoutError)
    raise _unread(sent["order_id"], cause, timed_out=timed_out)


def _method(journal: object) -> _Method | None:
    method = getattr(journal, "find_records", None)
    return cast("_Method", method) if callable(method) else None


def _list(method: _Method, reference: str, operation: str) -> object:
    """Return the records as a list, read where the method is called; or an awaitable for them."""
    records: Any = method(reference, operation)
    return records if inspect.isawaitable(records) else list(records)


def _unread(order_id: str, cause: str, *, timed_out: bool = False) -> NotSentError:
    return NotSentError(
        f"The refund of order {order_id} was not sent: the journal could not be read ({cause}), so "
        "an earlier refund under the same reference cannot be ruled out. Make the journal readable "
        "and call again.",
        operation=REFUND,
        cause=cause,
        timed_out=timed_out,
    )


def earlier_refund(records: Iterable[JournalRecord], order_id: str) -> OutcomeUnknownError | None:
    """Return what the journal has of a call that may have made the refund; None if there is none.

    The two records of a call may be in either order. Of several calls, one whose refund was made
    counts before one that is open or UNKNOWN, a later one before an earlier one.
    """
    last: dict[str, JournalRecord] = {}
    for record in records:
        if record.event == "closed" or record.call_id not in last:
            last[record.call_id] = record
    may_have = [
        record
        for record in last.values()
        if record.event != "closed" or record.outcome not in _NOT_MADE
    ]
    if not may_have:
        return None
    made = [
        record
        for record in may_have
        if record.event == "closed" and record.outcome in (None, Outcome.DONE)
    ]
    record = (made or may_have)[-1]
    return OutcomeUnknownError(
        f"The refund of order {order_id} was not sent now: the journal has an earlier {REFUND} "
        f"with the reference {record.reference!r}, {_state(record)}. Check the order before you "
        "send it again under another reference.",
        operation=REFUND,
        outcome=Outcome.DONE if made else Outcome.UNKNOWN,
        status_code=record.status_code,
    )


def _state(record: JournalRecord) -> str:
    when = record.at.isoformat(timespec="seconds")
    if record.event != "closed":
        return f"opened at {when} and not closed since, so it may have been made"
    if record.outcome is None:
        return f"closed at {when} with its result, so it was made"
    made = "was" if record.outcome is Outcome.DONE else "may have been"
    return f"closed at {when} with the outcome {record.outcome.name}, so it {made} made"


def _not_awaitable(records: object, order_id: str) -> list[JournalRecord]:
    if not inspect.isawaitable(records):
        return cast("list[JournalRecord]", records)
    if inspect.iscoroutine(records):
        records.close()
    raise ConfigurationError(
        f"The refund of order {order_id} was not sent: journal.find_records is asynchronous, "
        "which only AsyncChessa can await.",
        operation=REFUND,
    )
