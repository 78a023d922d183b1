"""The ledger's one table, its DDL, and the clock of its database."""

from typing import Any, Final, Literal

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.expression import FunctionElement

from .._errors import ConfigurationError
from ._entries import FREE, State

VERSION: Final = 1
METADATA: Final = MetaData()
_FREE: Final = ", ".join(f"'{state}'" for state in sorted(FREE))
_OPEN: Final = ", ".join(f"'{s}'" for s in (State.CLAIMED, State.DONE, State.UNKNOWN))


def _index(name: str, *columns: str, where: str | None = None, unique: bool = False) -> Index:
    condition = None if where is None else text(where)
    name = f"chessa_journal_{name}"
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


JOURNAL: Final = Table(
    "chessa_journal",
    METADATA,
    Column("call_id", String(32), primary_key=True),
    Column("account", String(300), nullable=False),
    Column("operation", String(200), nullable=False),
    Column("reference", String(200)),
    Column("subject", String(200)),
    Column("once", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    Column("fingerprint", String(100)),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("opened_at", Double, nullable=False),  # times: seconds since 1970, by the database
    Column("lease_until", Double, nullable=False),
    Column("closed_at", Double),
    Column("attempts", Integer, nullable=False),
    Column("status_code", Integer),
    Column("code", String(200)),
    Column("cause", String(200)),
    Column("link", Text),
    Column("result", Text),
    Column("history", Text),
    Column("version", Integer, nullable=False, server_default=text(str(VERSION))),
    _index("reference", "account", "operation", "reference", where="once", unique=True),
    _index(
        "subject",
        *("account", "operation", "subject"),
        where=f"once AND subject IS NOT NULL AND state NOT IN ({_FREE})",
        unique=True,
    ),
    _index("find", "account", "operation", "reference", "subject"),
    _index("unsettled", "opened_at", where=f"state IN ({_OPEN})"),
)


class now(FunctionElement[float]):  # noqa: N801  # reads as the function of SQL that it is
    """The database's clock: seconds since 1970, also within a transaction."""

    type = Double()  # pyright: ignore[reportUnknownVariableType]
    inherit_cache = True


@compiles(now, "sqlite")
def _now_of_sqlite(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _now_of_postgresql(*_: Any, **__: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"


def ddl(dialect: Literal["postgresql", "sqlite"] = "postgresql") -> str:
    """Return the statements that make the ledger's table, for a migration of yours."""
    if dialect not in ("postgresql", "sqlite"):
        raise ConfigurationError('dialect must be "postgresql" or "sqlite".')
    named: Any = {"postgresql": postgresql, "sqlite": sqlite}[dialect].dialect()
    statements: list[Any] = [CreateTable(JOURNAL)]
    statements += [CreateIndex(each) for each in sorted(JOURNAL.indexes, key=lambda i: str(i.name))]
    return "\n".join(f"{str(each.compile(dialect=named)).strip()};" for each in statements) + "\n"
