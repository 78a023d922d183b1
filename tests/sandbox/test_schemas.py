"""Schemas that are seldom seen: the sandbox answers, fits and refuses by them all the same."""

from decimal import Decimal
from typing import Any

import pytest

from chessa.testing import Sandbox, SandboxError
from chessa.testing._spec.validation import check_response
from tests.sandbox.test_changed_spec import OBJECT, Spec, answer_schema, ask, new_operation

PATH = "/v1/referrals"


def answering(spec: Spec, schema: Any, **more: Any) -> Spec:
    """The spec with a new operation that answers this schema."""
    spec["paths"][PATH] = {"get": new_operation(schema, **more)}
    return spec


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"n": {"type": "number", "format": "double"}}}, {"n": 1}),
        ({"items": {"type": "string"}, "minItems": 1}, ["example"]),
        ({"type": "array", "items": {"type": "string", "pattern": "^(no)+$"}}, []),
        ({"type": "array", "maxItems": 0, "items": {"type": "string"}}, []),
        ({"type": "integer", "multipleOf": 7, "minimum": 1}, 7),
        ({"type": "integer", "multipleOf": 7, "not": {"enum": [0]}}, 7),
        ({"type": "integer", "minimum": 12, "maximum": 12}, 12),
        ({"type": "integer", "minimum": 12, "exclusiveMinimum": True}, 13),
        ({"type": "number", "multipleOf": Decimal("0.75"), "minimum": 1}, Decimal("1.50")),
        ({"type": "object", "properties": {"no": {"type": "string", "pattern": "^(no)+$"}}}, {}),
        ({"allOf": [{"description": "Nothing."}, {"required": ["id"]}, OBJECT]}, {"id": "example"}),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, "1"),
        ({"type": "string", "nullable": True, "pattern": "^(no)+$"}, None),
    ],
)
def test_an_example_is_found(spec: Spec, schema: Spec, expected: Any) -> None:
    """A value that the schema allows, whichever of its keywords are left out."""
    with Sandbox(spec=answering(spec, schema)) as api:
        assert ask(api, "GET", PATH) == (200, expected)


def test_a_schema_may_be_true(spec: Spec) -> None:
    """In a document of version 3.1 `true` is a schema, which anything fits."""
    answering(spec, {"type": "object", "required": ["any"], "properties": {"any": True}})
    newer = {**spec, "openapi": "3.1.0"}
    with Sandbox(spec=newer) as api:
        assert ask(api, "GET", PATH) == (200, {"any": "example"})


def test_a_value_that_has_no_form_in_the_spec_gets_an_example(spec: Spec) -> None:
    """An amount out of the bounds that the spec has now is replaced, and marked as invented."""
    schema = answer_schema(spec, "/v1/orders/{orderId}")["properties"]["order"]
    schema["properties"]["originAmount"] = {"type": "number", "minimum": 500}
    with Sandbox(spec=spec) as api:
        order = api.add_order()
        assert ask(api, "GET", f"/v1/orders/{order.id}")[1]["order"]["originAmount"] == 500
        assert api.requests[-1].invented == ("/order/originAmount",)


def test_what_can_only_go_on_for_ever_has_no_example(spec: Spec) -> None:
    """A schema that requires itself ends in words, not in a stack that is too deep."""
    endless = {"type": "object", "required": ["next"]}
    spec["components"]["schemas"] = {
        "Endless": {**endless, "properties": {"next": {"$ref": "#/components/schemas/Endless"}}}
    }
    answering(spec, {"$ref": "#/components/schemas/Endless"})
    with pytest.raises(SandboxError, match="no example for the answer to GET /v1/referrals"):
        ask(Sandbox(spec=spec), "GET", PATH)


def test_references_that_lead_in_a_circle(spec: Spec) -> None:
    """They are refused when the sandbox is made."""
    spec["components"]["responses"]["A"] = {"$ref": "#/components/responses/B"}
    spec["components"]["responses"]["B"] = {"$ref": "#/components/responses/A"}
    operation = {"responses": {"200": {"$ref": "#/components/responses/A"}}}
    spec["paths"][PATH] = {"get": operation}
    with pytest.raises(ValueError, match="lead to each other"):
        Sandbox(spec=spec)


def test_an_operation_without_a_success(spec: Spec) -> None:
    """The sandbox does not make up a success that the spec does not have."""
    spec["paths"][PATH] = {"get": {"responses": {"404": {"description": "Never there"}}}}
    api = Sandbox(spec=spec)
    with pytest.raises(SandboxError, match="documents no success of GET /v1/referrals"):
        ask(api, "GET", PATH)
    with pytest.raises(SandboxError, match="documents no success"):
        api.check()


def test_json_beside_other_forms(spec: Spec) -> None:
    """Of several forms of an answer the JSON one is given."""
    operation = new_operation(OBJECT)
    content = operation["responses"]["200"]["content"]
    operation["responses"]["200"]["content"] = {"text/html": {}, **content}
    spec["paths"][PATH] = {"get": operation}
    with Sandbox(spec=spec) as api:
        assert ask(api, "GET", PATH) == (200, {"id": "example"})


def test_an_answer_that_lost_its_content(spec: Spec) -> None:
    """A behaviour whose answer the spec took away acts, and answers nothing."""
    answers = spec["paths"]["/v1/orders/refund"]["post"]["responses"]
    answers["204"] = {"description": "Requested"}
    del answers["200"]
    with Sandbox(spec=spec) as api:
        order = api.add_order().fail()
        body = {"orderId": order.id, "address": "x"}
        assert ask(api, "POST", "/v1/orders/refund", body) == (204, None)
        assert len(api.refunds) == 1


def test_a_null_that_is_no_longer_allowed_is_left_out(spec: Spec) -> None:
    """A member that is not there yet is absent, rather than an invented address."""
    schema = answer_schema(spec, "/v1/orders/{orderId}")["properties"]["order"]
    schema["properties"]["cryptoAddress"] = {"type": "string"}
    with Sandbox(spec=spec) as api:
        order = api.add_order()
        status, answer = ask(api, "GET", f"/v1/orders/{order.id}")
        assert status == 200
        assert "cryptoAddress" not in answer["order"]
        assert api.requests[-1].invented == ("/order/cryptoAddress",)


def test_a_number_that_became_a_text_keeps_its_value(spec: Spec) -> None:
    """A count and an exact rate are written as the spec now wants them."""
    pages = answer_schema(spec, "/v1/orders")["properties"]["pagination"]["properties"]
    pages["total"] = {"type": "string", "pattern": "^[0-9]+$"}
    rate = answer_schema(spec, "/v1/rates/{from}/{to}")["properties"]["rate"]["properties"]
    rate["rate"] = {"type": "string", "format": "decimal"}
    with Sandbox(spec=spec) as api:
        api.add_order()
        assert ask(api, "GET", "/v1/orders")[1]["pagination"]["total"] == "1"
        assert api.requests[-1].invented == ("/pagination/total",)
        assert ask(api, "GET", "/v1/rates/BTC/NGN")[1]["rate"]["rate"] == "123907604.62500001500"
        assert api.requests[-1].invented == ("/rate/rate",)


def test_a_number_that_is_too_large_to_check_is_refused(spec: Spec) -> None:
    """`multipleOf` of a number of a thousand digits is an answer, not a crash."""
    body = {"type": "object", "properties": {"n": {"type": "number", "multipleOf": Decimal("0.1")}}}
    operation = new_operation(
        OBJECT, requestBody={"content": {"application/json": {"schema": body}}}
    )
    spec["paths"][PATH] = {"post": operation}
    with Sandbox(spec=spec) as api:
        status, answer = ask(api, "POST", PATH, {"n": Decimal("1e400")})
        assert (status, answer["error"]) == (400, "validation_error")
        assert "cannot be checked" in answer["message"]


def test_a_long_complaint_is_cut(spec: Spec) -> None:
    """What is wrong is said in a line, however long the value is that is wrong."""
    with Sandbox(spec=spec) as api:
        body = {"orderId": "x", "address": "x" * 5_000, "tag": "y" * 5_000}
        schema = spec["paths"]["/v1/orders/refund"]["post"]["requestBody"]["content"]
        schema["application/json"]["schema"]["properties"]["tag"] = {
            "type": "string",
            "maxLength": 9,
        }
        api = Sandbox(spec=spec)
        status, answer = ask(api, "POST", "/v1/orders/refund", body)
        assert status == 400
        assert "is too long" in answer["message"]
        assert len(answer["message"]) < 400


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, {"user": 7}, "body.user: must be of type object"),
        (299, {}, "the status 299 is not documented"),
        (204, {}, "it has a body, where none is documented"),
    ],
)
def test_an_answer_that_breaks_the_spec_is_a_defect(
    spec: Spec, status: int, body: Any, problem: str
) -> None:
    """The sandbox holds its own answers to the spec, and says which one is not as documented."""
    spec["paths"]["/v1/users/me"]["get"]["responses"]["204"] = {"description": "Nobody"}
    backend = Sandbox(spec=spec).backend
    operation = backend.spec.find("users.me")
    with pytest.raises(SandboxError, match=problem) as caught:
        check_response(backend.schemas, operation, status, body)
    assert f"answer to users.me ({status}) breaks the spec" in str(caught.value)
    check_response(backend.schemas, operation, 418, {"error": "teapot"})  # errors may be any
