"""The page of a version that breaks callers: their code before and after, valid Python."""

import ast
import inspect
import json
import re
from pathlib import Path
from typing import Final

import pytest

from chessa import Chessa
from chessa_tracking.api_diff.edits import removed_method, unchanged
from chessa_tracking.api_diff.package import compare_packages
from chessa_tracking.api_diff.surface import Argument, Edit, Method, SurfaceChange
from chessa_tracking.apply import release, update
from chessa_tracking.apply.assess import Judgement
from chessa_tracking.diff.changes import Change, Level
from chessa_tracking.fetch.merge import Decisions
from chessa_tracking.fetch.source import open_source
from chessa_tracking.report import migration
from chessa_tracking.report import update as update_report
from tests.commands import update as run
from tests.docs.pages import headings, parsed
from tests.marks import every
from tests.tracking.conftest import ROOT
from tests.tracking.surface_cases import BASE, TABLE, body, op, parameter, props, schema
from tests.tracking.test_surface import made
from tests.tracking.trees import (
    REFUND,
    Document,
    carried_out,
    everything,
    no_proof,
    rewrite,
)

TITLE: Final = "version 2 of it"
Block = tuple[str, str]


def blocks(page: str) -> list[Block]:
    """Return the code before and after of each block of a page."""
    found = []
    for token in parsed(page):
        if token.type == "fence":
            assert token.info == "diff"
            lines = token.content.splitlines()
            found.append(
                (
                    "\n".join(line[2:] for line in lines if line[0] in "- "),
                    "\n".join(line[2:] for line in lines if line[0] in "+ "),
                )
            )
    return found


def page_of(*changes: SurfaceChange, spec: tuple[Change, ...] = ()) -> str:
    """Return the page of these changes."""
    return migration.page("0.2.0", Judgement(spec, changes), TITLE)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that every edit starts from."""
    return made(tmp_path_factory.mktemp("migration") / "base", BASE)


# ---- The code -----------------------------------------------------------------------------------


def many(spec: Document) -> None:
    """Break callers in many ways at once."""
    for title in ("argument became required", "value removed", "attribute renamed"):
        TABLE[title][0](spec)
    body(spec)["properties"]["note"].update(type="integer")
    del props(spec, "Order")["refund"]
    schema(spec, "Extra")["required"].append("n")
    listed = spec["paths"]["/orders"].pop("get")
    spec["paths"]["/v2/orders"] = {"get": {**listed, "operationId": "all"}}
    TABLE["resource removed"][0](spec)
    op(spec)["responses"].pop("404")


MANY: Final = [
    ('chessa.users.me()', 'chessa.request("GET", "/users")'),
    ("chessa.orders.list()", "chessa.orders.all()"),
    ("order.refund", 'order.additional_properties.get("refund")'),
    ("models.Status.DONE", 'models.Status("done")'),
    ("from chessa.models import User", ""),
    ("models.Extra(kind=\"...\")", 'models.Extra(kind="...", n="...")'),
    ("order.total", "order.whole"),
    ('chessa.orders.create(code="...", note="...")', 'chessa.orders.create(code="...", note=1)'),
    (
        'chessa.orders.retrieve(order_id="...")',
        'chessa.orders.retrieve(order_id="...", view="...")',
    ),
]  # fmt: skip


def test_the_code_of_many_breaks(base: Path, tmp_path: Path) -> None:
    """Methods, arguments, attributes and constants are shown as callers write them."""
    spec = json.loads(json.dumps(BASE))
    many(spec)
    page = page_of(*compare_packages(base, made(tmp_path / "new", spec)))
    assert sorted(blocks(page)) == sorted(MANY)
    assert "`orders.all` is new, and the nearest by path: check that it does the same." in page
    shown = headings(parsed(page))
    assert shown[0] == "Migrating to 0.2.0"
    wanted = ["Removed", "Changed", "No code shows these"]
    assert [each for each in shown if each in wanted] == wanted, "the most severe first"
    assert "- `orders.create` no longer documents the error `404`." in page


@pytest.mark.parametrize("title", every(len(TABLE), TABLE))
def test_the_code_is_python(title: str, base: Path, tmp_path: Path) -> None:
    """Each break has its sentence on the page, and each block is Python before and after."""
    spec = json.loads(json.dumps(BASE))
    TABLE[title][0](spec)
    changes = compare_packages(base, made(tmp_path / "new", spec))
    page = page_of(*changes)
    for each in changes:
        assert (release.bullet(each.text) in page) is (each.level is Level.MAJOR)
    for before, after in blocks(page):
        assert before
        ast.parse(before)
        ast.parse(after)
    assert bool(page) is any(each.level is Level.MAJOR for each in changes)


@pytest.mark.ci
def test_a_name_that_means_another_operation(base: Path, tmp_path: Path) -> None:
    """The code is shown that still does what it did, and it comes first: no checker finds it."""
    spec = json.loads(json.dumps(BASE))
    TABLE["names swapped"][0](spec)
    page = page_of(*compare_packages(base, made(tmp_path / "new", spec)))
    assert headings(parsed(page))[1] == "The same code means something else"
    assert blocks(page) == [
        ('chessa.orders.create(code="...")', 'chessa.orders.list(code="...")'),
        ("chessa.orders.list()", "chessa.orders.create()"),
    ]


@pytest.mark.ci
def test_the_code_of_a_renamed_class_has_its_old_name(base: Path, tmp_path: Path) -> None:
    """Before the change stands the name that callers import."""
    spec = json.loads(json.dumps(BASE))
    TABLE["class renamed"][0](spec)
    op(spec, "/users", "get")["responses"] = op(spec)["responses"]
    changes = compare_packages(base, made(tmp_path / "new", spec))
    (edit,) = [each.edit for each in changes if each.text.startswith("`users.me` returns")]
    assert edit == Edit(
        ("result: models.User = chessa.users.me()",),
        ("result: models.Purchase = chessa.users.me()",),
    )


@pytest.mark.ci
def test_arguments_that_no_longer_go_by_position(base: Path, tmp_path: Path) -> None:
    """A call by position becomes one by name."""
    spec = json.loads(json.dumps(BASE))
    item = spec["paths"].pop("/orders/{orderId}")
    item["get"]["parameters"].append(parameter("part", "path", required=True))
    spec["paths"]["/orders/{orderId}/{part}"] = item
    other = json.loads(json.dumps(spec))
    spec["paths"]["/orders/{part}/{orderId}"] = spec["paths"].pop("/orders/{orderId}/{part}")
    packages = [made(tmp_path / name, each) for name, each in (("a", other), ("b", spec))]
    ((before, after),) = blocks(page_of(*compare_packages(*packages)))
    assert before == 'chessa.orders.retrieve("...", "...")'
    assert sorted(re.findall(r"\w+=", after)) == ["order_id=", "part="]


def test_a_request_without_a_method_is_one_that_the_client_takes() -> None:
    """A method without a successor is shown as `request`, with its parameters, query and body."""
    arguments = [
        Argument(key, hint, "", by_position=False, wire=(place, key), slot=slot)
        for key, hint, place, slot in (
            ("order_id", "str", "path", 0),
            ("limit", "int | None", "query", None),
            ("amounts", "Sequence[Decimal]", "member", None),
        )
    ]
    method = Method(
        *("orders", "ask", ("POST", "/orders/{}/ask"), tuple(arguments), "models.A", "", {}),
        *(frozenset(), False, {}, False, False),
    )
    edit = removed_method(method, [])
    call = ast.parse("\n".join(edit.after)).body[0]
    assert ast.unparse(call) == (
        "chessa.request('POST', '/orders/{order_id}/ask', parameters={'order_id': '...'}, "
        "query={'limit': 1}, body={'amounts': [Decimal('1.00')]})"
    )
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    named = {each.arg: each.value for each in call.value.keywords if each.arg}
    inspect.signature(Chessa.request).bind(None, *call.value.args, **named)


# ---- The page -----------------------------------------------------------------------------------


def removed(number: int) -> SurfaceChange:
    """Return a class that was removed."""
    path = f"models.C{number}"
    edit = Edit((f"from chessa.models import C{number}",), note="It has no successor.")
    return SurfaceChange(path, Level.MAJOR, f"`{path}` was removed", edit)


def test_what_occurs_often_is_one_section() -> None:
    """A break of one kind in many places is told once, with a count and a few of the places."""
    page = page_of(*map(removed, range(300)))
    assert headings(parsed(page)) == ["Migrating to 0.2.0", "Removed", "models.C0 and 299 more"]
    assert "- … and 292 more." in page
    ((before, after),) = blocks(page)
    assert len(before.splitlines()) == 3
    assert after == ""


def test_a_page_is_bounded() -> None:
    """It has less than 200 lines, and says how many breaks it leaves out."""
    changes = [
        SurfaceChange(f"a.m{n}", Level.MAJOR, f"`a.m{n}` {'x' * n}", Edit(("a",), (f"b{n}",)))
        for n in range(100)
    ]
    limits = tuple(
        Change("POST /a", f"/{n}", "request-property-max-decreased", Level.MAJOR, f"n is {n}")
        for n in range(100)
    )
    page = page_of(*changes, spec=limits)
    assert len(page.splitlines()) < 200
    shown = len(blocks(page))
    assert shown > 10
    assert f"… and {100 - shown} more: the changelog lists them" in page
    assert "- … and 92 more." in page


def test_a_call_of_many_arguments_is_cut() -> None:
    """The first and the last are shown, and the rest is still Python."""
    lines = ("f(", *(f"    a{n}=1," for n in range(50)), ")")
    page = page_of(
        SurfaceChange("f", Level.MAJOR, "`f`", Edit(lines, ("f(", *lines[1:20], "    b=1,", ")")))
    )
    ((before, after),) = blocks(page)
    assert len(before.splitlines()) < 20
    for each in (before, after):
        ast.parse(each)
        assert "# ..." in each


def test_text_of_the_vendor_closes_no_block() -> None:
    """A value of an enum or a key that looks like Markdown stays within its block."""
    hostile = "```\n\n# 9.9.9\n<img src=x>"
    change = Change("POST /v1/a", "/y", "request-property-pattern-added", Level.MAJOR, hostile)
    edit = unchanged('models.A("```")', "```")
    page = page_of(SurfaceChange("models.A", Level.MAJOR, "`models.A`", edit), spec=(change,))
    assert "9.9.9" not in headings(parsed(page))
    assert len(blocks(page)) == 1
    assert not [token for token in parsed(page) if token.type.startswith("html")]


def test_the_index_lists_each_page() -> None:
    """The newest version comes first; the index of the project is the one that is written."""
    names = ["0.2.0.md", "0.10.0.md", "README.md", "1.0.0.md"]
    assert re.findall(r"\[([0-9.]+)\]", migration.index(names)) == ["1.0.0", "0.10.0", "0.2.0"]
    folder = ROOT / "docs" / "migration"
    assert (ROOT / migration.INDEX).read_text("utf-8") == migration.index(
        path.name for path in folder.iterdir()
    )


# ---- An update ----------------------------------------------------------------------------------


@pytest.fixture
def breaking(pages: Path, vendored: Document) -> Path:
    """Pages on which the refund requires a partner, and its response has no reason."""
    method, path = REFUND
    operation = vendored["paths"][path][method]
    operation["parameters"] = [parameter("partner", required=True)]
    response = operation["responses"]["200"]["content"]["application/json"]["schema"]
    del response["properties"]["reason"]
    rewrite(pages, vendored, REFUND)
    return pages


@pytest.mark.ci
def test_a_major_update_has_a_page(tree: Path, breaking: Path) -> None:
    """The page and its index are written with the update, and the fragment links the page."""
    before = everything(tree)
    found = update.look(tree, open_source(str(breaking)), Decisions())
    report = update_report.as_object(found)
    assert everything(tree) == before
    assert f"\n  # {found.migration[2:17]}" in update_report.as_text(found)
    update.carry_out(tree, found, no_proof)
    page = (tree / "docs" / "migration" / "0.2.0.md").read_text("utf-8")
    assert page == report["migration"]
    assert "- `models.Refund` lost the attribute `reason`." in page
    assert "- `orders.request_refund` now requires `partner`." in page
    call = 'chessa.orders.request_refund({}address="...", order_id="...")'
    assert blocks(page) == [
        ("refund.reason", 'refund.additional_properties.get("reason")'),
        (call.format(""), call.format('partner="...", ')),
    ]
    assert [(each["before"], each["after"]) for each in report["surface"]] == blocks(page)
    assert "- [0.2.0](0.2.0.md)" in (tree / migration.INDEX).read_text("utf-8")
    fragment = (tree / "changelog.d" / "+vendor-0.2.0.breaking.md").read_text("utf-8")
    assert "(docs/migration/0.2.0.md)" in fragment


@pytest.mark.ci
def test_a_dry_run_shows_the_page(tree: Path, breaking: Path) -> None:
    """It prints the page, and writes nothing."""
    before = everything(tree)
    done = run(tree, breaking, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "docs/migration/0.2.0.md:" in done.stdout
    assert '  + chessa.orders.request_refund(partner="...", ' in done.stdout
    assert everything(tree) == before


@pytest.mark.ci
def test_a_minor_update_has_no_page(tree: Path, with_note: Path) -> None:
    """Where no caller breaks, the folder stays as it is."""
    before = everything(tree / "docs" / "migration")
    found = carried_out(tree, with_note)
    assert found.migration == ""
    assert everything(tree / "docs" / "migration") == before
