"""Each rule by a change that it names: there is none that nothing reaches."""

import copy
from typing import Any

import pytest

from chessa_tracking.diff.changes import RULES, Direction, Level, Place, rule_of, verdict
from chessa_tracking.diff.openapi import compare
from tests.marks import every, table
from tests.tracking.base import ANSWER, BASE, GET, POST, THING, Edit, drop, edited, put

S: dict[str, Any] = {"type": "string"}
N: dict[str, Any] = {"type": "number"}
A: dict[str, Any] = {"type": "array"}
O: dict[str, Any] = {"type": "object"}  # noqa: E741 - one letter for each type
L: dict[str, Any] = {"maxLength": 9}
LINK: dict[str, Any] = {"operationId": "get", "parameters": {"id": "$request.body#/id"}}

# What changes, and a schema without it and one with it; or before and after.
VALUES: dict[str, tuple[Any, Any]] = {
    "type-changed": (S, N),
    "type-generalized": ({"type": "integer"}, N),
    "type-specialized": (N, {"type": "integer"}),
    "type-compatible": (S, S | {"format": "uuid"}),
    "list-of-types-widened": (S, {"type": ["string", "number"]}),
    "list-of-types-narrowed": ({"type": ["string", "number"]}, S),
    "became-nullable": (S, {"type": ["string", "null"]}),
    "became-not-nullable": (S | {"nullable": True}, S),
    "became-enum": (S, S | {"enum": ["a"]}),
    "became-not-enum": (S | {"enum": ["a"]}, S),
    "enum-value-added": (S | {"enum": ["a"]}, S | {"enum": ["b", "a"]}),
    "enum-value-removed": (S | {"enum": ["b", "a"]}, S | {"enum": ["a"]}),
    "const-changed": ({"const": 1}, {"const": True}),
    "dependent-required-changed": (
        O | {"dependentRequired": {"a": ["b"]}},
        O | {"dependentRequired": {"a": ["c"]}},
    ),
    "multiple-of-changed": (N | {"multipleOf": 2}, N | {"multipleOf": 3}),
    "pattern-changed": (S | {"pattern": "a"}, S | {"pattern": "b"}),
    "default-value-changed": (S | {"default": "a"}, S | {"default": "b"}),
    "content-encoding-changed": (S, S | {"contentEncoding": "base32"}),
    "content-media-type-changed": (S, S | {"contentMediaType": "text/plain"}),
    "title-changed": (O | {"title": "A"}, O | {"title": "B"}),
    "deprecated": (S, S | {"deprecated": True}),
    "reactivated": (S | {"deprecated": True}, S),
    "unique-items-added": (A, A | {"uniqueItems": True}),
    "unique-items-removed": (A | {"uniqueItems": True}, A),
    "additional-properties-allowed": (O | {"additionalProperties": False}, O),
    "additional-properties-forbidden": (O, O | {"additionalProperties": False}),
    "one-of-added": ({"oneOf": [S, L]}, {"oneOf": [S, L, A]}),
    "one-of-removed": ({"oneOf": [S, L, A]}, {"oneOf": [S, L]}),
    "any-of-added": ({"anyOf": [S, L]}, {"anyOf": [S, L, A]}),
    "any-of-removed": ({"anyOf": [S, L, A]}, {"anyOf": [S, L]}),
    "all-of-added": ({"allOf": [S, L]}, {"allOf": [S, L, {"maxLength": 8}]}),
    "all-of-removed": ({"allOf": [S, L, {"maxLength": 8}]}, {"allOf": [S, L]}),
    "pattern-properties-added": (O, O | {"patternProperties": {"^a": S}}),
    "pattern-properties-removed": (O | {"patternProperties": {"^a": S}}, O),
}
D = {"propertyName": "a", "mapping": {"x": "X"}}
for _what, _after in {
    "property-name-changed": D | {"propertyName": "b"},
    "mapping-added": {"propertyName": "a", "mapping": {"x": "X", "y": "Y"}},
    "mapping-deleted": {"propertyName": "a", "mapping": {}},
    "mapping-changed": {"propertyName": "a", "mapping": {"x": "Y"}},
}.items():
    VALUES[f"discriminator-{_what}"] = (O | {"discriminator": D}, O | {"discriminator": _after})
for _what, _key in {
    "max": "maximum", "exclusive-max": "exclusiveMaximum", "max-length": "maxLength",
    "max-items": "maxItems", "max-properties": "maxProperties", "max-contains": "maxContains",
    "min": "minimum", "exclusive-min": "exclusiveMinimum", "min-length": "minLength",
    "min-items": "minItems", "min-properties": "minProperties", "min-contains": "minContains",
}.items():  # fmt: skip
    VALUES |= {
        f"{_what}-increased": ({_key: 1}, {_key: 2}),
        f"{_what}-decreased": ({_key: 2}, {_key: 1}),
        f"{_what}-set": ({}, {_key: 1}),
        f"{_what}-unset": ({_key: 1}, {}),
    }
for _what, _with in {
    "contains": {"contains": S},
    "property-names": {"propertyNames": S},
    "if": {"if": S},
    "then": {"then": S},
    "else": {"else": S},
    "not": {"not": S},
    "content-schema": {"contentSchema": S},
    "unevaluated-items": {"unevaluatedItems": False},
    "unevaluated-properties": {"unevaluatedProperties": False},
    "dependent-schemas": {"dependentSchemas": {"a": S}},
    "dependent-required": {"dependentRequired": {"a": ["b"]}},
    "prefix-items": {"prefixItems": [S]},
    "multiple-of": {"multipleOf": 2},
    "xml": {"xml": {"name": "a"}},
    "const": {"const": 1},
    "pattern": {"pattern": "a"},
    "default-value": {"default": 1},
    "discriminator": {"discriminator": D},
}.items():
    VALUES |= {f"{_what}-added": ({}, _with), f"{_what}-removed": (_with, {})}


FEW: Any = edited(
    put({"post": BASE["paths"]["/things/{thingId}"]["post"]}, "paths", "/things/{thingId}"),
    drop(*POST, "callbacks"),
    put(
        {
            "Thing": {"type": "object", "properties": {}},
            "Answer": {"type": "object", "properties": {}},
        },
        "components",
        "schemas",
    ),
)
"""The base without what no place below is in: thousands of these are compared."""


def at_place(direction: Direction, place: Place, schema: Any) -> Any:
    """A document with a schema in one place."""
    keys: tuple[Any, ...] = {
        ("request", "body"): (*POST, "requestBody", "content", "application/json", "schema"),
        ("request", "property"): (*THING, "properties", "probe"),
        ("request", "parameter"): (*GET, "parameters", 1, "schema"),
        ("response", "body"): (*GET, "responses", "2XX", "content", "application/json", "schema"),
        ("response", "property"): (*ANSWER, "properties", "probe"),
        ("response", "header"): (*POST, "responses", "200", "headers", "X-Id", "schema"),
    }[direction, place]
    value = {"type": "object", "properties": {"p": schema}} if "-" in place else schema
    return edited(put(value, *keys), base=FEW)


PLACES: dict[Direction, tuple[Place, ...]] = {
    "request": ("body", "property", "parameter"),
    "response": ("body", "property", "header"),
}
IN_PLACES: list[tuple[Direction, Place, str]] = [
    (direction, place, what)
    for direction, places in PLACES.items()
    for place in places
    for what in VALUES
    if what != "type-compatible" or direction == "response"
]

NOTE: dict[str, Any] = {"type": "string"}
RO, WO = NOTE | {"readOnly": True}, NOTE | {"writeOnly": True}
T, R = (*THING, "properties"), (*ANSWER, "properties")
OAUTH: dict[str, Any] = {
    "type": "oauth2",
    "flows": {
        "clientCredentials": {"tokenUrl": "https://a", "scopes": {"s": "words"}},
        "implicit": {"authorizationUrl": "https://a", "scopes": {}},
    },
}
SCHEMES = ("components", "securitySchemes")
FLOW = (*SCHEMES, "oauth", "flows", "clientCredentials")
NEED = (*THING, "required"), (*ANSWER, "required")
Row = tuple[list[Edit], list[Edit]]


def row(*edits: Edit, first: tuple[Edit, ...] = ()) -> Row:
    """Edits of both documents, and those of the new one alone."""
    return list(first), list(edits)


ROWS: dict[str, Row] = {
    "api-path-removed-without-deprecation": row(drop("paths", "/things")),
    "api-path-removed-with-deprecation": row(
        drop("paths", "/things"), first=(put(True, *GET, "deprecated"),)
    ),
    "api-removed-without-deprecation": row(
        drop("paths", "/things", "put"), first=(put({"responses": {}}, "paths", "/things", "put"),)
    ),
    "api-removed-with-deprecation": row(
        drop("paths", "/things", "put"),
        first=(put({"responses": {}, "deprecated": True}, "paths", "/things", "put"),),
    ),
    "endpoint-added": row(put({"responses": {}}, "paths", "/things", "put")),
    "endpoint-deprecated": row(put(True, *GET, "deprecated")),
    "endpoint-reactivated": row(drop(*GET, "deprecated"), first=(put(True, *GET, "deprecated"),)),
    "api-operation-id-added": row(
        put("a", *GET, "operationId"), first=(drop(*GET, "operationId"),)
    ),
    "api-operation-id-changed": row(put("a", *GET, "operationId")),
    "api-operation-id-removed": row(drop(*GET, "operationId")),
    "api-tag-added": row(put(["Things", "More"], *POST, "tags")),
    "api-tag-removed": row(put(["Things"], *GET, "tags")),
    "api-first-tag-changed": row(put(["Others"], *POST, "tags")),
    "api-security-added": row(put([{"key": []}], *GET, "security")),
    "api-security-removed": row(put([], *POST, "security")),
    "api-security-scope-added": row(put([{"key": ["s"]}], *POST, "security")),
    "api-security-scope-removed": row(
        put([{"key": []}], *POST, "security"), first=(put([{"key": ["s"]}], *POST, "security"),)
    ),
    "api-global-security-added": row(put([{"key": []}, {}], "security")),
    "api-global-security-removed": row(put([], "security")),
    "api-global-security-scope-added": row(put([{"key": ["s"]}], "security")),
    "api-global-security-scope-removed": row(
        put([{"key": []}], "security"), first=(put([{"key": ["s"]}], "security"),)
    ),
    "api-security-component-added": row(put(OAUTH, *SCHEMES, "oauth")),
    "api-security-component-removed": row(drop(*SCHEMES, "key")),
    "api-security-component-type-changed": row(put("http", *SCHEMES, "key", "type")),
    "api-security-component-changed": row(put("x-other", *SCHEMES, "key", "name")),
    "api-default-server-changed": row(put("https://b.example.com", "servers", 0, "url")),
    "api-server-added": row(lambda d: d["servers"].append({"url": "https://b.example.com"})),
    "api-server-removed": row(
        drop("servers", 1), first=(lambda d: d["servers"].append({"url": "https://b"}),)
    ),
    "api-server-changed": row(
        put({"a": {"default": "b", "enum": ["b"]}}, "servers", 0, "variables")
    ),
    "request-path-parameter-renamed": row(
        put("id", *POST, "parameters", 0, "name"),
        lambda d: d["paths"].update({"/things/{id}": d["paths"].pop("/things/{thingId}")}),
    ),
    "new-required-request-parameter": row(
        lambda d: d["paths"]["/things"]["get"]["parameters"].append(
            {"name": "n", "in": "query", "required": True, "schema": S}
        )
    ),
    "new-optional-request-parameter": row(
        lambda d: d["paths"]["/things"]["get"]["parameters"].append(
            {"name": "n", "in": "query", "schema": S}
        )
    ),
    "request-parameter-removed": row(drop(*GET, "parameters", 1)),
    "request-parameter-became-required": row(put(True, *GET, "parameters", 1, "required")),
    "request-parameter-became-optional": row(
        drop(*GET, "parameters", 1, "required"),
        first=(put(True, *GET, "parameters", 1, "required"),),
    ),
    "request-parameter-serialization-changed": row(
        put("pipeDelimited", *GET, "parameters", 1, "style")
    ),
    "request-body-removed": row(drop(*POST, "requestBody")),
    "request-body-added-required": row(put({"required": True, "content": {}}, *GET, "requestBody")),
    "request-body-added-optional": row(put({"content": {}}, *GET, "requestBody")),
    "request-body-became-required": row(put(True, *POST, "requestBody", "required")),
    "request-body-became-optional": row(
        drop(*POST, "requestBody", "required"), first=(put(True, *POST, "requestBody", "required"),)
    ),
    "request-body-media-type-added": row(
        put({}, *GET, "requestBody", "content", "text/plain"),
        first=(put({"content": {}}, *GET, "requestBody"),),
    ),
    "request-body-media-type-removed": row(
        drop(*POST, "requestBody", "content", "application/json")
    ),
    "request-body-media-type-schema-removed": row(
        drop(*POST, "requestBody", "content", "application/json", "schema")
    ),
    "request-body-media-type-schema-added": row(
        put(S, *POST, "requestBody", "content", "application/json", "schema"),
        first=(drop(*POST, "requestBody", "content", "application/json", "schema"),),
    ),
    "response-success-status-added": row(put({"description": ""}, *POST, "responses", "204")),
    "response-success-status-removed": row(
        drop(*POST, "responses", "200"),
        first=(put({"description": ""}, *POST, "responses", "201"),),
    ),
    "response-non-success-status-added": row(put({"description": ""}, *GET, "responses", "5XX")),
    "response-non-success-status-removed": row(drop(*POST, "responses", "default")),
    "response-media-type-added": row(
        put({}, *POST, "responses", "404", "content", "text/plain"),
        first=(put({"description": "", "content": {}}, *POST, "responses", "404"),),
    ),
    "response-media-type-removed": row(
        drop(*POST, "responses", "200", "content", "application/json")
    ),
    "response-body-media-type-schema-removed": row(
        drop(*POST, "responses", "200", "content", "application/json", "schema")
    ),
    "response-body-media-type-schema-added": row(
        put(S, *POST, "responses", "200", "content", "application/json", "schema"),
        first=(drop(*POST, "responses", "200", "content", "application/json", "schema"),),
    ),
    "required-response-header-removed": row(drop(*POST, "responses", "200", "headers", "X-Id")),
    "optional-response-header-removed": row(
        drop(*POST, "responses", "200", "headers", "X-Id"),
        first=(drop(*POST, "responses", "200", "headers", "X-Id", "required"),),
    ),
    "response-header-added": row(put({"schema": S}, *POST, "responses", "200", "headers", "X-B")),
    "response-header-became-optional": row(
        drop(*POST, "responses", "200", "headers", "X-Id", "required")
    ),
    "response-header-became-required": row(
        put(True, *POST, "responses", "200", "headers", "X-Id", "required"),
        first=(drop(*POST, "responses", "200", "headers", "X-Id", "required"),),
    ),
    "response-link-added": row(put({"shown": LINK}, *POST, "responses", "200", "links")),
    "response-link-removed": row(
        drop(*POST, "responses", "200", "links"),
        first=(put({"shown": LINK}, *POST, "responses", "200", "links"),),
    ),
    "response-link-changed": row(
        put("c", *POST, "responses", "200", "links", "shown", "parameters", "id"),
        first=(put({"shown": LINK}, *POST, "responses", "200", "links"),),
    ),
    "api-schema-added": row(put(S, "components", "schemas", "More")),
    "api-schema-removed": row(drop("components", "schemas", "Unused")),
    "api-schema-renamed": row(
        lambda d: d["components"]["schemas"].update(Base2=d["components"]["schemas"]["Base"]),
        put({"$ref": "#/components/schemas/Base2"}, *R, "maybe", "anyOf", 0),
    ),
    "api-component-added": row(put({"description": ""}, "components", "responses", "More")),
    "api-component-removed": row(
        drop("components", "responses", "More"),
        first=(put({"description": ""}, "components", "responses", "More"),),
    ),
    "api-component-changed": row(put("number", "components", "schemas", "Unused", "type")),
    "webhook-added": row(put({"a": {}}, "webhooks")),
    "webhook-removed": row(put({}, "webhooks"), first=(put({"a": {}}, "webhooks"),)),
    "api-global-tag-added": row(lambda d: d["tags"].append({"name": "More"})),
    "api-global-tag-removed": row(drop("tags", 1)),
    "api-version-increased": row(put("1.10.0", "info", "version")),
    "api-version-decreased": row(put("0.9.0", "info", "version")),
    "documentation-changed": row(put("words", *GET, "description")),
    "example-changed": row(put("2", *R, "id", "example")),
    "extension-changed": row(put("other", "tags", 0, "x-resource")),
    "vendor-extension-changed": row(put(1, *GET, "x-theirs")),
    "equivalent-change": row(drop(*GET, "deprecated")),
    "other-change": row(drop(*POST, "callbacks")),
    # ---- Properties
    "new-required-request-property": row(put(NOTE, *T, "n"), put(["name", "n"], *NEED[0])),
    "new-required-request-property-with-default": row(
        put(NOTE | {"default": "d"}, *T, "n"), put(["name", "n"], *NEED[0])
    ),
    "new-optional-request-property": row(put(NOTE, *T, "n")),
    "request-property-removed": row(drop(*T, "kind")),
    "request-property-became-required": row(put(["name", "amount"], *NEED[0])),
    "request-property-became-optional": row(put([], *NEED[0])),
    "request-read-only-property-added": row(put(RO, *T, "n")),
    "request-read-only-property-removed": row(drop(*T, "seen")),
    "request-read-only-property-changed": row(put("number", *T, "seen", "type")),
    "response-required-property-added": row(put(NOTE, *R, "n"), put(["id", "n"], *NEED[1])),
    "response-optional-property-added": row(put(NOTE, *R, "n")),
    "response-required-property-removed": row(drop(*R, "id"), put([], *NEED[1])),
    "response-optional-property-removed": row(drop(*R, "when")),
    "response-property-became-required": row(put(["id", "when"], *NEED[1])),
    "response-property-became-optional": row(put([], *NEED[1])),
    "response-required-write-only-property-added": row(put(WO, *R, "n"), put(["n"], *NEED[1])),
    "response-optional-write-only-property-added": row(put(WO, *R, "n")),
    "response-required-write-only-property-removed": row(
        drop(*R, "n"), first=(put(WO, *R, "n"), put(["n"], *NEED[1]))
    ),
    "response-optional-write-only-property-removed": row(drop(*R, "n"), first=(put(WO, *R, "n"),)),
    "response-write-only-property-became-required": row(
        put(["n"], *NEED[1]), first=(put(WO, *R, "n"),)
    ),
    "response-write-only-property-became-optional": row(
        put([], *NEED[1]), first=(put(WO, *R, "n"), put(["n"], *NEED[1]))
    ),
    "response-write-only-property-changed": row(
        put("number", *R, "n", "type"), first=(put(WO, *R, "n"),)
    ),
}
for _rule, _edit in {
    "oauth-url-changed": put("https://b", *FLOW[:-1], "implicit", "authorizationUrl"),
    "oauth-token-url-changed": put("https://b", *FLOW, "tokenUrl"),
    "oauth-scope-added": put("words", *FLOW, "scopes", "t"),
    "oauth-scope-removed": drop(*FLOW, "scopes", "s"),
    "oauth-scope-changed": put("others", *FLOW, "scopes", "s"),
}.items():
    ROWS[f"api-security-component-{_rule}"] = row(_edit, first=(put(OAUTH, *SCHEMES, "oauth"),))
for _direction, _where, _need in (("request", T, NEED[0]), ("response", R, NEED[1])):
    for _how, _key in (("read-only", "readOnly"), ("write-only", "writeOnly")):
        for _word, _names in (("optional", []), ("required", ["n"])):
            _has = put(_names, *_need)
            _rule = f"{_direction}-{_word}-property-became"
            ROWS[f"{_rule}-{_how}"] = row(
                put(True, *_where, "n", _key), first=(put(NOTE, *_where, "n"), _has)
            )
            ROWS[f"{_rule}-not-{_how}"] = row(
                drop(*_where, "n", _key), first=(put(NOTE | {_key: True}, *_where, "n"), _has)
            )


UNNAMED: dict[str, Level] = {
    "request-read-only-property-added": Level.MINOR,
    "request-read-only-property-removed": Level.MAJOR,
    "request-read-only-property-changed": Level.MAJOR,
    "response-required-write-only-property-added": Level.MAJOR,
    "response-optional-write-only-property-added": Level.PATCH,
    "response-required-write-only-property-removed": Level.PATCH,
    "response-optional-write-only-property-removed": Level.PATCH,
    "response-write-only-property-became-required": Level.MAJOR,
    "response-write-only-property-became-optional": Level.PATCH,
    "response-write-only-property-changed": Level.PATCH,
    "api-security-component-type-changed": Level.MAJOR,
    "api-security-component-oauth-url-changed": Level.MAJOR,
    "api-security-component-oauth-token-url-changed": Level.MAJOR,
    "api-security-component-oauth-scope-changed": Level.PATCH,
    "request-body-media-type-schema-added": Level.MAJOR,
    "request-body-media-type-schema-removed": Level.MAJOR,
    "response-body-media-type-schema-added": Level.MAJOR,
    "response-body-media-type-schema-removed": Level.MAJOR,
    "request-optional-property-became-read-only": Level.MAJOR,
    "request-required-property-became-read-only": Level.MAJOR,
    "response-optional-property-became-write-only": Level.MAJOR,
    "response-required-property-became-write-only": Level.MAJOR,
    "request-optional-property-became-not-read-only": Level.MINOR,
    "request-required-property-became-not-read-only": Level.MAJOR,
    "response-optional-property-became-not-write-only": Level.MINOR,
    "response-required-property-became-not-write-only": Level.MAJOR,
    "response-optional-property-became-read-only": Level.PATCH,
    "response-required-property-became-read-only": Level.PATCH,
    "response-optional-property-became-not-read-only": Level.PATCH,
    "response-required-property-became-not-read-only": Level.PATCH,
    # The schema of the request stands in the response, too, and leaves or enters it.
    "request-optional-property-became-write-only": Level.MAJOR,
    "request-required-property-became-write-only": Level.MAJOR,
    "request-optional-property-became-not-write-only": Level.MINOR,
    "request-required-property-became-not-write-only": Level.MAJOR,
}
NAMED = [rule for rule in ROWS if rule not in UNNAMED]


@table("rule", NAMED)
def test_a_rule_names_its_change(rule: str) -> None:
    """The rule is there once, at the level of the table, and nothing is told twice."""
    first, edits = ROWS[rule]
    old = edited(*first)
    new = edited(*edits, base=old)
    changes = compare(old, new)
    (change,) = [each for each in changes if each.rule == rule]
    assert change.level is RULES[rule] <= verdict(changes)
    assert change.text[0].isupper() or change.text[0] in "'0123456789/"
    told = {(each.rule, each.pointer, each.text) for each in changes}
    assert len(told) == len(changes) <= 4


@table("what", UNNAMED)
def test_a_change_without_a_rule_has_the_level_of_its_meaning(what: str) -> None:
    """The verdict does not depend on whether the change has a rule of its own."""
    first, edits = ROWS[what]
    old = edited(*first)
    assert verdict(compare(old, edited(*edits, base=old))) is UNNAMED[what]


@pytest.mark.parametrize("turn", every(5, range(5)))
@table("direction", PLACES)
def test_a_changed_value_is_named_by_its_place(direction: Any, turn: int) -> None:
    """Each change of a value, in each place of a value, has its rule and level, and no other."""
    for one, place, what in IN_PLACES[turn::5]:
        if one == direction:
            old, new = (at_place(direction, place, schema) for schema in VALUES[what])
            found = [(change.rule, change.level) for change in compare(old, new)]
            assert found == [rule_of(direction, place, what)], (place, what, found)


def test_no_rule_is_out_of_reach() -> None:
    """The cases above reach all rules, and none that is not in the table."""
    reached = {rule_of(d, p, what)[0] for d, p, what in IN_PLACES}
    assert reached | set(NAMED) == set(RULES)


def test_pinned_names_do_not_follow_the_vendor() -> None:
    """The name and first tag of a pinned operation change nothing for a caller."""
    new = edited(put("a", *GET, "operationId"), put(["Others"], *GET, "tags"))
    pinned = frozenset({("GET", "/things")})
    assert verdict(compare(BASE, new)) is Level.MAJOR
    assert verdict(compare(BASE, new, pinned)) is Level.PATCH
    assert compare(BASE, copy.deepcopy(BASE)) == []
