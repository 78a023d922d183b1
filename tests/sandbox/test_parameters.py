"""Parameters in every style, as the sandbox reads them."""

from typing import Any, Final

from chessa.testing import Sandbox
from chessa.testing._spec.document import Spec
from chessa.testing._spec.parameters import MISSING, Parts, Reader
from chessa.testing._spec.schemas import Schemas
from tests.credentials import ID_HEADER, SECRET_HEADER
from tests.marks import table

Json = dict[str, Any]
SCHEMAS: Final = Schemas(Spec())
TEXT: Final[Json] = {"type": "string"}
LIST: Final[Json] = {"type": "array", "items": TEXT}
RGB: Final[Json] = {"type": "object", "additionalProperties": {"type": "integer"}}
COLORS: Final = ["blue", "black"]
NUMBERS: Final = {"R": 100, "G": 200}
TREE: Final[Json] = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": RGB}, "b": {"type": "boolean"}, "c": LIST},
}
EITHER: Final[Json] = {
    "anyOf": [{"type": "object", "properties": {"gt": TEXT}}, {"type": "integer"}]
}


def read(place: str, raw: str, schema: Json, *others: str, **rest: Any) -> Any:
    """Return the value of a parameter `color` that arrived as this text."""
    parameter: Json = {"name": "color", "in": place, "schema": schema, **rest}
    if "content" in rest:
        del parameter["schema"]
    headers = {"header": {"color": raw}, "cookie": {"cookie": raw}}.get(place, {})
    path = {"color": raw} if place == "path" else {}
    parts = Parts.of(path, raw if place == "query" else "", headers)
    every = (parameter, *({"name": name, "in": place} for name in others))
    return Reader(every, parts, SCHEMAS).read(parameter)


# OpenAPI, "Style Examples", and texts that hold their separators percent-encoded.
STYLES: Final[list[tuple[str, str, bool, str, str | None, str]]] = [
    ("path", "matrix", False, ";color=a%2Cb", ";color=blue,black", ";color=R,100,G,200"),
    ("path", "matrix", True, ";color=a%2Cb", ";color=blue;color=black", ";R=100;G=200"),
    ("path", "label", False, ".a%2Cb", ".blue,black", ".R,100,G,200"),
    ("path", "label", True, ".a%2Cb", ".blue.black", ".R=100.G=200"),
    ("path", "simple", False, "a%2Cb", "blue,black", "R,100,G,200"),
    ("path", "simple", True, "a%2Cb", "blue,black", "R=100,G=200"),
    ("header", "simple", False, "a,b", "blue, black", "R,100,G,200"),
    ("header", "simple", True, "a,b", "blue,black", "R=100,G=200"),
    ("query", "form", False, "color=a%2Cb", "color=blue,black", "color=R,100,G,200"),
    ("query", "form", True, "color=a,b", "color=blue&color=black", "R=100&G=200"),
    ("query", "spaceDelimited", False, "color=a%2Cb", "color=blue+black",
     "color=R%20100%20G%20200"),
    ("query", "pipeDelimited", False, "color=a%2Cb", "color=blue|black",
     "color=R%7C100%7CG%7C200"),
    ("query", "deepObject", True, "color=a,b", "color[0]=blue&color%5B1%5D=black",
     "color%5BR%5D=100&color%5BG%5D=200"),
    ("cookie", "form", False, "color=a%2Cb", "x=y; color=blue,black", "color=R,100,G,200"),
    ("cookie", "form", True, "color=a%2Cb", "color=blue; color=black", "R=100; G=200"),
    ("cookie", "cookie", True, "color=a,b", "color=blue; color=black", "R=100; G=200"),
]  # fmt: skip


@table(("place", "style", "explode", "text", "array", "members"), STYLES)
def test_every_style_is_read(
    place: str, style: str, explode: bool, text: str, array: str, members: str
) -> None:
    """A string, an array and an object are what the specification says that they are."""
    form: Json = {"style": style, "explode": explode}
    assert read(place, text, TEXT, **form) == "a,b"
    assert read(place, array, LIST, **form) == COLORS
    assert read(place, members, RGB, **form) == NUMBERS


def test_brackets_are_read_by_the_schema() -> None:
    """Items of arrays come in the order of their indexes; texts become numbers and booleans."""
    query = "color[a][1][x]=2&color[a][0][x]=1&color[a][10][x]=3&color[b]=true&color[c][0]=t"
    value = {"a": [{"x": 1}, {"x": 2}, {"x": 3}], "b": True, "c": ["t"]}
    assert read("query", query, TREE, style="deepObject") == value
    assert read("query", "color[gt]=5", EITHER, style="deepObject") == {"gt": "5"}
    assert read("query", "color=5", EITHER, style="deepObject") == 5
    for other in ("other[a]=1", "color[a=1", "color[a]b=1", ""):
        assert read("query", other, TREE, style="deepObject") is MISSING


def test_an_exploded_object_takes_no_other_parameter() -> None:
    """Names of other parameters are not members of it, unless it declares them itself."""
    assert read("query", "R=1&page=2&page[a]=3", RGB, "page") == {"R": 1}
    assert read("query", "page=2", {**RGB, "properties": {"page": TEXT}}, "page") == {"page": "2"}
    assert read("query", "R=1", {**RGB, "additionalProperties": False}) is MISSING


def test_content_is_read() -> None:
    """JSON is parsed, plain text is not; text that is not JSON is left to the schema."""
    for place, raw in (("query", "color=%5B1%5D"), ("header", "[1]"), ("cookie", "color=%5B1%5D")):
        assert read(place, raw, {}, content={"application/json": {}}) == [1]
    assert read("query", "color=%5B", {}, content={"application/json": {}}) == "["
    assert read("cookie", "color=%5B", {}, content={"text/plain": {}}) == "%5B"


def test_parameters_are_checked_in_every_place(spec: Json) -> None:
    """A missing or invalid parameter is refused with its place and name."""
    parameters = [
        {"name": "sid", "in": "cookie", "required": True, "schema": {**TEXT, "maxLength": 2}},
        {"name": "on", "in": "query", "allowEmptyValue": True, "schema": {"type": "boolean"}},
        {"name": "id", "in": "path", "required": True, "style": "label", "schema": RGB},
    ]
    get = {"parameters": parameters, "responses": {"204": {"description": "Nothing"}}}
    path = "/v1/referrals/{id}"
    with Sandbox(spec={**spec, "paths": {**spec["paths"], path: {"get": get}}}) as api:

        def ask(target: str, *cookies: str) -> tuple[int | None, str]:
            headers = [(ID_HEADER, api.client_id), (SECRET_HEADER, api.client_secret)]
            headers += [("cookie", cookie) for cookie in cookies]
            delivery = api.backend.answer("GET", f"/v1/referrals/{target}", headers, b"")
            return delivery.status, (delivery.body or b"").decode()

        assert ask(".R,1", "sid=%41%2C")[0] == 204
        assert ask(".R,1?on=", "sid=a")[0] == 204
        assert "cookie parameter sid: is required" in ask(".R,1")[1]
        assert "cookie parameter sid: " in ask(".R,1", "sid=abc")[1]
        assert "path parameter id.R: must be" in ask(".R,x", "sid=a")[1]
        assert "query parameter on: must be" in ask(".R,1?on=x", "sid=a")[1]
