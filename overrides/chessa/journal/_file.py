"""A journal in a file of JSON lines: appended, flushed to the disk, read back.

Threads and processes may append to one file.
"""

import contextlib
import datetime
import errno
import io
import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final, Self, cast

import attrs

from chessa_api.errors import Outcome

from .. import _log
from .._errors import ConfigurationError
from ._records import JournalRecord

_RESULT: Final = "ok"
"""The outcome of a call that returned its result, as in the log."""


class FileJournal:
    """A journal in a file: `Chessa(journal=FileJournal("chessa-journal.jsonl"))`.

    Each record is one line of JSON, written at once at the end of the file and flushed to the disk
    (fsync) before the call goes on. A new file can be read by its owner only. Safe to share between
    threads, clients and processes of one machine, and after a fork. While it is in use the file
    must not be moved or deleted: a write is not sent then. Use it as a context manager, or `close`
    it after the clients that use it.

    Args:
        path: The file, made if it is not there.

    Raises `ConfigurationError` (NOT_SENT) when the file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        problem = None
        try:
            self._path = Path(path).absolute()  # even if the process changes its folder
            is_new = not self._path.exists()
            self._file = io.FileIO(self._path, "ab", opener=_private)
            if is_new:
                _flush_folder(self._path.parent)
        except OSError as error:
            problem = error.strerror or type(error).__name__
        except (ValueError, TypeError):
            problem = "it is not a path"
        if problem is not None:
            raise ConfigurationError(f"The journal {path!r} cannot be opened: {problem}.")

    def __call__(self, record: JournalRecord) -> None:
        """Append a record. Raises `OSError` if it is not flushed to the disk."""
        with self._opened() as handle:
            if record.event == "opened":
                self._check_place(handle)
            line = _line(record)
            if self._file.write(line) != len(line):
                raise OSError(errno.EIO, "the record was cut")
            os.fsync(handle)

    @contextlib.contextmanager
    def _opened(self) -> Generator[int]:
        """Give the file's descriptor. A closed file is an `OSError`, as everything else is."""
        try:
            yield self._file.fileno()
        except ValueError:
            if not self._file.closed:
                raise
            raise OSError(errno.EBADF, "the journal is closed") from None

    def _check_place(self, handle: int) -> None:
        if not os.path.samestat(os.fstat(handle), self._path.stat()):
            raise OSError(errno.ESTALE, "the file was moved: a reader would not find the record")

    @classmethod
    def records(cls, path: str | os.PathLike[str]) -> Iterator[JournalRecord]:
        """Yield the records of a file, oldest first.

        A line that cannot be read, such as one that a crash cut, is logged and skipped: a call
        whose opening line was cut was not sent. Raises `OSError` when the file cannot be read.
        """
        with Path(path).open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                record = _record(line)
                if record is None:
                    _log.journal_damaged(number)
                else:
                    yield record

    @classmethod
    def open_records(cls, path: str | os.PathLike[str]) -> list[JournalRecord]:
        """Return the calls that were opened and never closed, oldest first: each may have happened.

        A call in flight in a living process is one of them. Raises `OSError` when the file
        cannot be read.
        """
        opened: dict[str, JournalRecord] = {}
        closed: set[str] = set()
        for record in cls.records(path):
            if record.event == "closed":
                if opened.pop(record.call_id, None) is None:
                    closed.add(record.call_id)  # a slow disk may swap the two
            elif record.call_id in closed:
                closed.remove(record.call_id)
            else:
                opened[record.call_id] = record
        return list(opened.values())

    def find_records(self, reference: str, operation: str) -> list[JournalRecord]:
        """Return the records of this reference and operation, oldest first.

        `refund_safely` asks this before it sends. It reads the complete file, blocking. A damaged
        line is skipped, as in `records`.

        Args:
            reference: The reference of the calls, as of `with_options(reference=…)`.
            operation: Their operation, `orders.request_refund`.

        Raises `OSError` when the file cannot be read or was moved, or the journal is closed.
        """
        with self._opened() as handle:
            self._check_place(handle)
        return [
            record
            for record in self.records(self._path)
            if (record.reference, record.operation) == (reference, operation)
        ]

    def close(self) -> None:
        """Close the file. A write after that is not sent."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"FileJournal({str(self._path)!r})"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _flush_folder(folder: Path) -> None:
    """Flush the folder, so that a new file survives a crash."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def _line(record: JournalRecord) -> bytes:
    values = attrs.asdict(record)
    values["at"] = record.at.isoformat(timespec="milliseconds")
    if record.event == "closed":
        values["outcome"] = record.outcome.value if record.outcome else _RESULT
    # Line ends on both sides: an incomplete record of another process does not spoil this one.
    return b"\n" + json.dumps(values).encode("ascii") + b"\n"


def _record(line: bytes) -> JournalRecord | None:
    try:
        values: Any = json.loads(line)
        record = _read(cast("dict[str, Any]", values))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return record


def _read(values: dict[str, Any]) -> JournalRecord:
    names = [field.name for field in attrs.fields(JournalRecord)]
    known = {name: values[name] for name in names}
    if known["event"] not in ("opened", "closed") or not isinstance(known["call_id"], str):
        raise ValueError("not a record")
    known["at"] = datetime.datetime.fromisoformat(known["at"])
    outcome = known["outcome"]
    known["outcome"] = None if outcome in (None, _RESULT) else Outcome(outcome)
    return JournalRecord(**known)
