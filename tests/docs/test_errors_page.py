"""The tables of docs/errors.md and docs/testing.md are what the client does."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import chessa
from chessa import Chessa, ChessaError, Outcome
from chessa.testing import Sandbox, sandbox
from tests.docs.pages import ROOT, read, rows, section
from tests.marks import table

PAGE = read(ROOT / "docs" / "errors.md")
FAULTS = rows(section(read(ROOT / "docs" / "testing.md"), "Faults"))[1:]
Call = Callable[[Chessa, Sandbox], object]
BY_STATUS = rows(section(PAGE, "By status"))[1:]
NAMED = {int(number) for row in BY_STATUS for number in re.findall(r"\b[0-9]{3}\b", row[0])}
GROUPS = {
    "2xx": [200, 201, 299],
    "3xx": [300, 301, 302, 304, 307, 308],
    "4xx": [400, 401, 403, 404, 422, 429, 402, 405, 418, 451],
    "other 4xx": [number for number in range(400, 500) if number not in NAMED],
    "5xx": [500, 501, 502, 503, 504, 599],
}


def read_call(client: Chessa, _api: Sandbox) -> object:
    """Call a read."""
    return client.users.me()


def write_call(client: Chessa, api: Sandbox) -> object:
    """Call a write."""
    order = api.add_order().fund().fail()
    return client.orders.request_refund(order_id=order.id, address="bc1qexample")


def outcome_of(call: Call, fault: Callable[[Sandbox], None], **options: Any) -> str:
    """Return class and outcome of the error that a call raises, as the table has them."""
    with sandbox() as api, api.client(max_retries=0, **options) as client:
        fault(api)
        try:
            call(client, api)
        except ChessaError as error:
            return f"{type(error).__name__}, {error.outcome.name}"
        return "the result"


def by_status() -> Iterator[tuple[str, str, str, str, int]]:
    """Yield each status of the table with its row; "anything" includes the envelope."""
    for status, body, read_, write in BY_STATUS:
        for part in status.split(", "):
            for number in GROUPS.get(part) or [int(part) if part.isdecimal() else 0]:
                yield part, body, read_, write, number
                if body == "anything" and number >= 400:
                    yield part, "envelope", read_, write, number


def fault_of(status: str, body: str, number: int) -> Callable[[Sandbox], None]:
    """Return the fault of a row."""

    def arrange(api: Sandbox) -> None:
        if status == "no connection":
            api.refuse_next_connection()
        elif status == "no response":
            api.lose_next_answer()
        elif body != "the documented success":
            api.fail_next(number, html=body != "envelope")

    return arrange


@table(("status", "body", "read_", "write", "number"), list(by_status()))
def test_statuses_raise_what_the_page_says(
    status: str, body: str, read_: str, write: str, number: int
) -> None:
    """Class and outcome of every row, for reads and writes, are those of a call."""
    fault = fault_of(status, body, number)
    by_number = chessa.ApiError.for_status(number).__name__
    assert outcome_of(read_call, fault) == read_.replace("the class of the status", by_number)
    assert outcome_of(write_call, fault) == write


def test_the_tree_is_complete() -> None:
    """The page draws every error of the package, and no other."""
    drawn = next(token for token in section(PAGE, "The tree") if token.type == "code_block")
    public = {
        name
        for name in chessa.__all__
        if isinstance(value := getattr(chessa, name), type) and issubclass(value, ChessaError)
    }
    assert set(re.findall(r"\w+Error\b", drawn.content)) == public


def test_every_outcome_has_its_row() -> None:
    """The table of outcomes has each of them."""
    table = rows(section(PAGE, "Outcomes, and what to do"))
    assert [row[0] for row in table[1:]] == [f"Outcome.{one.name}" for one in Outcome]


def test_what_an_error_carries() -> None:
    """Every attribute in the table is there, on the classes that the table names."""
    table = rows(section(PAGE, "What an error carries"))[1:]
    errors = {name: getattr(chessa, name) for name in chessa.__all__ if name.endswith("Error")}
    named: dict[str, set[str]] = {}
    classes: list[str] = []
    for attributes, of, *_ in table:
        found = re.findall(r"\w+Error", of)
        classes = ["ChessaError"] if of == "all" else found or classes
        for attribute in attributes.split(", "):
            named[attribute] = set(classes)
    for attribute, holders in named.items():
        for holder in holders:
            assert hasattr(errors[holder](), attribute), (holder, attribute)
    public = {
        name
        for error in ("ChessaError", "ApiError", "OutcomeUnknownError", "NotSentError")
        for name in vars(errors[error]())
    }
    assert public | {"retryable"} == set(named)


@table("row", FAULTS)
def test_faults_do_what_the_page_says(row: list[str]) -> None:
    """A fault lets the operation happen, and a read and a write raise, as the table says."""
    command, happened, read_, write = row
    call = re.match(r"(\w+)\((.*?)\)", command)
    assert call is not None
    name, arguments = call.groups()
    is_late = name == "delay_next"

    def fault(api: Sandbox) -> None:
        eval(f"api.{name}({'0.2' if is_late else arguments})", {"api": api})  # noqa: S307

    options = {"timeout": 0.05} if is_late else {}
    with sandbox() as api, api.client(max_retries=0, **options) as client:
        fault(api)
        with pytest.raises(ChessaError) as caught:
            write_call(client, api)
        assert len(api.refunds) == (happened == "yes")
        assert caught.value.timed_out == is_late
        assert type(caught.value).__name__ == write.partition(",")[0]
        if write.endswith(("UNKNOWN", "DONE")):
            assert caught.value.outcome.name == write.rpartition(" ")[2]
    assert outcome_of(read_call, fault, **options).partition(",")[0] == read_.partition(",")[0]


def test_figures() -> None:
    """The seconds and counts that the page gives are those of the client."""
    from chessa import _config
    from chessa._call import retry

    text = " ".join((ROOT / "docs" / "errors.md").read_text(encoding="utf-8").split())
    for sentence in (
        f"up to `max_retries` times ({_config.MAX_RETRIES})",
        f"({retry.Quota.RETRIES} retries",
        f"more than {retry.LONGEST_RETRY_AFTER:.0f} seconds",
        f"It is {_config.READ_TIMEOUT:.0f} seconds for reads and {_config.WRITE_TIMEOUT:.0f}",
    ):
        assert sentence in text
    retried = ", ".join(map(str, sorted(retry.RETRYABLE_STATUSES)))
    assert rows(section(PAGE, "Retries"))[3][0] == retried


@table("page", ["did-it-happen", "errors", "testing"])
def test_the_list_at_the_top_is_that_of_the_headings(page: str) -> None:
    """Each section is in the list of contents, in order."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert re.findall(r"^- \[(.+?)\]\(#", text, re.MULTILINE) == sections
