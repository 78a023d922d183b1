"""The address of calls and the headers of the credentials follow the document."""

import importlib
from pathlib import Path
from typing import Any, Final

import pytest

from chessa import ConfigurationError
from chessa._urls import read_base_url
from chessa_codegen.errors import SpecError
from chessa_codegen.ir.plan import EndpointPlan
from chessa_codegen.regeneration import settled
from chessa_codegen.validate import endpoint
from tests.marks import table
from tests.pipeline.made import Document, make, operation

HOST: Final = "https://api.example.com"
BOTH: Final[list[Document]] = [{"clientId": [], "clientSecret": []}]


def header(name: str, **rest: Any) -> Document:
    """Return a scheme of a key in a header."""
    return {"type": "apiKey", "in": "header", "name": name, **rest}


SCHEMES: Final = {
    "clientId": header("X-Client-Id"),
    "clientSecret": header("x-client-secret"),
    "token": {"type": "http", "scheme": "bearer"},
    "other-id": header("x-other-id"),
    "again-id": header("X-CLIENT-ID"),
    "again-secret": header("X-Client-Secret"),
}


def api(path: str = "/v1/things", item: Document | None = None, **rest: Any) -> Document:
    """Return a document with credentials and one operation."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": HOST}],
        "security": BOTH,
        "components": {"securitySchemes": SCHEMES},
        "paths": {path: {"get": operation("list_things")} if item is None else item},
        **rest,
    }


def planned(document: Document) -> EndpointPlan:
    """Return what a document says, once it is known to be valid."""
    return settled(document, is_strict=True).plan.endpoint


def refused(document: Document) -> SpecError:
    """Return why a document is refused."""
    with pytest.raises(SpecError) as caught:
        settled(document, is_strict=True)
    return caught.value


# ---- The address --------------------------------------------------------------------------------


@table(
    ("server", "address"),
    [
        (HOST, HOST),
        (f"{HOST}/", HOST),
        ("HTTPS://API.example.com:443", HOST),
        (f"{HOST}:8443/pay/v1/", f"{HOST}:8443/pay/v1"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_the_first_server_is_the_address(server: str, address: str) -> None:
    """The first of several servers counts, and the client takes it as it is written."""
    servers = [{"url": server}, {"url": "https://backup.example.com"}]
    assert planned(api(servers=servers)).base_url == address
    read_base_url(address)


def test_variables_have_their_defaults() -> None:
    """A server with variables is the one that their defaults make."""
    variables = {"region": {"default": "eu"}, "port": {"default": "8443"}}
    servers = [{"url": "https://{region}.example.com:{port}", "variables": variables}]
    assert planned(api(servers=servers)).base_url == "https://eu.example.com:8443"


@table(
    ("url", "why"),
    [
        ("http://api.example.com", "in clear"),
        ("http://localhost.example.com", "in clear"),
        ("http://10.0.0.1", "in clear"),
        ("https://user@api.example.com", "holds credentials"),
        ("https://{region}.example.com", "'region' has no default"),
        ("/v1", "it is relative"),
        ("//api.example.com", "it is relative"),
        ("api.example.com", "it is relative"),
        ("ftp://api.example.com", "not one of http or https"),
        (f"{HOST}?key=1", "query"),
        (f"{HOST}/#v1", "fragment"),
        (f"{HOST}:70000", "not a URL"),
        (f"{HOST}:0", "an invalid port"),
        (f"{HOST}/a//b", "its path cannot be used"),
        (f"{HOST}/../b", "its path cannot be used"),
        (f"{HOST}/%61", "its path cannot be used"),
        ("https://-example.com", "no host name"),
        ("https://[::1", "not a URL"),
        ("https://ex\u00e4mple.com", "characters that no URL has"),
    ],
)
def test_an_address_that_no_client_could_use_is_refused(url: str, why: str) -> None:
    """With credentials in the document it is refused by name, as the client itself would."""
    error = refused(api(servers=[{"url": url}]))
    assert why in error.what
    assert error.where == "#/servers/0/url"
    assert "overlay" in error.fix
    with pytest.raises(ConfigurationError):
        read_base_url(url)


@table("servers", [None, [], [{"url": "/"}], [{"url": "http://a.example"}]])
def test_a_document_without_credentials_needs_no_address(servers: Any, tmp_path: Path) -> None:
    """A package is made all the same; it names no address, and no header."""
    document = api(security=[], servers=servers)
    if servers is None:
        del document["servers"]
    package = make(tmp_path, document)
    made = importlib.import_module(package.name)
    assert made.BASE_URL is None
    assert made.CREDENTIAL_HEADERS == {}
    package.call("things.list_things")


def test_versions_are_those_of_the_paths() -> None:
    """A base URL may end in a version only where paths begin with it."""
    paths: Document = {
        path: {"get": operation(f"a{n}")} for n, path in enumerate(("/", "/v1/a", "/v2/{x}/b"))
    }
    paths["/v2/{x}/b"]["parameters"] = [
        {"name": "x", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    assert planned(api(paths=paths)).version_segments == ("v1", "v2")
    assert planned(api("/things", servers=[{"url": f"{HOST}/v1"}])) == EndpointPlan(
        f"{HOST}/v1", (), {"client_id": "x-client-id", "client_secret": "x-client-secret"}
    )


# ---- Servers of its own -------------------------------------------------------------------------


@table("url", ["https://vault.example.com", "/v2", f"{HOST}/v2", "http://[::1]"])
@table("on_path", [True, False])
@table("security", [BOTH, []])
def test_calls_that_go_elsewhere_are_refused(url: str, on_path: bool, security: Any) -> None:
    """The message names the operation or path, both addresses, the place and the action."""
    own: Document = {"servers": [{"url": url}]}
    read = operation("read", **({} if on_path else own))
    error = refused(api("/vault", {"get": read, **(own if on_path else {})}, security=security))
    assert error.what.startswith("The path /vault has" if on_path else "GET /vault has")
    assert url in error.what
    assert HOST in error.what
    assert error.where == f"#/paths/~1vault{'' if on_path else '/get'}/servers"
    place = "$.paths['/vault']" if on_path else "$.paths['/vault'].get"
    assert f"(target: {place}.servers, remove: true)" in error.fix


def test_an_operation_of_a_document_without_servers_may_name_none() -> None:
    """A server of an operation alone is another than the document's, which is where it was read."""
    document = api(item={"get": operation("read", servers=[{"url": HOST}])}, security=[])
    del document["servers"]
    assert "has servers of its own" in refused(document).what


@table(
    "servers",
    [
        [],
        [{"url": f"{HOST}/"}],
        [{"url": "https://API.example.com:443", "description": "Live"}],
        [{"url": "https://other.example.com"}, {"url": HOST}],
        [{"url": "https://{name}.example.com", "variables": {"name": {"default": "api"}}}],
    ],
)
def test_servers_that_say_the_same_pass(servers: Any) -> None:
    """A server at the document's address receives the calls."""
    item = {"get": operation("read", servers=servers), "servers": servers}
    assert planned(api(item=item)).base_url == HOST


def test_the_actions_that_a_refusal_names_settle_it(tmp_path: Path) -> None:
    """Each of the two targets can be copied into an overlay."""
    paths = {
        "/orders": {"get": operation("list_orders", "orders")},
        "/it's": {"get": operation("read", servers=[{"url": "https://a.example.com"}])},
        "/vault": {
            "servers": [{"url": "https://v.example.com"}],
            "get": operation("open", "vault"),
        },
    }
    targets = ["$.paths['/it\\'s'].get.servers", "$.paths['/vault']"]
    mends = [refused(api(paths={path: paths[path]})).fix for path in ("/it's", "/vault")]
    assert all(
        f"(target: {t}, remove: true)" in mend for t, mend in zip(targets, mends, strict=True)
    )
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "T", "version": "1"},
        "actions": [{"description": "Why.", "target": t, "remove": True} for t in targets],
    }
    package = make(tmp_path, api(paths=paths), overlay)
    package.call("things.read")
    assert not hasattr(package.module("client").Resources, "vault")


# ---- Credentials --------------------------------------------------------------------------------


@table(
    ("schemes", "security"),
    [
        ({"clientId": header("a"), "clientSecret": header("B")}, BOTH),
        ({"client-id": header("a"), "x-client-secret": header("b")}, None),
        ({"Client_ID": header("a"), "ClientSecret": header("b")}, None),
        ({"one": header("a", **{"x-credential": "client_id"}),
          "two": header("b", **{"x-credential": "client_secret"})}, None),
        ({"clientSecret": header("a", **{"x-credential": "client_id"}),
          "clientId": header("b", **{"x-credential": "client_secret"})}, None),
        ({"clientId": header("a"), "clientSecret": {"$ref": "#/components/securitySchemes/s"},
          "s": header("b")}, BOTH),
        ({"clientId": header("a"), "clientSecret": header("b"), "token": SCHEMES["token"]},
         [{}, *BOTH, {"token": []}]),
    ],
)  # fmt: skip
def test_the_schemes_name_the_headers(schemes: Document, security: Any) -> None:
    """A scheme is a credential by its name, however it is written, or by `x-credential`."""
    asked = security or [{name: [] for name in schemes}]
    document = api(components={"securitySchemes": schemes}, security=asked)
    assert planned(document).credential_headers == {"client_id": "a", "client_secret": "b"}
    del document["security"]
    document["paths"]["/v1/things"]["get"]["security"] = asked
    assert planned(document).credential_headers == {"client_id": "a", "client_secret": "b"}


@table(
    "security",
    [[], [{"token": []}], [{"clientId": []}], [{"clientId": [], "clientSecret": [], "token": []}]],
)
def test_what_asks_for_anything_else_names_no_headers(security: Any) -> None:
    """It makes a package, but not the client's."""
    plan = planned(api(security=security))
    assert plan.credential_headers == {}
    with pytest.raises(SpecError, match="which headers carry"):
        endpoint.check_for_client(plan)


def test_the_package_of_the_client_needs_an_address() -> None:
    """A document of credentials without servers is not the client's."""
    document = api()
    del document["servers"]
    with pytest.raises(SpecError, match="where the API is"):
        endpoint.check_for_client(planned(document))


@table(
    ("schemes", "what"),
    [
        ({"clientId": header("x-key"), "clientSecret": header("X-Key")}, "both be sent as x-key"),
        ({"clientId": header("Host"), "clientSecret": header("b")}, "sent as host"),
        ({"clientId": header("a"), "clientSecret": header("Content-Length")}, "content-length"),
    ],
)
def test_headers_that_would_break_the_request_are_refused(schemes: Document, what: str) -> None:
    """One header for two credentials, or one that every request has."""
    assert what in refused(api(components={"securitySchemes": schemes})).what


def test_what_the_document_prefers_is_sent_or_refused() -> None:
    """A way that an overlay appended does not hide the vendor's own."""
    error = refused(api(security=[{"token": []}, *BOTH]))
    assert error.what.startswith("The document asks first for token")
    assert "$.security[0]" in error.fix


@table("mark", ["secret", "", None, 1])
def test_a_mark_that_means_nothing_is_refused(mark: object) -> None:
    """`x-credential` has two values."""
    schemes = {**SCHEMES, "clientId": header("a", **{"x-credential": mark})}
    with pytest.raises(SpecError, match="x-credential is not client_id or client_secret"):
        settled(api(components={"securitySchemes": schemes}))


@table(
    "security",
    [
        [],
        [{}],
        BOTH,
        [{"clientSecret": [], "clientId": []}],
        [{"again-id": [], "again-secret": []}],
        [{"clientId": []}],
        [{"token": []}, *BOTH],
        [{"token": []}, {}],
    ],
)
def test_security_that_what_is_sent_meets_passes(security: Any) -> None:
    """Public operations, the same said again, under other names, or as one of several ways."""
    item = {"get": operation("read", security=security)}
    assert planned(api(item=item)).credential_headers


@table(
    ("security", "asked"),
    [
        ([{"token": []}], "token"),
        ([{"other-id": [], "clientSecret": []}], "clientSecret with other-id"),
        ([{"clientId": [], "clientSecret": [], "token": []}], "clientSecret with token"),
    ],
)
def test_security_that_what_is_sent_does_not_meet_is_refused(security: Any, asked: str) -> None:
    """The client would send its credentials in place of those that are asked for."""
    error = refused(api(item={"get": operation("read", security=security)}))
    assert error.what.startswith("GET /v1/things asks for ")
    assert asked in error.what
    assert "x-client-id and x-client-secret" in error.what
    assert error.where == "#/paths/~1v1~1things/get/security"


EITHER: Final[list[Document]] = [{"clientId": []}, {"clientSecret": []}]


@table("security", [EITHER, [*reversed(EITHER)], [{}, *EITHER]])
@table("is_global", [True, False])
def test_either_of_two_keys_means_both(security: Any, is_global: bool) -> None:
    """Frameworks write so of a call that needs both, for each is declared by itself."""
    item = {"get": operation("read", **({} if is_global else {"security": security}))}
    document = api(item=item, security=security if is_global else [])
    assert set(planned(document).credential_headers) == {"client_id", "client_secret"}


def test_without_credentials_operations_ask_for_what_they_like() -> None:
    """The performer of such a package knows what to send."""
    item = {"get": operation("read", security=[{"token": []}])}
    assert planned(api(item=item, security=[])).credential_headers == {}


def test_a_credential_is_not_an_argument() -> None:
    """A header that the client sends itself is refused as a parameter."""
    parameter = {"name": "X-Client-ID", "in": "header", "schema": {"type": "string"}}
    error = refused(api(item={"get": operation("read", parameters=[parameter])}))
    assert "takes the header X-Client-ID as an argument" in error.what
