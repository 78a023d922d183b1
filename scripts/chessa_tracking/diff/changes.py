"""Changes of a spec and what they mean for Python callers: one table of rules and levels.

Rules are named as oasdiff names them. oasdiff's errors and warnings are major, the rest minor, or a
patch where a Python caller cannot tell. Where a Python caller breaks and an HTTP caller does not,
the level is raised, with the reason next to it. A change that has no rule of its own is
`other-change`, `compatible-change` or `harmless-change`, by its level.
"""

import enum
from collections.abc import Iterable
from typing import Final, Literal, Protocol

import attrs

Direction = Literal["request", "response"]
Place = Literal["body", "property", "parameter", "header"]


class Level(enum.IntEnum):
    """Severity of a change; the highest of all is the verdict."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """`major`"""
        return self.name.lower()


@attrs.frozen(order=True)
class Change:
    """One change, reported once."""

    operation: str
    """`POST /v1/orders/refund`, with the number of others if there are; empty for the document."""
    pointer: str
    """Its place: in the new document, or in the old one if it was removed."""
    rule: str
    level: Level
    text: str
    """A sentence; names and values of the vendor's in it are quoted, short and visible."""


class Levelled(Protocol):
    """An object that has a level."""

    @property
    def level(self) -> Level: ...


def verdict(changes: Iterable[Levelled]) -> Level:
    """Return the highest level of all."""
    return max((change.level for change in changes), default=Level.NONE)


MAJOR, MINOR, PATCH = Level.MAJOR, Level.MINOR, Level.PATCH

_GENERIC: Final = {
    MAJOR: "other-change",
    MINOR: "compatible-change",
    PATCH: "harmless-change",
}

_OF_OPERATIONS: Final[dict[str, Level]] = {
    # ---- Paths and operations
    "api-path-removed-without-deprecation": MAJOR,
    "api-path-removed-with-deprecation": MAJOR,  # raised: the method is removed, announced or not
    "api-removed-without-deprecation": MAJOR,
    "api-removed-with-deprecation": MAJOR,  # raised: the same
    "endpoint-added": MINOR,
    "endpoint-deprecated": MINOR,
    "endpoint-reactivated": MINOR,
    "api-operation-id-added": MAJOR,  # raised: the method takes its name from it, if unpinned
    "api-operation-id-changed": MAJOR,  # raised: the same
    "api-operation-id-removed": MAJOR,  # raised: the same
    "api-tag-added": PATCH,  # the first alone names anything
    "api-tag-removed": PATCH,
    "api-first-tag-changed": MAJOR,  # raised: the resource takes its name from it, if unpinned
    # ---- Security: raised, for the client sends the credentials that it knows and no others
    "api-security-added": MAJOR,
    "api-security-removed": MAJOR,
    "api-security-scope-added": MAJOR,
    "api-security-scope-removed": MINOR,
    "api-global-security-added": MAJOR,
    "api-global-security-removed": MAJOR,
    "api-global-security-scope-added": MAJOR,
    "api-global-security-scope-removed": MINOR,
    "api-security-component-added": MINOR,
    "api-security-component-removed": MAJOR,
    "api-security-component-changed": MAJOR,
    "api-security-component-oauth-scope-added": MINOR,
    "api-security-component-oauth-scope-removed": MAJOR,
    # ---- Servers: raised, for the client sends to the first unless told otherwise
    "api-default-server-changed": MAJOR,
    "api-server-added": MINOR,
    "api-server-removed": MAJOR,
    "api-server-changed": MAJOR,
    # ---- Parameters
    "request-path-parameter-renamed": MAJOR,  # raised: an argument takes its name from it
    "new-required-request-parameter": MAJOR,
    "new-optional-request-parameter": MINOR,
    "request-parameter-removed": MAJOR,  # raised: the argument is removed
    "request-parameter-became-required": MAJOR,
    "request-parameter-became-optional": MINOR,
    "request-parameter-serialization-changed": MAJOR,
    # ---- Request bodies
    "request-body-added-required": MAJOR,
    "request-body-added-optional": MINOR,
    "request-body-removed": MAJOR,
    "request-body-became-required": MAJOR,
    "request-body-became-optional": MINOR,
    "request-body-media-type-added": MINOR,
    "request-body-media-type-removed": MAJOR,
    # ---- Responses
    "response-success-status-added": MINOR,
    "response-success-status-removed": MAJOR,
    "response-non-success-status-added": MINOR,
    "response-non-success-status-removed": MAJOR,  # raised: callers read its body by its class
    "response-media-type-added": MINOR,
    "response-media-type-removed": MAJOR,
    "required-response-header-removed": MAJOR,
    "optional-response-header-removed": MAJOR,
    "response-header-added": MINOR,
    "response-header-became-optional": MAJOR,
    "response-header-became-required": MINOR,
    # ---- Links: where a write shows
    "response-link-added": MINOR,
    "response-link-removed": MINOR,
    "response-link-changed": MINOR,
    # ---- Components
    "api-schema-added": PATCH,  # used by nothing: a use of a schema is compared where it stands
    "api-schema-removed": PATCH,
    "api-schema-renamed": MAJOR,  # raised: its class takes its name from it
    "api-component-added": PATCH,
    "api-component-removed": PATCH,
    "api-component-changed": PATCH,
    # ---- The document
    "webhook-added": MINOR,
    "webhook-removed": MAJOR,
    "api-global-tag-added": PATCH,
    "api-global-tag-removed": PATCH,
    "api-version-increased": PATCH,
    "api-version-decreased": PATCH,
    "documentation-changed": PATCH,
    "example-changed": PATCH,
    "extension-changed": MAJOR,  # ours: they shape the client
    "vendor-extension-changed": PATCH,  # nothing here reads them
    "equivalent-change": PATCH,  # the same, written otherwise
    # ---- Properties
    "new-required-request-property": MAJOR,
    "new-required-request-property-with-default": MAJOR,
    "new-optional-request-property": MINOR,
    "request-property-removed": MAJOR,  # the argument is removed
    "request-property-became-required": MAJOR,
    "request-property-became-optional": MINOR,
    "response-required-property-added": MINOR,
    "response-optional-property-added": MINOR,
    "response-required-property-removed": MAJOR,
    "response-optional-property-removed": MAJOR,  # the attribute is removed
    "response-property-became-required": MINOR,
    "response-property-became-optional": MAJOR,
    **{rule: level for level, rule in _GENERIC.items()},
}

_ALL: Final = ("request-body", "request-property", "request-parameter") + (
    _BOTH := ("response-body", "response-property")
)
_PARTS: Final = ("request-property", "response-property")
_SENT: Final = ("request-property", "request-parameter")

# A keyword that narrows the valid values restricts the sender and frees the reader.
_ADDED, _REMOVED = (MAJOR, PATCH), (MINOR, MAJOR)

_OF_VALUES: Final[dict[str, tuple[Level, Level, tuple[str, ...]]]] = {
    # the level in a request, the level in a response, and where oasdiff has a rule for it
    "type-changed": (MAJOR, MAJOR, _ALL),
    "type-generalized": (MINOR, MAJOR, _ALL),
    "type-specialized": (MAJOR, MAJOR, _BOTH),  # response raised: another type in Python
    "type-compatible": (PATCH, PATCH, ()),  # the same type in Python
    "list-of-types-widened": (MINOR, MAJOR, ()),
    "list-of-types-narrowed": (MAJOR, MINOR, ()),
    "became-nullable": (MINOR, MAJOR, _ALL),
    "became-not-nullable": (MAJOR, MINOR, _ALL),
    "became-enum": (MAJOR, MINOR, _ALL),  # if a str becomes a class, the Python surface says so
    "became-not-enum": (MAJOR, MAJOR, ()),  # raised: the class of the enum is removed
    "enum-value-added": (MINOR, MINOR, _ALL),  # response lowered: enums here are open
    "enum-value-removed": (MAJOR, MAJOR, _ALL),  # response raised: the constant is removed
    "one-of-added": (MINOR, MAJOR, _PARTS),
    "one-of-removed": (MAJOR, MAJOR, _PARTS),  # response raised: a class of the union is removed
    "any-of-added": (MINOR, MAJOR, _PARTS),  # response raised: one more class to expect
    "any-of-removed": (MAJOR, MAJOR, _PARTS),  # response raised: a class of the union is removed
    "all-of-added": (MAJOR, MINOR, ()),
    "all-of-removed": (MAJOR, MAJOR, ()),
    "pattern-added": (MAJOR, PATCH, _SENT),
    "pattern-changed": (MAJOR, PATCH, _SENT),
    "pattern-removed": (MINOR, PATCH, _SENT),
    # The server applies it: a reader cannot tell. Who leaves a parameter out makes another call.
    **dict.fromkeys(
        ("default-value-added", "default-value-changed", "default-value-removed"),
        (MINOR, PATCH, ("request-property",)),
    ),
    "deprecated": (MINOR, MINOR, (*_SENT, "response-property")),
    "reactivated": (MINOR, MINOR, (*_SENT, "response-property")),
    "const-added": (MAJOR, MINOR, ()),  # response raised: any other value is a misfit
    "const-removed": (MINOR, MAJOR, ()),
    "title-changed": (MAJOR, MAJOR, _ALL),  # raised: an inline class takes its name from it
    "discriminator-added": (MINOR, MINOR, ()),
    "discriminator-removed": (MAJOR, MAJOR, ()),  # raised: classes cannot be told apart
    "discriminator-property-name-changed": (MAJOR, MAJOR, ()),  # raised: the same
    "discriminator-mapping-added": (MINOR, MINOR, _PARTS),
    "discriminator-mapping-deleted": (MAJOR, MAJOR, _PARTS),  # raised: the same
    "discriminator-mapping-changed": (MAJOR, MAJOR, _PARTS),  # raised: a value means another class
    "pattern-properties-added": (MAJOR, MINOR, ()),
    "pattern-properties-removed": (MINOR, MAJOR, ()),
    "additional-properties-allowed": (MINOR, MINOR, ()),
    "additional-properties-forbidden": (MAJOR, PATCH, ()),
    "prefix-items-added": (MINOR, MAJOR, ()),
    "prefix-items-removed": (MAJOR, MINOR, ()),
    "xml-added": (PATCH, PATCH, ()),  # the client sends and reads JSON
    "xml-changed": (PATCH, PATCH, ()),
    "xml-removed": (PATCH, PATCH, ()),
}

for _bound in ("max", "exclusive-max", "max-length", "max-items", "max-properties", "max-contains"):
    _common = _bound in ("max", "max-length")
    _sent, _read = (_SENT, ("response-property",)) if _common else ((), ())
    _OF_VALUES.update(
        {
            f"{_bound}-increased": (MINOR, MAJOR, _sent + _read),
            f"{_bound}-decreased": (MAJOR, PATCH, _sent),
            f"{_bound}-set": (*_ADDED, _sent),
            f"{_bound}-unset": (*_REMOVED, _sent + _read),
        }
    )
    _bound = _bound.replace("max", "min")
    _OF_VALUES.update(
        {
            f"{_bound}-increased": (MAJOR, PATCH, _sent),
            f"{_bound}-decreased": (MINOR, MAJOR, _sent + _read),
            f"{_bound}-set": (*_ADDED, _sent),
            f"{_bound}-unset": (*_REMOVED, _sent + _read),
        }
    )
for _keyword in (
    *("multiple-of", "unique-items", "not", "contains", "property-names", "if", "then"),
    *("else", "content-schema", "unevaluated-items", "unevaluated-properties"),
    *("dependent-schemas", "dependent-required"),
):
    _OF_VALUES.update({f"{_keyword}-added": (*_ADDED, ()), f"{_keyword}-removed": (*_REMOVED, ())})


def rule_of(direction: Direction, place: Place, what: str) -> tuple[str, Level]:
    """Return the rule and the level of a change of a value; an unknown one is major."""
    if what == "type-specialized" and direction == "request":
        what = "type-changed"
    in_request, in_response, places = _OF_VALUES.get(what, (MAJOR, MAJOR, ()))
    level = in_request if direction == "request" else in_response
    if what.startswith("default-value") and (direction, place) == ("request", "parameter"):
        return f"request-parameter-{what}", MAJOR
    if f"{direction}-{place}" in places:
        return f"{direction}-{place}-{what}", level
    return _GENERIC[level], level


_PLACES: Final[tuple[tuple[Direction, Place], ...]] = (
    *(("request", "body"), ("request", "property"), ("request", "parameter")),
    *(("response", "body"), ("response", "property")),
)
RULES: Final = _OF_OPERATIONS | dict(
    rule_of(direction, place, what) for what in _OF_VALUES for direction, place in _PLACES
)

_PROSE: Final = frozenset({"description", "summary", "externalDocs", "$comment", "x-source"})
_EXAMPLES: Final = frozenset({"example", "examples"})
_OURS: Final = frozenset(
    {"x-resource", "x-safe-to-repeat", "x-unwrap", "x-mutually-exclusive", "x-iterate"}
    | {"x-once-per", "x-duplicate", "x-personal", "x-evidence"}
    | {"x-optional", "x-python-name", "x-open-enum"}
)
"""Extensions that the pipeline reads, and that shape the client; CONTRIBUTING has the table."""
LITTLE: Final = (
    _PROSE | _EXAMPLES | {"title", "default", "deprecated", "readOnly", "writeOnly", "xml"}
)
"""Keys that add little to what a schema wraps."""


def rule_of_key(key: object) -> str:
    """Return the rule of a key of any node that no other rule names."""
    if key in _PROSE:
        return "documentation-changed"
    if key in _EXAMPLES:
        return "example-changed"
    if key in _OURS:
        return "extension-changed"
    return "vendor-extension-changed" if str(key).startswith("x-") else "other-change"
