"""Property 5: every documented response gives the documented type or the mapped error; any other
status, header and body gives a result or a `ChessaError` by the table, with the right outcome.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chessa
from chessa.testing._spec.document import SpecOperation
from tests.property.arguments import arguments
from tests.property.calls import Answer, BothClients
from tests.property.effective import SCHEMAS, node, plain, properties
from tests.property.expected import Expected, of_error, of_unusable_success
from tests.property.generation import PROFILE, any_json, valid
from tests.property.json_text import read, same, written
from tests.property.meaning import problems
from tests.property.media import kind_of
from tests.property.statuses import TELLING, Case, any_status, errors, successes
from tests.property.surface import DOCUMENTED, conforms, offered, result_hint

SUCCESSES = [
    pytest.param(documented, case, id=f"{documented.key} {case.status}")
    for documented in DOCUMENTED
    for case in successes(documented)
    if case.is_json
]
UNSTRUCTURED = [
    (documented, case)
    for documented in DOCUMENTED
    for case in successes(documented)
    if kind_of(case.media_type) in ("text", "binary")
]


@st.composite
def envelopes(draw: st.DrawFn, status: int) -> dict[str, Any]:
    """The vendor's error envelope, now and then with a flaw."""
    text = st.text(max_size=20)
    envelope = {
        "error": draw(text),
        "message": draw(text | st.lists(text, max_size=3)),
        "statusCode": draw(st.sampled_from([status, status, status, status + 1, str(status)])),
    }
    if not draw(st.integers(0, 5)):
        envelope[draw(st.sampled_from(sorted(envelope)))] = draw(any_json)
    if not draw(st.integers(0, 5)):
        del envelope[draw(st.sampled_from(sorted(envelope)))]
    return envelope


_headers = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "text/html", "application/pdf", ""]),
        "retry-after": st.sampled_from(["0", "5", "-1", "soon", "7000"]),
        "location": st.just("https://elsewhere.example/"),
        "x-request-id": st.sampled_from(["req_1", "", "a b"]),
        "set-cookie": st.just("a=b"),
    },
)


def check_error(error: object, expected: Expected, documented: SpecOperation) -> None:
    """An error is of the class and has the outcome that the table says."""
    assert isinstance(error, chessa.ChessaError), error
    assert (type(error), error.outcome) == (expected.error, expected.outcome)
    assert error.operation == offered(documented).name
    assert error.attempts == 1
    assert error.__cause__ is error.__context__ is None


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda each: each.key)
def test_every_telling_status_is_mapped(documented: SpecOperation, both: BothClients) -> None:
    """Each status that means something has the error of the table, by the vendor or without."""

    @settings(PROFILE, max_examples=1)
    @given(arguments(documented, both.sync))
    def holds(given_: dict[str, Any]) -> None:
        for status in TELLING:
            vendors = {"error": "no", "message": "not so", "statusCode": status}
            for text in (written(vendors), b"<html>") if not 200 <= status <= 299 else ():
                error = both.call(offered(documented).name, given_, Answer(status, text))
                check_error(error, of_error(documented, status, text), documented)

    holds()


@pytest.mark.parametrize(("documented", "case"), SUCCESSES)
def test_a_documented_success_gives_the_documented_type(
    documented: SpecOperation, case: Case, both: BothClients
) -> None:
    """The method returns what the spec says, read to the last digit; raw is the same and more."""
    operation = offered(documented)
    unwrapped = node(documented).get("x-unwrap")
    bodies = st.none() if case.schema is None else valid(case.schema)

    @PROFILE
    @given(arguments(documented, both.sync), bodies)
    def holds(given_: dict[str, Any], body: Any) -> None:
        text = b"" if case.schema is None else written(body)
        result = both.call(operation.name, given_, Answer(case.status, text))
        assert not isinstance(result, chessa.ChessaError), result
        assert conforms(result, result_hint(operation))
        raw = both.call(operation.name, given_, Answer(case.status, text), raw=True)
        assert (raw.parsed, raw.status_code, raw.body) == (result, case.status, text)
        if case.schema is None:
            assert result is None
            return
        schema, wire = case.schema, read(text)
        assert problems(schema, wire, raw.envelope) == []
        if unwrapped is not None:
            schema, wire = properties(plain(schema))[unwrapped], wire[unwrapped]
        assert problems(schema, wire, result) == []

    holds()


def test_a_success_that_is_not_json_is_returned_as_it_is(both: BothClients) -> None:
    """A text in its charset, and any other content byte by byte."""
    for documented, case in UNSTRUCTURED:
        check_unstructured(documented, case, both)


def check_unstructured(documented: SpecOperation, case: Case, both: BothClients) -> None:
    """The method returns what was sent; raw is the same and more."""
    name = offered(documented).name
    is_text = kind_of(case.media_type) == "text"
    said = "text/plain" if "*" in case.media_type else case.media_type
    headers = {"content-type": f"{said}; charset=utf-8" if is_text else said}

    @PROFILE
    @given(arguments(documented, both.sync), st.text(max_size=20) if is_text else st.binary())
    def holds(given_: dict[str, Any], body: Any) -> None:
        text = body.encode() if is_text else body
        answer = Answer(case.status, text, headers)
        assert both.call(name, given_, answer) == body, name
        raw = both.call(name, given_, answer, raw=True)
        assert (raw.parsed, raw.status_code, raw.body) == (body, case.status, text), name

    holds()


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda each: each.key)
def test_documented_errors_are_mapped(documented: SpecOperation, both: BothClients) -> None:
    """For each error the method raises the class of the status, with what the vendor said."""
    cases = errors(documented)
    bodies = st.tuples(*map(_bodies, cases))

    @PROFILE
    @given(arguments(documented, both.sync), bodies)
    def holds(given_: dict[str, Any], drawn: tuple[Any, ...]) -> None:
        for case, body in zip(cases, drawn, strict=True):
            text = b"" if body is None else written(body)
            error = both.call(offered(documented).name, given_, Answer(case.status, text))
            check_error(error, of_error(documented, case.status, text), documented)
            check_words(error, case.status, body, text)

    holds()


def _bodies(case: Case) -> st.SearchStrategy[Any]:
    return (st.none() if case.schema is None else valid(case.schema)) | envelopes(case.status)


def check_words(error: Any, status: int, body: Any, text: bytes) -> None:
    """An error holds the status, the body, and what the vendor said in it."""
    assert error.status_code == status
    assert same(error.body, read(text) if text else None)
    if isinstance(error, chessa.ApiError) and isinstance(body, dict):
        code = body.get("error")
        assert error.code == (code if isinstance(code, str) else None)
        message = body.get("message")
        said = message if isinstance(message, list) else [message]
        assert error.messages == tuple(text for text in said if isinstance(text, str))


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda each: each.key)
def test_any_answer_gives_a_result_or_the_error_of_the_table(
    documented: SpecOperation, both: BothClients
) -> None:
    """Whatever the status, the headers and the body, the outcome is that of the table."""
    operation = offered(documented)
    cases = [case for case in successes(documented) if case.is_json]
    schemas = [case.schema for case in cases if case.schema is not None]
    bodies = st.one_of([valid(schema).map(written) for schema in schemas[:1]])

    @PROFILE
    @given(arguments(documented, both.sync), any_status, _headers, st.data())
    def holds(given_: dict[str, Any], status: int, headers: dict[str, str], data: Any) -> None:
        odd = st.binary(max_size=40) | st.sampled_from([b"", b"<html>", b"{", b"null", b"[]"])
        text = data.draw(envelopes(status).map(written) | odd | any_json.map(written) | bodies)
        got = both.call(operation.name, given_, Answer(status, text, headers))
        if not 200 <= status <= 299:
            check_error(got, of_error(documented, status, text), documented)
            assert got.status_code == status
        elif isinstance(got, chessa.ChessaError):
            check_error(got, of_unusable_success(documented), documented)
            assert not any(is_valid(text, schema) for schema in schemas)
        else:
            assert conforms(got, result_hint(operation))
        assert all(sent.target == both.sent[0].target for sent in both.sent)

    holds()


def is_valid(text: bytes, schema: Any) -> bool:
    """Return whether a body is JSON that a schema allows."""
    try:
        return SCHEMAS.allows(read(text), schema)
    except ValueError:
        return False
