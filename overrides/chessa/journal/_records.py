"""The journal: one record before the first byte of every write, and one at its end, whatever it is.

A record holds no argument, no body and no credential.
"""

import datetime
import errno
import inspect
from collections.abc import Awaitable, Callable
from typing import Final, Literal, TypeAlias, cast

import attrs

from .._errors import ConfigurationError
from .._interruptions import is_from_signal_handler
from .._outcome import Outcome


@attrs.frozen(kw_only=True)
class JournalRecord:
    """A write that is about to be sent, or one that has ended."""

    event: Literal["opened", "closed"]
    """`opened` before the first byte is sent, `closed` at the end. A call without its `closed`
    ended with its process: look up what it changes."""
    call_id: str
    """The same in both records of a call, and in what hooks are told."""
    reference: str | None
    """The caller's own, of `with_options(reference=…)`."""
    operation: str
    """`orders.request_refund`"""
    attempt: int
    """1 when opened; when closed, how often the call was tried, 0 if it never was."""
    at: datetime.datetime
    """When, in UTC."""
    outcome: Outcome | None = None
    """Of a closed call; None when it brought its result."""
    status_code: int | None = None
    """Of the answer, if one arrived."""
    elapsed: float | None = None
    """Seconds from the start of the call to its end."""


Journal: TypeAlias = Callable[[JournalRecord], None]
"""Takes a record and returns once it is safe. An OSError says that it was not written: nothing is
sent then. Any other exception comes out of the call as itself, and nothing is sent either. It may
also have `find_records(reference, operation)`, as `FileJournal` has: see `flows.refund_safely`."""
AsyncJournal: TypeAlias = Callable[[JournalRecord], Awaitable[object]]

PATIENCE: Final = 0.05
"""Seconds for the closing record at least, should the deadline be over."""
PATIENCE_INTERRUPTED: Final = 1.0
"""Seconds for it at most, where the call was cancelled."""


def check(journal: object, *, may_await: bool) -> Journal | None:
    """Refuse what cannot be called, or what this client could not wait for."""
    if journal is None:
        return None
    if not callable(journal):
        raise ConfigurationError(
            "journal must be callable with a chessa.JournalRecord, such as a chessa.FileJournal."
        )
    if inspect.isgeneratorfunction(journal) or inspect.isasyncgenfunction(journal):
        raise ConfigurationError("journal is a generator function: calling it writes nothing.")
    if not may_await and is_coroutine_function(journal):
        raise ConfigurationError(
            "journal is a coroutine function, which only AsyncChessa can wait for."
        )
    return cast("Journal", journal)


def is_coroutine_function(function: Callable[..., object]) -> bool:
    called = getattr(type(function), "__call__", None)  # noqa: B004  # an object's own, if it is one
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def write(journal: Journal, record: JournalRecord) -> str | None:
    """Write a record, blocking. Return why it was not written.

    An OSError means that it was not; any other exception comes out as itself.
    """
    try:
        result = cast("Callable[[JournalRecord], object]", journal)(record)
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


def cause_of(error: Exception) -> str:
    """The type and the system's code for the error; never a message, which may quote data."""
    name = type(error).__name__
    number = vars(OSError)["errno"].__get__(error) if isinstance(error, OSError) else None
    code = errno.errorcode.get(number or 0)
    return f"{name}: {code}" if code else name
