"""Every fault again, over what a caller may bring: what holds there, and what is known not to.

docs/transports.md has the table of what only the client's own connections hold; it is tested here.
"""

import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import httpx
import pytest

import chessa
from chessa import Outcome
from tests.marks import every
from tests.modes import MODES

from .brought import BROUGHT, Over
from .catalogue import ALL, FAULTS
from .fault import Fault
from .invariants import OF_A_CALL
from .leaks import CREDENTIALS, watched_logs
from .matrix import ADDRESS, Case, Observation, observe
from .places import invented_names, proxied, proxied_over_tls, without_proxy

# As in test_matrix; and Python 3.11's asyncio leaves a socket of httpx's that is reset in TLS.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:unclosed <ssl\.SSLSocket .*laddr=[^a-z]*>$:ResourceWarning"
)

HELD: Final = (
    "a write was processed more than once",
    "not sent and yet processed",
    "rejected and yet done",
    "another host heard of it",
    "anything but our own errors",
    "a secret was found",
)
"""Invariants that hold whatever a call is sent over."""

NEVER_SENT: Final = (
    "connection refused",
    "no such name",
    "TLS: untrusted authority",
    "proxy: 407",
)
USUAL: Final = (
    "closed after the request",
    "silence",
    "503 in the vendor's envelope",
    "302 Found to another host",
    "a bomb",
)


_PROXIED: Final = frozenset({proxied, proxied_over_tls, without_proxy})
"""Where a direct transport does not lead."""


def cases(faults: Iterable[Fault], *overs: Over, is_read: bool | None = None) -> list[Case]:
    """Each of these faults, over everything that may be brought."""
    return [
        Case(fault, kind, mode, over)
        for fault in faults
        for kind in ((False, True) if is_read is None else (is_read,))
        for mode in MODES
        for over in overs or BROUGHT
        if not (over == "direct" and fault.place in _PROXIED)
    ]


def play(wanted: list[Case]) -> dict[Case, Observation]:
    """Play them, several at once."""
    random.Random(1).shuffle(wanted)
    with invented_names(), watched_logs() as logs, ThreadPoolExecutor(8) as pool:
        return dict(zip(wanted, pool.map(lambda case: observe(case, logs), wanted), strict=True))


def broken(observations: Iterable[Observation]) -> list[tuple[str, Observation]]:
    """Return the invariants that do not hold."""
    return [(name, seen) for seen in observations for name in HELD if OF_A_CALL[name](seen)]


@pytest.mark.parametrize("part", every(2, range(2)))
def test_usual_faults_break_nothing_that_must_hold(part: int) -> None:
    """No duplicate, no secret, no exception of a library, nothing processed called NOT_SENT."""
    seen = play(cases(FAULTS[name] for name in USUAL[part::2]))
    assert broken(seen.values()) == []


@pytest.mark.nightly
def test_no_fault_breaks_what_must_hold() -> None:
    """The same of every fault of the catalogue."""
    seen = play(cases(fault for fault in ALL if not fault.costly))
    assert broken(seen.values()) == []


def test_what_failed_before_the_request_was_never_sent() -> None:
    """A refused port, a name, TLS and a proxy's 407 are NOT_SENT over all of them."""
    seen = play(cases(FAULTS[name] for name in NEVER_SENT))
    others = {case.label: each.outcome for case, each in seen.items()}
    assert {label for label, outcome in others.items() if outcome is not Outcome.NOT_SENT} == set()


class Difference(NamedTuple):
    """A row of the table: a fault that shows it, and the invariant that breaks."""

    shown_by: str
    is_read: bool
    breaks: str
    not_held_over: frozenset[Over]


STOCK: Final[frozenset[Over]] = frozenset({"httpx", "httpx2", "http_client"})
DIFFERENCES: Final = {
    "late calls": Difference("headers that drip", False, "past the deadline", STOCK),
    "responses of another call": Difference(
        "reused: both responses in one piece", True, "response of another call", STOCK
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_table_of_differences_is_true(name: str) -> None:
    """The page names what does not hold over a transport, and does over the client's own."""
    row = DIFFERENCES[name]
    overs: tuple[Over, ...] = ("default", *BROUGHT)
    seen = play(cases([FAULTS[row.shown_by]], *overs, is_read=row.is_read))
    broken_over = {case.over for case, each in seen.items() if OF_A_CALL[row.breaks](each)}
    assert broken_over == row.not_held_over


def test_an_early_response_is_taken_for_the_response() -> None:
    """Over transports of httpx and httpx2; the client's own do not hear it (test_strays)."""
    seen = play(cases([FAULTS["a response before the request"]], *STOCK, is_read=True))
    assert {each.outcome for each in seen.values()} == {Outcome.REJECTED}


def test_no_connection_in_time_is_unknown() -> None:
    """A pool of httpx's that has none to give says nothing about what was sent."""
    transport = httpx.HTTPTransport(limits=httpx.Limits(max_connections=0))
    with (
        chessa.Chessa(**CREDENTIALS, transport=transport, timeout=0.2) as client,
        pytest.raises(chessa.OutcomeUnknownError),
    ):
        client.orders.request_refund(order_id="ord_1", address=ADDRESS)
