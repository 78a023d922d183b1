"""A team that runs `examples/batch.py` only, while processes die and responses are lost.

The sandbox counts what it receives and what moves; the report is compared with that.
"""

import csv
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from chessa.journal import SqlJournal
from chessa.testing import Sandbox, SandboxOrder, sandbox, serve

ROOT: Final = Path(__file__).parents[2]
KEY: Final = "a fingerprint key of the tests"
COLUMNS: Final = (
    *("reference", "account_name", "account_number", "code", "country", "currency", "type"),
    *("amount", "max_origin_amount"),
)
WRITES: Final = (
    *("recipients.create", "orders.create", "orders.prepare_funding", "orders.request_refund"),
)
FUND: Final = "orders.prepare_funding"
REFUND: Final = "orders.request_refund"
BROADCAST: Final = "step:broadcast"
CALL_SECONDS: Final = 2.0
SHOWN_AFTER: Final = 4.0
"""Seconds until an order shows its refund."""


@attrs.frozen(kw_only=True)
class Plan:
    """The payouts of a batch, and the faults that they meet."""

    seed: int
    payouts: int
    failing: int
    workers: int
    kills: int = 0
    """Of all processes, at random moments."""
    aimed: tuple[str, ...] = ()
    """Operations in which the worker is killed that has just sent it."""
    lost: int = 0
    """Responses that are lost."""
    seconds: float = 600.0
    """The longest run."""


@attrs.define
class Observed:
    """The state of the sandbox and the report at the end."""

    rows: dict[str, dict[str, str]]
    orders: dict[str, list[SandboxOrder]]
    """By reference."""
    payments: Counter[str]
    """Orders to pay that reached the wallet, by reference."""
    refund_posts: Counter[str]
    """By order."""
    unknown: dict[str, str]
    """The operation that the ledger has as open, by reference."""
    lost: int = 0
    kills: int = 0
    aimed: int = 0
    starts: int = 0
    seconds: float = 0.0
    posts: Counter[str] = attrs.field(factory=Counter[str])

    @property
    def ends(self) -> Counter[str]:
        """Return how many rows have each end."""
        return Counter(row["end"] for row in self.rows.values())

    def __str__(self) -> str:
        counts = f"{dict(self.ends)}, {dict(self.posts)}, {self.lost} responses lost"
        kills = f"{self.kills} kills of all, {self.aimed} aimed, {self.starts} starts"
        left = dict(Counter(self.unknown.values()))
        return f"{counts}, open: {left}, {kills}, {self.seconds:.0f} s"

    def problems(self) -> Iterator[str]:
        """Yield what must not happen to a payout."""
        for reference, orders in self.orders.items():
            paid = [order for order in orders if order.deposit is not None]
            if len(paid) > 1 or self.payments[reference] > 1:
                yield f"{reference}: paid twice"
            row = self.rows.get(reference)
            if row is None:
                yield f"{reference}: lost"
                continue
            order = paid[0] if paid else None
            if row["end"] == "paid" and (order is None or order.status != "completed"):
                yield f"{reference}: not paid"
            if row["end"] == "refunded" and (order is None or order.refund is None):
                yield f"{reference}: not refunded"
            if row["end"] == "refused":
                yield f"{reference}: refused: {row['detail']}"
            shown = {
                FUND: any(each.is_accepted for each in orders),
                BROADCAST: order is not None,
                REFUND: order is not None and order.refund is not None,
            }
            if row["end"] == "open" and shown.get(self.unknown.get(reference, ""), True):
                yield f"{reference}: left to a person: {row['detail']}"
        for order_id, count in self.refund_posts.items():
            if count > 1:
                yield f"{order_id}: {count} refunds were sent"


class Team:
    """A batch, its program, and what happens to it."""

    def __init__(self, plan: Plan, folder: Path, journal: str) -> None:
        self.plan, self.folder, self.journal = plan, folder, journal
        self.random = random.Random(plan.seed)
        self.references = [f"invoice {number}" for number in range(plan.payouts)]
        self.accounts = {
            f"01{number:08}": reference for number, reference in enumerate(self.references)
        }
        self.fails = set(self.random.sample(self.references, plan.failing))
        self.payments = Counter[str]()
        self.api: Sandbox = sandbox()
        self.targets: set[tuple[str, str]] = set()
        for operation in plan.aimed:
            few = sorted(self.fails) if operation == REFUND else self.references
            free = [each for each in few if (operation, each) not in self.targets]
            self.targets.add((operation, self.random.choice(free)))
        self.hit = 0
        self.due: dict[str, float] = {}
        """When an order ends, and when it shows its refund."""
        self.stopping = threading.Event()
        self.losses = [
            (self.random.uniform(0, 0.9), self.random.choice(WRITES[:3])) for _ in range(plan.lost)
        ]

    # ---- The vendor -----------------------------------------------------------------------------

    def reference_of(self, order: SandboxOrder) -> str:
        """Return the reference that an order was made for."""
        return self.accounts[order.recipient.account_number]

    def live(self) -> None:
        """End paid orders after a while, show refunds late, and lose responses."""
        for share, operation in sorted(self.losses):
            while len(self.api.orders) < share * self.plan.payouts and not self._pass():
                pass
            self.api.lose_next_answer(operation=operation)
        while not self._pass():
            pass

    def _pass(self) -> bool:
        now = time.monotonic()
        for order in list(self.api.orders.values()):
            if order.refund is not None:
                if now > self.due.setdefault(f"{order.id} refund", now + SHOWN_AFTER):
                    order.reads_until_refund_shows = 0
            elif order.deposit is not None and "complete" in order.commands:
                due = self.due.setdefault(order.id, now + self.random.uniform(0, 0.4))
                if now > due:
                    fails = self.reference_of(order) in self.fails
                    order.fail() if fails else order.complete()
        return self.stopping.wait(0.02)

    # ---- Kills ----------------------------------------------------------------------------------

    def aim(self, operation: str, reference: str) -> None:
        """Kill the process that has just sent a write, if the plan says so."""
        if (operation, reference) in self.targets:
            self.targets.remove((operation, reference))
            for entry in self.ledger.find(reference, operation):
                if entry.in_progress:
                    self.hit += 1
                    os.kill(entry.pid, signal.SIGKILL)

    @contextmanager
    def watched(self, patch: Any) -> Iterator[None]:
        """Count payments, delay refunds, and kill senders."""
        respond, fund = self.api.backend.answer, SandboxOrder.fund

        def answer(method: str, target: str, headers: Any, body: bytes) -> Any:
            delivery = respond(method, target, headers, body)
            request = self.api.requests[-1]
            if request.operation in WRITES and request.acted:
                self.aim(request.operation, self.reference_in(request.body))
            if request.operation == REFUND:
                return attrs.evolve(delivery, delay=self.random.uniform(0, 1))
            return delivery

        def funded(order: SandboxOrder, **options: Any) -> SandboxOrder:
            reference = self.reference_of(order)
            self.payments[reference] += 1
            fund(order, **options)
            self.aim(BROADCAST, reference)
            return order

        patch.setattr(self.api.backend, "answer", answer)
        patch.setattr(SandboxOrder, "fund", funded)
        control = _control()
        commands = [
            attrs.evolve(each, call=funded) if each.call is fund else each
            for each in control.COMMANDS
        ]
        patch.setattr(control, "COMMANDS", commands)
        self.api.show_refunds_late(reads=1_000_000)
        vendor = threading.Thread(target=self.live)
        vendor.start()
        try:
            yield
        finally:
            self.stopping.set()
            vendor.join()

    def reference_in(self, body: Any) -> str:
        """Return the reference that a write is for."""
        if "accountNumber" in body:
            return self.accounts[body["accountNumber"]]
        if "recipientId" in body:
            return self.accounts[self.api.recipients[body["recipientId"]].account_number]
        return self.reference_of(self.api.orders[body["orderId"]])

    # ---- The team -------------------------------------------------------------------------------

    def run(self, patch: Any) -> Observed:
        """Run the program until it ends by itself, and return what was observed."""
        self._write()
        began = time.monotonic()
        kills = starts = 0
        with (
            serve(self.api) as url,
            SqlJournal(self.journal, account="payouts", fingerprint_key=KEY) as self.ledger,
            self.watched(patch),
        ):
            status = -signal.SIGKILL
            while status == -signal.SIGKILL:
                assert time.monotonic() - began < self.plan.seconds
                starts += 1
                program = self._start(url)
                try:
                    if kills < self.plan.kills:
                        kills += self._kill(program)
                    status = program.wait(self.plan.seconds)
                finally:
                    if program.poll() is None:
                        os.killpg(program.pid, signal.SIGKILL)
                        program.wait()
            assert status in (0, 1), (self.folder / "log").read_text(encoding="utf-8")[-3000:]
            unknown = {str(entry.reference): entry.operation for entry in self.ledger.open()}
        orders: dict[str, list[SandboxOrder]] = {reference: [] for reference in self.references}
        for order in self.api.orders.values():
            orders[self.reference_of(order)].append(order)
        with (self.folder / "report.csv").open(newline="", encoding="utf-8") as file:
            rows = {row["reference"]: row for row in csv.DictReader(file)}
        requests = [each for each in self.api.requests if each.method == "POST"]
        return Observed(
            rows=rows,
            orders=orders,
            payments=self.payments,
            refund_posts=Counter(
                each.body["orderId"] for each in requests if each.operation == REFUND
            ),
            unknown=unknown,
            lost=sum(each.status is None for each in requests),
            kills=kills,
            aimed=self.hit,
            starts=starts,
            seconds=time.monotonic() - began,
            posts=Counter(str(each.operation) for each in requests),
        )

    def _kill(self, program: "subprocess.Popen[bytes]") -> bool:
        """Kill all processes a while after the first request. Return false if they ended before."""
        received = len(self.api.requests)
        while len(self.api.requests) == received and program.poll() is None:
            time.sleep(0.01)
        try:
            program.wait(self.random.uniform(0, 4))
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            return True
        return False

    def _write(self) -> None:
        with (self.folder / "payouts.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for number, (account, reference) in enumerate(self.accounts.items()):
                details = (account, "058", "NG", "NGN", "bank_account", 15_000 + number, 12)
                writer.writerow([reference, "Ada Example", *details])

    def _start(self, url: str) -> "subprocess.Popen[bytes]":
        path = os.pathsep.join(str(ROOT / part) for part in ("generated", "overrides"))
        environment = {
            **os.environ,
            "PYTHONPATH": path,
            "CHESSA_BASE_URL": url,
            "CHESSA_CLIENT_ID": self.api.client_id,
            "CHESSA_CLIENT_SECRET": self.api.client_secret,
            "CHESSA_JOURNAL_KEY": KEY,
        }
        options = {
            "--refund-address": "bc1qexample",
            "--journal": self.journal,
            "--workers": self.plan.workers,
            "--timeout": CALL_SECONDS,
            "--wait": 10,
            "--patience": 30,
        }
        command = [sys.executable, str(ROOT / "examples/batch.py"), "payouts.csv", "report.csv"]
        command += [str(each) for pair in options.items() for each in pair]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _control() -> Any:
    from chessa.testing._http import control

    return control
