"""Secrets and personal data made to be found, and the search for them in all that a call leaves.

A finding names the place and never holds the canary itself. Frames of the search are left out, for
they hold what they search for.
"""

import base64
import contextlib
import copy
import gc
import json
import logging
import pickle
import threading
import traceback
import types
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from chessa._credentials import Secret

CLIENT_ID: Final = "id-/9c3e5a71+d8f2\"b4'\\%=q"
CLIENT_SECRET: Final = "canary/5f1e8b+7d2a\"9'e\\%=z"
PROXY_PASSWORD: Final = "hunter/2b71+f3a8\"c4'de\\%=7"
CREDENTIALS: Final[dict[str, Any]] = {
    "client_id": "id-5d6c2e9f",  # not a canary: some faults send the request back
    "client_secret": CLIENT_SECRET,
}
ADDRESS: Final = "bc1qcanary5k0w508d6qejxtdg4y5r3zarvary0c5xw7k"
IBAN: Final = "DE89370400440532013000"
NAME: Final = "Ottilie.Wildermuth@example.org"

_MOST_OBJECTS: Final = 300_000
_OWN: Final = frozenset({"leaks.py", "canary.py", "test_canary.py"})


def _forms(value: str) -> Iterator[bytes]:
    """Yield the forms in which a value may come out."""
    raw = value.encode("ascii")
    yield raw
    yield raw[::-1]
    yield from (value.encode("utf-16-le"), value.encode("utf-16-be"))
    yield from (value.encode("utf-16-le")[::-1], value.encode("utf-16-be")[::-1])
    yield from (raw.hex().encode(), raw.hex().upper().encode(), raw.hex(":").encode())
    yield from (form.encode() for form in (repr(value)[1:-1], repr(raw)[2:-1], ascii(repr(value))))
    yield json.dumps(value)[1:-1].encode()
    for safe in ("", "/", "/+"):
        yield urllib.parse.quote(value, safe=safe).encode()
    yield urllib.parse.quote_plus(value).encode()
    for shift in range(3):  # the text before it decides which of three forms it has
        text = base64.b64encode(b"?" * shift + raw)
        inner = text[4 if shift else 0 : -4]
        yield from (inner, inner.translate(bytes.maketrans(b"+/", b"-_")))
    yield base64.b32encode(raw)[:-8]


SECRET_FORMS: Final = frozenset(
    form for value in (CLIENT_ID, CLIENT_SECRET, PROXY_PASSWORD) for form in _forms(value)
)
PERSONAL_FORMS: Final = frozenset(form for value in (ADDRESS, IBAN, NAME) for form in _forms(value))


def holds(value: object, forms: frozenset[bytes] = SECRET_FORMS) -> bool:
    """Return whether a text, or bytes, hold a canary in any of its forms."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    if not isinstance(value, (bytes, bytearray, memoryview)):
        return False
    data = bytes(value)
    return any(form in data for form in forms)


def _is_own(code: types.CodeType) -> bool:
    return Path(code.co_filename).name in _OWN


def _linked(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it is chained to."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [link.__cause__, link.__context__]
            waiting += link.exceptions if isinstance(link, BaseExceptionGroup) else []


def shown_by(error: BaseException) -> set[str]:
    """Return the places in which an exception shows a canary to a person who prints all of it."""
    found: set[str] = set()
    for link in _linked(error):
        shown = {
            "str": str(link),
            "repr": repr(link),
            "ascii": ascii(link),
            "args": repr(link.args),
            "vars": repr(vars(link)),
            "notes": repr(getattr(link, "__notes__", ())),
            "traceback": "".join(traceback.format_exception(link)),
            "locals": "".join(_locals(link)),
        }
        found |= {place for place, text in shown.items() if holds(text)}
        found |= {
            f"personal data in {p}" for p in ("str", "repr") if holds(shown[p], PERSONAL_FORMS)
        }
    pickles = [pickle.dumps(error, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    return found | {"pickle" for data in pickles if holds(data)}


def in_error(error: BaseException) -> list[str]:
    """Return the places in which an exception, or what hangs on it, holds a canary."""
    copied = {"copy" for data in [pickle.dumps(copy.deepcopy(error))] if holds(data)}
    return sorted(shown_by(error) | copied | {*reachable(error)})


def _locals(link: BaseException) -> Iterator[str]:
    """Yield the variables of every frame, as reporters of errors send them."""
    report = traceback.TracebackException.from_exception(link, capture_locals=True)
    for frame in report.stack:
        if Path(frame.filename).name not in _OWN:
            yield from (f"{name}={value}" for name, value in (frame.locals or {}).items())


def reachable(start: object) -> Iterator[str]:
    """Yield the kinds of objects, other than a `Secret`, through which a canary can be reached."""
    seen: dict[int, object] = {}
    waiting: list[tuple[object, str]] = [(start, "the error")]
    while waiting and len(seen) < _MOST_OBJECTS:
        thing, holder = waiting.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing  # kept, so that no other object takes its address
        if holds(thing):
            yield f"{type(thing).__name__} in {holder}"
        name = type(thing).__qualname__
        waiting += [(each, name) for each in _referred(thing)]


def _referred(thing: object) -> list[Any]:
    if isinstance(thing, (Secret, types.ModuleType, type, types.CodeType, str, bytes, int, float)):
        return []
    if isinstance(thing, types.FrameType):
        return [] if _is_own(thing.f_code) else list(thing.f_locals.values())
    for attribute in ("__code__", "gi_code", "cr_code", "ag_code"):
        code = getattr(thing, attribute, None)
        if isinstance(code, types.CodeType) and _is_own(code):
            return []
    referred = gc.get_referents(thing)
    return [each for each in referred if not (isinstance(each, dict) and "__builtins__" in each)]


class LogWatch(logging.Handler):
    """Searches every record of every logger, and what others may print; by thread."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: set[tuple[int, str]] = set()
        self.loggers: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.loggers.add(record.name)
        try:
            text = f"{record.getMessage()} {record.__dict__!r}"
        except Exception:  # noqa: BLE001  # a record that cannot be printed shows nothing
            return
        if holds(text):
            self.note(f"log of {record.name}")
        if holds(text, PERSONAL_FORMS):
            self.note(f"personal data in the log of {record.name}")

    def note(self, place: str) -> None:
        """Remember a place in which a canary was found."""
        self.found.add((threading.get_ident(), place))

    def search(self, name: str, shown: object) -> None:
        """Search what others may print: a client, a hook's record."""
        fields: tuple[Any, ...] = getattr(type(shown), "__attrs_attrs__", ())
        values = [repr(getattr(shown, field.name)) for field in fields]
        for text in (repr(shown), str(shown), *values):
            if holds(text) or holds(text, PERSONAL_FORMS):
                self.note(name)

    def taken(self, thread: int | None = None) -> list[str]:
        """Return the findings, of one thread if asked, since the last time."""
        found = {each for each in [*self.found] if thread in (None, each[0])}
        self.found -= found
        return sorted(place for _, place in found)


@contextlib.contextmanager
def watched_logs() -> Iterator[LogWatch]:
    """Let every logger say all that it has to say, and search it."""
    root: Any = logging.getLogger()
    watch, level = LogWatch(), root.level
    root.addHandler(watch)
    root.setLevel(logging.DEBUG)
    try:
        yield watch
    finally:
        root.setLevel(level)
        root.removeHandler(watch)
