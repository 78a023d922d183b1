"""The journal in a file: a line per record, on the disk before the call goes on, and read back."""

import errno
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import chessa
from chessa import FileJournal, JournalRecord, NotSentError, Outcome
from tests.marks import table

from .calls import A_WRITE, CLIENT_ID, CLIENT_SECRET, CREDENTIALS, Driver
from .raw_server import RawServer
from .transports import answers

OK = (201, {"id": "t1"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the journal."""
    return tmp_path / "journal.jsonl"


def lines_of(path: Path) -> list[str]:
    """Return the lines that are not blank: each record has a line end on either side."""
    return [line for line in path.read_text("ascii").splitlines() if line]


def record(call_id: str, event: Any = "opened", **values: Any) -> JournalRecord:
    """Return a record as the client makes them."""
    import datetime

    return JournalRecord(
        event=event,
        call_id=call_id,
        reference=values.pop("reference", None),
        operation="things.create",
        attempt=1,
        at=datetime.datetime(2026, 11, 25, 12, 0, 0, 123_000, tzinfo=datetime.UTC),
        **values,
    )


def test_a_write_leaves_two_lines(driver: Driver, path: Path) -> None:
    """Opened and closed, each a JSON object of plain values, without argument, body or secret."""
    with FileJournal(path) as journal:
        assert driver(A_WRITE, transport=answers(OK), journal=journal) == [{"id": "t1"}]
    text = path.read_text("ascii")
    first, last = map(json.loads, lines_of(path))
    assert list(first) == list(last) == [field.name for field in attrs.fields(JournalRecord)]
    assert (first["event"], first["outcome"], first["status_code"]) == ("opened", None, None)
    assert (last["event"], last["outcome"], last["status_code"]) == ("closed", "ok", 201)
    assert not {"n1", CLIENT_ID, CLIENT_SECRET} & set(text.replace('"', " ").split())
    assert FileJournal.open_records(path) == []


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_records_come_back_as_they_were(path: Path, outcome: Outcome | None) -> None:
    """Every field, whatever the reference holds."""
    written = [
        record("c1", reference='zürich "1" \\ 世界'),
        record("c1", "closed", outcome=outcome, status_code=200, elapsed=0.25),
    ]
    with FileJournal(path) as journal:
        for each in written:
            journal(each)
    assert list(FileJournal.records(path)) == written
    assert FileJournal.open_records(path) == []


def test_what_was_not_closed_is_listed(path: Path) -> None:
    """Oldest first; in whatever order the two records of a call reached the disk."""
    with FileJournal(path) as journal:
        for each in (
            record("c1"),
            record("c2"),
            record("c3", "closed"),
            record("c3"),
            record("c2", "closed"),
            record("c4"),
        ):
            journal(each)
    assert [each.call_id for each in FileJournal.open_records(path)] == ["c1", "c4"]


def test_records_are_found_by_reference_and_operation(path: Path) -> None:
    """Records of all processes, oldest first; damaged lines are left out."""
    mine = [
        record("c1", reference="invoice 17"),
        record("c4", "closed", reference="invoice 17", outcome=Outcome.REJECTED),
    ]
    with FileJournal(path) as one, FileJournal(path) as other:
        one(mine[0])
        one(record("c2", reference="invoice 18"))
        one(record("c3"))
        with path.open("ab") as file:
            file.write(b'{"reference": "invoice 17", "event": "ope\n')
        other(mine[1])
        for journal in (one, other):
            assert journal.find_records("invoice 17", "things.create") == mine
            assert journal.find_records("invoice 17", "things.delete") == []
            assert journal.find_records("invoice", "things.create") == []


def test_records_of_a_file_that_was_moved_are_not_found(path: Path) -> None:
    """A file that cannot be read is an `OSError`, never an empty list."""
    with FileJournal(path) as journal:
        journal(record("c1", reference="invoice 17"))
        path.rename(path.with_suffix(".old"))
        with pytest.raises(FileNotFoundError):
            journal.find_records("invoice 17", "things.create")
        path.touch()
        with pytest.raises(OSError, match="moved") as caught:
            journal.find_records("invoice 17", "things.create")
        assert caught.value.errno == errno.ESTALE
    with pytest.raises(OSError, match="closed") as caught:
        journal.find_records("invoice 17", "things.create")
    assert caught.value.errno == errno.EBADF


def test_a_record_is_on_the_disk_before_the_call_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line is flushed to the disk when the journal returns."""
    synced: list[int] = []
    real = os.fsync
    with FileJournal(path) as journal:

        def fsync(fd: int) -> None:
            synced.append(path.stat().st_size)
            real(fd)

        monkeypatch.setattr(os, "fsync", fsync)
        journal(record("c1"))
        journal(record("c2"))
    first, second = (len(line) + 2 for line in lines_of(path))
    assert synced == [first, first + second]


def test_a_file_that_cannot_be_flushed_stops_the_call(
    driver: Driver, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails: not sent."""

    def failing(fd: int) -> None:
        raise OSError(5, "Input/output error")

    transport = answers(OK)
    with FileJournal(path) as journal:
        monkeypatch.setattr(os, "fsync", failing)
        (error,) = driver(A_WRITE, transport=transport, journal=journal)
    assert isinstance(error, NotSentError)
    assert error.cause == "OSError: EIO"
    assert transport.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_stops_the_call(driver: Driver) -> None:
    """No space for the record: not sent, and the error says why."""
    transport = answers(OK)
    with FileJournal("/dev/full") as journal:
        (error,) = driver(A_WRITE, transport=transport, journal=journal)
    assert isinstance(error, NotSentError)
    assert error.cause == "OSError: ENOSPC"
    assert transport.requests == []


@pytest.mark.parametrize("what", ["moved", "deleted", "replaced"])
def test_a_file_that_is_not_there_any_more_stops_the_call(
    driver: Driver, path: Path, what: str
) -> None:
    """Its reader would not find the record: not sent. A call in flight is still closed."""
    transport = answers(OK)
    with FileJournal(path) as journal:
        journal(record("c1"))
        moved = path.rename(path.with_suffix(".old"))
        if what == "deleted":
            moved.unlink()
        if what == "replaced":
            path.touch()
        (error,) = driver(A_WRITE, transport=transport, journal=journal)
        journal(record("c1", "closed"))
    assert isinstance(error, NotSentError)
    assert transport.requests == []
    if what == "moved":
        assert FileJournal.open_records(moved) == []


def test_a_relative_path_is_where_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that changes its folder, as daemons do, keeps its journal."""
    monkeypatch.chdir(path.parent)
    with FileJournal(path.name) as journal:
        monkeypatch.chdir("/")
        journal(record("c1"))
    assert [each.call_id for each in FileJournal.open_records(path)] == ["c1"]


def test_a_line_that_another_writer_cut_spoils_no_other(path: Path) -> None:
    """After a cut record the next one is on a line of its own."""
    with FileJournal(path) as journal:
        journal(record("c1"))
        with path.open("ab") as another:
            another.write(b'{"event": "opened", "call_')
        journal(record("c2"))
    assert [each.call_id for each in FileJournal.open_records(path)] == ["c1", "c2"]


def test_a_closed_journal_stops_the_call(driver: Driver, path: Path) -> None:
    """A write after `close` is not sent."""
    journal = FileJournal(path)
    journal.close()
    journal.close()
    (error,) = driver(A_WRITE, transport=answers(OK), journal=journal)
    assert isinstance(error, NotSentError)
    assert error.cause == "OSError: EBADF"


def test_a_closed_journal_raises_an_os_error(path: Path) -> None:
    """A record given to a closed journal is `OSError` EBADF, the one error of a lost record."""
    journal = FileJournal(path)
    journal.close()
    for event in ("opened", "closed"):
        with pytest.raises(OSError, match="closed") as caught:
            journal(record("c1", event))
        assert caught.value.errno == errno.EBADF
    assert list(FileJournal.records(path)) == []


def test_a_record_that_was_cut_is_an_os_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of which the system took a part is `OSError` EIO."""
    with FileJournal(path) as journal:
        monkeypatch.setattr(journal._file, "write", lambda line: len(line) - 1)
        with pytest.raises(OSError, match="cut") as caught:
            journal(record("c1"))
    assert caught.value.errno == errno.EIO


def test_a_file_is_its_owners_and_is_appended_to(path: Path) -> None:
    """A new file is for its owner only; another journal on it leaves what is there."""
    journal = FileJournal(path)
    with journal:
        journal(record("c0"))
    with FileJournal(path) as another:
        another(record("c1"))
    assert [each.call_id for each in FileJournal.records(path)] == ["c0", "c1"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert repr(journal) == f"FileJournal({str(path)!r})"


@table("place", ["missing/journal.jsonl", ".", "a\0b", None, 17])
def test_a_file_that_cannot_be_opened_is_refused_at_once(tmp_path: Path, place: Any) -> None:
    """At construction, with its path and the system's text, and no other error behind it."""
    with pytest.raises(chessa.ConfigurationError, match=r"journal .* cannot be opened") as caught:
        FileJournal(tmp_path / place if isinstance(place, str) else place)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# ---- Crashes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_a_crash_cut_spoils_no_other(
    path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The next record begins a line of its own; the cut one is left out, with a word in the log."""
    with FileJournal(path) as journal:
        journal(record("c1"))
        journal(record("c2"))
    path.write_bytes(path.read_bytes()[:-cut])
    with FileJournal(path) as journal:
        journal(record("c3"))
    with caplog.at_level(logging.WARNING, "chessa"):
        ids = [each.call_id for each in FileJournal.records(path)]
    is_whole = cut == 1  # but for the end of the line
    assert ids == (["c1", "c2", "c3"] if is_whole else ["c1", "c3"])
    assert ("line 4 cannot be read" in caplog.text) is not is_whole


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b"17",
        b"null",
        b'{"event": "opened"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"event": "other", "call_id": "c"}',
    ],
)
def test_foreign_lines_are_left_out(path: Path, line: bytes) -> None:
    """Whatever stands there, the reader goes on."""
    with FileJournal(path) as journal:
        journal(record("c1"))
    with path.open("ab") as file:
        file.write(b"\n" + line + b"\n\n")
    with FileJournal(path) as journal:
        journal(record("c2"))
    assert [each.call_id for each in FileJournal.open_records(path)] == ["c1", "c2"]


def test_a_process_that_is_killed_leaves_its_call_open(path: Path) -> None:
    """Killed while it waits for the response: the record says which call to check."""
    arrived = threading.Event()

    def play(connection: Any) -> None:
        connection.read_request()
        arrived.set()
        connection.wait_until_stopped()

    program = """
        import sys, chessa
        sys.path.insert(0, ".")
        from tests.unit.calls import A_WRITE, CREDENTIALS
        journal = chessa.FileJournal(sys.argv[1])
        client = chessa.Chessa(**CREDENTIALS, base_url=sys.argv[2], journal=journal)
        client.with_options(reference="payout 17")._performer.perform(*A_WRITE)
    """
    with RawServer(play) as server:
        command = [sys.executable, "-c", textwrap.dedent(program), str(path), server.url]
        with subprocess.Popen(command) as process:
            try:
                assert arrived.wait(30)
            finally:
                process.kill()
    (left,) = FileJournal.open_records(path)
    assert (left.reference, left.operation, left.event) == ("payout 17", "things.create", "opened")
    if os.name == "posix":
        assert process.returncode == -signal.SIGKILL


# ---- Many at once -------------------------------------------------------------------------------


def in_threads(count: int, work: Callable[[int], object]) -> None:
    """Do this in so many threads at once."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_threads_and_processes_share_a_file(path: Path) -> None:
    """Lines of several threads, journals and processes never run into one another."""

    def write(journal: FileJournal, name: str) -> None:
        for number in range(50):
            journal(record(f"{name}-{number}", reference="x" * 150))

    with FileJournal(path) as one, FileJournal(path) as other:
        in_threads(6, lambda number: write((one, other)[number % 2], f"thread-{number}"))
        children: list[int] = []
        if hasattr(os, "fork"):
            for number in range(2):
                pid = os.fork()
                if pid == 0:
                    write(one, f"child-{number}")
                    os._exit(0)
                children.append(pid)
        write(other, "parent")
        for pid in children:
            assert os.waitpid(pid, 0)[1] == 0
    ids = [each.call_id for each in FileJournal.records(path)]
    assert len(ids) == len(set(ids)) == 50 * (6 + len(children) + 1)


def test_a_client_whose_threads_write_keeps_every_call(path: Path) -> None:
    """Each call of each thread has its two records."""
    with (
        FileJournal(path) as journal,
        chessa.Chessa(**CREDENTIALS, transport=answers(OK), journal=journal) as client,
    ):
        in_threads(8, lambda number: [client._performer.perform(*A_WRITE) for _ in range(10)])
    records = list(FileJournal.records(path))
    assert len(records) == 160
    assert len({each.call_id for each in records}) == 80
    assert FileJournal.open_records(path) == []
