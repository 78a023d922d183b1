"""The secrets of the fault matrix, and every form in which they could come out.

In: errors and log records. Out: the places where a secret was found.
"""

import base64
import contextlib
import json
import logging
import pickle
import re
import threading
import traceback
import urllib.parse
from collections.abc import Iterator
from typing import Any, Final

CLIENT_ID: Final = "id-5d6c2e9f"
CLIENT_SECRET: Final = "canary/0b71+f3a8\"c4'de\\%=7"
PROXY_PASSWORD: Final = "hunter/2b71+f3a8\"c4'de\\%=7"


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("ascii")
    yield secret
    yield raw.hex()
    yield raw.hex().upper()
    yield urllib.parse.quote(secret, safe="")
    yield urllib.parse.quote(secret)
    yield repr(secret)[1:-1]
    yield repr(raw)[2:-1]
    yield json.dumps(secret)[1:-1]
    for shift in range(3):  # what stands before it decides which of three base64 forms it has
        text = base64.b64encode(b"?" * shift + raw).decode("ascii")
        inner = text[4 if shift else 0 : -4]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


FORMS: Final = tuple(
    {form for secret in (CLIENT_SECRET, PROXY_PASSWORD) for form in _forms(secret)}
)

_ANY_FORM: Final = re.compile("|".join(map(re.escape, FORMS)))


def holds_secret(text: str) -> bool:
    """Whether a secret stands in this text, in any form."""
    return _ANY_FORM.search(text) is not None


def _linked(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [link.__cause__, link.__context__]


def places_of_secrets(error: BaseException) -> tuple[str, ...]:
    """Where an error shows a secret to somebody who prints all that there is."""
    found: list[str] = []
    for link in _linked(error):
        report = traceback.TracebackException.from_exception(link, capture_locals=True)
        shown = {
            "str": str(link),
            "repr": repr(link),
            "vars": repr(vars(link)),
            "args": repr(link.args),
            "traceback": "".join(report.format(chain=False)),
        }
        found += [place for place, text in shown.items() if holds_secret(text)]
    if holds_secret(pickle.dumps(error).decode("latin-1")):
        found.append("pickle")
    return tuple(found)


class LogWatch(logging.Handler):
    """Counts the log records that show a secret, for each thread by itself."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._found = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = f"{record.getMessage()} {vars(record)!r}"
        except Exception:  # noqa: BLE001  # a record that cannot be printed shows nothing
            return
        if holds_secret(text):
            self._found.loggers = (*self.taken(), f"log of {record.name}")

    def taken(self) -> tuple[str, ...]:
        """The loggers that showed a secret on this thread since it was asked last."""
        found: tuple[str, ...] = getattr(self._found, "loggers", ())
        self._found.loggers = ()
        return found


@contextlib.contextmanager
def watched_logs() -> Iterator[LogWatch]:
    """Every logger says all that it has to say, and is watched."""
    root: Any = logging.getLogger()
    watch, level = LogWatch(), root.level
    root.addHandler(watch)
    root.setLevel(logging.DEBUG)
    try:
        yield watch
    finally:
        root.setLevel(level)
        root.removeHandler(watch)
