"""The sandbox driven by another spec: what it has no behaviour for, it answers from the schemas."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from chessa.testing import Sandbox, SandboxError
from chessa_api.exact_json import dumps, loads
from tests.credentials import ID_HEADER, SECRET_HEADER

Spec = dict[str, Any]


def ask(api: Sandbox, method: str, target: str, body: Any = None) -> tuple[int | None, Any]:
    """Send a request with credentials: status and JSON of the answer."""
    headers = [(ID_HEADER, api.client_id), (SECRET_HEADER, api.client_secret)]
    data = b"" if body is None else dumps(body)
    headers += [("content-type", "application/json")] if data else []
    answer = api.backend.answer(method, target, headers, data)
    return answer.status, loads(answer.body) if answer.body else None


def answer_schema(spec: Spec, path: str, method: str = "get", status: str = "200") -> Spec:
    """The schema of a documented answer."""
    answers = spec["paths"][path][method]["responses"]
    schema: Spec = answers[status]["content"]["application/json"]["schema"]
    return schema


def new_operation(answer: Any, status: str = "200", **more: Any) -> Spec:
    """An operation that answers this schema."""
    content = {} if answer is None else {"content": {"application/json": {"schema": answer}}}
    return {"responses": {status: {"description": "OK", **content}}, **more}


OBJECT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


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
        ({"$ref": "#/components/schemas/Tree"}, None),
        ({}, "example"),
    ],
)  # fmt: skip
def test_a_new_operation_answers_an_example(spec: Spec, schema: Spec, expected: Any) -> None:
    """Whatever the schema, the answer is a value that it allows, and marked as invented."""
    tree: Spec = {"type": "object", "required": ["name"]}
    tree["properties"] = {"name": {"type": "string"}, "leaf": {"$ref": "#/components/schemas/Tree"}}
    spec["components"]["schemas"] = {"Tree": tree}
    spec["paths"]["/v1/referrals"] = {"get": new_operation({**schema})}
    with Sandbox(spec=spec) as api:
        status, answer = ask(api, "GET", "/v1/referrals")
        assert status == 200
        if expected is not None or schema.get("enum") == [None]:
            assert answer == expected
        assert (api.requests[-1].operation, api.requests[-1].invented) == (
            "GET /v1/referrals",
            ("",),
        )


def test_a_new_operation_prefers_the_examples_of_the_spec(spec: Spec) -> None:
    """A valid example is taken as it is; one that breaks its own schema is not."""
    operation = new_operation(OBJECT, "201", operationId="referrals.create")
    media = operation["responses"]["201"]["content"]["application/json"]
    media["examples"] = {
        "broken": {"value": {"id": 7}},
        "good": {"value": {"id": "r1", "new": 1.5}},
    }
    spec["paths"]["/v1/referrals"] = {"post": operation}
    with Sandbox(spec=spec) as api:
        assert ask(api, "POST", "/v1/referrals") == (201, {"id": "r1", "new": Decimal("1.5")})
        assert api.requests[-1].operation == "referrals.create"


def test_an_answer_without_content(spec: Spec) -> None:
    """204 has no body, and an error status without a schema still has the vendor's envelope."""
    operation = new_operation(None, "204", operationId="referrals.delete")
    operation["responses"]["422"] = {"description": "No"}
    spec["paths"]["/v1/referrals/{id}"] = {"delete": operation}
    with Sandbox(spec=spec) as api:
        assert ask(api, "DELETE", "/v1/referrals/1") == (204, None)
        api.fail_next(422, error="no", operation="referrals.delete")
        status, answer = ask(api, "DELETE", "/v1/referrals/1")
        assert (status, answer["error"]) == (422, "no")


def test_a_required_header_of_an_answer(spec: Spec) -> None:
    """What the spec requires beside the body is there as well."""
    operation = new_operation(OBJECT)
    headers = {
        "x-page": {"required": True, "schema": {"type": "integer"}},
        "x-other": {"schema": {}},
    }
    operation["responses"]["200"]["headers"] = headers
    spec["paths"]["/v1/referrals"] = {"get": operation}
    with Sandbox(spec=spec) as api:
        credentials = [(ID_HEADER, api.client_id), (SECRET_HEADER, api.client_secret)]
        answer = api.backend.answer("GET", "/v1/referrals", credentials, b"")
        assert dict(answer.headers) == {"content-type": "application/json", "x-page": "1"}


def test_a_spec_without_a_possible_example(spec: Spec) -> None:
    """Where no example can be found the test is told what to give one to."""
    impossible = {"type": "string", "pattern": "^[0-9]{3}-[a-f]{9}$"}
    spec["paths"]["/v1/referrals"] = {"get": new_operation(impossible)}
    with pytest.raises(SandboxError, match="no example for the answer to GET /v1/referrals"):
        ask(Sandbox(spec=spec), "GET", "/v1/referrals")


PARAMETERS: list[tuple[Spec, str, str | None]] = [
    ({"in": "query", "name": "n", "schema": {"type": "integer", "minimum": 1}}, "?n=2", "?n=0"),
    ({"in": "query", "name": "n", "schema": {"type": "integer"}}, "?n=-2", "?n=2.5"),
    ({"in": "query", "name": "n", "required": True, "schema": {"type": "string"}}, "?n=", ""),
    ({"in": "query", "name": "b", "schema": {"type": "boolean"}}, "?b=false", "?b=no"),
    ({"in": "query", "name": "d", "schema": {"type": "string", "format": "date"}},
     "?d=2025-03-18", "?d=18.3.2025"),
    ({"in": "query", "name": "l", "schema": {"type": "array", "items": {"type": "integer"}}},
     "?l=1&l=2", "?l=1,2"),
    ({"in": "query", "name": "l", "explode": False,
      "schema": {"type": "array", "items": {"type": "integer"}, "maxItems": 2}},
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
    ({"in": "cookie", "name": "c", "required": True, "schema": {"type": "string"}}, "", None),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "right", "wrong"), PARAMETERS)
def test_parameters_are_checked(spec: Spec, parameter: Spec, right: str, wrong: str | None) -> None:
    """Each kind of parameter is read as its schema says, and refused where it does not fit."""
    operation = new_operation(OBJECT, parameters=[{"$ref": "#/components/parameters/P"}])
    spec["components"]["parameters"] = {"P": parameter}
    spec["paths"]["/v1/referrals"] = {"get": operation}
    with Sandbox(spec=spec) as api:
        assert ask(api, "GET", f"/v1/referrals{right}")[0] == 200
        if wrong is not None:
            status, answer = ask(api, "GET", f"/v1/referrals{wrong}")
            assert (status, answer["error"]) == (400, "validation_error")
            assert parameter["name"] in answer["message"]


def test_a_required_argument_is_asked_for(spec: Spec) -> None:
    """A spec that wants more of a known operation gets it, before the operation acts."""
    spec["paths"]["/v1/orders/refund"]["post"]["parameters"] = [
        {"in": "query", "name": "reason", "required": True, "schema": {"type": "string"}}
    ]
    with Sandbox(spec=spec) as api:
        order = api.add_order().fail()
        body = {"orderId": order.id, "address": "x"}
        assert ask(api, "POST", "/v1/orders/refund", body)[0] == 400
        assert ask(api, "POST", "/v1/orders/refund?reason=late", body)[0] == 200
        assert len(api.refunds) == 1


Change = Callable[[Spec], None]


def _field(schema: Spec) -> None:
    schema["properties"]["order"]["properties"]["riskScore"] = {"type": "number", "example": 1.5}


def _number(schema: Spec) -> None:
    schema["properties"]["order"]["properties"]["originAmount"] = {"type": "number"}


def _object(schema: Spec) -> None:
    schema["properties"]["order"]["properties"]["status"] = OBJECT


def _enum(schema: Spec) -> None:
    status = {"type": "string", "enum": ["created", "failed"]}
    schema["properties"]["order"]["properties"]["status"] = status


def _removed(schema: Spec) -> None:
    del schema["properties"]["order"]["properties"]["originAmount"]


def _wrapped(schema: Spec) -> None:
    schema["required"] = ["data"]
    schema["properties"] = {"data": schema["properties"]["order"]}


@pytest.mark.parametrize(
    ("change", "pointer", "expected"),
    [
        (_field, "/order/riskScore", Decimal("1.5")),
        (_number, "/order/originAmount", 10),
        (_object, "/order/status", {"id": "example"}),
        (_enum, "/order/status", "failed"),
        (_removed, None, "10.00000000"),
        (_wrapped, "/data", ...),
    ],
)
def test_a_changed_answer_fits_its_spec(
    spec: Spec, change: Change, pointer: str | None, expected: Any
) -> None:
    """What the spec adds or retypes is filled in; all else stays what the behaviour answers."""
    change(answer_schema(spec, "/v1/orders/{orderId}"))
    with Sandbox(spec=json.loads(json.dumps(spec, default=float))) as api:
        order = api.add_order().fail()
        status, answer = ask(api, "GET", f"/v1/orders/{order.id}")
        assert status == 200
        assert api.requests[-1].invented == (() if pointer is None else (pointer,))
        place = (pointer or "/order/originAmount").split("/")[1:]
        for name in place:
            answer = answer[name]
        assert expected is ... or answer == expected


def test_a_renamed_member_gets_an_example(spec: Spec) -> None:
    """A behaviour whose arguments are no longer documented does not act on a guess."""
    body = spec["paths"]["/v1/orders/refund"]["post"]["requestBody"]["content"]
    schema = body["application/json"]["schema"]
    schema["properties"]["order"] = schema["properties"].pop("orderId")
    schema["required"] = ["order", "address"]
    with Sandbox(spec=spec) as api:
        order = api.add_order().fail()
        status, answer = ask(api, "POST", "/v1/orders/refund", {"order": order.id, "address": "x"})
        assert (status, answer["refundId"]) == (200, "ref_123456789abcdef")
        assert api.refunds == ()
        assert api.requests[-1].invented == ("",)


def test_a_renamed_path_parameter_changes_nothing(spec: Spec) -> None:
    """Behaviours go by method and path, and take the values in it by their order."""
    item = spec["paths"].pop("/v1/orders/{orderId}")
    item["get"]["parameters"][0]["name"] = "id"
    item["get"]["operationId"] = "orders.fetch"
    spec["paths"]["/v1/orders/{id}"] = item
    with Sandbox(spec=spec) as api:
        order = api.add_order()
        assert ask(api, "GET", f"/v1/orders/{order.id}")[1]["order"]["id"] == order.id
        assert api.requests[-1].operation == "orders.fetch"
        assert api.requests[-1].invented == ()


def test_a_changed_error_fits_its_spec(spec: Spec) -> None:
    """An error that the spec documents in another form comes in that form."""
    error = spec["components"]["responses"]["Error"]["content"]["application/json"]["schema"]
    error["required"] = ["requestId"]
    error["properties"]["requestId"] = {"type": "string", "example": "req_1"}
    with Sandbox(spec=spec) as api:
        status, answer = ask(api, "GET", "/v1/orders/nobody")
        assert (status, answer["error"], answer["requestId"]) == (404, "not_found", "req_1")


def test_another_success_status(spec: Spec) -> None:
    """A behaviour answers with the status that the spec documents."""
    answers = spec["paths"]["/v1/users/me"]["get"]["responses"]
    answers["202"] = answers.pop("200")
    with Sandbox(spec=spec) as api:
        assert ask(api, "GET", "/v1/users/me")[0] == 202


def test_an_operation_without_credentials(spec: Spec) -> None:
    """Only an operation that says so itself is open to all."""
    spec["security"] = []
    spec["paths"]["/v1/configurations"]["get"]["security"] = []
    with Sandbox(spec=spec) as api:
        assert api.backend.answer("GET", "/v1/configurations", [], b"").status == 200
        assert api.backend.answer("GET", "/v1/users/me", [], b"").status == 401


def test_openapi_3_1(spec: Spec) -> None:
    """A document of version 3.1, with its own way to say nullable, works as well."""
    text = json.dumps(spec, default=float).replace('"nullable": true', '"x-was": true')
    newer = json.loads(text)
    newer["openapi"] = "3.1.0"
    newer["paths"]["/v1/referrals"] = {
        "get": new_operation({"type": ["object", "null"], "properties": {"a": {"const": "b"}}})
    }
    with Sandbox(spec=newer) as api:
        order = api.add_order().fail()
        assert ask(api, "GET", f"/v1/orders/{order.id}")[1]["order"]["id"] == order.id
        assert ask(api, "GET", "/v1/referrals") == (200, {"a": "b"})


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({}, "not an OpenAPI document"),
        ({"openapi": "3.0.3", "paths": []}, "not an OpenAPI document"),
        ({"openapi": "4.0.0", "paths": {}}, "OpenAPI 4.0.0 is not supported"),
        ({"openapi": "3.0.3", "paths": {"/a": {"$ref": "http://x/y"}}}, "outside of itself"),
        ({"openapi": "3.0.3", "paths": {"/a": {"$ref": "#/x"}}}, "what it does not have"),
    ],
)
def test_what_is_no_spec(document: Spec, problem: str) -> None:
    """Something else than an OpenAPI document is refused when the sandbox is made."""
    with pytest.raises(ValueError, match=problem):
        Sandbox(spec=document)
