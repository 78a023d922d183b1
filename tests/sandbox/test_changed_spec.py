"""The sandbox with another spec: operations without a behaviour get examples as responses."""

import copy
import json
from decimal import Decimal
from typing import Any, Final

import pytest

from chessa.testing import Sandbox, SandboxError
from chessa.testing._spec.validation import check_response
from chessa_api.exact_json import dumps, loads
from tests.credentials import ID_HEADER, SECRET_HEADER

Spec = dict[str, Any]
Place = tuple[str | int, ...]
Changes = dict[Place, Any]
"""Values to put at places of the spec; `REMOVED` removes one."""
REMOVED: Final = object()
PATH: Final = "/v1/referrals"
NEW: Final = ("paths", PATH, "get")
OBJECT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def ask(api: Sandbox, method: str, target: str, body: Any = None) -> tuple[int | None, Any]:
    """Send a request with credentials; return status and JSON of the response."""
    headers = [(ID_HEADER, api.client_id), (SECRET_HEADER, api.client_secret)]
    data = b"" if body is None else dumps(body)
    headers += [("content-type", "application/json")] if data else []
    delivery = api.backend.answer(method, target, headers, data)
    return delivery.status, loads(delivery.body) if delivery.body else None


def changed(spec: Spec, changes: Changes) -> Spec:
    """Apply changes to a spec, and return it."""
    for place, value in changes.items():
        node: Any = spec
        for part in place[:-1]:
            node = node[part] if isinstance(part, int) else node.setdefault(part, {})
        if value is REMOVED:
            del node[place[-1]]
        else:
            node[place[-1]] = copy.deepcopy(value)
    return spec


def returning(path: str, method: str = "get", status: str = "200") -> Place:
    """Return the place of the schema of a response."""
    return ("paths", path, method, "responses", status, "content", "application/json", "schema")


def operation(schema: Any, status: str = "200", **more: Any) -> Spec:
    """Return an operation whose response has this schema."""
    content = {} if schema is None else {"content": {"application/json": {"schema": schema}}}
    return {"responses": {status: {"description": "OK", **content}}, **more}


TREE = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "leaf": {"$ref": "#/components/schemas/Tree"}},
}
NEVER = {"type": "string", "pattern": "^(no)+$"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "example": "ref_1"}, "ref_1"),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"type": "string", "x-open-enum": ["pending"]}, "pending"),
        ({"type": "string", "format": "date-time"}, "2025-03-18T06:05:27.754Z"),
        ({"type": "string", "format": "decimal", "pattern": r"^[0-9.]+$"}, "1.00"),
        ({"type": "string", "minLength": 20}, "exampleexampleexampl"),
        ({"type": "string", "maxLength": 2}, "1"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "ABC"),
        ({"type": "integer", "minimum": 5}, 10),
        ({"type": "number", "minimum": Decimal("0.5"), "maximum": Decimal("0.75")}, Decimal("0.5")),
        ({"type": "integer", "minimum": 101, "multipleOf": 25}, 125),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "string", "nullable": True, "enum": [None]}, None),
        ({"oneOf": [{"type": "integer"}, OBJECT]}, 1),
        ({"allOf": [OBJECT, {"properties": {"n": {"type": "number"}}}]}, {"id": "example", "n": 1}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {}),
        ({"type": "object", "minProperties": 2, "additionalProperties": {"type": "boolean"}},
         {"key1": True, "key2": True}),
        ({"$ref": "#/components/schemas/Tree"}, ...),
        ({}, "example"),
        ({"properties": {"n": {"type": "number", "format": "double"}}}, {"n": 1}),
        ({"items": {"type": "string"}, "minItems": 1}, ["example"]),
        ({"type": "array", "items": NEVER}, []),
        ({"type": "array", "maxItems": 0, "items": {"type": "string"}}, []),
        ({"type": "integer", "multipleOf": 7, "minimum": 1}, 7),
        ({"type": "integer", "multipleOf": 7, "not": {"enum": [0]}}, 7),
        ({"type": "integer", "minimum": 12, "maximum": 12}, 12),
        ({"type": "integer", "minimum": 12, "exclusiveMinimum": True}, 13),
        ({"type": "number", "multipleOf": Decimal("0.75"), "minimum": 1}, Decimal("1.50")),
        ({"type": "object", "properties": {"no": NEVER}}, {}),
        ({"allOf": [{"description": "Nothing."}, {"required": ["id"]}, OBJECT]}, {"id": "example"}),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, "1"),
        ({"nullable": True, **NEVER}, None),
    ],
)  # fmt: skip
def test_a_new_operation_responds_with_an_example(spec: Spec, schema: Spec, expected: Any) -> None:
    """The response is a value that the schema allows, and marked as invented."""
    changed(spec, {("components", "schemas"): {"Tree": TREE}, NEW: operation(schema)})
    with Sandbox(spec=spec) as api:
        status, body = ask(api, "GET", PATH)
        assert (status, expected) == (200, ... if expected is ... else body)
        made = api.requests[-1]
        assert (made.operation, made.invented) == (f"GET {PATH}", ("",))


ORDER = (*returning("/v1/orders/{orderId}"), "properties", "order")
STATUS, AMOUNT = (*ORDER, "properties", "status"), (*ORDER, "properties", "originAmount")
REFUND = ("paths", "/v1/orders/refund", "post")
REFUND_SCHEMA = (*REFUND, "requestBody", "content", "application/json", "schema")
REASON = {"in": "query", "name": "reason", "required": True, "schema": {"type": "string"}}
ERROR = (
    "components", "responses", "Error", "content", "application/json", "schema",
)  # fmt: skip
EXAMPLES = {"broken": {"value": {"id": 7}}, "good": {"value": {"id": "r1", "new": 1.5}}}
MEDIA = {"schema": OBJECT, "examples": EXAMPLES}
CREATED = {"201": {"description": "OK", "content": {"application/json": MEDIA}}}
DELETED = {"204": {"description": "OK"}, "422": {"description": "No"}}
FORMS = {"text/html": {}, "application/json": {"schema": OBJECT}}
EXACT = {"type": "number", "multipleOf": Decimal("0.1")}
NUMBERS = {"type": "object", "properties": {"n": EXACT}}
COUNT = {"type": "string", "pattern": "^[0-9]+$"}
REQUESTED = {"204": {"description": "Requested"}}
POSTED: dict[str, Any] = {"requestBody": {"content": {"application/json": {"schema": NUMBERS}}}}
MOVED = {
    "operationId": "orders.fetch",
    "parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}],
}
# Changes, a request (ORDER_ID stands for a failed order), status, members of the response by place,
# and the pointers of invented values.
SITUATIONS: dict[str, tuple[Changes, tuple[Any, ...], int, Changes, tuple[str, ...]]] = {
    "a valid example is preferred": (
        {("paths", PATH, "post"): {"operationId": "referrals.create", "responses": CREATED}},
        ("POST", PATH), 201, {("id",): "r1", ("new",): Decimal("1.5")}, ("",)),
    "a response without content": (
        {("paths", f"{PATH}/{{id}}", "delete"): {"responses": DELETED}},
        ("DELETE", f"{PATH}/1"), 204, {}, ()),
    "JSON next to other forms": (
        {(*NEW, "responses"): {"200": {"description": "OK", "content": FORMS}}},
        ("GET", PATH), 200, {("id",): "example"}, ("",)),
    "a missing argument that is required now": (
        {(*REFUND, "parameters"): [REASON]},
        ("POST", "/v1/orders/refund", {"orderId": "ORDER_ID", "address": "x"}),
        400, {("error",): "validation_error"}, ()),
    "an argument that is required now": (
        {(*REFUND, "parameters"): [REASON]},
        ("POST", "/v1/orders/refund?reason=late", {"orderId": "ORDER_ID", "address": "x"}),
        200, {("orderId",): "ORDER_ID"}, ()),
    "a new field": (
        {(*ORDER, "properties", "riskScore"): {"type": "number", "example": 1.5}},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("order", "riskScore"): Decimal("1.5")},
        ("/order/riskScore",)),
    "a string that is a number now": (
        {AMOUNT: {"type": "number"}},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("order", "originAmount"): 10},
        ("/order/originAmount",)),
    "a number out of the bounds of now": (
        {AMOUNT: {"type": "number", "minimum": 500}},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("order", "originAmount"): 500},
        ("/order/originAmount",)),
    "a string that is an object now": (
        {STATUS: OBJECT},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("order", "status"): {"id": "example"}},
        ("/order/status",)),
    "another spelling": (
        {STATUS: {"type": "string", "enum": ["created", "FAILED"]}},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("order", "status"): "FAILED"}, ("/order/status",)),
    "a removed field": (
        {AMOUNT: REMOVED},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("order", "originAmount"): "10.00000000"}, ()),
    "a new envelope": (
        {(*ORDER[:-2], "required"): ["data"], ORDER[:-1]: {"data": OBJECT}},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("data",): {"id": "example"}}, ("/data",)),
    "a null that is not allowed now is left out": (
        {(*ORDER, "properties", "cryptoPayout"): {"type": "string"}},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("order", "cryptoPayout"): REMOVED},
        ("/order/cryptoPayout",)),
    "a count that is a string now": (
        {(*returning("/v1/orders"), "properties", "pagination", "properties", "total"): COUNT},
        ("GET", "/v1/orders"), 200, {("pagination", "total"): "1"}, ("/pagination/total",)),
    "a rate that is a string now": (
        {(*returning("/v1/rates/{from}/{to}"), "properties", "rate", "properties", "rate"):
            {"type": "string", "format": "decimal"}},
        ("GET", "/v1/rates/BTC/NGN"), 200, {("rate", "rate"): "123907604.62500001500"},
        ("/rate/rate",)),
    "an argument that was renamed: no guess, an example": (
        {(*REFUND_SCHEMA, "properties"): {"order": {"type": "string"}},
         (*REFUND_SCHEMA, "required"): ["order"]},
        ("POST", "/v1/orders/refund", {"order": "ORDER_ID", "address": "x"}),
        200, {("refundId",): "ref_123456789abcdef"}, ("",)),
    "a path parameter that was renamed": (
        {("paths", "/v1/orders/{id}", "get"):
            {**MOVED, **operation({"type": "object", "properties": {"order": OBJECT}})},
         ("paths", "/v1/orders/{orderId}"): REMOVED},
        ("GET", "/v1/orders/ORDER_ID"), 200, {("order", "id"): "ORDER_ID"}, ()),
    "an error with another member": (
        {(*ERROR, "required"): ["requestId"],
         (*ERROR, "properties", "requestId"): {"type": "string", "example": "req_1"}},
        ("GET", "/v1/orders/unknown"), 404,
        {("error",): "not_found", ("requestId",): "req_1"}, ("/requestId",)),
    "another success status": (
        {("paths", "/v1/users/me", "get", "responses"): operation({}, "202")["responses"]},
        ("GET", "/v1/users/me"), 202, {("user", "email"): "sandbox.user@example.com"}, ()),
    "a success that lost its content": (
        {(*REFUND, "responses"): REQUESTED},
        ("POST", "/v1/orders/refund", {"orderId": "ORDER_ID", "address": "x"}), 204, {}, ()),
    "a number that is too large to check": (
        {("paths", PATH, "post"): operation(OBJECT, **POSTED)},
        ("POST", PATH, {"n": Decimal("1e400")}), 400,
        {("error",): "validation_error", ("message",): "body: the number cannot be checked"}, ()),
}  # fmt: skip


@pytest.mark.parametrize("situation", SITUATIONS)
def test_responses_conform_to_the_changed_spec(spec: Spec, situation: str) -> None:
    """Values that the spec adds or retypes are invented; the others are of the behaviour."""
    changes, (method, target, *body), status, members, invented = SITUATIONS[situation]
    with Sandbox(spec=changed(spec, changes)) as api:
        order = api.add_order().fail()

        def named(value: Any) -> Any:
            return loads(dumps(value).replace(b"ORDER_ID", order.id.encode()))

        got, response = ask(api, method, named(target), *map(named, body))
        assert (got, api.requests[-1].invented) == (status, invented)
        for place, expected in members.items():
            node = response
            for part in place[:-1]:
                node = node[part]
            if expected is REMOVED:
                assert place[-1] not in node
            else:
                assert node[place[-1]] == named(expected)
        assert len(api.refunds) == (api.requests[-1].operation == "orders.request_refund") * (
            status < 300 and not invented
        )


def test_an_error_without_a_schema_has_the_envelope(spec: Spec) -> None:
    """An error status that is documented without content comes in the vendor's envelope."""
    new = {"operationId": "referrals.delete", "responses": DELETED}
    with Sandbox(spec=changed(spec, {("paths", PATH, "delete"): new})) as api:
        api.fail_next(422, error="no", operation="referrals.delete")
        status, body = ask(api, "DELETE", PATH)
        assert (status, body["error"]) == (422, "no")


def test_a_required_header_of_a_response(spec: Spec) -> None:
    """Headers that the spec requires are sent with examples."""
    page = {"required": True, "schema": {"type": "integer"}}
    headers = {"x-page": page, "x-other": {"schema": {}}}
    changes: Changes = {NEW: operation(OBJECT), (*NEW, "responses", "200", "headers"): headers}
    with Sandbox(spec=changed(spec, changes)) as api:
        credentials = [(ID_HEADER, api.client_id), (SECRET_HEADER, api.client_secret)]
        delivery = api.backend.answer("GET", PATH, credentials, b"")
        assert dict(delivery.headers) == {"content-type": "application/json", "x-page": "1"}


ENDLESS = {
    "type": "object",
    "required": ["next"],
    "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
}


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        (operation({"type": "string", "pattern": "^[0-9]{3}-[a-f]{9}$"}), "no example for the res"),
        (operation({"$ref": "#/components/schemas/Endless"}), "no example for the response to GET"),
        ({"responses": {"404": {"description": "Never"}}}, "documents no success of GET /v1/ref"),
    ],
)
def test_a_spec_without_a_possible_response(spec: Spec, new: Spec, problem: str) -> None:
    """The error names the operation: no impossible example, no recursion, no invented success."""
    api = Sandbox(spec=changed(spec, {("components", "schemas"): {"Endless": ENDLESS}, NEW: new}))
    with pytest.raises(SandboxError, match=problem):
        ask(api, "GET", PATH)
    with pytest.raises(SandboxError, match=problem):
        api.check()


INTEGERS = {"type": "array", "items": {"type": "integer"}}
PARAMETERS: list[tuple[Spec, str, str | None]] = [
    ({"in": "query", "name": "n", "schema": {"type": "integer", "minimum": 1}}, "?n=2", "?n=0"),
    ({"in": "query", "name": "n", "schema": {"type": "integer"}}, "?n=-2", "?n=2.5"),
    ({"in": "query", "name": "n", "required": True, "schema": {"type": "string"}}, "?n=", ""),
    ({"in": "query", "name": "b", "schema": {"type": "boolean"}}, "?b=false", "?b=no"),
    ({"in": "query", "name": "d", "schema": {"type": "string", "format": "date"}},
     "?d=2025-03-18", "?d=18.3.2025"),
    ({"in": "query", "name": "l", "schema": INTEGERS}, "?l=1&l=2", "?l=1,2"),
    ({"in": "query", "name": "l", "explode": False, "schema": {**INTEGERS, "maxItems": 2}},
     "?l=1,2", "?l=1,2,3"),
    ({"in": "query", "name": "l", "style": "pipeDelimited", "explode": False,
      "schema": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}},
     "?l=a%7Cb", "?l=a%7Cc"),
    ({"in": "query", "name": "u", "schema": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]}},
     "?u=true", "?u=x"),
    ({"in": "query", "name": "j", "content": {"application/json": {"schema": OBJECT}}},
     "?j=%7B%22id%22%3A%22x%22%7D", "?j=%7B"),
    ({"in": "query", "name": "e", "schema": {"type": "string", "enum": ["1"]}}, "?e=1", "?e=3"),
    ({"in": "header", "name": "X-Missing", "schema": {"type": "string"}}, "", None),
    ({"in": "header", "name": "Accept", "required": True, "schema": {"type": "string"}}, "", None),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "right", "wrong"), PARAMETERS)
def test_parameters_are_checked(spec: Spec, parameter: Spec, right: str, wrong: str | None) -> None:
    """Each kind of parameter is read as its schema says, and refused if it does not conform."""
    new = operation(OBJECT, parameters=[{"$ref": "#/components/parameters/P"}])
    changes: Changes = {NEW: new, ("components", "parameters"): {"P": parameter}}
    with Sandbox(spec=changed(spec, changes)) as api:
        assert ask(api, "GET", f"{PATH}{right}")[0] == 200
        if wrong is not None:
            status, body = ask(api, "GET", f"{PATH}{wrong}")
            assert (status, body["error"]) == (400, "validation_error")
            assert parameter["name"] in body["message"]


def test_an_operation_without_credentials(spec: Spec) -> None:
    """Only an operation that says so itself is open to all."""
    changes: Changes = {
        ("security",): [],
        ("paths", "/v1/configurations", "get", "security"): [],
    }
    with Sandbox(spec=changed(spec, changes)) as api:
        targets = ("/v1/configurations", "/v1/users/me")
        statuses = [api.backend.answer("GET", target, [], b"").status for target in targets]
        assert statuses == [200, 401]


@pytest.mark.parametrize("version", ["3.1.0", "3.2.0"])
def test_newer_openapi(version: str, spec: Spec) -> None:
    """A document of a newer version, with its own nullable and boolean schemas, works as well."""
    newer = json.loads(json.dumps(spec, default=float).replace('"nullable": true', '"x-was": true'))
    nullable = {"type": ["object", "null"], "properties": {"a": {"const": "b"}, "any": True}}
    with Sandbox(spec=changed(newer, {("openapi",): version, NEW: operation(nullable)})) as api:
        order = api.add_order().fail()
        assert ask(api, "GET", f"/v1/orders/{order.id}")[1]["order"]["id"] == order.id
        assert ask(api, "GET", PATH) == (200, {"a": "b", "any": "example"})


CIRCLE = {"A": {"$ref": "#/components/responses/B"}, "B": {"$ref": "#/components/responses/A"}}
IN_A_CIRCLE = {"get": {"responses": {"200": {"$ref": "#/components/responses/A"}}}}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({}, "not an OpenAPI document"),
        ({"openapi": "3.0.3", "paths": []}, "not an OpenAPI document"),
        ({"openapi": "4.0.0", "paths": {}}, "OpenAPI 4.0.0 is not supported"),
        ({"openapi": "3.0.3", "paths": {"/a": {"$ref": "http://x/y"}}}, "outside of itself"),
        ({"openapi": "3.0.3", "paths": {"/a": {"$ref": "#/x"}}}, "what it does not have"),
        (
            {"openapi": "3.0.3", "paths": {"/a": IN_A_CIRCLE}, "components": {"responses": CIRCLE}},
            "refer to each other",
        ),
    ],
)
def test_a_document_that_is_not_a_spec_is_refused(document: Spec, problem: str) -> None:
    """The error comes when the sandbox is made."""
    with pytest.raises(ValueError, match=problem):
        Sandbox(spec=document)


def test_a_long_message_is_cut(spec: Spec) -> None:
    """A problem is one line, however long the invalid value is."""
    tag: Changes = {(*REFUND_SCHEMA, "properties", "tag"): {"type": "string", "maxLength": 9}}
    with Sandbox(spec=changed(spec, tag)) as api:
        body = {"orderId": "x", "address": "x" * 5_000, "tag": "y" * 5_000}
        status, response = ask(api, "POST", "/v1/orders/refund", body)
        assert status == 400
        assert "is too long" in response["message"]
        assert len(response["message"]) < 400


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, {"user": 7}, "body.user: must be of type object"),
        (299, {}, "the status 299 is not documented"),
        (204, {}, "it has a body, where none is documented"),
    ],
)
def test_a_response_that_breaks_the_spec_is_a_defect(
    spec: Spec, status: int, body: Any, problem: str
) -> None:
    """The sandbox checks its own responses, and names the one that is not as documented."""
    place = ("paths", "/v1/users/me", "get", "responses", "204")
    backend = Sandbox(spec=changed(spec, {place: {"description": "None"}})).backend
    found = backend.spec.find("users.me")
    with pytest.raises(SandboxError, match=problem) as caught:
        check_response(backend.schemas, found, status, body)
    assert f"response to users.me ({status}) breaks the spec" in str(caught.value)
    check_response(backend.schemas, found, 418, {"error": "teapot"})  # errors may be any
