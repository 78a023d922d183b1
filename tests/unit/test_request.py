"""The request of a call: what goes into it, and what is refused before anything is sent."""

import re
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import ConfigurationError, InvalidRequestError, Outcome, __version__
from chessa._call.events import PreparedRequest
from chessa._call.request import USER_AGENT, RequestBase, prepare
from chessa._config import Settings, read_settings
from chessa._options import RESERVED_HEADERS, Options
from chessa_api import SPEC_HASH, fields
from chessa_api.arguments import Argument
from tests.marks import table

from .calls import READ, TOUCH, WRITE

SETTINGS: Settings = read_settings(
    base_url="https://gateway.example:8443/chessa/v1",
    proxy=None,
    trust_env=False,
    max_response_bytes=1,
)


def made(operation: Any, options: Options | None = None, /, **arguments: object) -> PreparedRequest:
    """Return the request of these arguments."""
    return prepare(operation, arguments, RequestBase.of(SETTINGS, options or Options()))


def refusal(operation: Any, options: Options | None = None, /, **arguments: object) -> str:
    """Return the message with which these arguments are refused."""
    with pytest.raises(InvalidRequestError) as caught:
        made(operation, options, **arguments)
    error = caught.value
    assert error.outcome is Outcome.NOT_SENT
    assert error.operation == operation.name
    assert error.attempts == 0
    assert error.__cause__ is None
    assert error.__context__ is None
    return str(error)


def test_a_read_has_no_body() -> None:
    """A GET carries who asks, for what form and in which coding, and nothing of a body."""
    request = made(READ, thing_id="t1")
    assert (request.method, request.origin) == ("GET", "https://gateway.example:8443")
    assert request.target == "/chessa/v1/things/t1"
    assert request.body is None
    assert dict(request.headers) == {
        b"host": b"gateway.example:8443",
        b"user-agent": USER_AGENT.encode(),
        b"accept": b"application/json",
        b"accept-encoding": b"identity",
    }


def test_a_write_carries_exact_json() -> None:
    """A body is JSON with every digit, and its length and type are in the headers."""
    request = made(WRITE, name="né", amount=Decimal("12345678901234567.89"))
    assert request.body == b'{"name":"n\\u00e9","amount":"12345678901234567.89"}'
    headers = dict(request.headers)
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"content-length"] == str(len(request.body)).encode()


def test_a_write_without_body_says_so() -> None:
    """A POST without a body has the length 0 and no type."""
    headers = dict(made(TOUCH, thing_id="t1").headers)
    assert headers[b"content-length"] == b"0"
    assert b"content-type" not in headers


def test_the_user_agent_tells_the_versions() -> None:
    """Our version, Python's and the spec's hash: what a vendor's support would ask first."""
    pattern = rf"chessa-python/{re.escape(__version__)} python/3\.\d+\.\S+ spec/{SPEC_HASH[:12]}"
    assert re.fullmatch(pattern, USER_AGENT)


def test_no_request_holds_or_shows_anything_private() -> None:
    """A prepared request has no credentials, and its repr neither path values nor body."""
    request = made(WRITE, name="Ada Lovelace")
    assert b"x-client" not in b"".join(name for name, _ in request.headers)
    assert "Ada" not in repr(request)
    assert "t-private" not in repr(made(READ, thing_id="t-private"))


@table(
    ("value", "quoted"),
    [
        ("a/b", "a%2Fb"),
        ("../x", "..%2Fx"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("{thingId}", "%7BthingId%7D"),
        ("%2e%2e", "%252e%252e"),
        ("a b\r\nx", "a%20b%0D%0Ax"),
        ("é", "%C3%A9"),
        ("...", "..."),
        ("//evil.example", "%2F%2Fevil.example"),
    ],
)
def test_path_values_are_quoted_with_nothing_left_safe(value: str, quoted: str) -> None:
    """A path value is one segment, whatever it holds."""
    assert made(READ, thing_id=value).target == f"/chessa/v1/things/{quoted}"


@table("value", ["", ".", ".."])
def test_path_values_that_would_move_the_path_are_refused(value: str) -> None:
    """Empty, `.` and `..` would name another resource."""
    assert "argument 'thing_id': must not be empty" in refusal(READ, thing_id=value)


@given(st.text(max_size=30))
def test_no_path_value_leaves_its_segment(value: str) -> None:
    """Any text makes one ASCII segment, or is refused."""
    try:
        target = made(READ, thing_id=value).target
    except InvalidRequestError:
        return
    assert re.fullmatch(r"/chessa/v1/things/[A-Za-z0-9_.~%-]+", target)


@table(
    ("arguments", "words"),
    [
        ({"name": 7}, "'name'"),
        ({}, "'name'"),
        ({"name": "n", "amount": 1.5}, "'amount'"),
        ({"name": "n", "amount": Decimal("NaN")}, "'amount'"),
        ({"name": "n", "nothing": 1}, "'nothing'"),
        ({"name": None}, "'name': expected a str, not None. Nothing"),
        ({"name": "n", "amount": None}, "not None: leave it out, or give UNSET. Nothing"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments: dict[str, object], words: str) -> None:
    """The message names operation and argument; a float amount never leaves."""
    text = refusal(WRITE, **arguments)
    assert "things.create" in text
    assert words in text
    assert "1.5" not in text


def test_lone_surrogates_are_refused() -> None:
    """Text that no encoding can carry is refused, not raised as a UnicodeEncodeError."""
    assert "things.retrieve" in refusal(READ, thing_id="\ud800")
    assert made(WRITE, name="\ud800").body == b'{"name":"\\ud800"}'


@table("value", ["a\nb", "a\r\nx-evil: 1", "\0", "é", " a", "a "])
def test_header_arguments_cannot_break_out(value: str) -> None:
    """A header value is printable ASCII on one line."""
    assert "x-trace" in refusal(READ, thing_id="t1", trace=value)
    assert (b"x-trace", b"a b") in made(READ, thing_id="t1", trace="a b").headers


@table("name", ["X-Client-Id", "Host", "Accept", "User-Agent", "Cookie"])
def test_no_operation_sets_the_clients_own_headers(name: str) -> None:
    """A spec that declares one of our headers as an argument cannot replace it."""
    argument = Argument("own", name, "header", fields.STRING)
    operation = attrs.evolve(READ, arguments=(*READ.arguments, argument))
    assert name in refusal(operation, thing_id="t1", own="x")


def test_a_missing_path_parameter_is_refused() -> None:
    """A template that the arguments do not fill is not sent with its braces."""
    operation = attrs.evolve(READ, arguments=())
    assert "a parameter of the path is missing" in refusal(operation)


def test_extras_are_added() -> None:
    """Extra headers, query parameters and members are sent; later options add to earlier."""
    options = (
        Options()
        .merge(extra_headers={"X-Trace-Id": "1", "User-Agent": "ours"}, extra_query={"a": 1})
        .merge(extra_headers={"x-trace-id": "2"}, extra_query={"b": ["x y", True]})
        .merge(extra_body={"note": {"amount": Decimal("1.10")}})
    )
    read = made(READ, Options().merge(extra_query={"b": ["x y", True]}), thing_id="t", page=3)
    assert read.target == "/chessa/v1/things/t?page=3&b=x%20y&b=true"
    write = made(WRITE, options, name="n")
    assert write.target == "/chessa/v1/things?a=1&b=x%20y&b=true"
    assert write.body == b'{"name":"n","note":{"amount":1.10}}'
    headers = dict(write.headers)
    assert (headers[b"x-trace-id"], headers[b"user-agent"]) == (b"2", b"ours")
    assert made(TOUCH, Options().merge(extra_body={"a": 1}), thing_id="t").body == b'{"a":1}'


def test_options_stay_as_they_were() -> None:
    """A change makes new options, and what was passed may be changed afterwards."""
    first = Options()
    body: dict[str, Any] = {"list": [1]}
    second = first.merge(timeout=1, max_retries=0, extra_body=body)
    body["list"].append(2)
    assert first == Options()
    assert second.extra_body == {"list": [1]}
    assert (second.timeout, second.max_retries) == (1.0, 0)


def test_extras_never_replace_an_argument() -> None:
    """An option overrides no argument in silence, and a read has no body to add to."""
    assert "extra_body would replace name" in refusal(
        WRITE, Options().merge(extra_body={"name": "other"}), name="n"
    )
    assert "extra_query would replace page" in refusal(
        READ, Options().merge(extra_query={"page": 2}), thing_id="t", page=1
    )
    assert "x-trace" in refusal(
        READ, Options().merge(extra_headers={"X-Trace": "1"}), thing_id="t", trace="2"
    )
    assert "has no body" in refusal(READ, Options().merge(extra_body={"a": 1}), thing_id="t")


@table("name", sorted(RESERVED_HEADERS))
def test_the_clients_own_headers_cannot_be_extras(name: str) -> None:
    """Credentials, host, lengths and connection are the client's; no value is shown."""
    with pytest.raises(ConfigurationError, match=name) as caught:
        Options().merge(extra_headers={name.title(): "hunter2"})
    assert "hunter2" not in str(caught.value)


@table(
    "extras",
    [
        {"extra_headers": {"x": "hunter2\r\ny: z"}},
        {"extra_headers": {"x": " hunter2"}},
        {"extra_headers": {"x": "hunter2é"}},
        {"extra_headers": {"x": 2}},
        {"extra_headers": {"a b": "hunter2"}},
        {"extra_headers": {"": "hunter2"}},
        {"extra_headers": {7: "hunter2"}},
        {"extra_headers": ["hunter2"]},
        {"extra_query": {"x": 1.5}},
        {"extra_query": {"x": None}},
        {"extra_query": {"x": {"hunter2": 1}}},
        {"extra_query": {"x": Decimal("NaN")}},
        {"extra_query": "hunter2"},
        {"extra_body": {"x": 1.5}},
        {"extra_body": {"x": object()}},
        {"extra_body": {1: "hunter2"}},
        {"extra_body": ["hunter2"]},
    ],
)
def test_extras_that_cannot_be_sent_are_refused(extras: dict[str, Any]) -> None:
    """A value that no header, query or JSON body can carry is refused when given, not shown."""
    with pytest.raises(ConfigurationError, match=next(iter(extras))) as caught:
        Options().merge(**extras)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None
