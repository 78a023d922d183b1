"""The log: logger `chessa`, one line for each call and each retry.

Only these fields: operation, status, attempts, elapsed, request id, outcome. Never a URL, a header,
a body or an argument.
"""

import logging
from typing import Final

from chessa_api.errors import Outcome

from ._interruptions import is_from_signal_handler

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
    """Log the end of a call, at a level that depends on its outcome."""
    _log(
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
    """Log a retry."""
    text = "%s: attempt %d brought status=%s, next in %.3fs"
    _log(logging.DEBUG, text, operation, attempt, status_code, wait)


def hook_failed(operation: str, hook: object, error: Exception) -> None:
    """Log the exception of a hook; the call goes on."""
    name = getattr(hook, "__qualname__", type(hook).__name__)
    text = "%s: hook %s raised %s, ignored"
    _log(logging.WARNING, text, operation, name, type(error).__name__)


def journal_failed(operation: str, call_id: str, cause: str) -> None:
    """Log that the closing record of a write is missing; the call ends normally."""
    text = "%s: call %s has no closing record in the journal (%s)"
    _log(logging.WARNING, text, operation, call_id, cause)


def journal_damaged(number: int) -> None:
    """Log that a line of a journal's file is not a record."""
    _log(logging.WARNING, "journal: line %d cannot be read, skipped", number)


def deprecated(text: str) -> None:
    """Log that the server has announced the end of an operation."""
    _log(logging.WARNING, "%s", text)


def _log(level: int, text: str, *values: object) -> None:
    """Log, whatever a filter or handler raises: it must not cost a call its result."""
    try:
        if LOGGER.isEnabledFor(level):
            LOGGER.log(level, text, *values)
    except Exception as error:
        if is_from_signal_handler(error):
            raise
