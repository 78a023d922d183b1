"""httpcore's own log without what servers send: an answer may name a person, or echo a secret.

In: records of httpcore, at DEBUG. Out: the same, those of our calls without the headers in them.
"""

import logging
from typing import Final

from .evidence import CURRENT

_LOGGERS: Final = ("httpcore.connection", "httpcore.http11", "httpcore.proxy")
_RETURNED: Final = " return_value="


def _leave_out_the_answer(record: logging.LogRecord) -> bool:
    if CURRENT.get() is not None and isinstance(record.msg, str):
        record.msg = record.msg.partition(_RETURNED)[0]
    return True


def keep_quiet() -> None:
    """Leave answers out of httpcore's log, for the calls of this package only."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_leave_out_the_answer)
