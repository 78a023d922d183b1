"""Property 4: every request that a method emits is valid for its operation, as it goes on the wire.

Method, path, query, headers and body say what the arguments say, once, and nothing else.
"""

import re
import urllib.parse
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chessa
from chessa.testing._errors import Problem
from chessa.testing._spec.bodies import read_body, without_files
from chessa.testing._spec.document import SpecOperation, is_json
from chessa.testing._spec.parameters import Parts, Reader
from tests.property.arguments import (
    Argument,
    arguments,
    documented_arguments,
    exclusive,
    others,
)
from tests.property.calls import CLIENT_ID, CLIENT_SECRET, Answer, BothClients, Sent
from tests.property.effective import SCHEMAS, SPEC
from tests.property.generation import PROFILE
from tests.property.json_text import same
from tests.property.meaning import problems
from tests.property.media import is_sent, sent_form
from tests.property.statuses import successes
from tests.property.surface import DOCUMENTED, offered
from tests.property.wire import MISSING, Form, Received

# RFC 3986: no character of a path or a query that would end it; every triple in capitals.
_IN_PATH: Final = re.compile(r"(?:[A-Za-z0-9_.~!$&'()*+,;=:@-]|%[0-9A-F]{2})*")
_IN_QUERY: Final = re.compile(r"(?:[A-Za-z0-9_.~!$&'()*,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_HEADERS: Final = frozenset({"accept", "accept-encoding", "connection", "host", "user-agent"})
_OF_A_BODY: Final = frozenset({"content-type", "content-length"})
REFUSED: Final = Answer(418)  # the request is what counts here, whatever becomes of it


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda each: each.key)
def test_requests_are_what_the_spec_documents(documented: SpecOperation, both: BothClients) -> None:
    """A request is valid, complete and means the arguments, in both modes alike."""
    name = offered(documented).name

    @PROFILE
    @given(arguments(documented, both.sync))
    def holds(given_: dict[str, Any]) -> None:
        error = both.call(name, given_, REFUSED)
        assert isinstance(error, chessa.ChessaError)
        assert error.outcome is not chessa.Outcome.NOT_SENT, error
        assert len(both.sent) == 2  # one for each mode
        check(documented, given_, both.sent[0])

    holds()


def check(documented: SpecOperation, given_: dict[str, Any], sent: Sent) -> None:
    """Read a request by the spec alone, and compare it with the arguments."""
    path, _, query = sent.target.partition("?")
    try:
        operation, segments = SPEC.route(sent.method, path)
    except Problem as problem:
        raise AssertionError(sent) from problem
    assert operation is documented, sent
    assert all(_IN_PATH.fullmatch(part) for part in path.split("/"))
    assert _IN_QUERY.fullmatch(query)
    in_path = [part.partition("}")[0] for part in documented.path.split("{")[1:]]
    values = dict(zip(in_path, segments, strict=True))
    received = Received(values, query, sent.headers)
    every = documented_arguments(documented)
    is_given = [each for each in every if given_.get(each.name, chessa.UNSET) is not chessa.UNSET]
    wired: dict[str, set[str]] = {"query": set(), "cookie": set()}
    reader = Reader(documented.parameters, Parts.of(values, query, sent.headers), SCHEMAS)
    for argument in is_given:
        if argument.parameter is not None:
            taken = others(argument, every)
            wire = received.value(argument.parameter, taken)
            check_parameter(argument, wire, given_[argument.name])
            assert same(reader.read(argument.parameter), wire), argument.name
            if argument.location in wired:
                form = Form.of(argument.parameter)
                wired[argument.location] |= received.names(form, argument.schema, taken)
    assert {name for name, _ in received.pairs} == wired["query"]
    assert {name for name, _ in received.cookies} == wired["cookie"]
    names = {each.wire.lower() for each in is_given if each.location == "header"}
    check_headers(documented, sent, names | ({"cookie"} if wired["cookie"] else set()))
    check_body(documented, is_given, given_, sent)


def check_parameter(argument: Argument, wire: Any, value: Any) -> None:
    """A parameter is there, valid, and means its argument."""
    assert argument.parameter is not None
    assert wire is not MISSING, argument.name
    if argument.parameter.get("allowReserved"):
        value = decoded(value)  # `%41` goes as it is, and a server reads an A
    assert SCHEMAS.problems(wire, argument.schema, "request", argument.name) == []
    assert problems(argument.schema, wire, value) == []


def decoded(value: Any) -> Any:
    """A value of texts as a server reads it that decodes them."""
    if isinstance(value, list):
        return [*map(decoded, value)]
    return urllib.parse.unquote(value) if isinstance(value, str) else value


def check_headers(documented: SpecOperation, sent: Sent, parameters: set[str]) -> None:
    """The credentials are in their headers, and no other header is sent."""
    form = sent_form(documented)
    content_type = "" if form is None else concrete(form[0])
    wanted = {case.media_type for case in successes(documented) if case.schema is not None}
    credentials = credential_headers()
    allowed = _HEADERS | parameters | set(credentials)
    allowed |= _OF_A_BODY if sent.method not in ("GET", "HEAD") else set()
    assert set(sent.headers) <= allowed
    assert {name: sent.headers.get(name) for name in credentials} == credentials
    assert all(concrete(each) in sent.headers["accept"] for each in wanted)
    said = sent.headers.get("content-type", "").partition(";")[0]
    assert said == content_type or not (said or sent.body)
    assert CLIENT_SECRET not in sent.target
    assert CLIENT_SECRET.encode() not in sent.body


def concrete(media_type: str) -> str:
    """Return the type that a range of JSON types stands for; any other as it is."""
    return "application/json" if "*" in media_type and is_json(media_type) else media_type


def credential_headers() -> dict[str, str]:
    """Return the headers of the schemes that every call must show, and what each has to hold."""
    schemes = SPEC.document["components"]["securitySchemes"]
    asked = SPEC.document.get("security") or [
        each for item in SPEC.document["paths"].values() for each in item_security(item)
    ]
    found = {}
    for name in asked[0]:
        said = schemes[name].get("x-credential", name).lower()
        found[schemes[name]["name"].lower()] = CLIENT_SECRET if "secret" in said else CLIENT_ID
    return found


def item_security(item: Any) -> list[Any]:
    """Return what the operations of a path ask for."""
    operations = [node for node in item.values() if isinstance(node, dict)]
    return [each for operation in operations for each in operation.get("security", ())]


def check_body(
    documented: SpecOperation, is_given: list[Argument], given_: dict[str, Any], sent: Sent
) -> None:
    """The body is valid, and holds the arguments that belong there and nothing else."""
    whole = [argument for argument in is_given if argument.location == "body"]
    members = {argument.wire: argument for argument in is_given if argument.location == "member"}
    needed = documented.body is not None and documented.body.get("required") is True
    if not whole and not members and not (sent.body and needed):
        assert sent.body == b""
        return
    form = read_body(SCHEMAS, documented, sent.headers["content-type"], sent.body)
    assert form.problem == ""
    complete = without_files(form.value)
    assert SCHEMAS.problems(complete, form.schema or {}, "request", "body") == []
    if whole:
        (argument,) = whole
        check_value(argument, form.value, given_["body"])
        return
    assert form.value.keys() == members.keys()
    for key, argument in members.items():
        check_value(argument, form.value[key], given_[argument.name])


def check_value(argument: Argument, wire: Any, value: Any) -> None:
    """A part of a body means its argument; of a file it is the content."""
    if argument.is_file:
        assert is_sent(value, wire)
    else:
        assert problems(argument.schema, wire, value) == []


@pytest.mark.parametrize(
    "documented", [each for each in DOCUMENTED if exclusive(each)], ids=lambda each: each.key
)
def test_arguments_that_exclude_each_other_are_refused(
    documented: SpecOperation, both: BothClients
) -> None:
    """Two of a group are refused before anything is sent."""
    named = {argument.wire: argument.name for argument in documented_arguments(documented)}
    groups = [[named[key] for key in group] for group in exclusive(documented)]

    @PROFILE
    @given(arguments(documented, both.sync), st.sampled_from(groups))
    def holds(given_: dict[str, Any], group: list[str]) -> None:
        alone = {name: value for name, value in given_.items() if name not in group}
        error = both.call(
            offered(documented).name, {**alone, **dict.fromkeys(group, Decimal(1))}, REFUSED
        )
        assert isinstance(error, chessa.InvalidRequestError)
        assert both.sent == []

    holds()
