"""The sandbox reads forms and files, and responds with other types than JSON."""

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import chessa
from chessa import File
from chessa.testing import Sandbox, sandbox
from chessa.testing._spec.bodies import read_body
from tests.modes import SYNC
from tests.pipeline.made import Package

from .conftest import on


@pytest.fixture
def api(package: Package) -> Iterator[Sandbox]:
    """A sandbox for the document."""
    with sandbox(spec=json.loads(package.source("spec.json"))) as api:
        yield api


@pytest.fixture
def files(api: Sandbox, package: Package) -> Any:
    """The resource `files` on it."""
    return on(package, api.client(), SYNC)


def file_of(content: bytes, name: str) -> dict[str, Any]:
    """Return what a request shows of a file."""
    digest = hashlib.sha256(content).hexdigest()
    return {"name": name, "size": len(content), "sha256": digest}


def sent(api: Sandbox, body: bytes, content_type: str) -> tuple[int | None, Any]:
    """Send a body as it is; return the status, and what the sandbox shows of it."""
    headers = [
        ("x-client-id", api.client_id),
        ("x-client-secret", api.client_secret),
        ("content-type", content_type),
    ]
    return api.backend.answer("POST", "/several", headers, body).status, api.requests[-1].body


def test_an_upload_is_read(api: Sandbox, files: Any, pdf: Path) -> None:
    """Its members by their schemas, and its files by name, size and digest."""
    binary = bytes(range(256)) + b"\r\n\n\r--\r\n"
    files.upload(
        document=pdf,
        pages=[File(binary, name="b")],
        amount=Decimal("1.10"),
        tags=["x"],
        is_test=True,
    )
    (request,) = api.requests
    assert request.status == 200
    assert request.body == {
        "document": file_of(pdf.read_bytes(), "a slip.pdf"),
        "pages": [file_of(binary, "b")],
        "amount": Decimal("1.10"),
        "tags": ["x"],
        "isTest": True,
    }


def test_a_form_is_read(api: Sandbox, files: Any) -> None:
    """Its members by their schemas."""
    files.pay(amount=Decimal("1.10"), tags=["a", "1"], is_test=False)
    assert api.requests[0].body == {"amount": Decimal("1.10"), "tags": ["a", "1"], "isTest": False}


def test_a_form_that_does_not_fit_is_rejected(api: Sandbox, files: Any) -> None:
    """As a JSON body would be."""
    wrong = api.client().with_options(extra_body={"isTest": "perhaps"})
    with pytest.raises(chessa.ApiError, match="isTest"):
        type(files)(wrong.orders._performer).pay(amount=1)


def test_other_types_come_back(api: Sandbox, files: Any) -> None:
    """Texts and bytes, with their type."""
    assert files.with_raw_response.receipt().headers["content-type"] == "application/pdf"
    assert isinstance(files.receipt(), bytes)
    assert isinstance(files.statement(), str)
    files.note(body="für Ada")
    assert api.requests[-1].body == "für Ada"


def test_the_content_type_says_how_a_body_is_read(api: Sandbox) -> None:
    """Of several forms the one that was sent; another one is rejected, and names them all."""
    multipart = b'--b\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1\r\n--b--\r\n'
    assert sent(api, b'{"amount":1}', "application/json") == (200, {"amount": 1})
    assert sent(api, b"amount=2", "application/x-www-form-urlencoded") == (200, {"amount": 2})
    assert sent(api, multipart, "multipart/form-data; boundary=b") == (200, {"amount": 1})
    assert sent(api, b"a note", "text/plain; charset=utf-8") == (200, "a note")
    status, shown = sent(api, b"%PDF", "application/pdf")
    assert (status, shown["size"]) == (200, 4)
    assert sent(api, b'{"note":"x"}', "application/merge-patch+json") == (200, {"note": "x"})
    assert sent(api, b"{}", "application/json")[0] == 400
    assert sent(api, b"<a/>", "image/svg") == (400, None)


def test_a_body_is_read_once(
    api: Sandbox, files: Any, pdf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value that is checked is the one that the request shows."""
    read: list[object] = []

    def counted(*given: Any) -> Any:
        read.append(read_body(*given))
        return read[-1]

    monkeypatch.setattr("chessa.testing._http.backend.read_body", counted)
    files.upload(document=pdf, amount=1)
    assert len(read) == 1
    assert api.requests[0].body["document"]["size"] == pdf.stat().st_size


@pytest.mark.parametrize("media_type", ["message/rfc822", "multipart/mixed", "text/plain"])
def test_a_file_of_any_type_is_a_file(api: Sandbox, files: Any, media_type: str) -> None:
    """A message with a body and parts of its own, even in base64, is what was sent."""
    content = b"From: a\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--x\r\n\r\n--x--\r\n"
    files.upload(document=File(content, name="\u00e9.eml", media_type=media_type), amount=1)
    assert api.requests[0].body["document"] == file_of(content, "\u00e9.eml")


def test_a_styled_form_is_read(api: Sandbox, files: Any) -> None:
    """Its members by their styles and content types."""
    given = {"filter": {"a": {"b": "1"}, "c": ["x&y"]}, "tags": ["p", "q r"], "ids": [1, 2]}
    files.filter(**given, code="1")
    shown = {**given, "filter": {"a": {"b": "1"}, "c": {"0": "x&y"}}, "code": "1"}
    assert api.requests[0].body == shown
    assert api.requests[0].status == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1',
            "multipart/form-data; boundary=b",
        ),
        (b"--b--", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=b"),
    ],
)
def test_a_broken_form_is_rejected(api: Sandbox, body: bytes, content_type: str) -> None:
    """Without a boundary, an end or a name; nothing of it is shown."""
    assert sent(api, body, content_type) == (400, None)


def test_events_come_back(api: Sandbox, files: Any) -> None:
    """One of each example; else one that the schema allows."""
    with files.events() as events:
        assert [event.data.amount for event in events] == [Decimal("1.10"), Decimal(2)]
    with files.texts() as events:
        assert [event.data for event in events] == ["example"]
    with files.fields() as events:
        assert [(event.event, event.id, event.data.amount) for event in events] == [
            ("paid", "7", Decimal("1.10"))
        ]
    with files.changes() as events:
        (change,) = events
        assert isinstance(change.data.amount, Decimal)
    assert {request.status for request in api.requests} == {200}
