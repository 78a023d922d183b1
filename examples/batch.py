"""Pay out the rows of a CSV file, in several processes. Run it again to go on.

    python examples/batch.py payouts.csv report.csv --refund-address … --workers 4

It may be killed at any time: the ledger (`--journal`) has the steps of each payout. A row of the
report is `paid`, `refunded`, `refused` (nothing was paid) or `open`, with the reason: run it again
for open rows, and read their detail. `payout.py` says which settings are read. For PostgreSQL, make
the table that `chessa.journal.ddl` returns, and set CHESSA_JOURNAL_KEY.

Columns of payouts.csv: reference, account_name, account_number, code, country, currency, type,
amount (in that currency), max_origin_amount (in the asset that is paid with).
"""

import argparse
import contextlib
import csv
import multiprocessing
import sys
import time
from collections import Counter, deque
from multiprocessing.connection import Connection
from pathlib import Path

from chessa import Chessa
from chessa.flows import reconcile
from chessa.journal import SqlJournal
from payout import Row, pay_out, problem_of

ACCOUNT = "payouts"  # whose money it is, in the ledger
PAUSE = 0.5
WORKERS = multiprocessing.get_context("forkserver")  # "spawn" on Windows; a fork has all the pipes
WORKERS.set_forkserver_preload(["chessa.flows", "sqlalchemy.ext.asyncio"])


def work(pipe: Connection, options: argparse.Namespace) -> None:
    """Carry out the payouts that arrive, until the other end of the pipe is closed."""
    with (
        contextlib.suppress(EOFError),
        SqlJournal(options.journal, account=ACCOUNT) as journal,
        Chessa(journal=journal, timeout=options.timeout) as chessa,
    ):
        while True:
            row = pipe.recv()
            pipe.send(pay_out(chessa, journal, row, options.refund_address, options.wait))


def start(options: argparse.Namespace) -> Connection:
    """Start a worker. It ends with this process, even if that is killed: its pipe is closed."""
    ours, theirs = WORKERS.Pipe()
    WORKERS.Process(target=work, args=(theirs, options), daemon=True).start()
    theirs.close()
    return ours


def run(due: deque[dict[str, str]], rows: dict[str, Row], options: argparse.Namespace) -> None:
    """Let workers carry out payouts; retry open ones while others come to their end."""
    last_end = time.monotonic()
    again = deque[dict[str, str]]()
    idle: list[Connection] = []
    busy: dict[Connection, dict[str, str]] = {}
    while due or busy:
        while due and (idle or len(busy) < options.workers):
            pipe = idle.pop() if idle else start(options)
            with contextlib.suppress(OSError):  # else it was killed while it was idle
                pipe.send(due[0])
                busy[pipe] = due.popleft()
        for pipe in list(busy):
            if pipe.poll(0.05):
                payout = busy.pop(pipe)
                rows[payout["reference"]] = Row(payout["reference"], detail="its worker died")
                with contextlib.suppress(EOFError, OSError):
                    rows[payout["reference"]] = pipe.recv()
                    idle.append(pipe)
                if rows[payout["reference"]].end != "open":
                    last_end = time.monotonic()
                elif time.monotonic() < last_end + options.patience:
                    again.append(payout)
                write_report(rows, Path(options.report))
        if again and not due:
            time.sleep(PAUSE)
            due, again = again, due


def write_report(rows: dict[str, Row], path: Path) -> None:
    """Write the report, and draw the progress bar."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([Row._fields, *rows.values()])
    partial.replace(path)
    counted = Counter(row.end for row in rows.values())
    if sys.stderr.isatty():
        bar = "#" * (30 * (len(rows) - counted["open"]) // len(rows))
        sys.stderr.write(f"\r[{bar:<30}] {dict(counted)}  ")


def read(path: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main() -> int:
    """Pay out. Return 1 if a row is open at the end, else 0."""
    parser = argparse.ArgumentParser(description="Pay out the rows of a CSV file.")
    parser.add_argument("payouts")
    parser.add_argument("report")
    parser.add_argument("--refund-address", required=True, help="where failed payouts come back to")
    parser.add_argument("--journal", default="sqlite:///payouts.db", help="URL of the ledger")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--timeout", type=float, default=60, help="seconds for a call")
    parser.add_argument("--wait", type=float, default=60, help="seconds for an order or a refund")
    parser.add_argument("--patience", type=float, default=120, help="seconds after the last end")
    options = parser.parse_args()
    if not Path(options.payouts).exists():
        parser.error(f"there is no file {options.payouts}")
    payouts = read(options.payouts)
    if problem := next(filter(None, map(problem_of, payouts)), None):
        parser.error(problem)
    rows = {payout["reference"]: Row(payout["reference"]) for payout in payouts}
    if len(rows) < len(payouts):
        parser.error("a reference occurs twice")
    if Path(options.report).exists():
        rows |= {row["reference"]: Row(**row) for row in read(options.report)}
    with (
        SqlJournal(options.journal, account=ACCOUNT) as journal,
        Chessa(journal=journal, timeout=options.timeout) as chessa,
    ):
        reconcile(chessa)
    ended = {row.reference for row in rows.values() if row.end in ("paid", "refunded")}
    run(deque(each for each in payouts if each["reference"] not in ended), rows, options)
    return int(any(row.end == "open" for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
