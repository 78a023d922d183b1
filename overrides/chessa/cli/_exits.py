"""The exit statuses of the command: one table, which the page "The command" prints as well."""

from typing import Final

import attrs

from chessa_api.errors import Outcome


@attrs.frozen
class Exit:
    """An exit status."""

    status: int
    name: str
    meaning: str


RESULT: Final = 0
OTHER: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
CLOSED: Final = 141

TABLE: Final = (
    Exit(RESULT, "result", "the result was printed"),
    Exit(OTHER, "other", "a check failed, you declined, a file or an extra cannot be used"),
    Exit(USAGE, "usage", "the command line is wrong: nothing was sent"),
    Exit(3, "REJECTED", "the API rejected the request, and did nothing"),
    Exit(4, "NOT_SENT", "nothing was sent: fix what the message names; calling again is safe"),
    Exit(5, "UNKNOWN", "a write may have been carried out: check before you send it again"),
    Exit(6, "DONE", "a write was carried out, and its response was lost: look up its result"),
    Exit(INTERRUPTED, "interrupted", "Ctrl-C; for a write the message says what is known of it"),
    Exit(CLOSED, "closed", "the reader of the output closed it; what was asked for was done"),
)
_BY_NAME: Final = {each.name: each.status for each in TABLE}


def status_of(outcome: Outcome) -> int:
    """Return the exit status that stands for an outcome."""
    return _BY_NAME[outcome.name]
