"""Forms of drawn members, hostile ones among them, as two independent readers have them."""

import datetime
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import File, InvalidRequestError
from chessa.testing import sandbox
from tests.modes import SYNC
from tests.pipeline.made import Package
from tests.property.generation import numbers
from tests.unit.transports import Factory

from .conftest import ODD, Received, on
from .test_sandbox import file_of

PIECES: Final = ["\r\n", "--", '"', "'", "\\", ";", "=", "&", "+", "%0A", ",", "[", "é", "日"]
TEXTS: Final = st.lists(st.sampled_from(PIECES) | st.characters(codec="utf-8"), max_size=6).map(
    "".join
)
FILES: Final = st.tuples(st.binary(max_size=20) | TEXTS.map(str.encode), TEXTS)
ZONES: Final = st.sampled_from([datetime.UTC, datetime.timezone(-datetime.timedelta(hours=9.5))])
TIMES: Final = st.datetimes(datetime.datetime(1970, 1, 1), timezones=ZONES)  # noqa: DTZ001
OPTIONAL: Final[dict[str, st.SearchStrategy[Any]]] = {
    "tags": st.lists(TEXTS, max_size=3),
    "paid_at": TIMES,
    "is_test": st.booleans(),
    "payer": TEXTS,
}
FORM: Final = st.fixed_dictionaries({"amount": numbers}, optional=OPTIONAL)
UPLOAD: Final = st.fixed_dictionaries(
    {"amount": numbers, "document": FILES},
    optional={**OPTIONAL, "pages": st.lists(FILES, max_size=2)},
)


class Readers:
    """A client of the sandbox, and its last request as werkzeug reads it."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self.api = sandbox(spec=json.loads(package.source("spec.json")))
        self.files = on(package, self.api.client(transport=Factory(self._pass_on)), SYNC)
        self.received = Received("", b"")

    def _pass_on(self, request: httpx.Request) -> httpx.Response:
        headers = [*request.headers.items()]
        body = request.read()
        head = "".join(f"\r\n{name}: {value}" for name, value in headers)
        self.received = Received(head, body)
        delivery = self.api.backend.answer(request.method, request.url.path, headers, body)
        return httpx.Response(delivery.status or 500, headers=delivery.headers)

    def send(self, method: str, drawn: dict[str, Any], payer: str) -> Any:
        """Call a method; return the body as the sandbox shows it."""
        given = dict(drawn)
        if "payer" in given:
            given["payer"] = self._package.model(payer)(name=given["payer"])
        if "document" in given:
            given["document"] = _file(given["document"])
        if "pages" in given:
            given["pages"] = [*map(_file, given["pages"])]
        getattr(self.files, method)(**given)
        return self.api.requests[-1].body


def _file(drawn: tuple[bytes, str]) -> File:
    return File(drawn[0], name=drawn[1])


@pytest.fixture(scope="module")
def readers(package: Package) -> Iterator[Readers]:
    """A client, and both readers."""
    found = Readers(package)
    with found.api:
        yield found


def meaning(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the fields of a form as the arguments that they were."""
    found: dict[str, Any] = {}
    for name, text in fields:
        match name:
            case "amount":
                found["amount"] = Decimal(text)
            case "tags":
                found.setdefault("tags", []).append(text)
            case "paidAt":
                found["paid_at"] = datetime.datetime.fromisoformat(text)
            case "isTest":
                found["is_test"] = {"true": True, "false": False}[text]
            case "payer":
                found["payer"] = json.loads(text)["name"]
            case _:
                raise AssertionError(name)
    return found


def without_empty(drawn: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a form has: none for an empty list, and no files."""
    files = ("document", "pages")
    return {key: value for key, value in drawn.items() if key not in files and value != []}


def check_shown(shown: dict[str, Any], drawn: dict[str, Any]) -> None:
    """The sandbox reads the same members."""
    fields = without_empty(drawn)
    assert shown["amount"] == fields["amount"]
    assert shown.get("tags", []) == fields.get("tags", [])
    assert shown.get("isTest") is fields.get("is_test")
    assert shown.get("payer") == ({"name": fields["payer"]} if "payer" in fields else None)


def test_a_form_of_drawn_members(readers: Readers) -> None:
    """Both readers have what was given, and the sandbox finds it valid."""

    @given(FORM)
    def holds(drawn: dict[str, Any]) -> None:
        shown = readers.send("pay", drawn, "PutFilesBodyPayer")
        assert meaning(readers.received.form()[0]) == without_empty(drawn)
        check_shown(shown, drawn)

    holds()


def test_a_multipart_body_of_drawn_members(readers: Readers) -> None:
    """Both readers have the members, and each file to the byte."""

    @given(UPLOAD)
    def holds(drawn: dict[str, Any]) -> None:
        shown = readers.send("upload", drawn, "PostFilesBodyPayer")
        fields, parts = readers.received.form()
        assert meaning(fields) == without_empty(drawn)
        check_shown(shown, drawn)
        given_files = [drawn["document"], *drawn.get("pages", [])]
        assert [part.content for _, part in parts] == [content for content, _ in given_files]
        assert not {"\r", "\n", "\0"} & set("".join(str(part.name) for _, part in parts))
        shown_files = [shown["document"], *shown.get("pages", [])]
        for (content, _), one in zip(given_files, shown_files, strict=True):
            assert one == file_of(content, one["name"])

    holds()


@pytest.mark.parametrize("method", ["odd_parts", "odd_pairs"])
def test_members_of_odd_names(readers: Readers, method: str) -> None:
    """A name of the spec with quotes or separators is one name to every reader."""

    @given(st.fixed_dictionaries(dict.fromkeys(ODD, TEXTS)))
    def holds(drawn: dict[str, str]) -> None:
        shown = readers.send(method, {ODD[name]: text for name, text in drawn.items()}, "")
        fields, files = readers.received.form()
        assert (dict(fields), files) == (drawn, [])
        assert shown == drawn

    holds()


def test_a_styled_form_of_drawn_members(readers: Readers) -> None:
    """Members in brackets, joined and as JSON come back, or nothing is sent."""
    whole = st.integers(-(10**30), 10**30)
    members = st.fixed_dictionaries(
        {},
        optional={
            "filter": st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=2), max_size=2),
            "tags": st.lists(TEXTS, max_size=3),
            "ids": st.lists(whole, max_size=2),
            "code": TEXTS,
        },
    )

    @given(members)
    def holds(drawn: dict[str, Any]) -> None:
        try:
            shown = readers.send("filter", drawn, "")
        except InvalidRequestError:
            return
        indexed = {
            name: {str(at): each for at, each in enumerate(value)} if value == [*value] else value
            for name, value in drawn.get("filter", {}).items()
        }
        expected = {**drawn, "filter": indexed}
        kept = {key: value for key, value in expected.items() if value or key in ("ids", "code")}
        assert (shown or {}) == {key: value for key, value in kept.items() if key in drawn}

    holds()
