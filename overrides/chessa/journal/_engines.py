"""The ledger's engines: made from a URL in each process and event loop, or the caller's."""

import asyncio
import os
import sqlite3
import time
import weakref
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, inspect, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .._errors import ConfigurationError
from ._schema import JOURNAL, METADATA, VERSION

_DRIVERS: Final = {
    "sqlite": ("sqlite+pysqlite", "sqlite+aiosqlite"),
    "postgresql": ("postgresql+psycopg", "postgresql+psycopg"),
}
_PATIENCE: Final = 10
"""Seconds to wait for a connection, or for another writer of the same SQLite file."""
_NO_COLUMN: Final[dict[str, Any]] = {"default": None}
_ISOLATION: Final = "READ COMMITTED"
_FULL: Final = 2
"""SQLite's `PRAGMA synchronous` that flushes each COMMIT to the disk."""


class Engines:
    """The engines of one database."""

    def __init__(self, database: object) -> None:
        self.url = _read_url(database)
        self._given = database if isinstance(database, Engine | AsyncEngine) else None
        self.dialect: Final = self.url.get_backend_name()
        if self.dialect not in _DRIVERS:
            raise ConfigurationError(
                "SqlJournal needs a URL that begins with sqlite:/// or postgresql://."
            )
        if self.dialect == "sqlite":
            if not self.path or self.path == ":memory:" or self.path.startswith("file:"):
                raise ConfigurationError(
                    "SqlJournal needs the path of a file: an SQLite in memory forgets."
                )
            # Even if the process changes its folder: SQLAlchemy reads the path when it connects.
            self.url = self.url.set(database=os.path.abspath(self.path))  # noqa: PTH100
        elif self._given is not None:
            self._given = self._given.execution_options(isolation_level=_ISOLATION)
        self._is_checked: set[int] = set()
        self._of_parents: list[object] = []
        self._begin()

    @property
    def path(self) -> str | None:
        """The file of an SQLite database."""
        return self.url.database if self.dialect == "sqlite" else None

    @property
    def key_file(self) -> Path | None:
        """The file of the key that is made here, next to an SQLite file that was named."""
        return Path(f"{self.path}.key") if self.path and self._given is None else None

    @property
    def can_await(self) -> bool:
        """True if an event loop can await the database; else it is used on a thread."""
        return not isinstance(self._given, Engine)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._engine: Engine | None = None
        self._async: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncEngine] = (
            weakref.WeakKeyDictionary()
        )
        self._is_checked.clear()

    def blocking(self) -> Engine:
        """Return the engine of this process."""
        self._check_process()
        if isinstance(self._given, Engine):
            return self._given
        if self._given is not None:
            raise ConfigurationError(
                "SqlJournal has an AsyncEngine, which only AsyncChessa can use."
            )
        if self._engine is None:
            self._engine = create_engine(self._named(0), **self._settings())
            self._prepare(self._engine)
        return self._engine

    def awaited(self) -> AsyncEngine:
        """Return the engine of this process and event loop."""
        self._check_process()
        loop = asyncio.get_running_loop()
        if isinstance(self._given, AsyncEngine):
            if self._async.setdefault(loop, self._given) and len(self._async) > 1:
                raise ConfigurationError(
                    "The AsyncEngine of SqlJournal belongs to another event loop. Pass its URL, or "
                    "make a SqlJournal for each loop."
                )
            return self._given
        if loop not in self._async:
            engine = create_async_engine(self._named(1), **self._settings())
            self._prepare(engine.sync_engine)
            self._async[loop] = engine
        return self._async[loop]

    def _named(self, index: int) -> URL:
        return self.url.set(drivername=_DRIVERS[self.dialect][index])

    def _settings(self) -> dict[str, Any]:
        if self.dialect == "sqlite":
            return {"connect_args": {"timeout": _PATIENCE}}
        return {
            "connect_args": {"connect_timeout": _PATIENCE},
            "isolation_level": _ISOLATION,
            "pool_pre_ping": True,
        }

    def _prepare(self, engine: Engine) -> None:
        if self.dialect == "sqlite":
            event.listen(engine, "connect", _configure)
            event.listen(engine, "begin", _begin_immediate)

    def _check_process(self) -> None:
        if self._pid == os.getpid():
            return
        if self._given is not None:
            raise ConfigurationError(
                "The engine of SqlJournal was made before this process was forked: its connections "
                "are the parent's. Pass its URL, or make engine and SqlJournal in each process."
            )
        # Kept, since the garbage collector would close connections that are the parent's.
        self._of_parents += [self._engine, *self._async.values()]
        self._begin()

    def check(self, connection: Connection) -> None:
        """Check the table once for each engine. Raises `ConfigurationError`.

        Only an SQLite file that the journal opened itself gets its table here.
        """
        key = id(connection.engine)
        if key in self._is_checked:
            return
        is_new = False
        if self._given is None and self.dialect == "sqlite":
            is_new = not inspect(connection).has_table(JOURNAL.name)
            METADATA.create_all(connection)
        elif self.dialect == "sqlite":
            level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
            if level < _FULL:
                raise ConfigurationError(
                    "SqlJournal needs PRAGMA synchronous=FULL: a claim must outlive a power cut."
                )
        _check_columns(connection)
        if not is_new:  # else it may be rolled back
            self._is_checked.add(key)

    def close(self) -> None:
        """Close the blocking engine that was made here."""
        engine, self._engine = self._engine, None
        if engine is not None and self._pid == os.getpid():
            engine.dispose()

    async def aclose(self) -> None:
        """Close the engines that were made here for this event loop and for threads."""
        engine = self._async.pop(asyncio.get_running_loop(), None)
        if engine is not None and self._given is None and self._pid == os.getpid():
            await engine.dispose()
        self.close()


def _read_url(database: object) -> URL:
    if isinstance(database, Engine | AsyncEngine):
        return database.url
    url: URL | None = None
    if isinstance(database, str | URL):
        try:
            url = make_url(database)
        except (exc.ArgumentError, ValueError):
            pass  # whose message quotes the URL, or what it has for a port
    if url is None:
        raise ConfigurationError(
            "SqlJournal needs a URL, such as sqlite:///chessa.db or postgresql://host/name, or an "
            "Engine of SQLAlchemy."
        )
    return url


def _configure(connection: Any, _record: object) -> None:
    """Set an SQLite connection up: transactions are ours, and each COMMIT reaches the disk."""
    connection.isolation_level = None
    cursor = connection.cursor()
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:  # it does not wait where two begin a new file
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
            time.sleep(0.01)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_columns(connection: Connection) -> None:
    try:
        found = inspect(connection).get_columns(JOURNAL.name)
    except exc.NoSuchTableError:
        found = []
    columns: dict[str, Any] = {each["name"]: each for each in found}
    if not columns:
        raise ConfigurationError(
            f"The database has no table {JOURNAL.name}. chessa.journal.ddl() returns the "
            "statements that make it."
        )
    version = str(columns.get("version", _NO_COLUMN)["default"] or "").strip("'()")
    if version != str(VERSION) or not columns.keys() >= {each.name for each in JOURNAL.columns}:
        raise ConfigurationError(
            f"The table {JOURNAL.name} is of version {version or 'unknown'}, and this chessa needs "
            f"version {VERSION}. chessa.journal.ddl() returns the statements."
        )


def is_cut(error: Exception) -> bool:
    """Return whether a connection was lost, so that another one may work."""
    return isinstance(error, exc.DBAPIError) and error.connection_invalidated


def cause_of(error: Exception) -> str:
    """Return the type of a failure and the database's code; never a message: it has values."""
    original = getattr(error, "orig", None)
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    name = type(original or error).__name__
    return f"{name}: {code}" if code else name
