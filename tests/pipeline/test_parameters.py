"""Parameters of every kind in generated packages: their types, what they send, what is left out."""

import inspect
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_codegen.docs.examples import Examples
from chessa_codegen.docs.pages import pages
from chessa_codegen.ir.forms import form_of
from chessa_codegen.ir.plan import WireForm
from chessa_codegen.regeneration import settled
from tests.marks import table
from tests.pipeline.made import Document, Package, answers, content, document, make, operation

TEXT: Final[Document] = {"type": "string"}
TEXTS: Final[Document] = {"type": "array", "items": TEXT}
RANGE: Final[Document] = {
    "type": "object",
    "properties": {"gte": {"type": "number"}, "lte": {"type": "number"}},
}
FILTER: Final[Document] = {
    "type": "object",
    "properties": {
        "status": TEXTS,
        "amount": {"$ref": "#/components/schemas/Range"},
        "seenBy": {**TEXT, "readOnly": True},
    },
}
SCHEMAS: Final[Document] = {"Filter": FILTER, "Range": RANGE}


def ref(name: str) -> Document:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str, where: str, schema: Document | None = None, **rest: Any) -> Document:
    """A parameter; without a schema it has `content`."""
    described = {} if schema is None else {"schema": schema}
    return {"name": name, "in": where, "required": where == "path", **described, **rest}


def reading(*parameters: Document, path: str = "/things", version: str = "3.0.3") -> Document:
    """A document with one operation of these parameters."""
    get = operation("act", parameters=[*parameters], responses=answers({}))
    return document({path: {"get": get}}, SCHEMAS, version=version)


def hints(package: Package) -> dict[str, str]:
    """The hints of the arguments of the operation."""
    signature = inspect.signature(package.module("api.things").Things.act)
    return {
        name: str(each.annotation).removesuffix(" | Unset")
        for name, each in signature.parameters.items()
        if name != "self"
    }


def call(package: Package, *arguments: Any, **named: Any) -> Any:
    """Call the operation; return the request."""
    package.call("things.act", *arguments, answer="{}", **named)
    return package.sent[-1]


def test_objects_are_models_or_mappings(tmp_path: Path) -> None:
    """A described object is an instance of its class, any other a mapping; amounts stay exact."""
    package = make(
        tmp_path,
        reading(
            parameter("filter", "query", ref("Filter"), style="deepObject", explode=True),
            parameter("range", "query", ref("Range")),
            parameter("meta", "query", {"type": "object", "additionalProperties": TEXT},
                      style="deepObject"),
            parameter("X-Range", "header", ref("Range"), explode=True),
        ),
    )  # fmt: skip
    assert hints(package) == {
        "filter": "models.Filter",
        "range": "models.Range",
        "meta": "Mapping[str, str]",
        "x_range": "models.Range",
    }
    amount = package.model("Range")(gte=Decimal("0.10"))
    given = package.model("Filter")(status=["a", "b"], amount=amount)
    sent = call(package, filter=given, range=amount, meta={"a": "1"}, x_range=amount)
    assert sent.query == (
        *(("filter[status][0]", "a"), ("filter[status][1]", "b"), ("filter[amount][gte]", "0.10")),
        *(("gte", "0.10"), ("meta[a]", "1")),
    )
    assert sent.headers == (("X-Range", "gte=0.10"),)
    with pytest.raises(ValueError, match="argument 'range': expected a Range, not dict"):
        call(package, range={"gte": 1})


def test_a_union_in_brackets(tmp_path: Path) -> None:
    """A range or a single value, as Stripe describes it, is either on the wire."""
    either = {"anyOf": [ref("Range"), {"type": "integer"}]}
    package = make(tmp_path, reading(parameter("created", "query", either, style="deepObject")))
    assert hints(package) == {"created": "models.Range | int"}
    assert call(package, created=5).query == (("created", "5"),)
    ranged = package.model("Range")(lte=Decimal(7))
    assert call(package, created=ranged).query == (("created[lte]", "7"),)


def test_paths_in_label_and_matrix_style(tmp_path: Path) -> None:
    """Their separators are part of the segment."""
    package = make(
        tmp_path,
        reading(
            parameter("id", "path", TEXT, style="label"),
            parameter("at", "path", ref("Range"), style="matrix", explode=True),
            path="/things{id}/{at}",
        ),
    )
    at = package.model("Range")(gte=1, lte=Decimal("2.50"))
    assert call(package, "a/b", at).path == "/things.a%2Fb/;gte=1;lte=2.50"


def test_cookies(tmp_path: Path) -> None:
    """A cookie is an argument; of two parameters of one name each gets a suffix."""
    package = make(
        tmp_path,
        reading(parameter("sid", "query", TEXT), parameter("sid", "cookie", TEXT)),
    )
    assert list(hints(package)) == ["sid_query", "sid_cookie"]
    source = package.source("api/things/act.py")
    assert 'Argument("sid_cookie", "sid", "cookie", _fields.STRING)' in source
    bound = package.module("api.things.act").ACT.bind({"sid_query": "a", "sid_cookie": "b;"})
    assert (bound.query, bound.cookies) == ((("sid", "a"),), (("sid", "b%3B"),))


def test_content(tmp_path: Path) -> None:
    """JSON by `content` takes any schema, null where it is allowed; plain text a text."""
    nested = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
    package = make(
        tmp_path,
        reading(
            parameter("q", "query", **content({**nested, "nullable": True})),
            parameter("X-Filter", "header", **content(ref("Filter"))),
            parameter("note", "query", **content(TEXT, "text/plain; charset=utf-8")),
            parameter("free", "query", content={"application/json": {}}),
        ),
    )
    assert hints(package) == {
        "q": "Sequence[Sequence[Decimal | int]] | None",
        "x_filter": "models.Filter",
        "note": "str",
        "free": "Any",
    }
    given = package.model("Filter")(status=[])
    sent = call(package, q=[[Decimal("1.0")], []], x_filter=given, note="a&b", free={"é": True})
    assert sent.query == (("q", "[[1.0],[]]"), ("note", "a&b"), ("free", '{"\\u00e9":true}'))
    assert sent.headers == (("X-Filter", '{"status":[]}'),)
    assert call(package, q=None).query == (("q", "null"),)


def test_flags_of_a_query(tmp_path: Path) -> None:
    """`allowReserved` and `allowEmptyValue` are kept; only the latter changes a type."""
    package = make(
        tmp_path,
        reading(
            parameter("path", "query", TEXT, allowReserved=True),
            parameter("limit", "query", {"type": "integer"}, allowEmptyValue=True),
            parameter("word", "query", TEXT, allowEmptyValue=True),
        ),
    )
    assert hints(package) == {"path": "str", "limit": "int | Literal['']", "word": "str"}
    assert call(package, path="/a b", limit="", word="").query == (
        *(("path", "/a%20b"), ("limit", ""), ("word", "")),
    )


@table("name", ["X!Odd", "$", "x.y|z", "~", "123", "a'b`c^", "*%&+#"])
def test_headers_of_any_legal_name(tmp_path: Path, name: str) -> None:
    """Every token of RFC 9110 is the name of a header, and an argument has a name in Python."""
    package = make(tmp_path, reading(parameter(name, "header", TEXT)))
    (argument,) = hints(package)
    assert argument.isidentifier()
    assert call(package, **{argument: "v"}).headers == ((name, "v"),)


ARGUMENTS: Final = ("Accept", "Accept-Encoding", "Content-Type", "Authorization", "User-Agent")


def test_headers_of_the_client_are_not_arguments(tmp_path: Path) -> None:
    """OpenAPI ignores three of them; the client always sends the others."""
    package = make(tmp_path, reading(*(parameter(name, "header", TEXT) for name in ARGUMENTS)))
    assert hints(package) == {}


OBJECTS: Final[Document] = {"type": "object", "additionalProperties": {"type": "object"}}
LEFT_OUT: Final[dict[str, tuple[Document, str]]] = {
    "arrays of arrays": (parameter("q", "query", {"type": "array", "items": TEXTS}), "no form in"),
    "objects in a form": (parameter("q", "query", OBJECTS), "no form in the style form exploded"),
    "a model with objects": (parameter("q", "query", ref("Filter")), "is Filter, which has no"),
    "objects in a path": (parameter("q", "path", OBJECTS), "no form in the style simple"),
    "exploded between pipes": (
        parameter("q", "query", ref("Range"), style="pipeDelimited", explode=True), "exploded"
    ),
    "XML": (parameter("q", "query", **content({}, "text/xml")), "text/xml, which is not supported"),
    "a text that is a list": (parameter("q", "query", **content(TEXTS, "text/plain")),
                              "no form as text/plain"),
    "a cookie of an odd name": (parameter("a b", "cookie", TEXT), "No cookie can have the name"),
    "a hop": (parameter("Keep-Alive", "header", TEXT), "belongs to the connection"),
    "a proxy": (parameter("Proxy-Authorization", "header", TEXT), "belongs to the connection"),
}  # fmt: skip


@table("what", LEFT_OUT)
def test_what_has_no_form_is_left_out(what: str) -> None:
    """The operation is left out with the reason and a fix; the other one stays."""
    bad, reason = LEFT_OUT[what]
    path = "/bad/{q}" if bad["in"] == "path" else "/bad"
    get = {"get": operation("bad", parameters=[bad])}
    found = settled(document({path: get, "/good": {"get": operation("good")}}, SCHEMAS))
    (finding,) = found.findings
    assert reason in finding.what
    assert finding.operation == f"GET {path}"
    assert finding.where.startswith("#/paths/~1bad")
    assert finding.fix
    assert [o.name for r in found.plan.resources for o in r.operations] == ["things.good"]


def test_what_openapi_3_2_adds() -> None:
    """Cookies have a style of their own; a query as one parameter is left out."""
    cookie = parameter("c", "cookie", TEXT, style="cookie", explode=False)
    assert form_of(cookie, (), "3.2.0") == WireForm(style="cookie", explode=False)
    query = reading(parameter("q", "querystring", **content(TEXT)), version="3.2.0")
    (finding,) = settled(query).findings
    assert "'q' is the complete query of the request" in finding.what
    assert "in: query" in finding.fix


@pytest.mark.parametrize(
    ("version", "kept"), [("3.0.3", {"query"}), ("3.2.0", {"query", "path", "cookie"})]
)
def test_where_reserved_characters_may_stay(version: str, kept: set[str]) -> None:
    """Before OpenAPI 3.2 in a query only; never where nothing is percent-encoded."""
    places = ("query", "path", "header", "cookie")
    found = [parameter(f"in-{each}", each, TEXT, allowReserved=True) for each in places]
    raw = parameter("raw", "cookie", TEXT, allowReserved=True, style="cookie")
    is_new = version == "3.2.0"
    plan = settled(
        reading(*found, *([raw] * is_new), path="/things/{in-path}", version=version)
    ).plan
    arguments = plan.resources[0].operations[0].arguments
    assert {each.location for each in arguments if each.form.allow_reserved} == kept
    assert not any(each.form.allow_reserved for each in arguments if each.key == "raw")


def test_a_shared_parameter_without_a_form_leaves_out_each_that_has_it() -> None:
    """The reason is told for each operation, with the place of the parameter."""
    shared = {"$ref": "#/components/parameters/Q"}
    paths = {f"/{name}": {"get": operation(name, parameters=[shared])} for name in ("a", "b")}
    spec = document({**paths, "/good": {"get": operation("good")}},
                    components={"parameters": {"Q": parameter("q", "query", OBJECTS)}})  # fmt: skip
    found = settled(spec)
    assert [each.operation for each in found.findings] == ["GET /a", "GET /b"]
    assert all("no form" in each.what for each in found.findings)


def test_the_reference_says_how_a_parameter_is_sent() -> None:
    """The style stands with the place, where it is not the usual one."""
    plan = settled(
        reading(
            parameter("f", "query", ref("Filter"), style="deepObject"),
            parameter("t", "query", TEXTS, explode=False),
            parameter("c", "cookie", TEXT),
            parameter("j", "query", **content({})),
            parameter("r", "query", TEXT, allowReserved=True, allowEmptyValue=True),
        )
    ).plan
    page = pages(plan, Examples({}, ()))["things.md"]
    for words in (
        "| `f` in the query, `deepObject` |",
        "| `t` in the query, not exploded |",
        "| `c` cookie |",
        "| `j` in the query, as `application/json` |",
        '| `r` in the query, reserved characters and `%XX` stay, `""` is allowed |',
    ):
        assert words in page
