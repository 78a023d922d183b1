"""An order to refund on a served sandbox, and a kill of the process that has sent its refund."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from chessa.journal import JournalEntry, SqlJournal
from chessa.testing import Sandbox, sandbox, serve

ROOT: Final = Path(__file__).parents[2]
KEY: Final = "a fingerprint key of the tests"
ADDRESS: Final = "bc1qexample"
REFERENCE: Final = "invoice 17"
REFUND: Final = "orders.request_refund"
PATIENCE: Final = 90.0
"""Seconds for a program to start and to end, on a machine however busy."""


@attrs.define
class Vendor:
    """The sandbox over HTTP, and the ledger that an example keeps."""

    api: Sandbox
    url: str
    ledger_url: str
    order_id: str
    kills: int = 0
    """How many senders of the refund are to get the signal."""
    with_signal: signal.Signals = signal.SIGKILL
    holds: float = 0.0
    """Seconds of silence after a refund."""
    killed: list[int] = attrs.field(factory=list[int])

    @property
    def posts(self) -> int:
        """Return how many refunds the API received."""
        return sum(request.operation == REFUND for request in self.api.requests)

    def entries(self) -> list[JournalEntry]:
        """Return what the ledger has of the refund."""
        with SqlJournal(self.ledger_url, account="payouts", fingerprint_key=KEY) as journal:
            return journal.find(REFERENCE, REFUND)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of a program that refunds."""
        parts = ("generated", "overrides", "examples", "")
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in parts),
            "CHESSA_BASE_URL": self.url,
            "CHESSA_CLIENT_ID": self.api.client_id,
            "CHESSA_CLIENT_SECRET": self.api.client_secret,
            "CHESSA_JOURNAL": self.ledger_url,
            "CHESSA_JOURNAL_KEY": KEY,
            **more,
        }

    def strike(self) -> None:
        """Send the signal to the process that has sent the refund, before it has a response."""
        self.kills -= 1
        pid = self.entries()[-1].pid
        self.killed.append(pid)
        os.kill(pid, self.with_signal)


@contextmanager
def vendor(ledger_url: str, patch: Any, **options: Any) -> Iterator[Vendor]:
    """Serve a sandbox with an order that failed after it was paid."""
    api = sandbox()
    respond = api.backend.answer
    with serve(api) as url:
        order_id = api.add_order().fund().fail().id
        made = Vendor(api, url, ledger_url, order_id, **options)

        def answer(method: str, target: str, headers: Any, body: bytes) -> Any:
            delivery = respond(method, target, headers, body)
            if api.requests[-1].operation != REFUND:
                return delivery
            if made.kills:
                made.strike()
            return attrs.evolve(delivery, delay=made.holds)

        patch.setattr(api.backend, "answer", answer)
        yield made


def wait_until(is_met: Any, what: str) -> None:
    """Wait for a condition. Raises `AssertionError` when it is not met in time."""
    end = time.monotonic() + PATIENCE
    while not is_met():
        assert time.monotonic() < end, what
        time.sleep(0.05)
