"""Response bodies that are not JSON: read as texts and bytes, or saved to a file."""

import hashlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import chessa
from chessa._call.saving import suggested
from tests.marks import table
from tests.modes import SYNC, Mode
from tests.unit.raw_server import Connection

from .conftest import Api


def run(api: Api, mode: Mode, method: str, *arguments: Any, **options: Any) -> Any:
    """Call a method of `files`; return its result or its error."""

    async def main() -> Any:
        async with api.files(mode, **options) as files:
            try:
                return await mode.done(getattr(files, method)(*arguments))
            except chessa.ChessaError as error:
                return error

    return mode.run(main())


@pytest.mark.parametrize(
    ("method", "content_type", "body", "result"),
    [
        ("receipt", "application/pdf", b"%PDF\x00", b"%PDF\x00"),
        ("receipt", "whatever", b"", b""),
        ("statement", "text/csv", "a;ü\r\n".encode(), "a;ü\r\n"),
        ("statement", "text/csv; charset=ISO-8859-1", "a;ü".encode("latin-1"), "a;ü"),
        ("statement", 'text/csv; header=present; charset="UTF-8"', b"x", "x"),
        ("either", "text/csv", b"x", "x"),
        ("either", "application/pdf; q=1", b"x", b"x"),
    ],
)
def test_a_body_is_read_as_it_is(
    api: Api, mode: Mode, method: str, content_type: str, body: bytes, result: Any
) -> None:
    """Bytes and texts, the latter in the charset that is named."""
    api.headers, api.body = (f"Content-Type: {content_type}",), body
    assert run(api, mode, method) == result


def test_the_media_types_are_asked_for(api: Api, mode: Mode) -> None:
    """The request names those that are documented."""
    api.headers = ("Content-Type: text/csv",)
    for method in ("receipt", "statement", "either"):
        run(api, mode, method)
    asked = [each.header("accept") for each in api.received]
    assert asked == ["application/pdf", "text/csv", "application/pdf, text/csv"]


def test_a_status_may_have_another_type(api: Api, mode: Mode) -> None:
    """JSON for one, text for another."""
    api.status, api.body = "202 Accepted", b"later"
    assert run(api, mode, "mixed") == "later"
    api.status, api.body = "200 OK", b'{"amount": 1.10}'
    assert str(run(api, mode, "mixed").amount) == "1.10"


@pytest.mark.parametrize(
    ("method", "content_type", "body", "says"),
    [
        ("statement", "text/csv", b"\xff", "it is not utf-8"),
        ("statement", "text/csv; charset=rot13", b"x", "its charset is not known"),
        ("either", "image/png", b"x", "its content type is not documented"),
    ],
)
def test_a_body_that_cannot_be_read(
    api: Api, mode: Mode, method: str, content_type: str, body: bytes, says: str
) -> None:
    """It is an error that quotes nothing of it."""
    api.headers, api.body = (f"Content-Type: {content_type}",), body
    error = run(api, mode, method)
    assert type(error) is chessa.ResponseError
    assert says in str(error)


def test_a_response_is_saved(api: Api, mode: Mode, tmp_path: Path) -> None:
    """However long it is, with its digest; a file there is replaced."""
    place = tmp_path / "receipt.pdf"
    place.write_bytes(b"old")
    told: list[tuple[int, int | None]] = []
    api.body = bytes(range(256)) * 5_000
    api.headers = (
        "Content-Type: application/pdf",
        'Content-Disposition: attachment; filename="../../etc/pass wd"',
    )
    saved = run(
        api,
        mode,
        "receipt_to_file",
        place,
        max_response_bytes=1_000,
        options={"progress": lambda *each: told.append(each)},
    )
    assert place.read_bytes() == api.body
    assert saved == chessa.SavedFile(
        place,
        len(api.body),
        hashlib.sha256(api.body).hexdigest(),
        "application/pdf",
        "pass wd",
    )
    assert told[-1] == (len(api.body), len(api.body))
    assert [*tmp_path.iterdir()] == [place]


@table(
    ("disposition", "name"),
    [
        ('attachment; filename=""', None),
        ("attachment; filename=; x=y", None),
        ("attachment; filename=\"a.pdf\"; filename*=UTF-8''b.pdf", "b.pdf"),
        ("attachment; filename*=utf-8'en'%e2%82%ac.pdf", "_.pdf"),
        ("attachment; filename*=ISO-8859-1''%E9.pdf", "é.pdf"),
        ("attachment; filename*=UTF-8''%00%2e%2e%2fa%0d%0a", "a__"),
        ("attachment; filename*=KOI8-R''%C1; filename=plain.pdf", "plain.pdf"),
        (r'attachment; filename="a \"b\".pdf"', "a _b_.pdf"),
        (r'attachment; filename="C:\x\y.pdf"', "y.pdf"),
        ('attachment; filename="a;b.pdf"', "a_b.pdf"),
        ('attachment; xfilename="evil"; filename="good.pdf"', "good.pdf"),
        ('attachment; name="x; filename=evil"; filename="good.pdf"', "good.pdf"),
        ("attachment", None),
        ("attachment; filename=a.csv", "a.csv"),
        ("attachment; filename*=UTF-8''a%2Fb%5Cc%0A.csv", "c_.csv"),
        ('attachment; filename=".."', None),
        ('attachment; filename="C:\\\\x\\\\y.pdf"', "y.pdf"),
        ('attachment; filename="a\x00b"', "a_b"),
        ('attachment; filename="' + "x" * 400 + '"', "x" * 120),
    ],
)
def test_a_suggested_name_is_only_a_name(disposition: str, name: str | None) -> None:
    """Without folders, control characters and dots at its ends."""
    assert suggested(disposition) == name


def cut(connection: Connection) -> None:
    """Begin a response, and end the connection in it."""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")


def test_a_cut_response_leaves_no_file(api: Api, mode: Mode, tmp_path: Path) -> None:
    """The old file stays, and the call is an error."""
    place = tmp_path / "receipt.pdf"
    place.write_bytes(b"old")
    api.play = cut
    error = run(api, mode, "receipt_to_file", place, max_retries=0)
    assert type(error) is chessa.ResponseError
    made = run(api, mode, "make_receipt_to_file", place)
    assert (type(made), made.outcome) == (chessa.OutcomeUnknownError, chessa.Outcome.DONE)
    assert place.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [place]


def test_a_read_is_saved_by_its_last_attempt(api: Api, mode: Mode, tmp_path: Path) -> None:
    """A retry begins the file anew."""
    plays = [cut]

    def play(connection: Connection) -> None:
        if plays:
            plays.pop()(connection)
        else:
            connection.answer("200 OK", b"whole")

    api.play = play
    saved = run(api, mode, "receipt_to_file", tmp_path / "x")
    assert (saved.size, (tmp_path / "x").read_bytes()) == (5, b"whole")


def test_an_error_is_not_saved(api: Api, mode: Mode, tmp_path: Path) -> None:
    """A rejection is raised as usual, under the cap."""
    api.status = "404 Not Found"
    api.body = b'{"statusCode": 404, "error": "nothing", "message": "no such file"}'
    error = run(api, mode, "receipt_to_file", tmp_path / "x")
    assert type(error) is chessa.NotFoundError
    assert [*tmp_path.iterdir()] == []


def test_a_place_that_cannot_be_written(api: Api, mode: Mode, tmp_path: Path) -> None:
    """It is told before anything is sent, by an error of ours."""
    os.mkfifo(tmp_path / "pipe")
    odd = [tmp_path, tmp_path / "no" / "x", tmp_path / "pipe", tmp_path / ("b" * 256)]
    odd += [tmp_path / "a\0b", tmp_path / "\ud800", Path("/dev/null")]
    for place in odd:
        error = run(api, mode, "make_receipt_to_file", place)
        assert type(error) is chessa.InvalidRequestError, place
    for wrong in (5, None, b"x"):
        assert type(run(api, mode, "receipt_to_file", wrong)) is chessa.EncodeError
    assert api.received == []


def test_what_is_replaced_keeps_its_place_and_mode(api: Api, mode: Mode, tmp_path: Path) -> None:
    """A link stays one; a new file is its owner's alone."""
    api.body = b"new"
    old, link = tmp_path / "old", tmp_path / "link"
    old.write_bytes(b"old")
    old.chmod(0o640)
    link.symlink_to(old)
    run(api, mode, "receipt_to_file", link)
    run(api, mode, "receipt_to_file", tmp_path / "new")
    assert link.is_symlink()
    assert (old.read_bytes(), old.stat().st_mode & 0o777) == (b"new", 0o640)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("status", ["206 Partial Content", "204 No Content"])
def test_a_part_is_not_saved(api: Api, mode: Mode, tmp_path: Path, status: str) -> None:
    """Nor is nothing: the file that is there stays."""
    place = tmp_path / "x"
    place.write_bytes(b"old")
    api.status, api.body = status, b"" if status.startswith("204") else b"ab"
    error = run(api, mode, "make_receipt_to_file", place)
    assert (type(error), error.outcome) == (chessa.OutcomeUnknownError, chessa.Outcome.DONE)
    assert place.read_bytes() == b"old"


def test_a_suggested_name_does_not_show_the_secret(api: Api, mode: Mode, tmp_path: Path) -> None:
    """However it is written."""
    api.headers = ("Content-Disposition: attachment; filename*=UTF-8''%73-topsecret",)
    saved = run(api, mode, "receipt_to_file", tmp_path / "x", client_secret="s-topsecret")
    assert "topsecret" not in repr(saved)


def test_a_second_coding_is_seen(api: Api, mode: Mode, tmp_path: Path) -> None:
    """A header that stands twice counts twice."""
    api.headers, api.body = ("Content-Encoding: identity", "Content-Encoding: gzip"), b"\x1f\x8b"
    error = run(api, mode, "receipt_to_file", tmp_path / "x")
    assert "a content coding that was not asked for" in str(error)


def test_a_range_of_types_fits(api: Api, mode: Mode) -> None:
    """Where the spec names a range, any type in it is read as it says."""
    for content_type, result in (("image/png", b"x"), ("text/csv", "x")):
        api.headers, api.body = (f"Content-Type: {content_type}",), b"x"
        assert run(api, mode, "ranges") == result


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_a_time_limit_comes_out_of_a_save(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As itself, though it is an OSError raised among those of the disk."""

    def limit(*_: object) -> None:
        raise TimeoutError("the worker's")

    monkeypatch.setattr("os.fsync", lambda _: time.sleep(5))
    before = signal.signal(signal.SIGALRM, limit)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeoutError, match="the worker's"):
            run(api, SYNC, "receipt_to_file", tmp_path / "x")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert [*tmp_path.iterdir()] == []


def test_a_full_disk_is_told(api: Api, mode: Mode, tmp_path: Path, monkeypatch: Any) -> None:
    """It is an error of ours, and what was written is deleted."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    api.body = b"x"
    error = run(api, mode, "receipt_to_file", tmp_path / "x")
    assert "the file could not be written (OSError ENOSPC)" in str(error)
    assert [*tmp_path.iterdir()] == []


def test_a_coding_is_not_unpacked_into_a_file(api: Api, mode: Mode, tmp_path: Path) -> None:
    """It was not asked for, and could be of any length."""
    api.headers, api.body = ("Content-Encoding: gzip",), b"\x1f\x8b"
    error = run(api, mode, "receipt_to_file", tmp_path / "x")
    assert "a content coding that was not asked for" in str(error)
    assert [*tmp_path.iterdir()] == []
