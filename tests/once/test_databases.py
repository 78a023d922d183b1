"""A database that fails: nothing is sent without a committed claim, and the outcome is right."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

import chessa
from chessa import Outcome
from chessa._call import ledger
from chessa._call.gate import Gate
from chessa._transport import pools
from chessa.journal import SqlJournal, _engines, _sql_claims, _statements
from chessa.testing import Sandbox
from tests.modes import Mode

from .calls import REFERENCE, REFUND, client_of, posts, refund
from .databases import KEY, Database, Server, sqlite_database
from .intents import claim, intent
from .proxy import proxied


def _refused(mode: Mode, api: Sandbox, database: Database, **options: Any) -> Any:
    """Refund an order, which nothing may be sent for; return the error."""
    order = api.add_order().fail()
    error = refund(mode, api, database, order.id, **options)
    assert isinstance(error, chessa.ChessaError), error
    assert error.outcome is Outcome.NOT_SENT
    assert error.__cause__ is error.__context__ is None
    assert posts(api) == 0
    return error


# aiosqlite's thread ends after the event loop if it could not open the file.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_unreachable(mode: Mode, dialect: str, api: Sandbox, tmp_path: Path) -> None:
    """Without a database nothing is sent."""
    urls = {
        "sqlite": f"sqlite:///{tmp_path}/missing/ledger.db",
        "postgresql": "postgresql://someone:hunter2@127.0.0.1:1/ledger",
    }
    journal = SqlJournal(urls[dialect], account="a", fingerprint_key=KEY)
    error = _refused(mode, api, sqlite_database(tmp_path), journal=journal)
    assert isinstance(error, chessa.NotSentError)
    assert "OperationalError" in str(error.cause)
    assert "hunter2" not in f"{error!r} {error}"


@pytest.mark.parametrize("pragma", ["query_only=ON", "max_page_count=1"])
def test_sqlite_read_only_or_full(
    pragma: str, mode: Mode, api: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that takes no claim lets nothing be sent."""
    database = sqlite_database(tmp_path)
    with contextlib.closing(sqlite3.connect(database.path)) as connection:
        connection.executescript("PRAGMA page_size=512; CREATE TABLE other (x)")
    with database.journal() as journal:
        for number in range(2):
            claim(journal, intent(f"reference {number}"))
    true = _engines._configure

    def configured(connection: Any, record: object) -> None:
        true(connection, record)
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    monkeypatch.setattr(_engines, "_configure", configured)
    error = _refused(mode, api, database)
    assert isinstance(error, chessa.NotSentError)
    expected = "SQLITE_READONLY" if pragma.startswith("query") else "SQLITE_FULL"
    assert expected in str(error.cause)


def test_postgres_full(mode: Mode, api: Sandbox, postgres: Server) -> None:
    """A server that reports a full disk lets nothing be sent; the report is a trigger's."""
    database = postgres.database()
    database.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"
    )
    database.execute(
        "CREATE TRIGGER full_disk BEFORE INSERT ON chessa_journal"
        " FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )
    error = _refused(mode, api, database)
    assert "53100" in str(error.cause)


def test_a_read_only_server(mode: Mode, api: Sandbox, postgres: Server) -> None:
    """A server that only reads takes no claim."""
    url = postgres.database().url
    read_only = Database("postgresql", url + "%20-cdefault_transaction_read_only%3Don")
    assert "25006" in str(_refused(mode, api, read_only).cause)


def test_a_replica(mode: Mode, api: Sandbox, postgres: Server) -> None:
    """A replica is refused by name."""
    database = postgres.database()
    database.execute("CREATE FUNCTION pg_is_in_recovery() RETURNS bool RETURN true")
    replica = Database("postgresql", database.url + "%2Cpg_catalog")
    error = _refused(mode, api, replica)
    assert isinstance(error, chessa.ConfigurationError)
    assert "replica" in str(error)


def test_no_table(mode: Mode, api: Sandbox, postgres: Server) -> None:
    """The error names the function that prints the table's DDL."""
    error = _refused(mode, api, postgres.database(has_table=False))
    assert isinstance(error, chessa.ConfigurationError)
    assert "chessa.journal.ddl()" in str(error)


@pytest.mark.parametrize(
    "change", ["ALTER COLUMN version SET DEFAULT 2", "DROP COLUMN subject", "DROP COLUMN version"]
)
def test_a_schema_of_another_version(
    change: str, mode: Mode, api: Sandbox, postgres: Server
) -> None:
    """A table of another version is refused, and checked again once it was migrated."""
    database = postgres.database()
    database.execute(f"ALTER TABLE chessa_journal {change}")
    error = _refused(mode, api, database)
    assert isinstance(error, chessa.ConfigurationError)
    assert "version" in str(error)


# ---- Clocks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["boot", "wall"])
def test_a_suspended_process_sends_nothing_late(
    clock: str, mode: Mode, api: Sandbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If its lease is over when the process is about to send, the write is NOT_SENT, and free."""
    order = api.add_order().fail()
    now = {"boot": 0.0, "wall": 0.0}
    monkeypatch.setattr(ledger, "_times", lambda: (now["boot"], now["wall"]))
    true = Gate.opened

    def suspended(self: Gate, cause: str | None) -> None:
        true(self, cause)
        now[clock] += 71.0

    with monkeypatch.context() as patch:
        patch.setattr(Gate, "opened", suspended)
        error = refund(mode, api, database, order.id)
    assert isinstance(error, chessa.NotSentError)
    assert error.outcome is Outcome.NOT_SENT
    assert error.timed_out
    assert posts(api) == 0
    assert database.states() == ["not_sent"]
    assert not isinstance(refund(mode, api, database, order.id), Exception)


def test_a_clock_that_is_set_back_frees_nothing(
    mode: Mode, api: Sandbox, database: Database
) -> None:
    """An entry of the future is in progress, then UNKNOWN; it is not sent again."""
    order = api.add_order().fail()
    api.lose_next_answer(operation=REFUND)
    refund(mode, api, database, order.id)
    for state in ("claimed", "unknown"):
        database.execute(
            f"UPDATE chessa_journal SET state = '{state}', opened_at = opened_at + 3600,"  # noqa: S608
            " lease_until = lease_until + 3600"
        )
        error = refund(mode, api, database, order.id)
        assert error.outcome is Outcome.UNKNOWN
        assert isinstance(error, chessa.InProgressError) is (state == "claimed")
    assert posts(api) == 1


# ---- Connections that are cut ---------------------------------------------------------------

PLACES: Final[dict[str, tuple[Any, str, str]]] = {
    "before the claim": (_statements, "claim", ""),
    "before its COMMIT": (_sql_claims.SqlClaim, "_committing", "claim"),
    "after its COMMIT": (Gate, "opened", ""),
    "before the send": (pools, "send", ""),
    "before the settling": (_statements, "settle", ""),
    "before the second COMMIT": (_sql_claims.SqlClaim, "_committing", "settle"),
    "after the second COMMIT": (Gate, "closed", ""),
}
"""The function before which the connection is cut."""


def _cut_before(place: str, cut: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    holder, name, part = PLACES[place]
    holders = [pools.Connections, pools.AsyncConnections] if holder is pools else [holder]
    is_cut: list[bool] = []

    for each in holders:
        true = getattr(each, name)

        def cutting(*arguments: Any, true: Any = true, **named: Any) -> Any:
            is_settling = bool(getattr(arguments[0], "may_be_stored", False))
            if not is_cut and part in ("", "settle" if is_settling else "claim"):
                is_cut.append(True)
                cut()
            return true(*arguments, **named)

        patch.setattr(each, name, cutting)


@pytest.mark.parametrize("place", PLACES)
def test_a_cut_connection(place: str, mode: Mode, api: Sandbox, postgres: Server) -> None:
    """A connection that is cut before the COMMIT is NOT_SENT; after it, the call goes on."""
    database = postgres.database()
    order = api.add_order().fail()
    with pytest.MonkeyPatch.context() as patch:
        _cut_before(place, database.cut, patch)
        first = refund(mode, api, database, order.id)
    if place in ("before the claim", "before its COMMIT"):
        assert isinstance(first, chessa.NotSentError)
        assert posts(api) == 0
        assert database.states() == []
    else:
        assert not isinstance(first, Exception), first
        assert database.states() == ["result"]
    second = refund(mode, api, database, order.id)
    assert not isinstance(second, Exception), second
    assert posts(api) == 1


@pytest.mark.parametrize("statement", ["INSERT", "UPDATE"])
def test_an_ambiguous_commit(statement: str, mode: Mode, api: Sandbox, postgres: Server) -> None:
    """A COMMIT whose response is lost: the claim's is NOT_SENT and free, the settling's is made."""
    database = postgres.database()
    order = api.add_order().fail()
    with proxied(database) as (through, proxy):
        journal = through.journal()
        proxy.statement = b"INSERT INTO" if statement == "INSERT" else b"UPDATE chessa_journal"
        first = refund(mode, api, through, order.id, journal=journal)
        assert proxy.cuts == 1
    if statement == "INSERT":
        assert isinstance(first, chessa.NotSentError)
        assert posts(api) == 0
        assert database.states() == ["not_sent"]
    else:
        assert not isinstance(first, Exception), first
        assert database.states() == ["result"]
    second = refund(mode, api, database, order.id)
    assert not isinstance(second, Exception), second
    assert posts(api) == 1


@pytest.mark.ci
@pytest.mark.parametrize("place", PLACES)
def test_a_server_that_restarts(place: str, mode: Mode, api: Sandbox, postgres: Server) -> None:
    """As with a connection that is cut, but that the end may be lost: then it is UNKNOWN."""
    if postgres.folder is None:
        pytest.skip("the server of CHESSA_TEST_POSTGRES is not ours to restart")
    database = postgres.database()
    order = api.add_order().fail()
    with pytest.MonkeyPatch.context() as patch:
        _cut_before(place, postgres.restart, patch)
        first = refund(mode, api, database, order.id)
    if place in ("before the claim", "before its COMMIT"):
        assert isinstance(first, chessa.NotSentError)
        assert posts(api) == 0
    else:
        assert not isinstance(first, Exception), first
    database.lapse()
    refund(mode, api, database, order.id)
    assert posts(api) == 1


def test_a_settling_that_fails_leaves_unknown(
    mode: Mode, api: Sandbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call returns its result; the entry is UNKNOWN after its lease, and nothing is resent."""
    order = api.add_order().fail()

    def failing(*_: object) -> Any:
        raise _statements.LostRaceError

    with monkeypatch.context() as patch:
        patch.setattr(_statements, "settle", failing)
        first = refund(mode, api, database, order.id)
    assert not isinstance(first, Exception), first
    assert isinstance(refund(mode, api, database, order.id), chessa.InProgressError)
    database.lapse()
    assert type(refund(mode, api, database, order.id)) is chessa.OutcomeUnknownError
    assert posts(api) == 1


# ---- Accounts and keys ----------------------------------------------------------------------


def test_a_callable_id_needs_an_account(mode: Mode, api: Sandbox, database: Database) -> None:
    """Whose money it is must be said where the id may change."""
    journal = database.journal(account=None)
    error = _refused(mode, api, database, journal=journal, client_id=lambda: api.client_id)
    assert isinstance(error, chessa.ConfigurationError)
    assert "account=" in str(error)
    order = api.add_order().fail()
    made = refund(mode, api, database, order.id, client_id=lambda: api.client_id)
    assert not isinstance(made, Exception), made


def test_staging_and_live_in_one_database(mode: Mode, api: Sandbox, database: Database) -> None:
    """The origin is part of the account; a rotated secret is not."""
    order = api.add_order().fail()
    calls: list[tuple[dict[str, Any], int]] = [
        ({"base_url": "https://staging.invalid"}, 1),
        ({"base_url": "https://live.invalid"}, 2),
        ({"base_url": "https://live.invalid", "client_secret": lambda: api.client_secret}, 2),
    ]
    for options, expected in calls:
        journal = database.journal(account=None)
        refund(mode, api, database, order.id, journal=journal, **options)
        assert posts(api) == expected


def test_a_rotated_fingerprint_key(mode: Mode, api: Sandbox, database: Database) -> None:
    """The former key verifies while it is in the list; without it the entry cannot be compared."""
    new = "the new key of the fingerprints"
    order = api.add_order().fail()
    first = refund(mode, api, database, order.id)
    both = database.journal(fingerprint_key=[new, KEY])
    assert refund(mode, api, database, order.id, journal=both) == first
    only = database.journal(fingerprint_key=new)
    error = refund(mode, api, database, order.id, journal=only)
    assert isinstance(error, chessa.ConfigurationError)
    assert "fingerprint_key=[new, former]" in str(error)
    assert new not in str(error)
    assert posts(api) == 1


def test_once_needs_a_ledger_and_a_reference(
    mode: Mode, api: Sandbox, tmp_path: Path, database: Database
) -> None:
    """Without a journal that claims, or with a blank reference, there is no client for it."""

    async def main() -> None:
        for journal in (None, chessa.FileJournal(tmp_path / "j"), lambda record: None):
            make = api.async_client if mode.is_async else api.client
            async with mode.opened(make(journal=journal)) as client:
                with pytest.raises(chessa.ConfigurationError, match="SqlJournal"):
                    client.once(REFERENCE)
            if isinstance(journal, chessa.FileJournal):
                journal.close()
        async with client_of(mode, api, database.journal()) as client:
            for reference in ("", " ", None, "r" * 201, "a\nb"):
                with pytest.raises(chessa.ConfigurationError, match="reference"):
                    client.once(reference)

    mode.run(main())
