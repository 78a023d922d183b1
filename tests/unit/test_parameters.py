"""Parameters in every style: the tables of OpenAPI and RFC 6570, hostile values, the bytes sent."""

import re
import urllib.parse
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chessa import (
    AsyncDirectTransport,
    DirectTransport,
    InvalidRequestError,
    Outcome,
)
from chessa._call.request import RequestBase, prepare
from chessa._config import Settings, read_settings
from chessa._options import Options
from chessa.journal._keys import canonical
from chessa_api import codecs
from chessa_api.arguments import Argument
from chessa_api.operation import Operation
from tests.marks import every, table
from tests.property.wire import Received

from .calls import DRIVERS, Driver
from .raw_server import Connection, RawServer

SETTINGS: Settings = read_settings(
    base_url="https://gateway.example", proxy=None, trust_env=False, max_response_bytes=1
)
TEXTS: Final = {"type": "array", "items": {"type": "string"}}
NUMBERS: Final = {"type": "object", "additionalProperties": {"type": "integer"}}


def operation(*arguments: Argument, path: str = "/t") -> Operation[Any]:
    """An operation of these arguments."""
    responses = {"200": codecs.JSON}
    return Operation("t.get", "GET", path, None, is_read=True, arguments=arguments,
                     responses=responses)  # fmt: skip


def argument(place: Any, **rest: Any) -> Argument:
    """An argument `color` of any JSON."""
    return Argument("color", "color", place, codecs.JSON, required=place == "path", **rest)


def sent(made: Argument, value: Any, *others: Argument) -> str:
    """Return the part of a request that holds a value: a segment, a query, a header or cookies."""
    path = "/{color}" if made.location == "path" else "/t"
    base = RequestBase.of(SETTINGS, Options())
    request = prepare(operation(made, *others, path=path), {"color": value}, base)
    headers = {name.decode(): text.decode() for name, text in request.headers}
    if made.location in ("header", "cookie"):
        return headers["color" if made.location == "header" else "cookie"]
    path, _, query = request.target.partition("?")
    return path[1:] if made.location == "path" else query


def refusal(made: Argument, value: Any, *others: Argument) -> str:
    """Return why a value is refused; no message shows it."""
    with pytest.raises(InvalidRequestError) as caught:
        sent(made, value, *others)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert str(caught.value).startswith("t.get, argument 'color': ")
    return str(caught.value)


# ---- Tables --------------------------------------------------------------------------------------

BLUE, COLORS, RGB = "blue", ["blue", "black", "brown"], {"R": 100, "G": 200, "B": 150}

# OpenAPI, "Style Examples": the style, explode, and the text of a string, an array and an object.
# RFC 6570, and OpenAPI from 3.0.4, part a label's items by commas unless they are exploded.
STYLES: Final[list[tuple[Any, Any, bool, str | None, str | None, str | None]]] = [
    ("path", "matrix", False, ";color=blue", ";color=blue,black,brown",
     ";color=R,100,G,200,B,150"),
    ("path", "matrix", True, ";color=blue", ";color=blue;color=black;color=brown",
     ";R=100;G=200;B=150"),
    ("path", "label", False, ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
    ("path", "label", True, ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
    ("path", "simple", False, "blue", "blue,black,brown", "R,100,G,200,B,150"),
    ("path", "simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150"),
    ("header", "simple", False, "blue", "blue,black,brown", "R,100,G,200,B,150"),
    ("header", "simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150"),
    ("query", "form", False, "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    ("query", "form", True, "color=blue", "color=blue&color=black&color=brown",
     "R=100&G=200&B=150"),
    ("query", "spaceDelimited", False, None, "color=blue%20black%20brown",
     "color=R%20100%20G%20200%20B%20150"),
    ("query", "pipeDelimited", False, None, "color=blue%7Cblack%7Cbrown",
     "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("query", "deepObject", True, None, "color%5B0%5D=blue&color%5B1%5D=black&color%5B2%5D=brown",
     "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("cookie", "form", False, "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
    ("cookie", "form", True, "color=blue", "color=blue; color=black; color=brown",
     "R=100; G=200; B=150"),
    ("cookie", "cookie", False, "color=blue", "color=blue,black,brown",
     "color=R,100,G,200,B,150"),
    ("cookie", "cookie", True, "color=blue", "color=blue; color=black; color=brown",
     "R=100; G=200; B=150"),
]  # fmt: skip


@table(("place", "style", "explode", "text", "array", "members"), STYLES)
def test_the_examples_of_openapi(
    place: Any, style: Any, explode: bool, text: str | None, array: str, members: str
) -> None:
    """A string, an array and an object are sent as the specification shows them."""
    made = argument(place, style=style, explode=explode)
    assert (text is None) or sent(made, BLUE) == text
    assert sent(made, COLORS) == array
    assert sent(made, RGB) == members


# RFC 6570, sections 3.2.2, 3.2.3, 3.2.5, 3.2.7 and 3.2.8, with its variables.
HELLO, HALF, PATH, LIST = "Hello World!", "50%", "/foo/bar", ["red", "green", "blue"]
KEYS: Final = {"semi": ";", "dot": "."}
EXPANSIONS: Final[list[tuple[Argument, Any, str]]] = [
    (argument("path"), HELLO, "Hello%20World%21"),
    (argument("path"), HALF, "50%25"),
    (argument("path"), KEYS, "semi,%3B,dot,."),
    (argument("path", explode=True), KEYS, "semi=%3B,dot=."),
    (argument("path", style="label"), HALF, ".50%25"),
    (argument("path", style="label"), LIST, ".red,green,blue"),
    (argument("path", style="label", explode=True), LIST, ".red.green.blue"),
    (argument("path", style="label"), KEYS, ".semi,%3B,dot,."),
    (argument("path", style="matrix"), HELLO, ";color=Hello%20World%21"),
    (argument("path", style="matrix"), "", ";color"),
    (argument("path", style="matrix", explode=True), LIST, ";color=red;color=green;color=blue"),
    (argument("path", style="matrix", explode=True), {"dot": ".", "v": ""}, ";dot=.;v"),
    (argument("query"), HALF, "color=50%25"),
    (argument("query"), "", "color="),
    (argument("query", explode=False), KEYS, "color=semi,%3B,dot,."),
    (argument("query"), KEYS, "semi=%3B&dot=."),
    (argument("query", allow_reserved=True), HELLO, "color=Hello%20World!"),
    (argument("query", allow_reserved=True), HALF, "color=50%25"),
    (argument("query", allow_reserved=True), PATH, "color=/foo/bar"),
    (argument("query", allow_reserved=True), "http://example.com/home/",
     "color=http://example.com/home/"),
    (argument("query", allow_reserved=True), "%2Fa%zz%e2", "color=%2Fa%25zz%e2"),
    (argument("query", allow_reserved=True), "a&b=c+d#e[f]", "color=a%26b=c%2Bd%23e%5Bf%5D"),
    (argument("query", allow_reserved=True, explode=False), ["a/b", "%41"], "color=a/b,%41"),
    # OpenAPI 3.2: in a path no `/`, `?` or `#`, nor the `;` that ends a value of `matrix`.
    (argument("path", allow_reserved=True), "a:b@c!$&'()*+,;=", "a:b@c!$&'()*+,;="),
    (argument("path", allow_reserved=True), "/a?b#[c]%2fé%", "%2Fa%3Fb%23%5Bc%5D%2f%C3%A9%25"),
    (argument("path", allow_reserved=True), ["a:b", "%41"], "a:b,%41"),
    (argument("path", allow_reserved=True, explode=True), {"a:b": "c=d"}, "a:b=c=d"),
    (argument("path", allow_reserved=True, style="label"), LIST, ".red,green,blue"),
    (argument("path", allow_reserved=True, style="matrix"), "a;b=c", ";color=a%3Bb=c"),
    (argument("path", allow_reserved=True, style="matrix"), ["a;b", "c:"], ";color=a%3Bb,c:"),
    (argument("path", allow_reserved=True, style="matrix", explode=True), ["a:b"], ";color=a:b"),
    (argument("cookie", allow_reserved=True), "a/b?c=d&%2f", "color=a/b?c=d&%2f"),
    (argument("cookie", allow_reserved=True), 'a;b,"c" é%', "color=a%3Bb%2C%22c%22%20%C3%A9%25"),
    (argument("cookie", allow_reserved=True, explode=False), ["a/b", "%2F"], "color=a/b,%2F"),
    (argument("cookie", allow_reserved=True, style="cookie"), "%2F", "color=%2F"),
]  # fmt: skip


@table(("made", "value", "text"), EXPANSIONS)
def test_the_examples_of_rfc_6570(made: Argument, value: Any, text: str) -> None:
    """Each expansion is that of the RFC; what would end a value in a query is encoded there."""
    assert sent(made, value) == text


NESTED: Final = {"a": {"b": 1, "c": [True, {"d": "x y"}]}, "e": ["f"]}


def test_brackets() -> None:
    """Objects and arrays within a deepObject are bracketed, items of arrays with their index."""
    text = sent(argument("query", style="deepObject"), NESTED)
    assert text.replace("%5B", "[").replace("%5D", "]") == (
        "color[a][b]=1&color[a][c][0]=true&color[a][c][1][d]=x%20y&color[e][0]=f"
    )


JSON: Final = "%7B%22a%22%3A%5B1.10%2Cnull%2C%22%5Cu00e9%22%5D%7D"


@table(
    ("place", "text"),
    [
        ("path", JSON),
        ("query", f"color={JSON}"),
        ("header", '{"a":[1.10,null,"\\u00e9"]}'),
        ("cookie", f"color={JSON}"),
    ],
)
def test_json_in_a_parameter(place: Any, text: str) -> None:
    """JSON is compact and exact, and percent-encoded but in a header."""
    made = argument(place, media_type="application/json")
    assert sent(made, {"a": [Decimal("1.10"), None, "é"]}) == text


def test_plain_text_in_a_parameter() -> None:
    """It is the text: percent-encoded in a URL, as it is in a header or a cookie."""
    places: dict[Any, str] = {
        "path": "a%3Db%2F",
        "query": "color=a%3Db%2F",
        "header": "a=b/",
        "cookie": "color=a=b/",
    }
    for place, text in places.items():
        assert sent(argument(place, media_type="text/plain"), "a=b/") == text


def test_an_empty_value() -> None:
    """`allowEmptyValue` takes an empty text for a value of any type."""
    made = Argument("color", "color", "query", codecs.BOOLEAN, allow_empty_value=True)
    assert sent(made, "") == "color="
    assert sent(made, value=True) == "color=true"
    assert "expected a bool" in refusal(made, "x")
    assert "expected a bool" in refusal(Argument("color", "color", "query", codecs.BOOLEAN), "")


# ---- What is refused -----------------------------------------------------------------------------

REFUSED: list[tuple[Argument, Any, str]] = [
    (argument("path"), ["a,b"], "an item contains ',', the list separator"),
    (argument("path", style="label", explode=True), ["a.b"], "an item contains '.'"),
    (argument("path", style="matrix", explode=True), ["a;b"], "an item contains ';'"),
    (argument("path", explode=True), {"a=b": 1}, "a name in it contains '='"),
    (argument("path"), {"": 1}, "a name in it is empty"),
    (argument("path"), [""], "a list of one empty text"),
    (argument("path"), [], "an empty list has no form in a path"),
    (argument("path"), {}, "an empty list has no form in a path"),
    (argument("path", style="label"), ".", "must not be empty, '.' or '..'"),
    (argument("path", style="label"), "", "must not be empty, '.' or '..'"),
    (argument("path", allow_reserved=True), "%2E.", "must not be empty, '.' or '..'"),
    (argument("path", style="label", allow_reserved=True), "%2e", "must not be empty"),
    (argument("query", style="spaceDelimited", explode=False), ["a b"], "an item contains ' '"),
    (argument("query", style="pipeDelimited", explode=False), {"a|": 1}, "an item contains '|'"),
    (argument("query", style="pipeDelimited", explode=True), {"a": 1}, "no exploded form"),
    (argument("query", style="deepObject"), {"a[b]": 1}, "contains a bracket"),
    (argument("query", style="deepObject"), {"a": []}, "an empty array or object has no form"),
    (argument("query", style="deepObject"), {"a": None}, "null has no form"),
    (argument("query"), {"a": {"b": 1}}, "has no form within another one"),
    (argument("query"), [["a"]], "has no form within another one"),
    (argument("query"), [None], "null has no form"),
    (argument("query", explode=False), ["\ud800"], "lone surrogates"),
    (argument("header"), ["a "], "begins or ends with a space"),
    (argument("cookie", style="cookie"), "a;b", "a cookie holds printable ASCII only"),
    (argument("cookie", style="cookie"), "é", "a cookie holds printable ASCII only"),
    (argument("cookie", media_type="text/plain"), "a\r\nb", "a cookie holds printable ASCII only"),
    (argument("cookie"), {"a b": 1}, "cannot be that of a cookie"),
]


@table(("made", "value", "words"), REFUSED)
def test_what_a_server_could_not_read_back_is_refused(
    made: Argument, value: Any, words: str
) -> None:
    """A value that the style cannot hold is refused before anything is sent."""
    assert words in refusal(made, value)


@pytest.mark.parametrize("place", ["query", "cookie"])
def test_a_member_is_no_other_parameter(place: Any) -> None:
    """A key of a mapping that is the name of another parameter, or of its member, is refused."""
    other = Argument("page", "page", place, codecs.STRING)
    for key in ("page", "page[a]")[: 2 if place == "query" else 1]:  # no cookie has a bracket
        assert "is that of another parameter" in refusal(argument(place), {key: "1"}, other)
    fixed: Operation[Any] = Operation(
        "t.get",
        "GET",
        "/t",
        None,
        is_read=True,
        arguments=(argument("query"),),
        fixed_query=(("v", "2"),),
    )
    with pytest.raises(InvalidRequestError, match="is that of another parameter"):
        prepare(fixed, {"color": {"v": "1"}}, RequestBase.of(SETTINGS, Options()))


def test_cookies_are_part_of_what_a_call_is() -> None:
    """Calls that differ in a cookie have another fingerprint; without cookies none is changed."""
    plain, *others = (
        canonical(operation(argument("cookie")).bind(given), {})
        for given in ({}, {"color": "a"}, {"color": "b"})
    )
    assert b"cookies" not in plain
    assert len({plain, *others}) == 3


# ---- Hostile values ------------------------------------------------------------------------------

HOSTILE: Final = st.text(st.sampled_from(",;=&%#+?/|.[]{}\"'\\ \r\n\t\0é😀AZ09-") | st.characters(),
                         max_size=6)  # fmt: skip
VALUES: Final[dict[str, tuple[Any, st.SearchStrategy[Any]]]] = {
    "string": ({"type": "string"}, HOSTILE),
    "array": (TEXTS, st.lists(HOSTILE, max_size=3)),
    "object": ({"type": "object", "additionalProperties": {"type": "string"}},
               st.dictionaries(HOSTILE, HOSTILE, max_size=3)),
}  # fmt: skip
ROWS: Final[list[tuple[Any, Any, bool]]] = [
    *(row[:3] for row in STYLES),
    ("query", "spaceDelimited", True),
    ("query", "pipeDelimited", True),
]
CASES: Final = [
    (*row, kind)
    for row in ROWS
    for kind in VALUES
    if kind != "string" or row[1] in ("simple", "label", "matrix", "form", "cookie")
]
KEPT: Final = [case for case in CASES if case[0] != "header" and case[1] != "cookie"]
"""Those to which `allowReserved` applies."""
EMPTY: Final[list[Any]] = [[], {}]


@pytest.mark.parametrize(("place", "style", "explode"), ROWS)
def test_null_and_nothing_have_no_form(place: Any, style: Any, explode: bool) -> None:
    """Null is refused in every style; an empty array or object is not sent, or refused."""
    optional = argument(place, style=style, explode=explode)
    for value in (None, [None], {"a": None}):
        refusal(optional, value)
    required = Argument(
        "color", "color", place, codecs.JSON, required=True, style=style, explode=explode
    )
    base = RequestBase.of(SETTINGS, Options())
    has_objects = not (explode and style in ("spaceDelimited", "pipeDelimited"))
    for value in EMPTY if has_objects else EMPTY[:1]:
        assert "an empty list has no form" in refusal(required, value)
        if place != "path":
            request = prepare(operation(optional), {"color": value}, base)
            assert request.target == "/t"
            assert not {b"color", b"cookie"} & {name for name, _ in request.headers}


@pytest.mark.parametrize(("place", "style", "explode", "kind"), CASES)
def test_hostile_values_come_back_or_are_refused(
    place: Any, style: Any, explode: bool, kind: str
) -> None:
    """A server that reads the request by the RFCs gets the value, or there is no request."""
    schema, values = VALUES[kind]
    described = {"name": "color", "in": place, "style": style, "explode": explode, "schema": schema}
    made = argument(place, style=style, explode=explode)

    @given(values)
    def holds(value: Any) -> None:
        try:
            text = sent(made, value)
        except (InvalidRequestError, KeyError):  # refused, or left out as it is empty
            return
        if value in ([], {}):
            assert text == ""
            return
        assert re.fullmatch(r"([!-~]([ \t!-~]*[!-~])?)?" if place == "header" else "[!-~ ]+", text)
        assert received(place, text).value(described, set()) == value

    holds()


TRIPLES: Final = st.lists(
    st.sampled_from(["%2C", "%41", "%00", *"%2cFf;,=/&"]) | st.characters(), max_size=6
).map("".join)
RESERVED: Final = {
    "string": TRIPLES,
    "array": st.lists(TRIPLES, max_size=3),
    "object": st.dictionaries(TRIPLES, TRIPLES, max_size=3),
}


@pytest.mark.parametrize("case", every(4, KEPT), ids=str)
def test_reserved_characters_do_not_end_a_value(case: tuple[Any, Any, bool, str]) -> None:
    """With `allowReserved` a server that decodes gets the decoded value, or there is no request.

    A member's name that is sent as the name of a query parameter comes back as it was given.
    """
    place, style, explode, kind = case
    described = {"name": "color", "in": place, "style": style, "explode": explode}
    made = argument(place, style=style, explode=explode, allow_reserved=True)

    @given(RESERVED[kind])
    def holds(value: Any) -> None:
        try:
            text = sent(made, value)
        except (InvalidRequestError, KeyError):  # refused, or left out as it is empty
            return
        if value in ([], {}):
            assert text == ""
            return
        assert place != "path" or not {"/", "?", "#"} & {*text}
        schema = VALUES[kind][0]
        decoded = plain(value, names=place == "path" or not explode)
        assert received(place, text).value({**described, "schema": schema}, set()) == decoded

    holds()


def plain(value: Any, *, names: bool = True) -> Any:
    """Return a value as a server has it that decodes every `%XX`, also those in names or not."""
    if isinstance(value, dict):
        return {plain(key) if names else key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [*map(plain, value)]
    return urllib.parse.unquote(value)


def received(place: str, text: str) -> Received:
    """A request as it was received, with one parameter."""
    headers = {{"header": "color"}.get(place, place): text}
    return Received({"color": text}, text if place == "query" else "", headers)


# ---- Over the loopback ---------------------------------------------------------------------------

EVERYTHING: Final[Operation[Any]] = Operation(
    "t.get", "GET", "/v1/{a}/{b}/{c}", None, is_read=True, responses={"200": codecs.JSON},
    arguments=(
        Argument("a", "a", "path", codecs.JSON, style="label", required=True),
        Argument("b", "b", "path", codecs.JSON, style="matrix", explode=True, required=True),
        Argument("c", "c", "path", codecs.JSON, required=True),
        Argument("d", "d", "query", codecs.JSON, style="deepObject"),
        Argument("e", "e", "query", codecs.JSON, style="pipeDelimited", explode=False),
        Argument("f", "f", "query", codecs.JSON, allow_reserved=True),
        Argument("g", "g", "query", codecs.JSON, media_type="application/json"),
        Argument("x", "x.odd|na'me~", "header", codecs.JSON, explode=True),
        Argument("y", "y", "cookie", codecs.JSON),
        Argument("z", "z", "cookie", codecs.JSON, style="cookie"),
    ),
)  # fmt: skip
GIVEN: Final[dict[str, object]] = {
    "a": ["a'b", "(c)"], "b": {"é": "=:/"}, "c": "%41..", "d": {"k": ["[&"]}, "e": ["a+b", "é"],
    "f": "it's:/?@!$()*,;=%2f", "g": {"q": '"#'}, "x": {"k": "v=w"}, "y": ["ä;", "b"], "z": "a=b%",
}  # fmt: skip
TARGET: Final = (
    "/v1/.a%27b,%28c%29/;%C3%A9=%3D%3A%2F/%2541.."
    "?d%5Bk%5D%5B0%5D=%5B%26&e=a%2Bb%7C%C3%A9&f=it's:/?@!$()*,;=%2f"
    "&g=%7B%22q%22%3A%22%5C%22%23%22%7D"
)
TRANSPORTS: Final[dict[str, dict[str, Any]]] = {
    "default": {},
    "httpx": {"sync": httpx.HTTPTransport, "async": httpx.AsyncHTTPTransport},
    "direct": {"sync": DirectTransport, "async": AsyncDirectTransport},
}


@table("transport", TRANSPORTS)
@pytest.mark.parametrize("mode", DRIVERS)
def test_the_bytes_of_a_request_arrive_as_they_were_made(mode: str, transport: str) -> None:
    """No transport encodes, decodes or drops a character, nor adds a cookie of its own."""
    chosen = TRANSPORTS[transport]
    check_arrival(DRIVERS[mode], **({"transport": chosen[mode]} if chosen else {}))


def test_a_client_of_the_callers_sends_the_same_bytes() -> None:
    """Nor does a client that the caller brings, with cookies of its own."""
    with httpx.Client(cookies={"own": "2"}) as client:
        check_arrival(DRIVERS["sync"], http_client=client)


def check_arrival(driver: Driver, **settings: Any) -> None:
    """Call twice, and compare what a server received."""
    with RawServer(setting_a_cookie) as server:
        results = driver((EVERYTHING, GIVEN), (EVERYTHING, GIVEN), base_url=server.url, **settings)
        assert results == [{"id": "t1"}, {"id": "t1"}]
        heads = [request.decode("ascii").split("\r\n") for request in server.ledger]
    assert len(heads) == 2
    for line, *headers in heads:
        assert line == f"GET {TARGET} HTTP/1.1"
        assert "x.odd|na'me~: k=v=w" in headers
        cookies = [each for each in headers if each.lower().startswith("cookie:")]
        assert [each.partition(": ")[2] for each in cookies] == ["y=%C3%A4%3B; y=b; z=a=b%"]


def setting_a_cookie(connection: Connection) -> None:
    """Respond well to every request, and set a cookie."""
    while connection.read_request():
        connection.answer("200 OK", b'{"id": "t1"}', "Set-Cookie: own=1; Path=/")
