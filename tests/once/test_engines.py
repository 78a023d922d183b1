"""Engines: made in each process and event loop, or the caller's, and what they refuse."""

import asyncio
import datetime
import gc
import os
import stat
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine

import chessa
from chessa.journal import SqlJournal, _statements
from chessa.testing import Sandbox
from tests.marks import table
from tests.modes import ASYNC, SYNC, Mode

from .calls import ADDRESS, REFERENCE, posts, refund
from .databases import KEY, Database, Server, sqlite_database

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@table(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?cache=shared&uri=true",
        "sqlite:///file:ledger?mode=memory&cache=shared&uri=true",
        "mysql://root:hunter2-secret@localhost/ledger",
        "hunter2-secret",
        "postgresql://u:hunter2-secret@localhost:none/ledger",
        7,
    ],
)
def test_a_database_that_forgets_is_refused(url: Any) -> None:
    """SqlJournal refuses all but a file and a PostgreSQL; the error shows no password."""
    with pytest.raises(chessa.ConfigurationError) as raised:
        SqlJournal(url, fingerprint_key=KEY)
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert "hunter2" not in shown
    assert raised.value.__cause__ is raised.value.__context__ is None


def test_an_engine_in_memory_is_refused() -> None:
    """An engine of the caller's does not get around that."""
    engine = create_engine("sqlite://")
    with pytest.raises(chessa.ConfigurationError, match="forgets"):
        SqlJournal(engine, fingerprint_key=KEY)


def test_an_unreachable_database_shows_no_password() -> None:
    """Neither error nor repr has a part of the URL."""
    url = "postgresql://someone:hunter2-secret@127.0.0.1:1/ledger"
    with SqlJournal(url, account="a", fingerprint_key=KEY) as journal:
        with pytest.raises(chessa.NotSentError) as raised:
            journal.open()
        shown = "".join(traceback.format_exception(raised.value))
        assert "hunter2" not in shown + repr(journal) + repr(raised.value)
        assert raised.value.__cause__ is raised.value.__context__ is None


def test_a_relative_path_is_of_the_folder_of_its_journal(
    mode: Mode, api: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that changes its folder keeps its ledger: another one would send twice."""
    order = api.add_order().fail()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    database = Database("sqlite", "sqlite:///ledger.db")
    refund(mode, api, database, order.id)
    journal = database.journal()
    monkeypatch.chdir(tmp_path / "elsewhere")
    refund(mode, api, database, order.id, journal=journal)
    assert posts(api) == 1


def test_a_first_claim_that_is_rolled_back_leaves_a_ledger_that_works(
    mode: Mode, api: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of a new file is made by the transaction that is committed."""
    order = api.add_order().fail()
    database = sqlite_database(tmp_path)
    journal = database.journal()

    class InterruptionError(Exception):
        pass

    def interrupted(*_: object) -> Any:
        raise InterruptionError

    async def main() -> Any:
        async with mode.opened(journal):
            with monkeypatch.context() as patch:
                patch.setattr(_statements, "begin", interrupted)
                with pytest.raises(InterruptionError):
                    await mode.done(journal.aopen() if mode.is_async else journal.open())
            return await mode.done(journal.aopen() if mode.is_async else journal.open())

    assert mode.run(main()) == []
    refund(mode, api, database, order.id)
    assert database.states() == ["result"]


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_has_connections_of_its_own(api: Sandbox, database: Database) -> None:
    """The child claims on a new connection; the parent's goes on, and the child warns of none."""
    order = api.add_order().fail()
    with database.journal() as journal:
        journal.open()
        child = os.fork()
        if child == 0:  # pragma: no cover
            status = 1
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    assert journal.open() == []
                    gc.collect()
                    journal.close()
                    status = 10 if caught else 0
                finally:
                    os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert journal.open() == []
        client = api.client(journal=journal)
        client.once(REFERENCE).orders.request_refund(order_id=order.id, address=ADDRESS)
        assert len(journal.find(REFERENCE)) == 1


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_an_engine_of_the_caller_is_not_used_after_a_fork(database: Database) -> None:
    """Its sockets are the parent's: results would be crossed."""
    engine = create_engine(_driver(database.url, SYNC))
    journal = SqlJournal(engine, account="a", fingerprint_key=KEY)
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            journal.open()
        except chessa.ConfigurationError as error:
            os._exit(0 if "forked" in str(error) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    engine.dispose()


def _driver(url: str, mode: Mode) -> Any:
    names = {"sqlite": ("sqlite", "sqlite+aiosqlite"), "postgresql": ("postgresql+psycopg",) * 2}
    made = make_url(url)
    return made.set(drivername=names[made.get_backend_name()][mode.is_async])


def _made(database: Database) -> Database:
    """Make the table of an SQLite file, as the caller of an engine must."""
    if database.dialect == "sqlite":
        for statement in chessa.journal.ddl("sqlite").split(";"):
            database.execute(statement)
    return database


@pytest.mark.parametrize("engine_mode", [SYNC, ASYNC], ids=["sync engine", "async engine"])
def test_an_engine_of_the_caller_claims(
    engine_mode: Mode, mode: Mode, api: Sandbox, database: Database
) -> None:
    """An engine of the caller's works like a URL; a sync one serves AsyncChessa on a thread."""
    order = api.add_order().fail()
    _made(database)
    url = _driver(database.url, engine_mode)

    async def main() -> list[Any]:
        engine: Any = create_async_engine(url) if engine_mode.is_async else create_engine(url)
        journal = SqlJournal(engine, account="a", fingerprint_key=KEY)
        make = api.async_client if mode.is_async else api.client
        results: list[Any] = []
        async with mode.opened(make(journal=journal)) as client:
            for _ in range(2):
                try:
                    call = client.once(REFERENCE).orders.request_refund(
                        order_id=order.id, address=ADDRESS
                    )
                    results.append(await mode.done(call))
                except chessa.ChessaError as error:
                    results.append(error)
        disposed = engine.dispose()
        if engine_mode.is_async and mode.is_async:
            await disposed
        elif engine_mode.is_async:
            disposed.close()
        return results

    first, second = mode.run(main())
    if engine_mode.is_async and not mode.is_async:
        assert isinstance(first, chessa.ConfigurationError)
        assert posts(api) == 0
    else:
        assert first == second
        assert posts(api) == 1


def test_an_engine_that_commits_by_itself_claims_in_a_transaction(
    api: Sandbox, postgres: Server
) -> None:
    """A refused claim leaves no entry, whatever the engine's isolation level."""
    database = postgres.database()
    for level in ("AUTOCOMMIT", "SERIALIZABLE"):
        order = api.add_order().fail()
        engine = create_engine(_driver(database.url, SYNC), isolation_level=level)
        journal = SqlJournal(engine, account=level, fingerprint_key=KEY)
        client = api.client(journal=journal)
        client.orders.request_refund(order_id=order.id, address=ADDRESS)
        refused = refund(SYNC, api, database, order.id, journal=journal)
        assert isinstance(refused, chessa.OutcomeUnknownError)
        assert journal.find(REFERENCE) == [], level
        engine.dispose()
    assert posts(api) == 2


def test_an_engine_belongs_to_one_event_loop(postgres: Server) -> None:
    """An AsyncEngine is refused in a second loop; a URL has an engine for each."""
    database = postgres.database()
    engine = create_async_engine(_driver(database.url, ASYNC))
    journal = SqlJournal(engine, account="a", fingerprint_key=KEY)

    async def main(*, is_last: bool) -> None:
        try:
            assert await journal.aopen() == []
        finally:
            if not is_last:
                await engine.dispose()

    loop = asyncio.new_event_loop()  # kept, so that the loop of its own is another one
    loop.run_until_complete(main(is_last=False))
    with pytest.raises(chessa.ConfigurationError, match="another event loop"):
        asyncio.run(main(is_last=True))
    loop.close()


def test_a_url_serves_loops_and_threads(api: Sandbox, database: Database) -> None:
    """One journal claims in two event loops, one after the other, and without one."""
    order = api.add_order().fail()
    journal = database.journal()

    async def main() -> Any:
        async with api.async_client(journal=journal) as client, journal:
            return await client.once(REFERENCE).orders.request_refund(
                order_id=order.id, address=ADDRESS
            )

    first, second = asyncio.run(main()), asyncio.run(main())
    third = (
        api.client(journal=journal)
        .once(REFERENCE)
        .orders.request_refund(order_id=order.id, address=ADDRESS)
    )
    journal.close()
    assert first == second == third
    assert posts(api) == 1


def test_the_key_file_is_the_owners(tmp_path: Path) -> None:
    """Its mode is 0600, and a second journal reads the same key."""
    url = sqlite_database(tmp_path).url
    with SqlJournal(url), SqlJournal(url):
        (file,) = tmp_path.glob("*.key*")
        if sys.platform != "win32":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(file.read_bytes()) == 64
    assert [*tmp_path.glob(".*")] == []


def test_a_ledger_needs_a_key(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL has no key file: the key comes from the caller or the environment."""
    monkeypatch.delenv("CHESSA_JOURNAL_KEY", raising=False)
    for key in (None, "short", b"", [], ["long enough to be one", "no"]):
        with pytest.raises(chessa.ConfigurationError, match="CHESSA_JOURNAL_KEY") as raised:
            SqlJournal(postgres.url, fingerprint_key=key)
        assert "long enough" not in "".join(traceback.format_exception(raised.value))
    monkeypatch.setenv("CHESSA_JOURNAL_KEY", KEY)
    SqlJournal(postgres.url).close()


def test_names_of_accounts(tmp_path: Path) -> None:
    """A blank account is refused."""
    refused: list[Any] = ["", "  ", "a" * 301, 7]
    for account in refused:
        with pytest.raises(chessa.ConfigurationError):
            SqlJournal(sqlite_database(tmp_path).url, account=account)
    before = datetime.datetime(2026, 1, 1)  # noqa: DTZ001  # without a zone
    with sqlite_database(tmp_path).journal() as journal, pytest.raises(chessa.InvalidRequestError):
        journal.purge(before=before)
