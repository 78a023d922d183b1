"""The table of a comparison: what each member of a node is, and what a change of it means.

A kind of node has a row for each of its members: the rule of a member that is new, was removed or
changed, or the kind that its value is compared as. `*` stands for any other member. A rule that
begins with `~` is one of values, which means another thing in a request than in a response.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.document.loader import METHODS, is_sequence
from chessa_codegen.ir import naming
from chessa_tracking.diff.changes import Place
from chessa_tracking.diff.node import ABSENT, Node

Python = Callable[[Node], str]


@attrs.frozen
class Row:
    """A member of a kind of node."""

    kind: str = ""
    added: str = ""
    removed: str = ""
    changed: str = ""
    name: str = ""
    """Its name in a sentence, where it is more than a key."""
    new: str = "{name} is new"
    gone: str = "{name} was removed"
    python: Python | None = None
    """Its name in Python: a change that keeps it is a patch."""
    place: Place | None = None
    sends: bool | None = None
    """The caller sends it, or reads it."""
    received: bool = False


def three(rule: str, kind: str = "", **more: Any) -> Row:
    """Return a row with one rule for each change of a member."""
    return Row(kind, rule, rule, rule, **more)


def _scheme_rows(prefix: str) -> dict[str, dict[str, Row]]:
    return {
        prefix: {
            "*": Row(
                f"{prefix}-scopes",
                f"{prefix}-added",
                f"{prefix}-removed",
                name="authentication by {key}",
            )
        },
        f"{prefix}-scopes": {"*": Row(f"{prefix}-scope")},
        f"{prefix}-scope": {"*": Row("", f"{prefix}-scope-added", f"{prefix}-scope-removed")},
    }


_SCHEME: Final = "api-security-component"
_VALUE: Final = Row("schema", name="{holder}")
_DEPRECATED: Final = ("", "", "{holder} is deprecated now", "{holder} is not deprecated any longer")
"""The rule of another change, the name, and the sentences of a flag."""
_NEED: Final = ("", "", "{holder} became required", "{holder} became optional")
_SERIALIZATION: Final = "request-parameter-serialization-changed"


def _content(prefix: str) -> Row:
    return Row(prefix, name="{holder}")


def _media(added: str, removed: str) -> dict[str, Row]:
    new, gone = "{holder} may now be {key}", "{holder} is not {key} any longer"
    return {
        "*": Row("media", added, removed, name="{holder}", new=new, gone=gone, python=_python_media)
    }


def _python_media(node: Node) -> str:
    """Return whether the package uses a form of a body: of others there is but the name."""
    return "" if node.value is ABSENT or node.value == "" else "used"


def _python_tag(node: Node) -> str:
    """Return the name in Python of the resource that a first tag makes."""
    tag = "default" if node.value is ABSENT else str(node.value)
    tags = node.document.get("tags")
    for each in tags if is_sequence(tags) else ():
        if isinstance(each, dict) and each.get("name") == tag and "x-resource" in each:
            return str(each["x-resource"])
    return naming.snake(re.sub(r"(?i)\s+endpoints?$", "", tag))


_DIALECT: Final = re.compile(
    r"https://(spec\.openapis\.org/oas/3\.[0-9]+/dialect/.*|json-schema\.org/draft/2020-12/schema)"
)


def _dialect(node: Node) -> str:
    """Return a dialect of schemas, but for those that OpenAPI has without naming any."""
    return "" if node.value is ABSENT or _DIALECT.fullmatch(str(node.value)) else str(node.value)


def _python_name(node: Node) -> str:
    return "" if node.value is ABSENT else naming.snake(str(node.value))


TABLE: Final[Mapping[str, Mapping[str, Row]]] = {
    "document": {
        "openapi": three("harmless-change", name="the version of OpenAPI"),
        "jsonSchemaDialect": three("other-change", python=_dialect),
        "info": Row("info", name="the API"),
        "servers": Row("servers", name="the API"),
        "security": Row("api-global-security", name="the API"),
        "tags": Row("tags"),
        "webhooks": Row("webhooks"),
        "securitySchemes": Row("schemes"),
        "*": three("harmless-change"),
    },
    "info": {
        "increased": three("api-version-increased", name="the version of {holder}"),
        "decreased": three("api-version-decreased", name="the version of {holder}"),
        "*": three("documentation-changed"),
    },
    "tags": {
        "*": Row("tag", "api-global-tag-added", "api-global-tag-removed", name="the tag {key}")
    },
    "webhooks": {
        "*": Row(
            "item", "webhook-added", "webhook-removed", name="the webhook {key}", received=True
        )
    },
    "servers": {
        "default": Row("server", name="the server of {holder}"),
        "others": Row("others", name="{holder}"),
    },
    "others": {
        "*": Row(
            "server", "api-server-added", "api-server-removed", name="the server {key} of {holder}"
        )
    },
    "server": {
        "url": three("api-default-server-changed", name="the address of {holder}"),
        "*": three("api-server-changed"),
    },
    **_scheme_rows("api-security"),
    **_scheme_rows("api-global-security"),
    "schemes": {
        "*": Row("scheme", f"{_SCHEME}-added", f"{_SCHEME}-removed", name="the scheme {key}")
    },
    "scheme": {"flows": Row("flows"), "*": three(f"{_SCHEME}-changed")},
    "flows": {"*": three(f"{_SCHEME}-changed", kind="flow")},
    "flow": {"scopes": Row("scopes"), "*": three(f"{_SCHEME}-changed")},
    "scopes": {
        "*": Row(
            "", f"{_SCHEME}-oauth-scope-added", f"{_SCHEME}-oauth-scope-removed", "harmless-change"
        )
    },
    "reference": {
        "summary": three("documentation-changed"),
        "description": three("documentation-changed"),
        "*": three("equivalent-change"),
    },
    # ---- Operations
    "item": {
        **dict.fromkeys(
            METHODS, Row("operation", "webhook-added", "other-change", name="{holder}")
        ),
        "servers": Row("servers", name="{holder}"),
    },
    "operation": {
        "operationId": Row(
            *("", "api-operation-id-added", "api-operation-id-removed", "api-operation-id-changed"),
            python=_python_name,
        ),
        "first tag": three("api-first-tag-changed", python=_python_tag, name="the first tag"),
        "tags": Row("operation tags"),
        "deprecated": Row("", "endpoint-deprecated", "endpoint-reactivated", *_DEPRECATED),
        "security": Row("api-security", name="{holder}"),
        "servers": Row("servers", name="{holder}"),
        "parameters": Row("parameters", sends=True, place="parameter", name="{holder}"),
        "requestBody": Row(
            *("body", "request-body-added-{need}", "request-body-removed"),
            name="the body",
            sends=True,
            place="body",
        ),
        "responses": Row("responses", sends=False, place="body", name="{holder}"),
        "callbacks": Row("callbacks"),
    },
    "operation tags": {"*": Row("", "api-tag-added", "api-tag-removed", name="the tag {key}")},
    "parameters": {
        "path": Row("path parameters", name="{holder}"),
        "other": Row("other parameters", name="{holder}"),
        "ignored": Row("ignored parameters", name="{holder}"),
    },
    "ignored parameters": {"*": three("harmless-change", name="the {key} parameter")},
    "path parameters": {
        "*": three("other-change", kind="parameter", name="the path parameter {called}")
    },
    "other parameters": {
        "*": Row(
            "parameter",
            "new-{need}-request-parameter",
            "request-parameter-removed",
            name="the {in} parameter {called}",
        )
    },
    "parameter": {
        "name": three(
            "request-path-parameter-renamed", python=_python_name, name="the name of {holder}"
        ),
        "required": Row(
            "", "request-parameter-became-required", "request-parameter-became-optional", *_NEED
        ),
        "deprecated": Row("", "~deprecated", "~reactivated", *_DEPRECATED),
        "serialization": three(_SERIALIZATION, name="the style of {holder}"),
        "allowReserved": Row(
            *("", _SERIALIZATION, _SERIALIZATION),
            new="{holder} keeps reserved characters and %XX now",
            gone="{holder} does not keep reserved characters and %XX any longer",
        ),
        "allowEmptyValue": Row(
            *("", "compatible-change", _SERIALIZATION),
            new="{holder} may be empty now",
            gone="{holder} may not be empty any longer",
        ),
        "schema": _VALUE,
        "content": _content("parameter media"),
    },
    "body": {
        "required": Row("", "request-body-became-required", "request-body-became-optional", *_NEED),
        "content": _content("request media"),
    },
    "responses": {
        "success": Row("success", name="{holder}"),
        "non-success": Row("non-success", name="{holder}"),
    },
    **{
        kind: {
            "*": Row(
                "response",
                f"response-{kind}-status-added",
                f"response-{kind}-status-removed",
                name="the response {key}",
            )
        }
        for kind in ("success", "non-success")
    },
    "response": {
        "content": _content("response media"),
        "headers": Row("headers", place="header", name="{holder}"),
        "links": Row("links", name="{holder}"),
    },
    "links": {
        "*": Row(
            "link",
            "response-link-added",
            "response-link-removed",
            name="the link {key} of {holder}",
        )
    },
    "link": {
        "description": three("documentation-changed"),
        "*": three("response-link-changed"),
    },
    "request media": _media("request-body-media-type-added", "request-body-media-type-removed"),
    "response media": _media("response-media-type-added", "response-media-type-removed"),
    "parameter media": _media(_SERIALIZATION, _SERIALIZATION),
    "media": {"schema": _VALUE, "itemSchema": _VALUE},
    "headers": {
        "*": Row(
            "header",
            "response-header-added",
            "{need}-response-header-removed",
            name="the header {key} of {holder}",
        )
    },
    "header": {
        "required": Row(
            "", "response-header-became-required", "response-header-became-optional", *_NEED
        ),
        "deprecated": three("compatible-change"),
        **dict.fromkeys(("style", "explode"), three("harmless-change")),  # there is but one style
        "schema": _VALUE,
    },
    "callbacks": {"*": Row("callback", "webhook-added", "other-change", name="the callback {key}")},
    "callback": {"*": Row("item", "webhook-added", "other-change", name="{holder}", received=True)},
    # ---- Schemas
    "schema": {
        **{
            what: Row("", "", "", f"~{what}", name="the type of {holder}")
            for what in (
                *("type-changed", "type-generalized", "type-specialized", "type-compatible"),
                *("list-of-types-widened", "list-of-types-narrowed"),
            )
        },
        "nullable": Row(
            *("", "~became-nullable", "~became-not-nullable"),
            new="{holder} may now be null",
            gone="{holder} may no longer be null",
        ),
        "enum": Row(
            *("enum", "~became-enum", "~became-not-enum"),
            name="{holder}",
            new="{holder} has a list of values",
            gone="{holder} no longer has a list of values",
        ),
        "class title": three("~title-changed", name="the title of {holder}"),
        "title": three("documentation-changed"),
        "deprecated": Row("", "~deprecated", "~reactivated", *_DEPRECATED),
        **dict.fromkeys(("readOnly", "writeOnly", "xml"), three("harmless-change")),
        "discriminator": Row("discriminator", "~discriminator-added", "~discriminator-removed"),
        "properties": Row("properties"),
        "hidden": Row("hidden"),
        "shown": Row("shown"),  # raised: an attribute that was never received is always there
        "items": Row("schema", "~type-changed", "~type-generalized", place="property"),
        "closed": Row(
            "",
            "~additional-properties-forbidden",
            "~additional-properties-allowed",
            new="{holder} takes no further properties",
            gone="{holder} takes further properties",
        ),
        "additionalProperties": Row(
            "schema", "~type-changed", "~type-generalized", place="property"
        ),
        "patternProperties": Row("patterns"),
        "oneOf": Row("oneOf"),
        "anyOf": Row("anyOf"),
        "clashes": Row("clashes"),
    },
    "enum": {
        "*": Row(
            "",
            "~enum-value-added",
            "~enum-value-removed",
            new="{holder} gained the value {value}",
            gone="{holder} lost the value {value}",
        )
    },
    "discriminator": {
        "propertyName": three("~discriminator-property-name-changed"),
        "mapping": Row("mapping"),
    },
    "mapping": {
        "*": Row(
            "",
            "~discriminator-mapping-added",
            "~discriminator-mapping-deleted",
            "~discriminator-mapping-changed",
            name="the meaning of {key} in {holder}",
        )
    },
    **{
        f"{direction} properties": {
            "*": Row(
                "property",
                added,
                removed,
                place="property",
                new="{holder} gained the {need} property {key}",
                gone="{holder} lost the {need} property {key}",
            )
        }
        for direction, added, removed in (
            ("request", "new-{need}-request-property{default}", "request-property-removed"),
            ("response", "response-{need}-property-added", "response-{need}-property-removed"),
        )
    },
    "property": {
        "required": Row(
            "",
            "{direction}-property-became-required",
            "{direction}-property-became-optional",
            *_NEED,
        ),
        "schema": Row("schema", "compatible-change", "other-change"),
    },
    "hidden": {"*": three("harmless-change", name="{key}, which is not part of this direction,")},
    "shown": {"*": three("other-change", name="{key} of {holder}, which may be received now,")},
    **{
        kind: {
            "*": Row("schema", f"~{what}-added", f"~{what}-removed", name=name, place="property")
        }
        for kind, what, name in (
            ("patterns", "pattern-properties", ""),
            ("oneOf", "one-of", "a kind{title} of {holder}"),
            ("anyOf", "any-of", "a kind{title} of {holder}"),
        )
    },
    "clashes": {"*": Row("", "~all-of-added", "~all-of-removed", name="a part of {holder}")},
}
