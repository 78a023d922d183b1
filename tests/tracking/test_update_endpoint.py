"""An accepted new server or header name changes the client, and no other one does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_codegen.document import loader
from chessa_codegen.errors import SpecError
from chessa_tracking.apply import update
from chessa_tracking.fetch.merge import Decisions
from chessa_tracking.fetch.source import open_source
from tests import commands
from tests.commands import update as run
from tests.marks import CI
from tests.tracking import rendering
from tests.tracking.trees import REFUND, Document, everything, no_proof

# Prints where a read of a client without settings goes, and the headers of its credentials.
CALL: Final = """
import json, os
import httpx
from chessa import Chessa

for name in [name for name in os.environ if name.startswith("CHESSA_")]:
    del os.environ[name]
seen = {}

def handle(request):
    seen.update(url=str(request.url), headers=dict(request.headers))
    return httpx.Response(200, json={"user": {"id": "1"}})

with Chessa(client_id="the-id", client_secret="the-secret",
            transport=lambda: httpx.MockTransport(handle)) as client:
    client.users.me()
ours = {n: v for n, v in seen["headers"].items() if v in ("the-id", "the-secret")}
print(json.dumps([seen["url"], ours]))
"""
USUAL: Final = {"x-client-id": "the-id", "x-client-secret": "the-secret"}


def called(tree: Path) -> tuple[str, dict[str, str]]:
    """Call the client of a tree: the URL, and the headers that carry credentials."""
    paths = [str(tree / name) for name in ("generated", "overrides")]
    program = f"import sys; sys.path[:0] = {paths!r}\n{CALL}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    url, headers = json.loads(done.stdout)
    return url, headers


def published(tree: Path, edited: Document) -> Path:
    """Write what the vendor publishes now, as one document."""
    path = tree.parent / "openapi.json"
    path.write_text(json.dumps(edited), encoding="utf-8")
    return path


def accept(tree: Path, edited: Document, *accepted: str) -> None:
    """Carry out an update that was accepted, without the property tests."""
    source = open_source(str(published(tree, edited)))
    found = update.look(tree, source, Decisions(), frozenset(accepted))
    assert not found.questions, found.questions
    update.carry_out(tree, found, no_proof)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("servers", "address"),
    [
        (["https://api2.chessa.ai"], "https://api2.chessa.ai"),
        (["https://api.chessa.ai:8443/accounts/"], "https://api.chessa.ai:8443/accounts"),
        (["https://api.chessa.ai/"], "https://api.chessa.ai"),
        (["https://api.chessa.ai", "https://api2.chessa.ai"], "https://api.chessa.ai"),
    ],
)
def test_an_accepted_server_takes_the_calls(
    tree: Path, vendored: Document, servers: list[str], address: str
) -> None:
    """It is asked about first; afterwards a client without settings calls the first server."""
    vendored["servers"] = [{"url": url} for url in servers]
    source = open_source(str(published(tree, vendored)))
    asked = update.look(tree, source, Decisions()).questions
    assert [question.answer.split()[0] for question in asked] == ["--accept-server"]
    accept(tree, vendored, "server")
    assert called(tree) == (f"{address}/v1/users/me", USUAL)


@pytest.mark.ci
def test_a_version_that_moves_into_the_server_is_sent_once(tree: Path, vendored: Document) -> None:
    """If the paths lose their version, the server's own is not taken off."""
    short = {path.removeprefix("/v1"): item for path, item in vendored["paths"].items()}
    vendored.update(servers=[{"url": "https://api.chessa.ai/v1"}], paths=short)
    text = (tree / "spec" / "overlay.yaml").read_text(encoding="utf-8")
    (tree / "spec" / "overlay.yaml").write_text(text.replace("'/v1/", "'/"), encoding="utf-8")
    (tree / "spec" / "openapi.yaml").write_text(json.dumps(vendored), encoding="utf-8")
    made = commands.regenerate(tree)
    assert made.returncode == 0, made.stderr
    assert called(tree) == ("https://api.chessa.ai/v1/users/me", USUAL)


def declared(vendored: Document, first: str, second: str, security: Any = None) -> None:
    """Let the vendor declare the credentials itself, under the names of ours."""
    vendored["components"] = {
        **vendored.get("components", {}),
        "securitySchemes": {
            "clientId": {"type": "apiKey", "in": "header", "name": first},
            "clientSecret": {"type": "apiKey", "in": "header", "name": second},
        },
    }
    vendored["security"] = security or [{"clientId": [], "clientSecret": []}]


def drop_credentials(tree: Path) -> None:
    """Drop the action of the overlay that declares them, as a maintainer does when told so."""
    path = tree / "spec" / "overlay.yaml"
    corrections = loader.read(path)
    kept = [each for each in corrections["actions"] if "securitySchemes" not in str(each)]
    assert len(kept) == len(corrections["actions"]) - 1
    path.write_text(json.dumps({**corrections, "actions": kept}), encoding="utf-8")


@pytest.fixture
def elsewhere(vendored: Document) -> Document:
    """The document with other servers, and the vendor's own names of the headers."""
    vendored["servers"] = [
        {"url": url} for url in ("https://api2.chessa.ai/v1", "https://api.chessa.ai")
    ]
    declared(vendored, "X-Api-Id", "X-Api-Secret")
    return vendored


def test_all_questions_are_asked(tree: Path, elsewhere: Document) -> None:
    """The server's, the security's, and the overlay's where ours is in the way of the vendor's."""
    before = loader.read(tree / "spec" / "openapi.yaml")
    source = open_source(str(published(tree, elsewhere)))
    asked = update.look(tree, source, Decisions()).questions
    answers = {question.answer.split()[0] for question in asked}
    declares = "securitySchemes" in before.get("components", {})
    edit = set() if declares else {"Edit"}
    assert answers == {*edit, "--accept-server", "--accept-security"}


@pytest.mark.ci
def test_an_accepted_server_and_its_header_names_are_used(tree: Path, elsewhere: Document) -> None:
    """The client calls the first server, and sends its credentials by the vendor's names."""
    drop_credentials(tree)
    accept(tree, elsewhere, "server", "security")
    ours = {"x-api-id": "the-id", "x-api-secret": "the-secret"}
    assert called(tree) == ("https://api2.chessa.ai/v1/users/me", ours)


@pytest.mark.ci
def test_a_way_of_the_vendors_is_not_hidden_by_ours(tree: Path, vendored: Document) -> None:
    """Another way to authenticate makes the action that declares ours a question as well."""
    key = {"key": {"type": "apiKey", "in": "header", "name": "x-key"}}
    vendored.update(components={"securitySchemes": key}, security=[{"key": []}])
    source = open_source(str(published(tree, vendored)))
    found = update.look(tree, source, Decisions(), frozenset({"security"}))
    assert "at /security. Drop it" in "".join(question.text for question in found.questions)
    drop_credentials(tree)
    with pytest.raises(SpecError, match="which headers carry the client id"):
        update.look(tree, source, Decisions(), frozenset({"security"}))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda d: d.update(servers=[{"url": "http://api.chessa.ai"}]), "in clear"),
        pytest.param(lambda d: d.update(servers=[{"url": "/other"}]), "it is relative", marks=CI),
    ],
)
def test_what_no_client_could_call_is_refused(
    tree: Path, vendored: Document, edit: Any, words: str
) -> None:
    """Also if the server is accepted; the tree stays as it was."""
    edit(vendored)
    before = everything(tree)
    done = run(tree, published(tree, vendored), "--accept-server")
    assert done.returncode == 2, done.stdout
    assert words in done.stderr
    assert everything(tree) == before


@pytest.mark.ci
def test_without_a_server_the_overlay_says_where_the_api_is(tree: Path, vendored: Document) -> None:
    """Without its action as well the update is refused, even if the server is accepted."""
    vendored["servers"] = []
    source = open_source(str(published(tree, vendored)))
    found = update.look(tree, source, Decisions(), frozenset({"server"}))
    assert found.judgement.refused is None
    overlay = tree / "spec" / "overlay.yaml"
    before, start, rest = overlay.read_text(encoding="utf-8").partition(
        "  - description: Many frameworks write a document without servers."
    )
    overlay.write_text(before + rest.partition("\n\n")[2], encoding="utf-8")
    assert start
    with pytest.raises(SpecError, match="does not say where the API is"):
        update.look(tree, source, Decisions(), frozenset({"server"}))


@pytest.mark.parametrize(
    ("method", "name"),
    [
        pytest.param((), "The path /v1/orders/refund", marks=CI),
        (("post",), "POST /v1/orders/refund"),
    ],
)
def test_an_operation_that_goes_elsewhere_is_a_question(
    tree: Path, vendored: Document, method: tuple[str, ...], name: str
) -> None:
    """A method that callers have is not left out without a person's word."""
    node = vendored["paths"]["/v1/orders/refund"]
    for part in method:
        node = node[part]
    node["servers"] = [{"url": "https://a.example"}]
    before = everything(tree)
    done = run(tree, published(tree, vendored), "--accept-server")
    assert done.returncode == 1, done.stderr
    said = " ".join(done.stdout.split())
    assert "POST /v1/orders/refund is left out" in said
    assert f"{name} has servers of its own: https://a.example." in said
    assert everything(tree) == before


@pytest.mark.ci
def test_security_of_an_operation_alone_is_refused(
    tree: Path, pages: Path, vendored: Document
) -> None:
    """An operation that takes other credentials is not called with ours, even if accepted."""
    method, path = REFUND
    bearer = {"token": {"type": "http", "scheme": "bearer"}}
    vendored["components"] = {**vendored.get("components", {}), "securitySchemes": bearer}
    vendored["paths"][path][method]["security"] = [{"token": []}]
    for each in rendering.operations(vendored):
        rendering.write(pages / rendering.page_name(*each), rendering.page(vendored, *each))
    done = run(tree, pages, "--accept-security")
    assert done.returncode == 1, done.stderr
    assert "POST /v1/orders/refund asks for token" in " ".join(done.stdout.split())
