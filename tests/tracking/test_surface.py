"""The Python surface of two packages, compared: what callers notice, how much it weighs."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from chessa_pipeline.errors import SpecError
from chessa_pipeline.regeneration import Job, regenerate
from chessa_tracking import surface_second
from chessa_tracking.changes import Level
from chessa_tracking.surface import SurfaceChange, compare_packages
from chessa_tracking.surface_reading import load
from tests.pipeline.made import Document, answers, content, document, operation

ROOT: Final = Path(__file__).resolve().parents[2]
REAL: Final = ROOT / "generated" / "chessa_api"
MAJOR, MINOR = Level.MAJOR, Level.MINOR
TEXT: Final = {"type": "string"}
Edit = Callable[[Document], object]


def ref(name: str) -> Document:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str, place: str = "query", **rest: Any) -> Document:
    """A parameter that holds a string."""
    return {"name": name, "in": place, "schema": TEXT, **rest}


NEW_ORDER: Final = {
    "type": "object",
    "required": ["code"],
    "properties": {"code": TEXT, "note": TEXT, "extra": ref("Extra")},
}
BASE: Final = document(
    {
        "/orders": {
            "get": operation("list", "orders", responses=answers(ref("OrderList"))),
            "post": operation(
                "create",
                "orders",
                requestBody={"required": True, **content(NEW_ORDER)},
                responses={
                    **answers(ref("Order")),
                    "404": {"description": "No", **content(ref("Problem"))},
                },
            ),
        },
        "/orders/{orderId}": {
            "get": operation(
                "retrieve",
                "orders",
                parameters=[parameter("orderId", "path", required=True), parameter("view")],
                responses=answers(ref("Order")),
            )
        },
        "/users": {"get": operation("me", "users", responses=answers(ref("User")))},
    },
    {
        "Order": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": TEXT,
                "total": {"type": "number"},
                "refund": {**TEXT, "nullable": True},
                "status": ref("Status"),
            },
        },
        "OrderList": {
            "type": "object",
            "properties": {"orders": {"type": "array", "items": ref("Order")}},
        },
        "Extra": {"type": "object", "required": ["kind"], "properties": {"kind": TEXT, "n": TEXT}},
        "Status": {"type": "string", "enum": ["open", "done"]},
        "Problem": {"type": "object", "properties": {"problem": TEXT}},
        "User": {"type": "object", "properties": {"name": TEXT}},
    },
)


def op(spec: Document, path: str = "/orders", method: str = "post") -> Document:
    """An operation of a document."""
    found: Document = spec["paths"][path][method]
    return found


def body(spec: Document) -> Document:
    """The schema of what creates an order."""
    found: Document = op(spec)["requestBody"]["content"]["application/json"]["schema"]
    return found


def props(spec: Document, name: str) -> Document:
    """The properties of a schema."""
    found: Document = spec["components"]["schemas"][name]["properties"]
    return found


def schema(spec: Document, name: str) -> Document:
    """A schema."""
    found: Document = spec["components"]["schemas"][name]
    return found


def rename(old: str, new: str) -> Edit:
    """Rename a schema, everywhere."""

    def edit(spec: Document) -> None:
        schemas = spec["components"]["schemas"]
        schemas[new] = schemas.pop(old)

        def walk(value: Any) -> None:
            if isinstance(value, dict):
                if value.get("$ref") == ref(old)["$ref"]:
                    value["$ref"] = ref(new)["$ref"]
                value = list(value.values())
            for one in value if isinstance(value, list) else ():
                walk(one)

        walk(spec)

    return edit


def retitle(path: str, method: str, **rest: Any) -> Edit:
    """Change members of an operation."""
    return lambda spec: op(spec, path, method).update(rest)


def move_path(spec: Document) -> None:
    """Give the parameter of a path another name."""
    item = spec["paths"].pop("/orders/{orderId}")
    item["get"]["parameters"][0]["name"] = "id"
    spec["paths"]["/orders/{id}"] = item


def tag_all(spec: Document) -> None:
    """Move all operations of a tag to another."""
    for path, item in spec["paths"].items():
        for one in item.values() if path.startswith("/orders") else ():
            one["tags"] = ["payments"]


ONE_ORDER: Final = "/orders/{orderId}"
Row = tuple[str, Level, str]
TABLE: Final[dict[str, tuple[Edit, list[Row]]]] = {
    "method removed": (
        lambda s: s["paths"]["/orders"].pop("get") and s["components"]["schemas"].pop("OrderList"),
        [
            ("models.OrderList", MAJOR, "`models.OrderList` is gone"),
            ("orders.list", MAJOR, "`orders.list` is gone"),
        ],
    ),
    "method added": (
        lambda s: s["paths"].update({"/ping": {"get": operation("ping", "users")}}),
        [("users.ping", MINOR, "`users.ping` is new")],
    ),
    "method renamed": (
        retitle("/orders", "post", operationId="make"),
        [("orders.create", MAJOR, "`orders.create` is now called `orders.make`")],
    ),
    "method moved": (
        retitle("/orders", "post", tags=["users"]),
        [("orders.create", MAJOR, "`orders.create` is now called `users.create`")],
    ),
    "names swapped": (
        lambda s: (
            op(s).update(operationId="list"),
            op(s, method="get").update(operationId="create"),
        ),
        [],
    ),
    "resource removed": (
        lambda s: s["paths"].pop("/users") and s["components"]["schemas"].pop("User"),
        [
            ("models.User", MAJOR, "`models.User` is gone"),
            ("users", MAJOR, "`users` is gone, with `me`"),
        ],
    ),
    "resource added": (
        lambda s: s["paths"].update({"/ping": {"get": operation("ping", "health")}}),
        [("health", MINOR, "`health` is new, with `ping`")],
    ),
    "resource renamed": (
        tag_all,
        [("orders", MAJOR, "`orders` is now called `payments`")],
    ),
    "argument removed": (
        lambda s: body(s)["properties"].pop("note"),
        [("orders.create", MAJOR, "`orders.create` lost the argument `note`")],
    ),
    "argument added": (
        lambda s: op(s, ONE_ORDER, "get")["parameters"].append(parameter("lang")),
        [("orders.retrieve", MINOR, "`orders.retrieve` gained the optional argument `lang`")],
    ),
    "required argument added": (
        lambda s: op(s, ONE_ORDER, "get")["parameters"].append(parameter("lang", required=True)),
        [("orders.retrieve", MAJOR, "`orders.retrieve` now requires `lang`")],
    ),
    "argument became required": (
        lambda s: op(s, ONE_ORDER, "get")["parameters"][1].update(required=True),
        [("orders.retrieve", MAJOR, "`orders.retrieve` now requires `view`")],
    ),
    "argument became optional": (
        lambda s: body(s).pop("required"),
        [("orders.create", MINOR, "`orders.create` no longer requires `code`")],
    ),
    "path parameter renamed": (
        move_path,
        [("orders.retrieve", MAJOR, "`orders.retrieve` takes `id` in place of `order_id`")],
    ),
    "argument renamed": (
        lambda s: op(s, ONE_ORDER, "get")["parameters"][1].update({"x-python-name": "shape"}),
        [("orders.retrieve", MAJOR, "`orders.retrieve` takes `shape` in place of `view`")],
    ),
    "argument widened": (
        lambda s: body(s)["properties"]["note"].update(nullable=True),
        [("orders.create", MINOR, "`orders.create` takes `note` as `str | None`, was `str`")],
    ),
    "argument retyped": (
        lambda s: body(s)["properties"]["note"].update(type="integer"),
        [("orders.create", MAJOR, "`orders.create` takes `note` as `int`, was `str`")],
    ),
    "wire form of an amount alone": (
        lambda s: props(s, "Order").update(total={"type": "string", "format": "decimal"}),
        [],
    ),
    "result retyped": (
        retitle("/users", "get", responses=answers(ref("Order"))),
        [("users.me", MAJOR, "`users.me` returns `models.Order`, was `models.User`")],
    ),
    "result gone": (
        retitle("/users", "get", responses={"204": {"description": "OK"}}),
        [("users.me", MAJOR, "`users.me` returns `None`, was `models.User`")],
    ),
    "error removed": (
        lambda s: op(s)["responses"].pop("404"),
        [("orders.create", MAJOR, "`orders.create` no longer documents the error `404`")],
    ),
    "error added": (
        lambda s: op(s)["responses"].update({"409": {"description": "No"}}),
        [("orders.create", MINOR, "`orders.create` documents the error `409`")],
    ),
    "error body changed": (
        lambda s: op(s)["responses"]["404"].update(content(ref("User"))),
        [
            (
                "orders.create",
                MAJOR,
                "`orders.create` answers `404` with `models.User`, was `models.Problem`",
            )
        ],
    ),
    "a write became a read": (
        retitle("/orders", "post", **{"x-safe-to-repeat": True}),
        [("orders.create", MAJOR, "`orders.create` is now a read: it may be repeated")],
    ),
    "deprecated": (
        retitle("/orders", "post", deprecated=True),
        [("orders.create", MINOR, "`orders.create` is deprecated by the vendor")],
    ),
    "class renamed": (
        rename("Order", "Purchase"),
        [("models.Order", MAJOR, "`models.Order` is now called `models.Purchase`")],
    ),
    "enum renamed": (
        rename("Status", "State"),
        [("models.Status", MAJOR, "`models.Status` is now called `models.State`")],
    ),
    "attribute removed": (
        lambda s: props(s, "Order").pop("refund"),
        [("models.Order.refund", MAJOR, "`models.Order` lost the attribute `refund`")],
    ),
    "attribute added": (
        lambda s: props(s, "Order").update(fee=TEXT),
        [("models.Order.fee", MINOR, "`models.Order` gained the attribute `fee`")],
    ),
    "attribute renamed": (
        lambda s: props(s, "Order")["total"].update({"x-python-name": "whole"}),
        [("models.Order.total", MAJOR, "`models.Order.total` is now called `models.Order.whole`")],
    ),
    "attribute retyped": (
        lambda s: props(s, "Order")["total"].update(type="integer"),
        [("models.Order.total", MAJOR, "`models.Order.total` is `int`, was `Decimal`")],
    ),
    "attribute gained None": (
        lambda s: props(s, "Order")["total"].update(nullable=True),
        [("models.Order.total", MAJOR, "`models.Order.total` is `Decimal | None`, was `Decimal`")],
    ),
    "attribute lost None": (
        lambda s: props(s, "Order")["refund"].pop("nullable"),
        [("models.Order.refund", MINOR, "`models.Order.refund` is `str`, was `str | None`")],
    ),
    "passed attribute gained None": (
        lambda s: props(s, "Extra")["n"].update(nullable=True),
        [("models.Extra.n", MINOR, "`models.Extra.n` is `str | None`, was `str`")],
    ),
    "attribute always there": (
        lambda s: schema(s, "Order").update(required=["id", "total"]),
        [("models.Order.total", MINOR, "`models.Order.total` is always there")],
    ),
    "attribute may be missing": (
        lambda s: schema(s, "Order").pop("required"),
        [
            (
                "models.Order.id",
                MAJOR,
                "`models.Order.id` may be missing: reading it then raises `AbsentFieldError`",
            )
        ],
    ),
    "constructor requires more": (
        lambda s: schema(s, "Extra").update(required=["kind", "n"]),
        [("models.Extra.n", MAJOR, "`models.Extra` now requires `n`")],
    ),
    "constructor requires less": (
        lambda s: schema(s, "Extra").pop("required"),
        [("models.Extra.kind", MINOR, "`models.Extra` no longer requires `kind`")],
    ),
    "value added": (
        lambda s: schema(s, "Status")["enum"].append("paused"),
        [("models.Status.PAUSED", MINOR, "`models.Status` gained the value `paused` (`PAUSED`)")],
    ),
    "value removed": (
        lambda s: schema(s, "Status")["enum"].remove("done"),
        [("models.Status.DONE", MAJOR, "`models.Status` lost the value `done` (`DONE`)")],
    ),
    "value of a hostile text": (
        lambda s: schema(s, "Status")["enum"].append("a`b<i>"),
        [
            (
                "models.Status.A_B_I",
                MINOR,
                "`models.Status` gained the value ``a`b<i>`` (`A_B_I`)",
            )
        ],
    ),
    "iteration": (
        lambda s: schema(s, "OrderList").update({"x-iterate": "orders"}),
        [("models.OrderList", MINOR, "`models.OrderList` can be iterated over")],
    ),
    "prose alone": (retitle("/orders", "post", description="Other words."), []),
}
TABLE["names swapped"] = (
    TABLE["names swapped"][0],
    [
        ("orders.create", MAJOR, "`orders.create` now does what `orders.list` did"),
        ("orders.list", MAJOR, "`orders.list` now does what `orders.create` did"),
    ],
)


def made(folder: Path, spec: Document) -> Path:
    """A package of a document, which nobody imports."""
    folder.mkdir(parents=True)
    source = folder / "spec.json"
    source.write_text(json.dumps(spec), encoding="utf-8")
    job = Job(spec=source, overlay=None, output=folder, package="things", lock=folder / "lock")
    regenerate(job)
    return folder / "things"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that every edit starts from."""
    return made(tmp_path_factory.mktemp("surface") / "base", BASE)


@pytest.mark.parametrize("title", TABLE)
def test_each_edit_is_told_to_callers(title: str, base: Path, tmp_path: Path) -> None:
    """Every edit gives exactly the expected changes, and griffe finds nothing beside them."""
    edit, expected = TABLE[title]
    spec = json.loads(json.dumps(BASE))
    edit(spec)
    changes = compare_packages(base, made(tmp_path / "new", spec))
    if title == "names swapped":
        changes = [one for one in changes if "now does what" in one.text]
    assert [(one.name, one.level, one.text) for one in changes] == expected


def test_the_same_package_is_no_change(base: Path) -> None:
    """Nothing changed in what did not change: a small package, and the real one."""
    assert compare_packages(base, base) == []
    assert compare_packages(REAL, REAL) == []


MUTATIONS: Final = {
    "only async lost an argument": (
        "api/orders/__init__.py",
        r"(async def retrieve\(\s*self, order_id: str), \*, view: str \| Unset = UNSET",
        r"\1",
        "(only in `AsyncChessa`, `AsyncChessa.with_raw_response`)",
    ),
    "only async is not awaited": (
        "api/orders/__init__.py",
        r"async def retrieve",
        "def retrieve",
        "must not be awaited (only in `AsyncChessa`",
    ),
    "only raw lost a method": (
        "api/orders/__init__.py",
        r"\n +self\.create = returns_raw\(raw\.create\)",
        "",
        "`orders.create` is gone (only in `Chessa.with_raw_response`)",
    ),
    "another default": (
        "api/orders/__init__.py",
        r"view: str \| Unset = UNSET",
        "view: str | Unset = None",
        "parameter default was changed (`view`",
    ),
    "a method of the class is gone": (
        "api/orders/__init__.py",
        r"    @property\n    def with_raw_response\(self\) -> OrdersWithRawResponse:\n.*\n.*\n",
        "",
        "public object was removed",
    ),
    "an attribute is gone": (
        "models/order.py",
        r"    total: .*\n",
        "",
        "`models.Order` lost the attribute `total`",
    ),
    "a value is gone": ("models/status.py", r"    DONE = .*\n", "", "lost the value `done`"),
}


MADE_BY_TEMPLATES: Final = ("a method of the class is gone",)
"""What every package has, and no document can add."""


def mutated(base: Path, folder: Path, title: str) -> Path:
    """A copy of the package with one of its files changed by hand."""
    name, pattern, instead, _ = MUTATIONS[title]
    copied = folder / "things"
    shutil.copytree(base, copied)
    text, count = re.subn(pattern, instead, (copied / name).read_text(encoding="utf-8"))
    assert count > 0
    (copied / name).write_text(text, encoding="utf-8")
    return copied


@pytest.mark.parametrize("title", MUTATIONS)
def test_no_drift_of_the_source_is_silent(title: str, base: Path, tmp_path: Path) -> None:
    """What is taken from or put into the public source is told, wherever it is."""
    other = mutated(base, tmp_path, title)
    assert any(MUTATIONS[title][3] in one.text for one in compare_packages(base, other))
    assert title in MADE_BY_TEMPLATES or compare_packages(other, base)


def test_nothing_that_griffe_finds_is_lost(base: Path) -> None:
    """Without our own walk, everything that griffe finds is told as a major change."""
    old, new = load(base), load(REAL)
    breakages = list(surface_second.breakages(old, new))
    alone = list(surface_second.missed(old, new, []))
    assert len(alone) == len(breakages) > 10
    assert {one.level for one in alone} == {MAJOR}
    names = {one.name for one in compare_packages(base, REAL) if one.level is MAJOR}
    for one in alone:
        parts = one.name.split(".")
        assert names & {".".join(parts[:n]) for n in range(1, len(parts) + 1)}, one


def test_a_package_that_cannot_be_read_is_refused(base: Path, tmp_path: Path) -> None:
    """A file that does not parse, or no package at all, is an error and no empty surface."""
    broken = tmp_path / "things"
    shutil.copytree(base, broken)
    (broken / "models" / "order.py").write_text("class Order(:\n", encoding="utf-8")
    for folder in (broken, tmp_path / "nothing"):
        with pytest.raises(SpecError):
            compare_packages(base, folder)


def test_the_most_serious_comes_first(base: Path) -> None:
    """Changes stand by weight, then by name; and a level has a word for reports."""
    changes = compare_packages(base, REAL)
    assert changes == sorted(changes, key=lambda one: (-one.level, one.name, one.text))
    assert SurfaceChange("a", MAJOR, "b").level.word == "major"
