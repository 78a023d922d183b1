"""No end of a call shows a secret, and none prints personal data: neither we nor what we stand on.

Canaries are credentials, an address in the arguments and an account in the responses. Every end
is searched for them, in a process that logs and warns as much as it can.
"""

import base64
import gc
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs
import pytest

import chessa
from tests.faults.canary import MARK, ORDER, Run, Settings
from tests.faults.leaks import (
    ADDRESS,
    CLIENT_ID,
    CLIENT_SECRET,
    IBAN,
    NAME,
    PERSONAL_FORMS,
    PROXY_PASSWORD,
    LogWatch,
    holds,
    in_error,
)
from tests.marks import every, table
from tests.unit.raw_server import Connection, Play, RawServer, after_request, refusing_port, reset
from tests.unit.tls_server import tls_server

T = TypeVar("T")
ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 120.0

ORDER_BODY: Final = {"order": {"id": ORDER, "status": "created", "cryptoAddress": ADDRESS}}
REFUND_BODY: Final = {"refundId": "r1", "status": "pending", "refundAddress": ADDRESS}


def envelope(status: int, message: str = f"{IBAN} of {NAME} is refused") -> dict[str, object]:
    """Return the vendor's error, which names an account."""
    return {"error": "refused", "message": message, "statusCode": status}


def says(status: str, body: object, *headers: str) -> Play:
    """Respond to every request with this, JSON unless it is bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def play(connection: Connection) -> None:
        while connection.read_request():
            connection.answer(status, data, *headers)

    return play


def results(connection: Connection) -> None:
    """Respond well to reads and writes."""
    while request := connection.read_request():
        body = ORDER_BODY if request.startswith(b"GET") else REFUND_BODY
        connection.answer("200 OK", json.dumps(body).encode())


def silence(connection: Connection) -> None:
    """Receive, and never respond."""
    connection.read_request()
    connection.wait_until_stopped()


def ctrl_c(connection: Connection) -> None:
    """Interrupt the main thread once the request is here."""
    connection.read_request()
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    connection.wait_until_stopped()


def no_tls(connection: Connection) -> None:
    """Respond to the greeting of TLS with plain HTTP."""
    connection.receive()
    connection.answer("400 Bad")


def _raising() -> str:
    raise ValueError(f"cannot fetch {CLIENT_SECRET}")


ECHO: Final = CLIENT_SECRET
HIDDEN: Final = urllib.parse.quote(PROXY_PASSWORD, safe="")
ESCAPED: Final = "".join(f"\\u{ord(character):04x}" for character in CLIENT_SECRET)
HALF: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\nX-Echo: %s\r\n\r\n%s"
ECHO_HALF: Final = HALF % (ECHO.encode(), ECHO.encode())


@attrs.frozen
class End:
    """An end of calls: the play of the server, or the settings of the client, and the errors."""

    read: str
    write: str
    play: Play
    settings: Settings = attrs.field(factory=dict)


UNUSABLE: Final = ("ResponseError", "OutcomeUnknownError")
ANSWERED: Final[dict[str, End]] = {
    "result": End("", "", results),
    "400": End("BadRequestError", "BadRequestError", says("400 Bad", envelope(400))),
    "401": End("AuthenticationError", "AuthenticationError", says("401 No", envelope(401))),
    "404": End("NotFoundError", "NotFoundError", says("404 Gone", envelope(404))),
    "409": End("ApiError", "OutcomeUnknownError", says("409 Conflict", envelope(409))),
    "500": End("ServerError", "OutcomeUnknownError", says("500 Oh", envelope(500))),
    "HTML": End(
        "ServerError", "OutcomeUnknownError", says("502 Bad", f"<p>{IBAN} {NAME}</p>".encode())
    ),
    "no JSON": End(*UNUSABLE, says("200 OK", f"{IBAN} {NAME}".encode())),
    "another shape": End(*UNUSABLE, says("200 OK", {"order": IBAN, "refundId": {"a": NAME}})),
    "redirect": End(
        "ApiError", "OutcomeUnknownError", says("302 Found", b"", "Location: https://x.example/")
    ),
    "reset": End(*UNUSABLE, after_request(reset)),
    "closed": End(*UNUSABLE, after_request()),
    "no HTTP": End(*UNUSABLE, after_request(lambda connection: connection.send(b"\0" * 99))),
    "timeout": End(*UNUSABLE, silence, {"timeout": 0.3}),
    "echo in the body": End("ServerError", "OutcomeUnknownError", says("500 Oh", ECHO.encode())),
    "echo in the envelope": End(
        "BadRequestError", "BadRequestError", says("400 Bad", envelope(400, f"{ECHO} is wrong"))
    ),
    "echo in escapes": End(
        "BadRequestError",
        "BadRequestError",
        says("400 Bad", b'{"error":"e","message":"%s","statusCode":400}' % ESCAPED.encode()),
    ),
    "echo in a name": End(
        "BadRequestError", "BadRequestError", says("400 Bad", {**envelope(400), ECHO: [{ECHO: 1}]})
    ),
    "echo in a header": End(
        "BadRequestError", "BadRequestError", says("400 Bad", envelope(400), f"X-Echo: {ECHO}")
    ),
    "echo as the request's id": End(
        "BadRequestError",
        "BadRequestError",
        says("400 Bad", envelope(400), f"X-Request-Id: {ECHO}"),
    ),
    "echo as the id of a result": End(*UNUSABLE, says("200 OK", b"{}", f"X-Request-Id: {ECHO}")),
    "echo in half a body": End(*UNUSABLE, after_request(lambda c: c.send(ECHO_HALF))),
    "echo in no HTTP": End(*UNUSABLE, after_request(lambda c: c.send(ECHO.encode() * 9))),
    "a secret that is raised": End(
        "ConfigurationError", "ConfigurationError", results, {"client_secret": _raising}
    ),
    "a secret that is bad": End(
        "ConfigurationError",
        "ConfigurationError",
        results,
        {"client_secret": lambda: f"{CLIENT_SECRET}\n{CLIENT_SECRET}"},
    ),
    "an account in a header": End(
        "ApiError", "OutcomeUnknownError", says("302 Found", b"", f"Location: /{IBAN}")
    ),
    "tls to a plain server": End("NotSentError", "NotSentError", no_tls, {"scheme": "https"}),
    "a proxy that refuses the password": End(
        "NotSentError",
        "NotSentError",
        says("407 Who", b""),
        {"proxy": True, "base_url": "https://api.example"},
    ),
    "a proxy that resets": End(
        "NotSentError",
        "NotSentError",
        after_request(reset),
        {"proxy": True, "base_url": "https://api.example"},
    ),
}
MADE: Final[dict[str, Settings]] = {
    f"{name} of {bad!r:.8}": {name: f"{CLIENT_SECRET}{bad}{CLIENT_SECRET}"}
    for name in ("client_id", "client_secret")
    for bad in ("\n", " ", "é", "\0", "\r\nx-a: ", "\ud800")
} | {
    "client_secret that is blank": {"client_secret": ""},
    "client_secret of bytes": {"client_secret": CLIENT_SECRET.encode()},
    "client_secret that is long": {"client_secret": CLIENT_SECRET * 400},
    "base_url with a password": {"base_url": f"https://u:{HIDDEN}@api.example"},
    "base_url with a query": {"base_url": f"https://api.example?key={HIDDEN}"},
    "proxy with a path": {"proxy": f"http://u:{HIDDEN}@proxy.example/path"},
    "proxy of another kind": {"proxy": f"ftp://u:{HIDDEN}@proxy.example"},
}
OTHERS: Final = {
    "refused": ("NotSentError", "NotSentError"),
    "a certificate that is not trusted": ("NotSentError", "NotSentError"),
    "interrupted": ("KeyboardInterrupt", "KeyboardInterrupt"),
    "cancelled": ("CancelledError", "CancelledError"),
    "closed client": ("NotSentError", "NotSentError"),
    "arguments": ("InvalidRequestError", "InvalidRequestError"),
}

ALWAYS: Final = ("result", "400")


def _of(table: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    return {name: row for name, row in table.items() if name in names}


def _given(end: End, server: RawServer) -> Settings:
    given = {"base_url": server.url, **end.settings}
    if scheme := given.pop("scheme", None):
        given["base_url"] = server.url.replace("http", scheme)
    if given.pop("proxy", None):
        given["proxy"] = f"http://somebody:{HIDDEN}@127.0.0.1:{server.port}"
    return given


def main(names: Collection[str]) -> None:
    """Run in a process of its own: bring these ends about, and print what was found."""
    run = Run()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.freeze()  # what pytest and we hold; after each end only what it left is collected
    for name, end in _of(ANSWERED, names).items():
        with run.named(name), RawServer(end.play) as server:
            run.both(name, _given(end, server))
    with run.named("refused"), refusing_port() as url:
        run.both("refused", {"base_url": url})
    with run.named("a certificate that is not trusted"), tls_server(results) as server:
        run.both("a certificate that is not trusted", {"base_url": server.url})
    with run.named("interrupted"), RawServer(ctrl_c) as server:
        run.sync("interrupted", {"base_url": server.url})
    received: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def stall(connection: Connection) -> None:
        received.put(bool(connection.read_request()))
        connection.wait_until_stopped()

    with run.named("cancelled"), RawServer(stall) as server:
        run.cancelled(server, lambda: received.get(timeout=60))
    with run.named("arguments"):
        run.both("arguments", {}, order_id={IBAN: [ADDRESS]})
    with run.named("closed client"):
        run.both("closed client", {}, is_closed=True)
    for name, given in _of(MADE, names).items():
        with run.named(name):
            run.made(name, given)
    sys.stdout.write(json.dumps({"ends": run.report, "loggers": sorted(run.watch.loggers)}))


@pytest.fixture(scope="module")
def wanted(request: pytest.FixtureRequest) -> set[str]:
    """Return the names of the ends that this session asks for, of those in tables."""
    drawn: list[dict[str, Any]] = [
        getattr(getattr(item, "callspec", None), "params", {}) for item in request.session.items
    ]
    return {name for each in drawn if (name := each.get("name")) in {*ANSWERED, *MADE}} | {*ALWAYS}


@pytest.fixture(scope="module")
def outcome(wanted: set[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the findings, the output and the files of that process."""
    folder = tmp_path_factory.mktemp("canary")
    path = os.pathsep.join(str(ROOT / part) for part in ("generated", "overrides", "."))
    environ = {"PYTHONPATH": path, "PYTHONWARNINGS": "default", "SSLKEYLOGFILE": "keys.log"}
    program = f"from tests.faults.test_canary import main; main({wanted!r})"
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    left = [path.name for path in folder.iterdir()]
    return {**json.loads(done.stdout), "stdout": done.stdout, "stderr": done.stderr, "left": left}


def _said(outcome: dict[str, Any], name: str) -> str:
    """Return the part of standard error for one end."""
    said: str = outcome["stderr"].partition(MARK.format(name))[2].partition("== ")[0]
    return said


_IN_A_HEADER: Final = f"somebody:{PROXY_PASSWORD}".encode()
PLANTS: Final[dict[str, Callable[[chessa.ChessaError], object]]] = {
    "str": lambda error: setattr(error, "args", (CLIENT_SECRET,)),
    "vars": lambda error: setattr(error, "code", [CLIENT_SECRET.encode().hex()]),
    "notes": lambda error: error.add_note(repr(CLIENT_SECRET)),
    "pickle": lambda error: setattr(error, "code", CLIENT_SECRET.encode("utf-16-le")[::-1]),
    "bytes in dict": lambda error: setattr(error, "code", {1: base64.b64encode(_IN_A_HEADER)}),
    "personal data in str": lambda error: setattr(error, "args", (IBAN,)),
    "locals": lambda error: setattr(error, "__cause__", _raised_elsewhere("shown = canary")),
    "bytes in _Box": lambda error: setattr(
        error, "__context__", _raised_elsewhere("box = Box(canary.encode())")
    ),
}


class _Box:
    """Something whose repr tells nothing."""

    __slots__ = ("_held",)

    def __init__(self, held: object) -> None:
        self._held = held

    def __repr__(self) -> str:
        return "_Box()"


def _raised_elsewhere(line: str) -> BaseException:
    """An exception of a library's frame, in which a canary stands."""
    code = compile(f"def fail(canary):\n  {line}\n  del canary\n  raise OSError", "lib.py", "exec")
    scope: dict[str, Any] = {"Box": _Box}
    exec(code, scope)  # noqa: S102  # a frame that is none of the tests'
    try:
        scope["fail"](CLIENT_SECRET)
    except OSError as error:
        return error
    raise AssertionError


FORMS: Final[dict[str, Callable[[str], str]]] = {
    "raw": str,
    "repr": repr,
    "bytes": lambda secret: repr(secret.encode()),
    "hex": lambda secret: secret.encode().hex(),
    "URL": lambda secret: urllib.parse.quote(secret, safe=""),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "user:password": lambda secret: base64.b64encode(f"user:{secret}".encode()).decode(),
    "urlsafe": lambda secret: base64.urlsafe_b64encode(f"id:{secret}".encode()).decode(),
}


@table("form", FORMS.values())
@table("secret", [CLIENT_SECRET, PROXY_PASSWORD])
def test_a_secret_is_found_in_every_form(secret: str, form: Callable[[str], str]) -> None:
    """A secret is found within a longer text."""
    assert holds(f"<{form(secret)}>")
    assert not holds(f"<{form('nothing')}>")


@table("place", PLANTS)
def test_the_search_finds_what_is_planted(place: str) -> None:
    """A canary is found wherever it is put, and nothing is found where none is."""
    error = chessa.ApiError("refused")
    assert in_error(error) == []
    PLANTS[place](error)
    assert place in in_error(error)


def test_the_search_sees_logs_and_records() -> None:
    """A canary is found in a log's arguments, in its extra fields, and in a hook's record."""
    watch = LogWatch()
    given: Settings
    for given in (
        {"args": (CLIENT_SECRET,)},
        {"user": ADDRESS},
        {"msg": repr(CLIENT_ID), "args": ()},
    ):
        watch.emit(logging.makeLogRecord({"name": "lib", "msg": "%s", "args": ("x",), **given}))
        assert len(watch.taken()) == 1
    watch.search("record", chessa.RequestInfo("o", "GET", f"/v1/{IBAN}", 1, "c"))
    assert watch.taken() == ["record"]


@pytest.mark.parametrize("name", [*every(3, [*ANSWERED, *MADE]), *OTHERS])
def test_an_end_shows_no_canary(outcome: dict[str, Any], name: str) -> None:
    """Whatever ends a call, no secret can be had from what is left, and no account is printed."""
    found = {place for each in outcome["ends"][name] for place in each["found"]}
    said = _said(outcome, name)
    found |= {"standard error"} if holds(said) else set()
    found |= {"personal data in standard error"} if holds(said, PERSONAL_FORMS) else set()
    assert found == set()


def test_every_end_was_reached(outcome: dict[str, Any], wanted: set[str]) -> None:
    """The calls ended as they were meant to, in both modes, and everybody's logs were on."""
    kinds = {name: [each["kind"] for each in ends] for name, ends in outcome["ends"].items()}
    assert kinds.keys() == {*wanted, *OTHERS}
    for name, end in _of(ANSWERED, wanted).items():
        assert kinds[name] == [end.read, end.write] * 2, name
    for name, pair in OTHERS.items():
        assert kinds[name] in ([*pair], [*pair] * 2), name
    for name in _of(MADE, wanted):
        assert kinds[name] == ["ConfigurationError"] * 2, name
    assert {"asyncio", "chessa", "httpcore.connection", "httpcore.http11"} <= {*outcome["loggers"]}
    assert "chessa:orders.request_refund" in _said(outcome, "400")


def test_no_file_of_keys_is_written(outcome: dict[str, Any]) -> None:
    """SSLKEYLOGFILE does not make the client write the keys of its connections, nor anything."""
    assert outcome["left"] == []


def test_nothing_is_on_standard_output(outcome: dict[str, Any]) -> None:
    """The client prints nothing; what stands there is the report, which holds no canary."""
    assert json.loads(outcome["stdout"]).keys() == {"ends", "loggers"}
    assert not holds(outcome["stdout"])
    assert not holds(outcome["stdout"], PERSONAL_FORMS)
