"""Transactions of the ledger, run blocking or awaited.

`_statements` has what they do, as generators of statements.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, exc

from .._call.asyncio import drive_async
from .._call.sync import drive
from .._errors import ConfigurationError
from . import _statements
from ._claims import Intent
from ._engines import Engines, cause_of, is_cut
from ._keys import FingerprintKeys
from ._records import JournalError, JournalRecord
from ._statements import LostRaceError, Statement, Transaction

T = TypeVar("T")
_TRIES: Final = 3
"""How often a transaction is begun if others change the same entry, or a settling is cut."""


class Transactions:
    """The transactions of one ledger."""

    def __init__(self, engines: Engines, keys: FingerprintKeys) -> None:
        self._engines: Final = engines
        self._dialect: Final = engines.dialect
        self.keys: Final = keys

    def run(
        self,
        script: Callable[[], Transaction[T]],
        before_commit: Callable[[], None] | None = None,
        *,
        repeats_cut: bool = False,
    ) -> T:
        """Run a transaction, blocking. Raises `JournalError` if it may not be committed.

        With `repeats_cut` a transaction whose connection was lost is begun again.
        """
        cause = ""
        for _ in range(_TRIES):
            try:
                with self._engines.blocking().connect() as connection, connection.begin():
                    self._check(connection)
                    perform = _performer(connection)
                    _refuse_replica(drive(_statements.begin(self._dialect), perform, hide=False))
                    result = drive(script(), perform, hide=False)
                    if before_commit is not None:
                        before_commit()
                return result
            except (exc.SQLAlchemyError, LostRaceError) as error:
                cause = cause_of(error)
                if not (_others_were_first(error) or (repeats_cut and is_cut(error))):
                    break
        raise JournalError(cause)

    async def run_async(
        self,
        script: Callable[[], Transaction[T]],
        before_commit: Callable[[], None] | None = None,
        *,
        repeats_cut: bool = False,
    ) -> T:
        """Run a transaction, awaited."""
        cause = ""
        for _ in range(_TRIES):
            try:
                async with self._engines.awaited().connect() as connection, connection.begin():
                    await connection.run_sync(self._check)
                    perform = _performer(connection)
                    begun = _statements.begin(self._dialect)
                    _refuse_replica(await drive_async(begun, perform, hide=False))
                    result = await drive_async(script(), perform, hide=False)
                    if before_commit is not None:
                        before_commit()
                return result
            except (exc.SQLAlchemyError, LostRaceError) as error:
                cause = cause_of(error)
                if not (_others_were_first(error) or (repeats_cut and is_cut(error))):
                    break
        raise JournalError(cause)

    def _check(self, connection: Connection) -> None:
        self._engines.check(connection)

    def claiming(self, record: JournalRecord, intent: Intent) -> Callable[[], Transaction[None]]:
        """Return the transaction that claims an intent."""
        dialect, keys = self._dialect, self.keys
        return lambda: _statements.claim(dialect, record, intent, keys)


def _others_were_first(error: Exception) -> bool:
    return isinstance(error, exc.IntegrityError | LostRaceError)


def _performer(connection: Any) -> Callable[[Statement], Any]:
    return lambda statement: connection.execute(*statement)


def _refuse_replica(is_replica: bool) -> None:
    if is_replica:
        raise ConfigurationError("SqlJournal is connected to a replica: entries need the primary.")
