"""The outcome table: one pure function, read from the top; the first row that fits decides.

| what the attempt brought                              | read             | write         |
|-------------------------------------------------------|------------------|---------------|
| no connection, and the evidence that nothing was sent | NOT_SENT         | NOT_SENT      |
| no status line                                        | UNKNOWN          | UNKNOWN       |
| 2xx, and its body is the operation's success          | result           | result        |
| 2xx, and its body was lost or cannot be used          | UNKNOWN          | DONE          |
| 4xx that speaks for the API itself                    | REJECTED         | REJECTED      |
| any other status, redirects included                  | REJECTED         | UNKNOWN       |

"Speaks for the API itself": the vendor's envelope with a `statusCode` equal to the HTTP status, and
not 408, 409, 423, 425 or 499, which proxies send too, or which mean "perhaps". A 5xx on a write
proves nothing: proxies respond with 502, 503 and 504 after they passed the request on.
"""

from collections.abc import Callable
from typing import Final

import attrs

from chessa_api.errors import Outcome

from .events import AttemptResult, ErrorKind

INCONCLUSIVE: Final = frozenset({408, 409, 423, 425, 499})
ESTABLISHING: Final = frozenset(
    {ErrorKind.CONNECTING, ErrorKind.CERTIFICATE, ErrorKind.UNSENDABLE, ErrorKind.CLOSED}
    | {ErrorKind.NO_TRANSPORT, ErrorKind.JOURNAL, ErrorKind.LATE}
)


def _never_sent(result: AttemptResult) -> bool:
    return result.response is None and result.kind in ESTABLISHING and result.nothing_sent


def _no_status(result: AttemptResult) -> bool:
    return result.response is None


def _success(result: AttemptResult) -> bool:
    return is_success(result.status_code) and result.has_result


def _success_unread(result: AttemptResult) -> bool:
    return is_success(result.status_code)


def _rejected_by_the_api(result: AttemptResult) -> bool:
    status = result.status_code
    return (
        status is not None
        and 400 <= status <= 499
        and status not in INCONCLUSIVE
        and result.failure is None
        and result.error.envelope_status == status
    )


def _otherwise(_result: AttemptResult) -> bool:
    return True


@attrs.frozen
class _Row:
    fits: Callable[[AttemptResult], bool]
    read: Outcome | None
    write: Outcome | None


TABLE: Final = (
    _Row(_never_sent, read=Outcome.NOT_SENT, write=Outcome.NOT_SENT),
    _Row(_no_status, read=Outcome.UNKNOWN, write=Outcome.UNKNOWN),
    _Row(_success, read=None, write=None),
    _Row(_success_unread, read=Outcome.UNKNOWN, write=Outcome.DONE),
    _Row(_rejected_by_the_api, read=Outcome.REJECTED, write=Outcome.REJECTED),
    _Row(_otherwise, read=Outcome.REJECTED, write=Outcome.UNKNOWN),
)


def outcome_of(result: AttemptResult, *, is_read: bool) -> Outcome | None:
    """Return the outcome of an attempt; None when it brought a result."""
    row = next(row for row in TABLE if row.fits(result))
    return row.read if is_read else row.write


def is_success(status_code: int | None) -> bool:
    """Return whether this is a 2xx, documented or not."""
    return status_code is not None and 200 <= status_code <= 299
