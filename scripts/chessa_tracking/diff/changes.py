"""What may change in a spec, and what it means for Python callers: levels, changes, one table.

In: the id of a rule, named as oasdiff names it where oasdiff has one. Out: its level. oasdiff's
errors and warnings are major, the rest minor, or a patch where a Python caller cannot tell. Where
a Python caller breaks and an HTTP caller does not, the level is raised, with the reason beside it.
"""

import enum
from collections.abc import Iterable
from typing import Final, Protocol

import attrs

from chessa_tracking.diff.rules import RULES_OF_VALUES


class Level(enum.IntEnum):
    """How much a change means; the highest of all is the verdict."""

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
    """Where it stands: in the new document, or in the old one if it is gone."""
    rule: str
    level: Level
    text: str
    """A sentence; names and values of the vendor's in it are quoted, short and visible."""


class Levelled(Protocol):
    """Whatever has a level."""

    @property
    def level(self) -> Level: ...


def verdict(changes: Iterable[Levelled]) -> Level:
    """The highest level of all."""
    return max((change.level for change in changes), default=Level.NONE)


MAJOR, MINOR, PATCH = Level.MAJOR, Level.MINOR, Level.PATCH

_OF_OPERATIONS: Final[dict[str, Level]] = {
    # ---- Paths and operations
    "api-path-removed-without-deprecation": MAJOR,
    "api-path-removed-with-deprecation": MAJOR,  # raised: the method is gone, announced or not
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
    "api-security-component-type-changed": MAJOR,
    "api-security-component-oauth-url-changed": MAJOR,
    "api-security-component-oauth-token-url-changed": MAJOR,
    "api-security-component-oauth-scope-added": MINOR,
    "api-security-component-oauth-scope-removed": MAJOR,
    "api-security-component-oauth-scope-changed": PATCH,  # its words
    "api-security-component-changed": MAJOR,
    # ---- Servers: raised, for the client sends to the first unless told otherwise
    "api-default-server-changed": MAJOR,
    "api-server-added": MINOR,
    "api-server-removed": MAJOR,
    "api-server-changed": MAJOR,
    # ---- Parameters
    "new-request-path-parameter": MAJOR,
    "request-path-parameter-renamed": MAJOR,  # raised: an argument takes its name from it
    "new-required-request-parameter": MAJOR,
    "new-optional-request-parameter": MINOR,
    "request-parameter-removed": MAJOR,  # raised: the argument is gone
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
    "request-body-media-type-schema-added": MAJOR,
    "request-body-media-type-schema-removed": MAJOR,  # raised: its arguments are gone
    # ---- Responses
    "response-success-status-added": MINOR,
    "response-success-status-removed": MAJOR,
    "response-non-success-status-added": MINOR,
    "response-non-success-status-removed": MAJOR,  # raised: callers read its body by its class
    "response-media-type-added": MINOR,
    "response-media-type-removed": MAJOR,
    "response-body-media-type-schema-added": MAJOR,  # raised: None becomes a model
    "response-body-media-type-schema-removed": MAJOR,
    "required-response-header-removed": MAJOR,
    "optional-response-header-removed": MAJOR,
    "response-header-added": MINOR,
    "response-header-became-optional": MAJOR,
    "response-header-became-required": MINOR,
    # ---- Components
    "api-schema-added": PATCH,  # used by nothing: what uses a schema is judged where it does
    "api-schema-removed": PATCH,
    "api-schema-renamed": MAJOR,  # raised: its class takes its name from it
    "api-component-added": PATCH,
    "api-component-removed": PATCH,
    "api-component-changed": PATCH,
    # ---- The document
    "webhook-added": PATCH,  # the client has no part in them
    "webhook-removed": MAJOR,
    "api-global-tag-added": PATCH,
    "api-global-tag-removed": PATCH,
    "api-version-increased": PATCH,
    "api-version-decreased": PATCH,
    "documentation-changed": PATCH,
    "example-changed": PATCH,
    "extension-changed": MAJOR,  # ours: they shape the client
    "vendor-extension-changed": PATCH,  # nothing here reads them
    "equivalent-change": PATCH,  # the same, said in other words
    "other-change": MAJOR,  # named by no rule: nobody knows what it means
}

RULES: Final = _OF_OPERATIONS | {rule: Level[level] for rule, level in RULES_OF_VALUES.items()}
