"""The log: logger `chessa`, one line for each call and each repeat.

Only these fields: operation, status, attempts, elapsed, request id, outcome. Never a URL, a header,
a body or an argument.
"""

import logging
from typing import Final

from ._interruptions import is_from_signal_handler
from ._outcome import Outcome

LOGGER: Final = logging.getLogger("chessa")
LOGGER.addHandler(logging.NullHandler())

_LEVELS: Final = {
    None: logging.DEBUG,
    Outcome.NOT_SENT: logging.INFO,
    Outcome.REJECTED: logging.INFO,
    Outcome.UNKNOWN: logging.WARNING,
    Outcome.DONE: logging.WARNING,
}


def call_ended(
    operation: str,
    outcome: Outcome | None,
    *,
    status_code: int | None,
    attempts: int,
    elapsed: float,
    request_id: str | None,
) -> None:
    """One line for each call, at a level that goes with what is known of it."""
    _say(
        _LEVELS[outcome],
        "%s: %s, status=%s attempts=%d elapsed=%.3fs request_id=%s",
        operation,
        "ok" if outcome is None else outcome.value,
        status_code,
        attempts,
        elapsed,
        request_id,
    )


def will_retry(operation: str, status_code: int | None, attempt: int, wait: float) -> None:
    """One line for each repeat."""
    words = "%s: attempt %d brought status=%s, next in %.3fs"
    _say(logging.DEBUG, words, operation, attempt, status_code, wait)


def hook_failed(operation: str, hook: object, error: Exception) -> None:
    """A hook raised; the call goes on."""
    name = getattr(hook, "__qualname__", type(hook).__name__)
    words = "%s: hook %s raised %s, ignored"
    _say(logging.WARNING, words, operation, name, type(error).__name__)


def journal_failed(operation: str, call_id: str, cause: str) -> None:
    """The closing record of a write is missing: the call itself ended as it would have."""
    words = "%s: call %s has no closing record in the journal (%s)"
    _say(logging.WARNING, words, operation, call_id, cause)


def journal_damaged(number: int) -> None:
    """A line of a journal's file is no record."""
    _say(logging.WARNING, "journal: line %d cannot be read, left out", number)


def _say(level: int, words: str, *values: object) -> None:
    """Log. A filter or handler that raises must not cost a call its result."""
    try:
        if LOGGER.isEnabledFor(level):
            LOGGER.log(level, words, *values)
    except Exception as error:
        if is_from_signal_handler(error):
            raise
