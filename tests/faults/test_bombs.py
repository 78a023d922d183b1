"""Responses made to use up memory or time: each is an error of ours, before it has used much.

A server of this process sends the bomb, and a fresh process meets it with one client.
"""

import functools
import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

import chessa
from chessa import Outcome
from tests.modes import MODES, Mode
from tests.unit.raw_server import Connection, RawServer

ROOT: Final = Path(__file__).parents[2]
GROWTH: Final = 20 * 1024 * 1024
DEADLINE: Final = 1.0
PATIENCE: Final = 60.0
CREDENTIALS: Final[dict[str, Any]] = {"client_id": "id-5d6c2e9f", "client_secret": "s-0b71f3a8c4de"}
MEGABYTE: Final = 1024 * 1024
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PLAIN: Final = b'{"order": {"id": "o1", "status": "created"}}'
PLAIN_REFUND: Final = b'{"refundId": "r1", "status": "pending", "orderId": "o1"}'


@functools.cache
def gzipped_zeros() -> bytes:
    """A GB of zeros, squeezed to a thousandth: one block of a MB, again and again."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    zeros = bytes(MEGABYTE)
    first, other = (squeeze.compress(zeros) + squeeze.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + 998 * other + squeeze.compress(zeros) + squeeze.flush()


def whole(body: bytes, *headers: bytes) -> list[bytes]:
    """Return a response of this body, in pieces."""
    head = [OK, *(header + b"\r\n" for header in headers)]
    return [b"".join([*head, b"Content-Length: %d\r\n\r\n" % len(body)]), body]


def number(digits: int) -> bytes:
    """An order and a refund at once, with a number of so many digits in it."""
    return b'{"order": %s, "refundId": %s}' % (b"9" * digits, b"9" * digits)


Pieces = Callable[[], list[bytes]]


@attrs.frozen
class Bomb:
    """The pieces to send, the last one until the client has had enough, or 64 MB of it."""

    pieces: Pieces
    write: Outcome = Outcome.DONE
    """What a write is told; without a status line that came through, nothing is known."""
    is_endless: bool = False
    is_slow: bool = False
    """Work in small pieces: it is the deadline that ends it."""

    def play(self, connection: Connection) -> None:
        """Send it."""
        pieces = self.pieces()
        if not connection.read_request():
            return
        for piece in pieces:
            connection.send(piece)
        sent = 0
        while self.is_endless and sent < 64 * MEGABYTE:
            connection.send(pieces[-1])
            sent += len(pieces[-1])


CHUNKED: Final = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOMBS: Final[Mapping[str, Bomb]] = {
    "gzip of 1 GB": Bomb(lambda: whole(gzipped_zeros(), b"Content-Encoding: gzip")),
    "gzip in gzip": Bomb(
        lambda: whole(gzip.compress(gzipped_zeros()), b"Content-Encoding: gzip, gzip")
    ),
    "gzip in gzip, one of them declared": Bomb(
        lambda: whole(gzip.compress(gzipped_zeros()), b"Content-Encoding: gzip")
    ),
    "chunks without end": Bomb(
        lambda: [CHUNKED, b"4000\r\n" + bytes(0x4000) + b"\r\n"], is_endless=True
    ),
    "chunks of a byte without end": Bomb(
        lambda: [CHUNKED, b"1\r\n0\r\n" * 10_000],
        is_endless=True,
        is_slow=True,
    ),
    "a body of 400 MB": Bomb(
        lambda: [OK + b"Content-Length: 419430400\r\n\r\n", bytes(65_536)], is_endless=True
    ),
    "a body without end": Bomb(lambda: [OK + b"\r\n", b" " * 65_536], is_endless=True),
    "15,000 headers": Bomb(
        lambda: [OK, b"".join(b"X-Header-%d: %d\r\n" % (n, n) for n in range(15_000)), b"\r\n"],
        Outcome.UNKNOWN,
    ),
    "a header of 10 MB": Bomb(
        lambda: [OK + b"X-Long: ", b"x" * 10 * MEGABYTE, b"\r\n\r\n"], Outcome.UNKNOWN
    ),
    "headers without end": Bomb(lambda: [OK, b"X-Header: 1\r\n" * 1000], Outcome.UNKNOWN, True),
    "1xx without end": Bomb(
        lambda: [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000],
        Outcome.UNKNOWN,
        is_endless=True,
        is_slow=True,
    ),
    "trailers without end": Bomb(
        lambda: [CHUNKED + b"0\r\n", b"X-Trailer: 1\r\n" * 1000], is_endless=True
    ),
    "JSON 200,000 deep": Bomb(lambda: whole(b"[" * 200_000 + b"]" * 200_000)),
    "objects 100,000 deep": Bomb(lambda: whole(b'{"order":' * 100_000 + b"1" + b"}" * 100_000)),
    "a number of 900 kB": Bomb(lambda: whole(b"9" * 900_000)),
    "a number of 900 kB in its place": Bomb(lambda: whole(number(450_000))),
    "a fraction of 900 kB": Bomb(lambda: whole(b"0." + b"9" * 900_000)),
    "330,000 empty lists": Bomb(lambda: whole(b"[" + b"[]," * 330_000 + b"[]]")),
    "260,000 fractions": Bomb(lambda: whole(b"[" + b"0.1," * 260_000 + b"0]")),
    "as many small objects as may be": Bomb(
        lambda: whole(b"[" + b'{"":0},' * 51_000 + b" " * 690_000 + b"0]")
    ),
    "brotli, as it says": Bomb(lambda: whole(b"\x8b\x00" * 1000, b"Content-Encoding: br")),
    "zstandard, as it says": Bomb(lambda: whole(b"\x28\xb5" * 1000, b"Content-Encoding: zstd")),
}


def main(plain: str, bomb: str) -> None:
    """Run in a process of its own: all four calls with plain responses, then with the bomb."""
    _all_four(plain, PATIENCE)
    before = _peak()
    outcomes = _all_four(bomb, DEADLINE)
    growth = _peak() - before
    sys.stdout.write(json.dumps({"outcomes": outcomes, "growth": growth}))


def _all_four(url: str, timeout: float) -> dict[str, list[str]]:
    settings = {**CREDENTIALS, "base_url": url, "timeout": timeout, "max_retries": 0}
    outcomes: dict[str, list[str]] = {}
    for mode in MODES:
        mode.run(_both(mode, settings, outcomes))
    return outcomes


async def _both(mode: Mode, settings: dict[str, Any], outcomes: dict[str, list[str]]) -> None:
    async with mode.opened(mode.client(**settings)) as client:
        calls: dict[str, Callable[[], Any]] = {
            "read": lambda: client.orders.retrieve("o1"),
            "write": lambda: client.orders.request_refund(order_id="o1", address="a1"),
        }
        for name, call in calls.items():
            outcomes[f"{mode.name} {name}"] = ["a result"]
            try:
                await mode.done(call())
            except Exception as error:  # noqa: BLE001  # the test checks it
                outcomes[f"{mode.name} {name}"] = _said(error)


def _said(error: Exception) -> list[str]:
    if not isinstance(error, chessa.ChessaError):
        return [type(error).__name__]
    return [type(error).__name__, error.outcome.name, "late" if error.timed_out else str(error)]


def _peak() -> int:
    """The most memory that this process had at once. `ru_maxrss` would count its parent's too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def healthy(connection: Connection) -> None:
    """Respond well to reads and writes."""
    while request := connection.read_request():
        connection.answer("200 OK", PLAIN if request.startswith(b"GET") else PLAIN_REFUND)


QUICK: Final = ("gzip of 1 GB", "JSON 200,000 deep")


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.nightly) for name in BOMBS],
)
def test_a_bomb_is_an_error_like_any_other(name: str) -> None:
    """A read brings no usable response, a write is DONE or UNKNOWN, in little memory and time."""
    program = "import sys; from tests.faults.test_bombs import main; main(*sys.argv[1:])"
    path = os.pathsep.join(str(ROOT / part) for part in ("generated", "overrides", "."))
    with RawServer(healthy) as plain, RawServer(BOMBS[name].play) as bomb:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program, plain.url, bomb.url],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
        )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    for call, (kind, outcome, words) in report["outcomes"].items():
        assert BOMBS[name].is_slow or words != "late", call
        if call.endswith("write"):
            assert (kind, outcome) == ("OutcomeUnknownError", BOMBS[name].write.name), call
        else:
            assert (kind, outcome) == ("ResponseError", "UNKNOWN"), call
    print(f"\n{name}: {report['growth'] // 1024} kB")  # noqa: T201  # shown with -s
    assert report["growth"] < GROWTH
    assert len(bomb.ledger) == 4, "nothing was sent twice"
