"""A new part of the spec is in the reference after `regenerate.py` alone, with its example."""

from pathlib import Path
from typing import Any

import pytest

from chessa_codegen.docs import examples
from chessa_codegen.document import loader
from chessa_codegen.errors import SpecError
from tests.docs.made import Reference, document, make
from tests.docs.pages import ROOT, parsed, rows, section
from tests.marks import table
from tests.refs import followed, json_schema


def content(schema: Any, **more: Any) -> dict[str, Any]:
    """Return a body of a schema."""
    return {"content": {"application/json": {"schema": schema, **more}}}


CREATE: dict[str, Any] = {
    "tags": ["Referral Endpoints"],
    "summary": "Create Referral",
    "operationId": "createReferral",
    "parameters": [
        {"name": "x-region", "in": "header", "required": True, "schema": {"enum": ["eu", "us"]}},
        {
            "name": "since",
            "in": "query",
            "required": True,
            "schema": {"type": "string", "format": "date"},
        },
    ],
    "requestBody": {
        "required": True,
        **content(
            {
                "type": "object",
                "required": ["email", "rewardAmount", "level", "tags", "owner", "at"],
                "properties": {
                    "email": {"type": "string", "format": "email", "minLength": 6},
                    "rewardAmount": {"type": "number", "minimum": 0.5, "maximum": 0.75},
                    "level": {"title": "Level", "type": "string", "enum": ["low", "high"]},
                    "tags": {"type": "array", "minItems": 2, "items": {"type": "string"}},
                    "owner": {
                        "title": "Owner",
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                    },
                    "at": {"type": "string", "format": "date-time"},
                    "note": {"type": "string"},
                },
            }
        ),
    },
    "responses": {
        "201": {
            "description": "Created",
            **content(
                {
                    "title": "Referral",
                    "type": "object",
                    "required": ["id"],
                    "properties": {"id": {"type": "string"}, "rewardAmount": {"type": "number"}},
                }
            ),
        },
        "422": {
            "description": "Not a referral",
            **content({"type": "object"}, example={"error": "self_referral", "message": "No"}),
        },
    },
}
EVENTS = {
    "tags": ["Referral Endpoints"],
    "summary": "Follow Referrals",
    "operationId": "followReferrals",
    "responses": {
        "200": {
            "description": "Changes",
            "content": {
                "text/event-stream": {
                    "schema": {
                        "title": "Referral Change",
                        "type": "object",
                        "required": ["id"],
                        "properties": {"id": {"type": "string"}, "level": {"type": "string"}},
                    }
                }
            },
        }
    },
}
DELETE = {
    "tags": ["Referral Endpoints"],
    "operationId": "deleteReferral",
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
    "responses": {"204": {"description": "Gone"}},
}


@pytest.fixture(scope="module")
def evolved(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Make the reference of a vendored document with more operations, fields, values, errors."""
    spec = loader.read(ROOT / "spec" / "openapi.yaml")
    spec["paths"]["/v1/referrals"] = {"post": CREATE}
    spec["paths"]["/v1/referrals/{id}"] = {"delete": DELETE}
    spec["paths"]["/v1/referrals/events"] = {"get": EVENTS}
    if not any(tag["name"] == CREATE["tags"][0] for tag in spec["tags"]):
        spec["tags"].append({"name": CREATE["tags"][0]})
    refund = spec["paths"]["/v1/orders/refund"]["post"]
    body = json_schema(spec, refund["requestBody"])
    body["properties"]["reason"] = {"type": "string", "example": "Too late"}
    retrieve = spec["paths"]["/v1/orders/{orderId}"]["get"]
    envelope = json_schema(spec, retrieve["responses"]["200"])
    order = followed(spec, envelope["properties"]["order"])["properties"]
    order["riskScore"] = {"type": "number", "example": 0.5}
    followed(spec, order["status"])["enum"] = ["created", "paused"]
    retrieve["responses"]["404"] = {"description": "No such order"}
    return make(tmp_path_factory.mktemp("evolved"), spec, is_vendors=True)


def test_a_new_operation_has_its_section(evolved: Reference) -> None:
    """With arguments, result and errors, on a page of its own resource, and in the index."""
    tokens = parsed(evolved.page("referrals"))
    table = {row[0]: row for row in rows(section(tokens, "referrals.create_referral"))}
    assert table["reward_amount"][1:4] == ["Decimal or int", "yes", "rewardAmount in the body"]
    assert table["level"][1] == "Level or str"
    assert table["422"][1:] == ["UnprocessableEntityError", "Not a referral.", "self_referral: No"]
    assert [row[0] for row in rows(section(tokens, "Level"))] == [
        "constant",
        "Level.LOW",
        "Level.HIGH",
    ]
    assert "Returns nothing." in evolved.page("referrals")
    assert "(referrals.md#referralscreate_referral)" in evolved.page("README")
    assert evolved.made.notes == ()


def test_a_stream_of_events_has_its_section(evolved: Reference) -> None:
    """With the type of the data, how it is closed, and a program that reads it."""
    page = evolved.page("referrals")
    assert "-> EventStream[models.ReferralChange]: ..." in page
    assert "`data` of each is [`ReferralChange`](#referralchange). Close it" in page
    assert "with chessa.referrals.follow_referrals() as events:" in page
    assert "print(event.data.id)" in page


def test_new_parts_of_a_known_operation_are_shown(evolved: Reference) -> None:
    """A field, an argument, an enum value and an error status appear where they belong."""
    tokens = parsed(evolved.page("orders"))
    table = {row[0]: row for row in rows(section(tokens, "Order"))}
    assert table["risk_score"][1:3] == ["Decimal", "riskScore"]
    values = {row[0]: row for row in rows(section(tokens, "OrderStatus"))}
    assert values["OrderStatus.PAUSED"] == ["OrderStatus.PAUSED", "paused", "listed by the vendor"]
    assert values["OrderStatus.PROCESSING"][2] == "seen in examples"
    errors = {row[0]: row for row in rows(section(tokens, "orders.retrieve"))}
    assert errors["404"][1:] == ["NotFoundError", "No such order."]
    arguments = {row[0]: row for row in rows(section(tokens, "orders.request_refund"))}
    assert arguments["reason"][-1] == "Too late"


def test_examples_of_a_changed_spec_run(evolved: Reference) -> None:
    """Those of new operations and those of the known ones, against the sandbox of that spec."""
    assert 'reward_amount=Decimal("0.5")' in evolved.page("referrals")
    assert "level=models.Level.LOW" in evolved.page("referrals")
    evolved.run("referrals", "orders", "recipients", "rates", "users", "configurations")


def test_no_example_where_no_value_is_known(tmp_path: Path) -> None:
    """No value is guessed for a pattern: page and command say so; an entry gives the value."""
    code = {"name": "code", "in": "query", "required": True}
    code["schema"] = {"type": "string", "pattern": "(a+)+$"}
    node = {"operationId": "find", "tags": ["things"], "parameters": [code]}
    spec = document({"/t": {"get": {**node, "responses": {"204": {"description": ""}}}}})
    made = make(tmp_path / "one", spec)
    assert made.made.notes == ("things.find has no example: no value is known for code",)
    assert "No example:" in made.page("things")
    made = make(tmp_path / "two", spec, '["things.find"]\narguments.code = \'"aa"\'\n')
    assert 'chessa.things.find(code="aa")' in made.page("things")


def test_what_is_out_of_date_in_the_examples_is_said(tmp_path: Path) -> None:
    """An entry of no operation, and an argument that went, are named, and stop nothing."""
    node = {"operationId": "find", "tags": ["things"]}
    spec = document({"/t": {"get": {**node, "responses": {"204": {"description": ""}}}}})
    written = '["things.gone"]\nbefore = []\n["things.find"]\narguments.old = "1"\n'
    made = make(tmp_path, spec, written)
    assert made.made.notes == (
        "things.find has no argument old, which its example gives",
        "things.gone has an example, and is not an operation",
    )
    assert "chessa.things.find()" in made.page("things")


@table(
    ("written", "problem"),
    [
        ("[", "cannot be read"),
        ('["a.b"]\nafterwards = []\n', "a.b holds something else"),
        ("a = 1\n", "a holds something else"),
        ('["a.b"]\nbefore = "x"\n', "a.b holds something else than text"),
        ('["a.b"]\nbefore = [1]\n', "a.b holds something else than text"),
        ('["a.b"]\narguments = 1\n', "a.b holds something else than text"),
        ('["a.b"]\narguments.x = "1)"\n', "a.b holds invalid Python"),
        ('["a.b"]\nafter = ["if x"]\n', "a.b holds invalid Python"),
    ],
)
def test_examples_that_cannot_be_used_are_refused(
    tmp_path: Path, written: str, problem: str
) -> None:
    """With the name of the file and of the operation."""
    path = tmp_path / "examples.toml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(SpecError, match=problem) as caught:
        examples.read(path)
    assert "examples.toml" in str(caught.value)


def test_a_refusal_writes_nothing(tmp_path: Path) -> None:
    """Examples that cannot be used stop the run as a bad spec does."""
    with pytest.raises(SpecError, match="cannot be read"):
        make(tmp_path, document({}), "[")
    assert not (tmp_path / "generated" / "chessa_api").exists()
    assert not (tmp_path / "docs").exists()
