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
