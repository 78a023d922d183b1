"""The log: logger `chessa`, one line for each call and each retry.

What a line says, its record has as attributes too (`extra`): operation, outcome, status, attempts,
elapsed, request id. Never a URL, a header, a body or an argument; a host for `allow_http` only.
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
        "%(operation)s: %(outcome)s, status=%(status_code)s attempts=%(attempts)d "
        "elapsed=%(elapsed).3fs request_id=%(request_id)s",
        operation=operation,
        outcome="ok" if outcome is None else outcome.value,
        status_code=status_code,
        attempts=attempts,
        elapsed=elapsed,
        request_id=request_id,
    )


def will_retry(operation: str, status_code: int | None, attempt: int, wait: float) -> None:
    """Log a retry."""
    _log(
        logging.DEBUG,
        "%(operation)s: attempt %(attempts)d brought status=%(status_code)s, next in %(wait).3fs",
        operation=operation,
        attempts=attempt,
        status_code=status_code,
        wait=wait,
    )


def drifted(operation: str, status: str, pointer: str, kind: str) -> None:
    """Log that a response differs from the spec, at a place where none has before."""
    _log(
        logging.INFO,
        "%(operation)s: the response differs from the spec at %(pointer)s (%(kind)s)",
        operation=operation,
        response=status,
        pointer=pointer or "/",
        kind=kind,
    )


def http_allowed(host: str) -> None:
    """Log that a client was allowed to send its credentials unencrypted to another machine."""
    _log(
        logging.WARNING,
        "credentials are sent UNENCRYPTED to %(host)s: allow_http is for a sandbox only",
        host=host,
    )


def hook_failed(operation: str, hook: object, error: Exception) -> None:
    """Log the exception of a hook; the call goes on."""
    _log(
        logging.WARNING,
        "%(operation)s: hook %(hook)s raised %(error)s, ignored",
        operation=operation,
        hook=getattr(hook, "__qualname__", type(hook).__name__),
        error=type(error).__name__,
    )


def journal_failed(operation: str, call_id: str, cause: str) -> None:
    """Log that the closing record of a write is missing; the call ends normally."""
    _log(
        logging.WARNING,
        "%(operation)s: call %(call_id)s has no closing record in the journal (%(cause)s)",
        operation=operation,
        call_id=call_id,
        cause=cause,
    )


def journal_damaged(number: int) -> None:
    """Log that a line of a journal's file is not a record."""
    _log(logging.WARNING, "journal: line %(line)d cannot be read, skipped", line=number)


def deprecated(text: str) -> None:
    """Log that the server has announced the end of an operation."""
    _log(logging.WARNING, "%(notice)s", notice=text)


def _log(level: int, text: str, **fields: object) -> None:
    """Log, whatever a filter or handler raises: it must not cost a call its result."""
    try:
        if LOGGER.isEnabledFor(level):
            LOGGER.log(level, text, fields, extra=fields)
    except Exception as error:
        if is_from_signal_handler(error):
            raise
