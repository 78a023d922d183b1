"""The tables of docs/did-it-happen.md are what the client does."""

import re
from collections.abc import Callable

import attrs
import pytest

import chessa
from chessa import ChessaError, JournalRecord, Outcome, flows
from chessa.testing import Sandbox, sandbox
from tests.docs.pages import ROOT, read, rows, section

PAGE = read(ROOT / "docs" / "did-it-happen.md")
REFUND = "orders.request_refund"
Fault = Callable[[Sandbox], None]


def answered(status: int, *, html: bool = False) -> Fault:
    """The refund gets this answer."""
    return lambda api: api.fail_next(status, html=html, operation=REFUND)


# By how a row of the evidence begins: what brings it about.
EVIDENCE: dict[str, list[Fault]] = {
    "a failure to connect": [lambda api: api.refuse_next_connection(operation=REFUND)],
    "no status line": [lambda api: api.lose_next_answer(operation=REFUND)],
    "2xx, and its body is the operation's result": [lambda api: None],
    "2xx, and its body was cut": [answered(200, html=True), answered(299, html=True)],
    "4xx with the vendor's": [answered(status) for status in (400, 401, 403, 404, 422, 429)],
    "408, 409, 423, 425, 499": [answered(status) for status in (408, 409, 423, 425, 499)],
    "any other 4xx": [answered(status, html=True) for status in (400, 401, 404, 429)],
    "3xx, 5xx": [answered(status, html=True) for status in (301, 307, 500, 503)]
    + [answered(status) for status in (500, 502, 503, 504)],
}
ROWS = rows(section(PAGE, "The evidence"))[1:]


def test_every_row_of_the_evidence_is_tested() -> None:
    """Each row of the page has its case here, in the order of the page."""
    assert [row[0].startswith(start) for row, start in zip(ROWS, EVIDENCE, strict=True)] == [
        True
    ] * len(ROWS)


@pytest.mark.parametrize(
    ("row", "fault"),
    [(row, fault) for row, faults in zip(ROWS, EVIDENCE.values(), strict=True) for fault in faults],
)
def test_the_evidence_is_judged_as_the_page_says(row: list[str], fault: Fault) -> None:
    """What comes of a refund is the outcome of its row."""
    with sandbox() as api, api.client(max_retries=0) as client:
        order = api.add_order().fail()
        fault(api)
        outcome = "the result"
        try:
            client.orders.request_refund(order_id=order.id, address="bc1qexample")
        except ChessaError as error:
            outcome = error.outcome.name
    assert outcome == row[1]


def test_every_answer_has_its_row() -> None:
    """The first table has each outcome."""
    table = rows(section(PAGE, "The four answers"))[1:]
    assert [row[0] for row in table] == [outcome.name for outcome in Outcome]


def test_results_and_errors_of_a_safe_refund_are_all_there() -> None:
    """The tables name each class of `refund_safely`, and evidence that it has."""
    table = rows(section(PAGE, "After an unknown outcome"))
    named = {row[0]: row for row in table}
    for result in (flows.Confirmed, flows.NotApplied, flows.StillUnknown):
        fields = {field.name for field in attrs.fields(result)}
        told = set(
            re.findall(r"\b(?:refund|order|error|read_error|reads)\b", named[result.__name__][2])
        )
        assert told
        assert told <= fields
    assert {"AlreadyRefundedError", "NotRefundableError"} <= set(named)
    assert set(flows.__all__) >= {name for name in named if re.fullmatch(r"\w+Error", name)}


def test_a_record_holds_what_the_page_says_and_no_more() -> None:
    """Fields of a record: none for an argument, a body or a credential."""
    assert {field.name for field in attrs.fields(JournalRecord)} == {
        "event",
        "call_id",
        "reference",
        "operation",
        "attempt",
        "at",
        "outcome",
        "status_code",
        "elapsed",
    }
    assert chessa.FileJournal.__doc__
