"""Walk two documents together: a table says what each member of a node is, and what a change means.

A kind of node has a row for each of its members: the rule of a member that is new, was removed or
changed, or the kind that its value is compared as. `*` stands for any other member. A rule that
begins with `~` is one of values, which means another thing in a request than in a response.

Webhooks and callbacks are requests that the caller receives: what is sent and what is read change
places, and their names mean nothing in Python.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import attrs

from chessa_codegen.characters import visible
from chessa_codegen.document.loader import METHODS, is_sequence
from chessa_codegen.document.refs import Where
from chessa_codegen.ir import naming
from chessa_tracking.diff import schema_view, views
from chessa_tracking.diff.change_set import ChangeSet
from chessa_tracking.diff.changes import RULES, Direction, Level, Place, rule_of, rule_of_key
from chessa_tracking.diff.node import ABSENT, Node, quoted, same, shown

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


@attrs.frozen
class Spot:
    """The place of a node in an operation, and its name there."""

    name: str
    roots: tuple[Where, ...] = ()
    direction: Direction = "request"
    place: Place = "body"
    keeps_names: bool = False
    """The names of the operation are ours, or mean nothing in Python."""
    received: bool = False

    def at(self, where: Where) -> str:
        """Return the name of a part: `'rows[].id' of the body`, `'id' of the schema 'Order'`."""
        roots = [root for root in self.roots if where[: len(root)] == root]
        name, rest = self.name, where[len(roots[0]) :] if roots else ()
        if where[:2] == ("components", "schemas") and len(where) > 2:
            name, rest = f"the schema {quoted(where[2])}", where[3:]
        path = "".join(_steps(iter(rest))).removeprefix(".")
        return f"{quoted(path)} of {name}" if path else name


def _steps(where: Iterator[str | int]) -> Iterator[str]:
    for step in where:
        if step in ("properties", "patternProperties"):
            yield f".{following}" if (following := next(where, "")) else ""
        elif step in ("items", "additionalProperties"):
            yield "[]" if step == "items" else ".*"


def _three(rule: str, kind: str = "", **more: Any) -> Row:
    return Row(kind, rule, rule, rule, **more)


def _scheme_rows(prefix: str) -> dict[str, dict[str, Row]]:
    return {
        prefix: {
            "*": Row(f"{prefix}-scopes", f"{prefix}-added", f"{prefix}-removed", name="{key}")
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
    return {"*": Row("media", added, removed, name="{holder}", new=new, gone=gone)}


def _python_tag(node: Node) -> str:
    """Return the name in Python of the resource that a first tag makes."""
    tag = "default" if node.value is ABSENT else str(node.value)
    tags = node.document.get("tags")
    for each in tags if is_sequence(tags) else ():
        if isinstance(each, dict) and each.get("name") == tag and "x-resource" in each:
            return str(each["x-resource"])
    return naming.snake(re.sub(r"(?i)\s+endpoints?$", "", tag))


def _minor_version(node: Node) -> str:
    """Return `3.0` of `3.0.3`: the last number means nothing."""
    return str(node.value).rpartition(".")[0]


def _python_name(node: Node) -> str:
    return "" if node.value is ABSENT else naming.snake(str(node.value))


TABLE: Final[Mapping[str, Mapping[str, Row]]] = {
    "document": {
        "openapi": _three("other-change", name="the version of OpenAPI", python=_minor_version),
        "jsonSchemaDialect": _three("other-change"),
        "info": Row("info", name="the API"),
        "servers": Row("servers", name="the API"),
        "security": Row("api-global-security", name="the API"),
        "tags": Row("tags"),
        "webhooks": Row("webhooks"),
        "securitySchemes": Row("schemes"),
        "*": _three("harmless-change"),
    },
    "info": {
        "increased": _three("api-version-increased", name="the version of {holder}"),
        "decreased": _three("api-version-decreased", name="the version of {holder}"),
        "*": _three("documentation-changed"),
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
        "url": _three("api-default-server-changed", name="the address of {holder}"),
        "*": _three("api-server-changed"),
    },
    **_scheme_rows("api-security"),
    **_scheme_rows("api-global-security"),
    "schemes": {
        "*": Row("scheme", f"{_SCHEME}-added", f"{_SCHEME}-removed", name="the scheme {key}")
    },
    "scheme": {"flows": Row("flows"), "*": _three(f"{_SCHEME}-changed")},
    "flows": {"*": _three(f"{_SCHEME}-changed", kind="flow")},
    "flow": {"scopes": Row("scopes"), "*": _three(f"{_SCHEME}-changed")},
    "scopes": {
        "*": Row(
            "", f"{_SCHEME}-oauth-scope-added", f"{_SCHEME}-oauth-scope-removed", "harmless-change"
        )
    },
    "reference": {
        "summary": _three("documentation-changed"),
        "description": _three("documentation-changed"),
        "*": _three("equivalent-change"),
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
        "first tag": _three("api-first-tag-changed", python=_python_tag, name="the first tag"),
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
    },
    "path parameters": {
        "*": Row(
            "parameter",
            "new-request-path-parameter",
            "request-parameter-removed",
            name="the path parameter {called}",
        )
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
        "name": _three(
            "request-path-parameter-renamed", python=_python_name, name="the name of {holder}"
        ),
        "required": Row(
            "", "request-parameter-became-required", "request-parameter-became-optional", *_NEED
        ),
        "deprecated": Row("", "~deprecated", "~reactivated", *_DEPRECATED),
        "serialization": _three(_SERIALIZATION, name="the style of {holder}"),
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
        "description": _three("documentation-changed"),
        "*": _three("response-link-changed"),
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
        "deprecated": _three("compatible-change"),
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
        "class title": _three("~title-changed", name="the title of {holder}"),
        "title": _three("documentation-changed"),
        "deprecated": Row("", "~deprecated", "~reactivated", *_DEPRECATED),
        **dict.fromkeys(("readOnly", "writeOnly", "xml"), _three("harmless-change")),
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
        "propertyName": _three("~discriminator-property-name-changed"),
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
    "hidden": {"*": _three("harmless-change", name="{key}, which is not part of this direction,")},
    "shown": {"*": _three("other-change", name="{key} of {holder}, which may be received now,")},
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

_OF_SCHEMAS: Final = frozenset(
    {"schema", "properties", "property", "hidden", "shown", "patterns", "oneOf", "anyOf", "clashes"}
    | {"enum", "discriminator", "mapping", "request properties", "response properties"}
)
_OBJECTS: Final = frozenset({"document", "info", "server", "scheme", "flow", "reference"})
"""Kinds whose unnamed members are keywords, not names of the vendor's."""
_LINKS: Final = frozenset({"links", "link"})
"""Kinds that say nothing of what is received."""
_KEYWORDS: Final = {
    "maximum": "max",
    "minimum": "min",
    "exclusiveMaximum": "exclusive-max",
    "exclusiveMinimum": "exclusive-min",
    "default": "default-value",
}
_BOUND: Final = re.compile("(exclusive-)?(max|min)(-(length|items|properties|contains))?")
_LOSES: Final = re.compile("-(removed|changed|became-optional)$")


@attrs.frozen
class Walk:
    """A walk through two documents."""

    changes: ChangeSet

    def compare(self, kind: str, old: Node, new: Node, spot: Spot) -> None:
        """Compare two values of a kind that differ, or references to them."""
        with self.changes.accounted(old, new, spot.at(new.where)):
            if kind == "schema":
                self._schema(old, new, spot)
            elif old.refers() and new.refers():
                self.members("reference", old.beside(), new.beside(), spot)
                self._use(kind, old.followed(), new.followed(), spot, new.where)
            else:
                self.members(kind, old.followed(), new.followed(), spot)

    def _use(self, kind: str, old: Node, new: Node, spot: Spot, where: Where) -> None:
        """Compare two components, once in each direction and place."""
        self.changes.likeness.visited |= {old.where, new.where}
        inner = attrs.evolve(spot, roots=(old.where, new.where))
        place = spot.place if spot.place in ("parameter", "header") else "value"
        job = partial(self.compare, kind, old, new, inner)
        if not self.changes.use(old, new, f"{spot.direction} {place}", job):
            text = f"{spot.at(where)} stands for too many components to compare"
            self.changes.report("other-change", where, text)

    def _schema(self, old: Node, new: Node, spot: Spot) -> None:
        if not (schema_view.is_schema(old) and schema_view.is_schema(new)):
            text = f"the schema of {spot.at(new.where)} has another form"
            self.changes.report("other-change", new.where, text)
            return
        one, other = schema_view.view(old), schema_view.view(new)
        targets = one.component, other.component
        if not (one.own and other.own and targets[0] and targets[1]):
            self.changes.likeness.visited |= one.sources | other.sources
            self.members("schema", *schema_view.aligned(one, other, spot.direction), spot)
            return
        if one.nullable == other.nullable:
            one.own.nullable = other.own.nullable = False
        self.members("schema", *schema_view.aligned(one.own, other.own, spot.direction), spot)
        names = [target.where[-1] for target in targets if target]
        if names[0] != names[1]:
            text = f"{spot.at(new.where)} was {quoted(names[0])} and is {quoted(names[1])}"
            self.changes.report("api-schema-renamed", new.where, text)
        self._use("schema", targets[0], targets[1], spot, new.where)

    def members(self, kind: str, old: Node, new: Node, spot: Spot) -> None:
        """Compare the members of two nodes as the table says."""
        self.changes.likeness.visited |= {old.where, new.where}
        kind = f"{spot.direction} properties" if kind == "properties" else kind
        before, after = views.of(kind, old, new)
        if before is None or after is None:
            if not same(old.value, new.value):
                text = f"{spot.at(new.where)} has another form"
                self.changes.report("other-change", new.where, text)
            return
        for key in dict.fromkeys((*before, *after)):
            one, other = before.get(key), after.get(key)
            self._member(kind, key, one or old.of(ABSENT, key), other or new.of(ABSENT, key), spot)

    def _member(self, kind: str, key: str, old: Node, new: Node, spot: Spot) -> None:
        if self.changes.likeness.same(old, new):
            return
        row, how = _row(kind, key, old, new), _how(old, new)
        rule = {"added": row.added, "removed": row.removed, "changed": row.changed}[how]
        if row.kind and not (rule and how != "changed"):
            inner = attrs.evolve(spot, place=row.place or spot.place)
            if row.sends is not None:
                sent = row.sends != spot.received
                inner = attrs.evolve(inner, direction="request" if sent else "response")
            if row.kind not in _OF_SCHEMAS or kind not in _OF_SCHEMAS:
                name, _ = self._texts(kind, key, row, (old, new), spot)
                inner = attrs.evolve(inner, name=name, roots=(old.where, new.where))
            if row.received:
                inner = attrs.evolve(inner, received=True, keeps_names=True)
            self.compare(row.kind, old, new, inner)
            return
        node = old if how == "removed" else new
        _, text = self._texts(kind, key, row, (old, new), spot)
        level = None
        if row.python and (spot.keeps_names or row.python(old) == row.python(new)):
            level = Level.PATCH
        rule = (rule or "other-change").format(**_words(node), direction=spot.direction)
        if rule[0] == "~":
            rule, level = rule_of(spot.direction, spot.place, rule[1:])
        elif spot.received and kind not in _LINKS and RULES[rule] is not Level.PATCH:
            rule = "other-change" if _LOSES.search(rule) else "compatible-change"
        self.changes.report(rule, node.where, text, level)

    def _texts(
        self, kind: str, key: str, row: Row, nodes: tuple[Node, Node], spot: Spot
    ) -> tuple[str, str]:
        """Return the name of a member, and the sentence of its change."""
        how = _how(*nodes)
        node = nodes[0] if how == "removed" else nodes[1]
        holder = spot.at(node.where if kind == "property" else node.where[:-1])
        words = _words(node) | {"key": quoted(key), "holder": holder}
        name = (row.name or "{key} of {holder}").format(**words)
        form = {"added": row.new, "removed": row.gone, "changed": "{name} changed"}[how]
        was, now = (each.value for each in nodes)
        if how == "changed" and not isinstance(was, (dict, list)):
            form = "{name} was {was} and is {now}"
        return name, form.format(**words, name=name, was=shown(was), now=shown(now))


def _row(kind: str, key: str, old: Node, new: Node) -> Row:
    """Return the row of a member; of one that no row names, by its key."""
    rows = TABLE.get(kind, {})
    by_key = rule_of_key(key)
    if key in rows:
        return rows[key]
    if "*" in rows and (by_key == "other-change" or kind not in _OBJECTS):
        return rows["*"]
    if kind != "schema" or by_key != "other-change":
        return _three(by_key)
    what = _KEYWORDS.get(key) or re.sub("([A-Z])", r"-\1", key).lower()
    if _BOUND.fullmatch(what) and _are_numbers(old.value, new.value):
        moved = (
            "increased" if _how(old, new) == "changed" and new.value > old.value else "decreased"
        )
        return Row("", f"~{what}-set", f"~{what}-unset", f"~{what}-{moved}", new="{name} is {now}")
    return Row("", f"~{what}-added", f"~{what}-removed", f"~{what}-changed")


def _how(old: Node, new: Node) -> str:
    return "added" if old.value is ABSENT else "removed" if new.value is ABSENT else "changed"


def _are_numbers(*values: Any) -> bool:
    return all(
        value is ABSENT or (isinstance(value, int | float) and not isinstance(value, bool))
        for value in values
    )


def _words(node: Node) -> dict[str, str]:
    """Return what rules and sentences say of a member."""
    target = node.followed()
    required = target.get("required") is True
    has_default = target.child("schema").followed().get("default") is not ABSENT
    title = target.get("title") if not node.refers() else node.value["$ref"].rpartition("/")[2]
    return {
        "need": "required" if required else "optional",
        "default": "-with-default" * (required and has_default),
        "called": quoted(target.get("name")),
        "in": visible(str(target.get("in"))),
        "title": f" {quoted(title)}" if isinstance(title, str) else "",
        "value": shown(node.value),
    }
