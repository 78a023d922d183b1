"""Edits of a small spec, and what each means for callers: the table of the surface tests."""

from collections.abc import Callable
from typing import Any, Final

from chessa_tracking.diff.changes import Level
from tests.pipeline.made import Document, answers, content, document, operation

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
    "properties": {"code": {**TEXT}, "note": {**TEXT}, "extra": ref("Extra")},
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


def download(name: str, *media_types: str) -> Document:
    """An operation whose response is a file."""
    content = {each: {"schema": TEXT} for each in media_types}
    return operation(name, "users", responses={"200": {"description": "File", "content": content}})


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
            ("models.OrderList", MAJOR, "`models.OrderList` was removed"),
            ("orders.list", MAJOR, "`orders.list` was removed"),
        ],
    ),
    "method added": (
        lambda s: s["paths"].update({"/ping": {"get": operation("ping", "users")}}),
        [("users.ping", MINOR, "`users.ping` is new")],
    ),
    "download added": (
        lambda s: s["paths"].update({"/slip": {"get": download("slip", "application/pdf")}}),
        [
            ("users.slip", MINOR, "`users.slip` is new"),
            ("users.slip_to_file", MINOR, "`users.slip_to_file` is new"),
        ],
    ),
    "subject": (
        retitle("/orders", "post", **{"x-once-per": "code"}),
        [("orders.create", MAJOR, "`orders.create` changed: what it is carried out once for")],
    ),
    "duplicates": (
        retitle("/orders", "post", **{"x-duplicate": "harmless", "x-personal": True}),
        [
            ("orders.create", MAJOR, "`orders.create` changed: whether a duplicate is harmless"),
            ("orders.create", MINOR, "`orders.create` changed: whether its response is personal"),
        ],
    ),
    "link added": (
        lambda s: op(s)["responses"]["200"].update(
            links={
                "a": {"operationId": "retrieve", "parameters": {"orderId": "$response.body#/id"}}
            }
        ),
        [
            (
                "orders.create",
                MINOR,
                "`orders.create` changed: where to check whether it was carried out",
            )
        ],
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
            ("models.User", MAJOR, "`models.User` was removed"),
            ("users", MAJOR, "`users` was removed, with `me`"),
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
        [("orders.create", MAJOR, "`orders.create` is now a read: it may be retried")],
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
    "attribute that the vendor requires": (
        lambda s: schema(s, "Order").update(required=["id", "total"]),
        [("models.Order.total", MINOR, "`models.Order` cannot be made without `total`")],
    ),
    "attribute that the vendor requires no longer": (
        lambda s: schema(s, "Order").pop("required"),
        [("models.Order.id", MINOR, "`models.Order` can be made without `id`")],
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
    "attribute of another key": (
        lambda s: schema(s, "User").update(
            properties={"fullName": {**TEXT, "x-python-name": "name"}}
        ),
        [("models.User.name", MAJOR, "`models.User.name` is read from `fullName`, was `name`")],
    ),
    "arguments of each other's keys": (
        lambda s: [
            body(s)["properties"][key].update({"x-python-name": name})
            for key, name in (("code", "note"), ("note", "code"))
        ],
        [
            ("orders.create", MAJOR, "`orders.create` now requires `note`"),
            ("orders.create", MAJOR, "`orders.create` sends `code` as `note`, was `code`"),
            ("orders.create", MAJOR, "`orders.create` sends `note` as `code`, was `note`"),
            ("orders.create", MINOR, "`orders.create` no longer requires `code`"),
        ],
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


def _hook(name: str, schema: Any) -> Edit:
    post = {"requestBody": content(schema), "responses": {"200": {"description": "OK"}}}
    return lambda s: s.setdefault("webhooks", {}).update({name: {"post": post}})


# Before and after, and what it means.
WEBHOOKS: Final[dict[str, tuple[Edit, Edit, list[Row]]]] = {
    "came": (
        lambda _: None,
        _hook("order.paid", ref("Order")),
        [("webhooks.ORDER_PAID", MINOR, "`webhooks.ORDER_PAID` is new")],
    ),
    "went": (
        _hook("order.paid", ref("Order")),
        lambda _: None,
        [("webhooks.ORDER_PAID", MAJOR, "`webhooks.ORDER_PAID` was removed")],
    ),
    "another body": (
        _hook("order.paid", ref("Order")),
        _hook("order.paid", ref("User")),
        [
            (
                "webhooks.ORDER_PAID",
                MAJOR,
                "`webhooks.ORDER_PAID` decodes to `models.User`, was `models.Order`",
            )
        ],
    ),
    "another name on the wire": (
        _hook("order.paid", ref("Order")),
        _hook("order-paid", ref("Order")),
        [
            (
                "webhooks.ORDER_PAID",
                MAJOR,
                "`webhooks.ORDER_PAID` is the request `order-paid`, was `order.paid`",
            )
        ],
    ),
}
