"""The announced end of an operation: the headers Deprecation (RFC 9745) and Sunset (RFC 8594)."""

import datetime
import email.utils
import re
import warnings
from typing import Final

from .. import _log
from .events import Response

_TOLD: Final[set[str]] = set()
_DATE: Final = re.compile(r"@(-?[0-9]{1,12})")


def announce(operation: str, response: Response) -> None:
    """Tell once per process and operation that the server has announced the end of it.

    A line of the log, and for the first operation a DeprecationWarning. Neither ever fails a call:
    what was carried out must not turn into an error because warnings are errors.
    """
    if operation in _TOLD:
        return
    is_first = not _TOLD
    _TOLD.add(operation)
    since = _date(response.header(b"deprecation"))
    until = _date(response.header(b"sunset"))
    text = (
        f"{operation}: the API has announced that it is deprecated"
        f"{f' since {since}' if since else ''}{f', and ends on {until}' if until else ''}. "
        "Read the vendor's announcements, and check for a newer version of chessa."
    )
    _log.deprecated(text)
    if is_first:
        try:
            warnings.warn(text, DeprecationWarning, stacklevel=2)
        except DeprecationWarning:
            return  # warnings are errors here, and the log has it


def _date(value: str | None) -> str | None:
    """Return the day that a header names; None for anything else, of which nothing is shown."""
    text = (value or "").strip()
    try:
        if found := _DATE.fullmatch(text):
            seconds = int(found[1])
            return datetime.datetime.fromtimestamp(seconds, datetime.UTC).date().isoformat()
        if len(text) <= 64:
            return email.utils.parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        return None
    return None
