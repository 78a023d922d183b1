"""The log of httpcore and httpx without what servers send: a name, or an echoed secret."""

import logging
from contextvars import ContextVar
from typing import Final

IN_CALL: Final[ContextVar[bool]] = ContextVar("chessa_in_call", default=False)
"""Whether what httpcore logs is about a call of this package."""
_LOGGERS: Final = tuple(
    f"{library}.{part}"
    for library in ("httpcore", "httpcore2")
    for part in ("connection", "http11", "proxy")
)
_PARTS: Final = 5
"""Method, URL, version, status, reason."""
_RETURNED: Final = " return_value="


def _leave_out_the_response(record: logging.LogRecord) -> bool:
    if IN_CALL.get() and isinstance(record.msg, str):
        record.msg = record.msg.partition(_RETURNED)[0]
    return True


def _leave_out_the_reason(record: logging.LogRecord) -> bool:
    """Of httpx's one line for a response, the phrase behind the status is the server's."""
    if IN_CALL.get() and isinstance(record.args, tuple) and len(record.args) == _PARTS:
        record.args = (*record.args[:-1], "")
    return True


for _name in ("httpx", "httpx2"):
    logging.getLogger(_name).addFilter(_leave_out_the_reason)
for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_leave_out_the_response)
