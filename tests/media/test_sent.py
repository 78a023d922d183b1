"""Request bodies of every media type, as independent parsers of servers read them."""

import asyncio
import datetime
import hashlib
import io
import os
import signal
import time
import urllib.parse
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpcore
import pytest

import chessa
from chessa import File
from tests.marks import table
from tests.modes import ASYNC, SYNC, Mode

from .conftest import Api, on

AT = datetime.datetime(2026, 11, 30, 12, 0, tzinfo=datetime.UTC)
HOSTILE = ['a"b\r\nx: y', "ü/../é", "--boundary", "a;b=c", "%0d%0a", "日本", " ", "="]


def test_members_of_a_form(api: Api, mode: Mode) -> None:
    """Texts as they are, amounts exact, a pair for each item of an array, an object as JSON."""

    async def main() -> None:
        async with api.files(mode) as files:
            await mode.done(
                files.pay(
                    amount=Decimal("10.10"),
                    tags=["a b", "c&d", "é"],
                    paid_at=AT,
                    is_test=True,
                    payer=api.package.model("PutFilesBodyPayer")(name="Ada"),
                )
            )

    mode.run(main())
    (received,) = api.received
    assert received.header("content-type") == "application/x-www-form-urlencoded"
    expected = [
        ("amount", "10.10"),
        ("tags", "a b"),
        ("tags", "c&d"),
        ("tags", "é"),
        ("paidAt", "2026-11-30T12:00:00.000Z"),
        ("isTest", "true"),
        ("payer", '{"name":"Ada"}'),
    ]
    assert sorted(urllib.parse.parse_qsl(received.body.decode())) == sorted(expected)
    assert sorted(received.form()[0]) == sorted(expected)


def test_the_style_of_a_member(api: Api, mode: Mode) -> None:
    """An Encoding Object decides: brackets, one text for all items, JSON."""

    async def main() -> None:
        async with api.files(mode) as files:
            await mode.done(
                files.filter(
                    filter={"a": {"b": 1}, "c": ["x&y"]}, tags=["p", "q r"], ids=[1, 2], code="1"
                )
            )

    mode.run(main())
    (received,) = api.received
    assert received.form()[0] == [
        ("filter[a][b]", "1"),
        ("filter[c][0]", "x&y"),
        ("tags", "p,q r"),
        ("ids", "[1,2]"),
        ("code", '"1"'),
    ]


def test_parts_of_a_multipart_body(api: Api, mode: Mode, pdf: Path) -> None:
    """Files with name and type, from a path, bytes or a file; values as texts; objects as JSON."""

    async def main() -> None:
        async with api.files(mode) as files:
            with pdf.open("rb") as opened:
                opened.seek(3)
                await mode.done(
                    files.upload(
                        document=pdf,
                        pages=[b"one", File(opened, name="two.png"), File(b"3", media_type="a/b")],
                        amount=Decimal("0.10"),
                        tags=["x", "y"],
                        payer=api.package.model("PostFilesBodyPayer")(name="Ada"),
                    )
                )

    mode.run(main())
    (received,) = api.received
    assert received.header("content-length") == str(len(received.body))
    fields, files = received.form()
    assert fields == [("amount", "0.10"), ("tags", "x"), ("tags", "y"), ("payer", '{"name":"Ada"}')]
    found = [(key, each.name, each.media_type, each.content) for key, each in files]
    whole = pdf.read_bytes()
    assert found == [
        ("document", "a slip.pdf", "application/pdf", whole),
        ("pages", "file", "application/octet-stream", b"one"),
        ("pages", "two.png", "image/png", whole[3:]),
        ("pages", "file", "a/b", b"3"),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(api: Api, text: str) -> None:
    """A name, a field or a key of a form adds no part, no header and no pair."""
    with chessa.Chessa(base_url=api.server.url, client_id="i", client_secret="s") as client:
        files = on(api.package, client, SYNC)
        files.upload(document=File(b"x", name=text), tags=[text], amount=1)
        files.pay(amount=1, tags=[text])
    upload, form = api.received
    fields, sent = upload.form()
    assert fields == [("amount", "1"), ("tags", text)]
    assert [(key, each.content) for key, each in sent] == [("document", b"x")]
    assert not {"\r", "\n"} & {*str(sent[0][1].name)}
    assert form.form()[0] == [("amount", "1"), ("tags", text)]


@pytest.mark.parametrize(
    ("method", "content", "content_type", "body"),
    [
        ("send", b"\x00\xff", "application/octet-stream", b"\x00\xff"),
        ("send_image", File(b"png", name="a.png"), "image/png", b"png"),
        ("note", "für Ada", "text/plain; charset=utf-8", "für Ada".encode()),
        ("send", bytearray(b"in memory"), "application/octet-stream", b"in memory"),
        ("send", b"", "application/octet-stream", b""),
    ],
)
def test_bodies_that_are_one_thing(
    api: Api, mode: Mode, method: str, content: Any, content_type: str, body: bytes
) -> None:
    """Bytes and texts are sent as they are, with their type."""

    async def main() -> None:
        async with api.files(mode) as files:
            await mode.done(getattr(files, method)(body=content))

    mode.run(main())
    (received,) = api.received
    assert received.header("content-type") == content_type
    assert received.body == body


def test_json_of_another_name(api: Api, mode: Mode) -> None:
    """It is sent as what it is."""

    async def main() -> None:
        async with api.files(mode) as files:
            await mode.done(files.change(amount=Decimal("1.50")))

    mode.run(main())
    (received,) = api.received
    assert received.header("content-type") == "application/merge-patch+json"
    assert received.body == b'{"amount":1.50}'


def test_a_file_is_sent_again_where_nothing_was_sent(
    api: Api, mode: Mode, pdf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry reads it from its start: here the first connection is refused."""
    from chessa._transport import network, network_async

    refused: list[bool] = []

    def once(true: Any) -> Any:
        def connect(*arguments: Any, **named: Any) -> Any:
            if not refused:
                refused.append(True)
                raise httpcore.ConnectError
            return true(*arguments, **named)

        return connect

    for module, holder in ((network, "GuardedBackend"), (network_async, "AsyncGuardedBackend")):
        cls = getattr(module, holder)
        monkeypatch.setattr(cls, "connect_tcp", once(cls.connect_tcp))

    async def main() -> None:
        async with api.files(mode) as files:
            with pdf.open("rb") as opened:
                await mode.done(files.upload(document=opened, amount=1))

    mode.run(main())
    assert refused
    (received,) = api.received
    assert received.form()[1][0][1].content == pdf.read_bytes()


class Odd(io.BytesIO):
    """A file one method of which does something else."""

    def __init__(self, name: str, act: Callable[..., Any]) -> None:
        super().__init__(b"content")
        setattr(self, name, act)


def _fail(error: BaseException) -> Callable[..., Any]:
    def act(*_: object) -> Any:
        raise error

    return act


WRONG = [
    *[5, "text", io.StringIO("text"), Path("/nowhere/at.all"), Path("/"), None, object()],
    *[Path("/dev/zero"), Odd("read", lambda *_: "text"), Odd("seek", _fail(RuntimeError()))],
    *[Odd("tell", _fail(OSError(5, "x"))), Odd("seek", lambda *_: 1.5)],
]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_what_is_not_a_file(api: Api, mode: Mode, wrong: Any) -> None:
    """It is refused before anything is sent, by an error of ours."""

    async def main() -> None:
        async with api.files(mode) as files:
            with pytest.raises(chessa.InvalidRequestError, match="argument 'body'"):
                await mode.done(files.send(body=wrong))

    mode.run(main())
    assert api.received == []


def test_a_pipe_is_not_waited_for(api: Api, mode: Mode, tmp_path: Path) -> None:
    """It is not a plain file: it may never have an end."""
    os.mkfifo(tmp_path / "pipe")

    async def main() -> None:
        async with api.files(mode) as files:
            with pytest.raises(chessa.InvalidRequestError, match="a plain file"):
                await mode.done(files.send(body=tmp_path / "pipe"))

    mode.run(main())


@table("media_type", [5, b"a/b", "a", "a/b ", "a/b\r\nx: y", ""])
def test_what_is_not_a_media_type(media_type: Any) -> None:
    """It is refused where it is given."""
    with pytest.raises(chessa.EncodeError, match="media_type"):
        File(b"x", media_type=media_type)


@pytest.mark.parametrize("failing", [RuntimeError(), EOFError(), OSError(5, "x"), StopIteration()])
def test_a_file_that_cannot_be_read(api: Api, mode: Mode, failing: Exception) -> None:
    """A failure of its own while it is sent is an error of ours: the outcome is unknown."""
    file = Odd("read", lambda size: b"" if size == 0 else _fail(failing)())

    async def main() -> None:
        async with api.files(mode) as files:
            with pytest.raises(chessa.OutcomeUnknownError, match="UnreadableFileError"):
                await mode.done(files.upload(document=file, amount=1))

    mode.run(main())


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_a_time_limit_comes_out_of_a_file(api: Api) -> None:
    """As itself, though it is an OSError raised while the file is read."""

    def limit(*_: object) -> None:
        raise TimeoutError("the worker's")

    file = Odd("read", lambda size: b"" if size == 0 else time.sleep(5))
    before = signal.signal(signal.SIGALRM, limit)
    signal.setitimer(signal.ITIMER_REAL, 0.3)

    async def main() -> None:
        async with api.files(SYNC) as files:
            with pytest.raises(TimeoutError, match="the worker's"):
                files.upload(document=file, amount=1)

    try:
        SYNC.run(main())
    finally:
        signal.signal(signal.SIGALRM, before)


def test_calls_may_share_a_file(api: Api, pdf: Path) -> None:
    """Each sends it from its start, whatever the others have read."""
    file = File(io.BytesIO(pdf.read_bytes() * 10), name="x")

    async def main() -> None:
        async with api.files(ASYNC) as files:
            await asyncio.gather(*(files.send(body=file) for _ in range(4)))

    asyncio.run(main())
    digests = {hashlib.sha256(each.body).hexdigest() for each in api.received}
    assert (len(api.received), digests) == (4, {file.sha256()})


def test_members_do_not_join_a_body_that_has_none(api: Api, mode: Mode) -> None:
    """`extra_body` is for objects."""

    async def main() -> None:
        async with api.files(mode, options={"extra_body": {"k": 1}}) as files:
            with pytest.raises(chessa.InvalidRequestError, match="extra_body does not fit"):
                await mode.done(files.maybe())

    mode.run(main())


def test_a_file_that_shrinks_is_unknown(api: Api, mode: Mode, pdf: Path) -> None:
    """The server has its beginning, and the error says why."""
    file = File(pdf)
    pdf.write_bytes(b"short")

    async def main() -> None:
        async with api.files(mode) as files:
            with pytest.raises(chessa.OutcomeUnknownError, match="its size changed"):
                await mode.done(files.send(body=file))

    mode.run(main())


def test_progress_is_reported(api: Api, mode: Mode, pdf: Path) -> None:
    """With the bytes so far and in all; its own error does not end the call."""
    told: list[tuple[int, int | None]] = []

    def progress(done: int, total: int | None) -> None:
        told.append((done, total))
        raise RuntimeError

    async def main() -> None:
        async with api.files(mode, options={"progress": progress}) as files:
            await mode.done(files.send(body=pdf))

    mode.run(main())
    size = pdf.stat().st_size
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_direct_transport_sends_the_same(api: Api, pdf: Path) -> None:
    """Piece by piece, over connections of our own."""
    transport = chessa.DirectTransport()
    with chessa.Chessa(
        base_url=api.server.url, client_id="i", client_secret="s", transport=transport
    ) as client:
        on(api.package, client, SYNC).upload(document=pdf, amount=1)
    (received,) = api.received
    digest = hashlib.sha256(received.form()[1][0][1].content).digest()
    assert digest == hashlib.sha256(pdf.read_bytes()).digest()
