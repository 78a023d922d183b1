"""Journals: a record of each write before its first byte, and of its outcome.

`SqlJournal` claims: for one reference at most one request is sent, from any process. `FileJournal`
and functions record only.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._entries import JournalEntry
    from ._file import FileJournal
    from ._records import AsyncJournal, Journal, JournalRecord
    from ._schema import ddl
    from ._sql import SqlJournal
    from ._step import Step

__all__ = [
    "AsyncJournal",
    "FileJournal",
    "Journal",
    "JournalEntry",
    "JournalRecord",
    "SqlJournal",
    "Step",
    "ddl",
]

if not TYPE_CHECKING:
    _MODULES = {
        "JournalEntry": "_entries",
        "FileJournal": "_file",
        "AsyncJournal": "_records",
        "Journal": "_records",
        "JournalRecord": "_records",
        "ddl": "_schema",
        "SqlJournal": "_sql",
        "Step": "_step",
    }

    def __getattr__(name: str) -> Any:
        """Load a name when it is first asked for: only a ledger needs SQLAlchemy."""
        import importlib

        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            module = importlib.import_module(f".{_MODULES[name]}", __name__)
        except ModuleNotFoundError as error:
            if error.name != "sqlalchemy":
                raise
            missing = "SqlJournal needs SQLAlchemy: pip install 'chessa[sql]'"
            raise ModuleNotFoundError(missing, name=error.name) from None
        value = globals()[name] = getattr(module, name)
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
