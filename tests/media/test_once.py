"""Uploads under `once`: the content of a file is part of the intent."""

import io
from pathlib import Path

import pytest

import chessa
from chessa import File
from chessa.journal import SqlJournal
from tests.modes import Mode

from .conftest import Api

KEY = "a fingerprint key of the tests"


def journal(folder: Path) -> SqlJournal:
    """Return a ledger in a file."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    return SqlJournal(url, account="a", fingerprint_key=KEY)


def test_an_upload_is_sent_once(api: Api, mode: Mode, pdf: Path, tmp_path: Path) -> None:
    """The same content, from wherever it comes, is the same intent; another one is a conflict."""
    same = File(io.BytesIO(pdf.read_bytes()), name=pdf.name)

    async def main() -> None:
        once = {"reference": "passport of Ada", "once": True}
        async with (
            mode.opened(journal(tmp_path)) as ledger,
            api.files(mode, journal=ledger, options=once) as files,
        ):
            with pdf.open("rb") as opened:
                await mode.done(files.upload(document=opened, amount=1))
            await mode.done(files.upload(document=same, amount=1))
            for other in (File(b"other", name=pdf.name), File(pdf, name="other.pdf")):
                with pytest.raises(chessa.ReferenceConflictError):
                    await mode.done(files.upload(document=other, amount=1))

    mode.run(main())
    (received,) = api.received
    assert received.form()[1][0][1].content == pdf.read_bytes()


def test_a_file_that_is_gone_is_not_claimed(
    api: Api, mode: Mode, pdf: Path, tmp_path: Path
) -> None:
    """It cannot be compared, so that nothing is sent; the reference stays free."""
    gone = tmp_path / "gone.pdf"
    gone.write_bytes(b"x")
    file = File(gone)
    gone.unlink()

    async def main() -> None:
        once = {"reference": "r", "once": True}
        async with (
            mode.opened(journal(tmp_path)) as ledger,
            api.files(mode, journal=ledger, options=once) as files,
        ):
            with pytest.raises(chessa.InvalidRequestError, match="a file cannot be read"):
                await mode.done(files.upload(document=file, amount=1))
            await mode.done(files.upload(document=pdf, amount=1))

    mode.run(main())
    assert len(api.received) == 1


def test_a_file_that_fails_is_not_claimed(api: Api, mode: Mode, tmp_path: Path) -> None:
    """Whatever it raises as it is compared is an error of ours, and nothing is sent."""
    file = io.BytesIO(b"content")
    given = File(file)
    file.close()

    async def main() -> None:
        once = {"reference": "r", "once": True}
        async with (
            mode.opened(journal(tmp_path)) as ledger,
            api.files(mode, journal=ledger, options=once) as files,
        ):
            with pytest.raises(chessa.InvalidRequestError, match="cannot be read: ValueError"):
                await mode.done(files.send(body=given))

    mode.run(main())
    assert api.received == []


def test_a_text_is_not_kept(api: Api, mode: Mode, tmp_path: Path) -> None:
    """A result that is not JSON is not in the ledger: a replay says that it was made."""
    api.body = b"%PDF"

    async def main() -> None:
        once = {"reference": "r", "once": True}
        async with (
            mode.opened(journal(tmp_path)) as ledger,
            api.files(mode, journal=ledger, options=once) as files,
        ):
            assert await mode.done(files.make_receipt()) == b"%PDF"
            with pytest.raises(chessa.OutcomeUnknownError) as caught:
                await mode.done(files.make_receipt())
            assert caught.value.outcome is chessa.Outcome.DONE

    mode.run(main())
    assert len(api.received) == 1


def test_what_is_not_sent_is_not_compared(api: Api, mode: Mode, pdf: Path, tmp_path: Path) -> None:
    """A body that is a file is its content; a part has its name as well."""
    same = File(pdf.read_bytes(), name="other")

    async def main() -> None:
        once = {"reference": "r", "once": True}
        async with (
            mode.opened(journal(tmp_path)) as ledger,
            api.files(mode, journal=ledger, options=once) as files,
        ):
            await mode.done(files.send(body=pdf))
            await mode.done(files.send(body=same))

    mode.run(main())
    assert len(api.received) == 1


def test_the_order_of_items_is_compared(api: Api, mode: Mode, tmp_path: Path) -> None:
    """An array in a query is another one with its items in another order."""

    async def main() -> None:
        once = {"reference": "r", "once": True}
        async with (
            mode.opened(journal(tmp_path)) as ledger,
            api.files(mode, journal=ledger, options=once) as files,
        ):
            await mode.done(files.ordered(ids=["1", "2"]))
            with pytest.raises(chessa.ReferenceConflictError):
                await mode.done(files.ordered(ids=["2", "1"]))

    mode.run(main())
    assert len(api.received) == 1
