"""Secrets and personal data made to be found, and the search for them in all that an end leaves.

In: ends of calls, by a `Run`; exceptions, texts, objects. Out: the places where a canary was found,
by name: a finding never holds the canary itself. Frames of the tests are left out, for they hold
what they pass.
"""

import asyncio
import base64
import contextlib
import copy
import gc
import json
import logging
import pickle
import sys
import traceback
import types
import urllib.parse
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import chessa
from chessa._credentials import Secret
from tests.unit.raw_server import RawServer

CLIENT_ID: Final = "id-/9c3e5a71+d8f2\"b4'\\%=q"
CLIENT_SECRET: Final = "canary/5f1e8b+7d2a\"9'e\\%=z"
PROXY_PASSWORD: Final = "hunter/2b71+f3a8\"c4'de\\%=7"
ADDRESS: Final = "bc1qcanary5k0w508d6qejxtdg4y5r3zarvary0c5xw7k"
IBAN: Final = "DE89370400440532013000"
ORDER: Final = "o-77"
NAME: Final = "Ottilie.Wildermuth@example.org"
SECRETS: Final = (CLIENT_ID, CLIENT_SECRET, PROXY_PASSWORD)
PERSONAL: Final = (ADDRESS, IBAN, NAME)
MARK: Final = "== {} ==\n"
"""Stands in standard error before what an end says."""
Settings = dict[str, Any]

_MOST_OBJECTS: Final = 300_000
_OWN: Final = frozenset({"canary.py", "test_canary.py"})


def _forms(value: str) -> Iterator[bytes]:
    """What a value may look like when it comes out."""
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
    for shift in range(3):  # what stands before it decides which of three forms it has
        whole = base64.b64encode(b"?" * shift + raw)
        inner = whole[4 if shift else 0 : -4]
        yield from (inner, inner.translate(bytes.maketrans(b"+/", b"-_")))
    yield base64.b32encode(raw)[:-8]


SECRET_FORMS: Final = frozenset(form for value in SECRETS for form in _forms(value))
PERSONAL_FORMS: Final = frozenset(form for value in PERSONAL for form in _forms(value))


def holds(value: object, forms: frozenset[bytes] = SECRET_FORMS) -> bool:
    """Whether a text, or bytes, hold a canary in any of its forms."""
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
    elif isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
    else:
        return False
    return any(form in data for form in forms)


def _is_own(code: types.CodeType) -> bool:
    return Path(code.co_filename).name in _OWN


def linked(error: BaseException) -> list[BaseException]:
    """An exception and all that it is chained to."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and all(link is not known for known in found):
            found.append(link)
            waiting += [link.__cause__, link.__context__]
            waiting += link.exceptions if isinstance(link, BaseExceptionGroup) else []
    return found


def in_error(error: BaseException) -> list[str]:
    """The places in which an exception shows a canary to whoever prints, sends or keeps it."""
    found: set[str] = set()
    for link in linked(error):
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
        found |= {f"personal data in {p}" for p in ("str", "repr") if _is_personal(shown[p])}
    found |= {"pickle" for data in _pickled(error) if holds(data)}
    found |= set(reachable(error))
    return sorted(found)


def _is_personal(text: str) -> bool:
    return holds(text, PERSONAL_FORMS)


def _locals(link: BaseException) -> Iterator[str]:
    """The variables of every frame, as reporters of errors send them."""
    report = traceback.TracebackException.from_exception(link, capture_locals=True)
    for frame in report.stack:
        if Path(frame.filename).name not in _OWN:
            yield from (f"{name}={value}" for name, value in (frame.locals or {}).items())


def _pickled(error: BaseException) -> Iterator[bytes]:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield pickle.dumps(error, protocol)
    yield pickle.dumps(copy.deepcopy(error))


def reachable(start: object) -> Iterator[str]:
    """The kinds of objects, other than a `Secret`, through which a canary can be reached."""
    seen: dict[int, object] = {}
    waiting: list[tuple[object, str]] = [(start, "the error")]
    while waiting and len(seen) < _MOST_OBJECTS:
        thing, holder = waiting.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing  # kept, so that no other takes its place
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


class Watch(logging.Handler):
    """Looks at every record of every logger, and at every warning."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: set[str] = set()
        self.loggers: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.loggers.add(record.name)
        text = f"{record.getMessage()} {record.__dict__!r}"
        if holds(text):
            self.found.add(f"log of {record.name}")
        if holds(text, PERSONAL_FORMS):
            self.found.add(f"personal data in the log of {record.name}")

    def start(self) -> None:
        """Have every logger say all that it has to say, to standard error too."""
        logging.captureWarnings(True)
        warnings.simplefilter("always")
        logging.basicConfig(level=logging.DEBUG)
        logging.getLogger().addHandler(self)
        for name in ("asyncio", "chessa", "httpcore", "httpx"):
            logging.getLogger(name).setLevel(logging.DEBUG)

    def look_at(self, name: str, shown: object) -> None:
        """Look at something that others may print: a client, a hook's record."""
        for text in (repr(shown), str(shown), *_of_record(shown)):
            if holds(text) or holds(text, PERSONAL_FORMS):
                self.found.add(name)

    def taken(self) -> list[str]:
        """What was found since the last time."""
        found, self.found = sorted(self.found), set()
        return found


def _of_record(shown: object) -> Iterator[str]:
    fields: tuple[Any, ...] = getattr(type(shown), "__attrs_attrs__", ())
    yield from (repr(getattr(shown, field.name)) for field in fields)


class Run:
    """Ends of calls, and what was found in each."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.watch.start()
        self.told: list[object] = []
        self.report: dict[str, list[dict[str, object]]] = {}

    def settings(self, **given: Any) -> Settings:
        """Canaries for credentials, and hooks and a journal that keep what they are told."""
        hooks = chessa.Hooks(request=self.told.append, response=self.told.append)
        keep: Settings = {"hooks": hooks, "journal": self.told.append, "max_retries": 1}
        return {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **keep, **given}

    def look(self, name: str, call: str, error: BaseException | None, *shown: object) -> None:
        """Search everything that this end has left."""
        found = in_error(error) if error is not None else []
        for thing in (*shown, *self.told):
            self.watch.look_at(type(thing).__name__, thing)
        self.told.clear()
        kind = type(error).__name__ if error is not None else ""
        where = [*found, *self.watch.taken()]
        self.report.setdefault(name, []).append({"call": call, "kind": kind, "found": where})

    @contextlib.contextmanager
    def named(self, name: str) -> Iterator[None]:
        """Say in standard error whose end follows."""
        sys.stderr.write(MARK.format(name))
        yield
        gc.collect()  # what is not closed warns here

    def refused(self, name: str, *, closed: bool) -> None:
        """Calls that are refused before anything is sent: on a closed client, or as they stand."""
        client = chessa.Chessa(**self.settings())
        if closed:
            client.close()
        for kind, call in calls_of(client, ORDER if closed else {IBAN: [ADDRESS]}).items():
            try:
                call()
            except chessa.ChessaError as error:
                self.look(name, kind, error, client)
        client.close()
        asyncio.run(self._refused_async(name, closed=closed))

    async def _refused_async(self, name: str, *, closed: bool) -> None:
        client = chessa.AsyncChessa(**self.settings())
        if closed:
            await client.aclose()
        for kind, call in calls_of(client, ORDER if closed else {IBAN: [ADDRESS]}).items():
            try:
                await call()
            except chessa.ChessaError as error:
                self.look(name, f"async {kind}", error, client)
        await client.aclose()

    def sync(self, name: str, given: Settings) -> None:
        """A read and a write of `Chessa`."""
        with chessa.Chessa(**self.settings(**given)) as client:
            copied = client.with_options(extra_headers={"x-a": "1"}, reference="mine")
            for kind, call in calls_of(copied).items():
                error: BaseException | None = None
                try:
                    call()
                except (chessa.ChessaError, KeyboardInterrupt) as raised:
                    error = raised
                self.look(name, kind, error, client, copied, client.orders, copied.orders)

    async def run_async(self, name: str, given: Settings) -> None:
        """The same of `AsyncChessa`."""
        async with chessa.AsyncChessa(**self.settings(**given)) as client:
            copied = client.with_options(extra_headers={"x-a": "1"}, reference="mine")
            for kind, call in calls_of(copied).items():
                error: BaseException | None = None
                try:
                    await call()
                except chessa.ChessaError as raised:
                    error = raised
                self.look(name, f"async {kind}", error, client, copied, client.orders)

    def both(self, name: str, given: Settings) -> None:
        """All four calls."""
        self.sync(name, given)
        asyncio.run(self.run_async(name, given))

    async def cancelled(self, server: RawServer, received: Callable[[], bool]) -> None:
        """Calls that are cancelled once the server has them."""
        settings = self.settings(base_url=server.url)
        async with chessa.AsyncChessa(**settings) as client:
            for kind, call in calls_of(client).items():
                task = asyncio.ensure_future(call())
                await asyncio.to_thread(received)
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError as error:
                    self.look("cancelled", f"async {kind}", error, client, task)

    def made(self, name: str, given: Settings) -> None:
        """A client that cannot be made."""
        for make in (chessa.Chessa, chessa.AsyncChessa):
            try:
                make(**self.settings(**given))
            except chessa.ConfigurationError as error:
                self.look(name, make.__name__, error)


def calls_of(client: Any, order_id: Any = ORDER) -> dict[str, Callable[[], Any]]:
    """A read and a write with personal data in their arguments."""
    return {
        "read": lambda: client.orders.retrieve(order_id),
        "write": lambda: client.orders.request_refund(order_id=order_id, address=ADDRESS, tag=IBAN),
    }
