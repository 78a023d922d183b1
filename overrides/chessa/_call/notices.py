"""The announced end of an operation: the headers Deprecation (RFC 9745) and Sunset (RFC 8594)."""

import datetime
import email.utils
import re
import warnings
from typing import Final

from .. import _log
from .._interruptions import is_from_signal_handler
from .events import Response

_TOLD: Final[set[str]] = set()
_MOST: Final = 1_000
"""The names of undocumented requests are the caller's, and may be any number."""
_DATE: Final = re.compile(r"@(-?[0-9]{1,12})")


def announce(operation: str, response: Response) -> None:
    """Tell once per process and operation that the server has announced the end of it.

    A line of the log, and for the first operation a DeprecationWarning. Neither ever fails a call:
    what was carried out must not turn into an error because warnings are errors.
    """
    if operation in _TOLD or len(_TOLD) >= _MOST:
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
        except Exception as error:  # warnings are errors here, or what shows them failed
            if is_from_signal_handler(error):
                raise


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
