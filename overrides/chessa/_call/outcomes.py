"""Did it happen? One pure function over one table, read from the top; the first row that fits.

| what came                                             | read             | write         |
|-------------------------------------------------------|------------------|---------------|
| no connection, and the evidence that nothing was sent | NOT_SENT         | NOT_SENT      |
| no status line                                        | UNKNOWN          | UNKNOWN       |
| 2xx, and its body is the operation's success          | result           | result        |
| 2xx, and its body was lost or cannot be used          | UNKNOWN          | DONE          |
| 4xx that speaks for the API itself                    | REJECTED         | REJECTED      |
| any other status, redirects included                  | REJECTED         | UNKNOWN       |

"Speaks for the API itself": the vendor's envelope with a `statusCode` equal to the HTTP status, and
none of 408, 409, 423, 425, 499, which proxies send too, or which mean "perhaps". A 5xx on a write
proves nothing: proxies answer 502, 503 and 504 after they passed the request on.
"""

from collections.abc import Callable
from typing import Final

import attrs

from .._outcome import Outcome
from .events import Trouble

INCONCLUSIVE: Final = frozenset({408, 409, 423, 425, 499})
ESTABLISHING: Final = frozenset(
    {Trouble.CONNECTING, Trouble.CERTIFICATE, Trouble.UNSENDABLE, Trouble.CLOSED}
    | {Trouble.NO_TRANSPORT, Trouble.JOURNAL}
)


@attrs.frozen
class Facts:
    """What an attempt brought."""

    is_read: bool
    status_code: int | None = None
    """None when no status line arrived."""
    has_result: bool = False
    """Whether the body of a 2xx was read as the operation's success."""
    envelope_status: int | None = None
    """`statusCode` of the vendor's envelope, when the body is one."""
    trouble: Trouble | None = None
    nothing_sent: bool = False
    """The evidence of the network backend."""


def _never_sent(facts: Facts) -> bool:
    return facts.status_code is None and facts.trouble in ESTABLISHING and facts.nothing_sent


def _no_status(facts: Facts) -> bool:
    return facts.status_code is None


def _success(facts: Facts) -> bool:
    return is_success(facts.status_code) and facts.has_result


def _success_unread(facts: Facts) -> bool:
    return is_success(facts.status_code)


def _refused_by_the_api(facts: Facts) -> bool:
    status = facts.status_code
    return (
        status is not None
        and 400 <= status <= 499
        and status not in INCONCLUSIVE
        and facts.envelope_status == status
    )


def _otherwise(_facts: Facts) -> bool:
    return True


@attrs.frozen
class _Row:
    fits: Callable[[Facts], bool]
    read: Outcome | None
    write: Outcome | None


TABLE: Final = (
    _Row(_never_sent, read=Outcome.NOT_SENT, write=Outcome.NOT_SENT),
    _Row(_no_status, read=Outcome.UNKNOWN, write=Outcome.UNKNOWN),
    _Row(_success, read=None, write=None),
    _Row(_success_unread, read=Outcome.UNKNOWN, write=Outcome.DONE),
    _Row(_refused_by_the_api, read=Outcome.REJECTED, write=Outcome.REJECTED),
    _Row(_otherwise, read=Outcome.REJECTED, write=Outcome.UNKNOWN),
)


def judge(facts: Facts) -> Outcome | None:
    """The outcome of an attempt; None when it brought a result."""
    row = next(row for row in TABLE if row.fits(facts))
    return row.read if facts.is_read else row.write


def is_success(status_code: int | None) -> bool:
    """Whether this is a 2xx, documented or not."""
    return status_code is not None and 200 <= status_code <= 299
