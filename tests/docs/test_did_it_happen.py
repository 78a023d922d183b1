"""The tables of docs/did-it-happen.md are what the client does."""

import json
import re
from collections.abc import Callable

import attrs

from chessa import ChessaError, JournalRecord, Outcome, flows
from chessa.testing import Sandbox, sandbox
from tests.docs.pages import ROOT, read, rows, section
from tests.marks import table

PAGE = read(ROOT / "docs" / "did-it-happen.md")
REFUND = "orders.request_refund"
Fault = Callable[[Sandbox], None]


def response(status: int, *, html: bool = False) -> Fault:
    """Arrange this response to the refund."""
    return lambda api: api.fail_next(status, html=html, operation=REFUND)


# By the beginning of a row of the evidence: the faults that cause it.
EVIDENCE: dict[str, list[Fault]] = {
    "a failure to connect": [lambda api: api.refuse_next_connection(operation=REFUND)],
    "no status line": [lambda api: api.lose_next_answer(operation=REFUND)],
    "2xx, and its body is the operation's result": [lambda api: None],
    "2xx, and its body was cut": [response(200, html=True), response(299, html=True)],
    "4xx with the vendor's": [response(status) for status in (400, 401, 403, 404, 422, 429)],
    "408, 409, 423, 425, 499": [response(status) for status in (408, 409, 423, 425, 499)],
    "any other 4xx": [response(status, html=True) for status in (400, 401, 404, 429)],
    "3xx, 5xx": [response(status, html=True) for status in (301, 307, 500, 503)]
    + [response(status) for status in (500, 502, 503, 504)],
}
ROWS = rows(section(PAGE, "The evidence"))[1:]


def test_every_row_of_the_evidence_is_tested() -> None:
    """Each row of the page has its case here, in the order of the page."""
    assert len(ROWS) == len(EVIDENCE)
    assert all(row[0].startswith(start) for row, start in zip(ROWS, EVIDENCE, strict=True))


@table(
    ("row", "fault"),
    [(row, fault) for row, faults in zip(ROWS, EVIDENCE.values(), strict=True) for fault in faults],
)
def test_the_evidence_is_judged_as_the_page_says(row: list[str], fault: Fault) -> None:
    """The outcome of a refund is that of its row."""
    with sandbox() as api, api.client(max_retries=0) as client:
        order = api.add_order().fail()
        fault(api)
        outcome = "the result"
        try:
            client.orders.request_refund(order_id=order.id, address="bc1qexample")
        except ChessaError as error:
            outcome = error.outcome.name
    assert outcome == row[1]


def test_the_tables_are_complete() -> None:
    """Outcomes, writes, and the results and errors of `refund_safely` have their rows."""
    table = rows(section(PAGE, "The four outcomes"))[1:]
    assert [row[0] for row in table] == [outcome.name for outcome in Outcome]
    spec = json.loads((ROOT / "generated" / "chessa_api" / "spec.json").read_text("utf-8"))
    writes = {
        operation["operationId"]
        for item in spec["paths"].values()
        for method, operation in item.items()
        if method in ("post", "put", "patch", "delete") and not operation.get("x-safe-to-repeat")
    }
    printed = read(ROOT / "docs" / "reference" / "what-to-check.md")
    assert {row[0] for row in rows(section(printed, "What to check"))[1:]} == writes
    named = {row[0]: row for row in rows(section(PAGE, "After an unknown outcome"))}
    for result in (flows.Confirmed, flows.NotApplied, flows.StillUnknown):
        fields = {field.name for field in attrs.fields(result)}
        evidence = re.findall(
            r"\b(?:refund|order|error|read_error|reads)\b", named[result.__name__][2]
        )
        assert evidence
        assert fields >= set(evidence)
    assert {"AlreadyRefundedError", "NotRefundableError"} <= set(named)
    assert set(flows.__all__) >= {name for name in named if re.fullmatch(r"\w+Error", name)}


def test_a_record_holds_what_the_page_says_and_no_more() -> None:
    """A record has no field for an argument, a body or a credential."""
    assert {field.name for field in attrs.fields(JournalRecord)} == {
        *("event", "call_id", "reference", "operation", "attempt"),
        *("at", "outcome", "status_code", "elapsed"),
    }
