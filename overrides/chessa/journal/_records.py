"""Records of a journal: one before the first byte of every write, one at its end.

A record has no argument, no body and no credential.
"""

import datetime
import errno
import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeGuard, cast

import attrs

from chessa_api.errors import Outcome

from .._errors import ConfigurationError
from .._interruptions import is_from_signal_handler

if TYPE_CHECKING:
    from ._claims import Ledger


@attrs.frozen(kw_only=True)
class JournalRecord:
    """The start of a write, or its end."""

    event: Literal["opened", "closed"]
    """`opened` before the first byte is sent, `closed` at the end. A call without its `closed`
    ended with its process: look up what it changes."""
    call_id: str
    """The same in both records of a call, and in the records of hooks."""
    reference: str | None
    """The caller's, of `with_options(reference=…)`."""
    operation: str
    """`orders.request_refund`"""
    attempt: int
    """1 when opened; when closed, the number of attempts, 0 if there was none."""
    at: datetime.datetime
    """The time of the record, in UTC."""
    outcome: Outcome | None = None
    """Of a closed call; None if it returned its result."""
    status_code: int | None = None
    """Of the response, if one arrived."""
    elapsed: float | None = None
    """Seconds from the start of the call to its end."""


Journal: TypeAlias = Callable[[JournalRecord], None]
"""Takes a record and returns once it is stored. An OSError says that it was not written: nothing is
sent then. Any other exception comes out of the call as itself, and nothing is sent either. It may
also have `find_records(reference, operation)`, as `FileJournal` has: see `flows.refund_safely`."""
AsyncJournal: TypeAlias = Callable[[JournalRecord], Awaitable[object]]

PATIENCE: Final = 0.05
"""Seconds for the closing record at least, if the deadline has passed."""
PATIENCE_INTERRUPTED: Final = 1.0
"""Seconds for it at most, if the call was cancelled."""


def is_ledger(journal: object) -> "TypeGuard[Ledger]":
    """Return whether a journal claims, as `SqlJournal` does."""
    return hasattr(journal, "bind")


def check(journal: object, *, may_await: bool) -> "Journal | Ledger | None":
    """Raise `ConfigurationError` for a journal that this client cannot call or await."""
    if journal is None or is_ledger(journal):
        return journal
    if not callable(journal):
        raise ConfigurationError(
            "journal must be callable with a chessa.JournalRecord, such as a chessa.FileJournal."
        )
    if inspect.isgeneratorfunction(journal) or inspect.isasyncgenfunction(journal):
        raise ConfigurationError("journal is a generator function: calling it writes nothing.")
    if not may_await and is_coroutine_function(journal):
        raise ConfigurationError(
            "journal is a coroutine function, which only AsyncChessa can await."
        )
    return cast("Journal", journal)


def is_coroutine_function(function: Callable[..., object]) -> bool:
    called = getattr(type(function), "__call__", None)  # noqa: B004  # of an object that can be called
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def write(journal: Callable[[JournalRecord], object], record: JournalRecord) -> str | None:
    """Write a record, blocking. Return why it was not written.

    An OSError means that it was not; any other exception comes out as itself.
    """
    try:
        result = journal(record)
    except OSError as error:
        if is_from_signal_handler(error):
            raise
        return cause_of(error)
    if inspect.iscoroutine(result):
        result.close()
    return unfinished(result)


def unfinished(result: object) -> str | None:
    """Return why a journal's result is not the end of its write: it is still to be awaited."""
    if result is None:
        return None
    from concurrent.futures import Future  # with asyncio, which most sync programs never load

    return (
        "it is asynchronous" if inspect.isawaitable(result) or isinstance(result, Future) else None
    )


TIMED_OUT: Final = "TimeoutError"


class JournalError(OSError):
    """A record that was not written, with the reason: types and codes, never a message."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def cause_of(error: Exception) -> str:
    """Return the type and the system's code of an error; never a message, which may quote data."""
    if isinstance(error, JournalError):
        return error.cause
    name = type(error).__name__
    number = vars(OSError)["errno"].__get__(error) if isinstance(error, OSError) else None
    code = errno.errorcode.get(number or 0)
    return f"{name}: {code}" if code else name
