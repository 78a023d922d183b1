"""The rules of values: in a request and in a response the same change means another thing.

Out: a table from the id of a rule to the name of its level, made from one row per kind of change
and one column per direction. Ids are oasdiff's where it has one, and of its pattern where not.
"""

from typing import Final, Literal

Direction = Literal["request", "response"]
Place = Literal["body", "property", "parameter", "parameter-property", "header"]

PLACES: Final[dict[Direction, tuple[Place, ...]]] = {
    "request": ("body", "property", "parameter", "parameter-property"),
    "response": ("body", "property", "header"),
}

MAJOR, MINOR, PATCH = "MAJOR", "MINOR", "PATCH"

_UPPER: Final = {
    "increased": (MINOR, MAJOR),
    "decreased": (MAJOR, PATCH),
    "set": (MAJOR, PATCH),
    "unset": (MINOR, MAJOR),
}
_LOWER: Final = {
    "increased": (MAJOR, PATCH),
    "decreased": (MINOR, MAJOR),
    "set": (MAJOR, PATCH),
    "unset": (MINOR, MAJOR),
}
# A keyword that narrows what is valid: it costs the one who sends, and frees the one who reads.
_NARROWS: Final = {"added": (MAJOR, PATCH), "removed": (MINOR, MAJOR)}

_BOUNDS: Final = {
    **dict.fromkeys(
        ("max", "exclusive-max", "max-length", "max-items", "max-properties", "max-contains"),
        _UPPER,
    ),
    **dict.fromkeys(
        ("min", "exclusive-min", "min-length", "min-items", "min-properties", "min-contains"),
        _LOWER,
    ),
    **dict.fromkeys(
        (
            *("contains", "property-names", "if", "then", "else", "content-schema"),
            *("unevaluated-items", "unevaluated-properties", "dependent-schema"),
        ),
        _NARROWS,
    ),
    "dependent-required": _NARROWS | {"changed": (MAJOR, MAJOR)},
    "not": _NARROWS,
    "const": _NARROWS | {"changed": (MAJOR, MAJOR)},
    "multiple-of": {"set": (MAJOR, PATCH), "unset": (MINOR, MAJOR), "changed": (MAJOR, MAJOR)},
    "unique-items": {"set": (MAJOR, PATCH), "unset": (MINOR, MAJOR)},
    "pattern": {"added": (MAJOR, PATCH), "changed": (MAJOR, PATCH), "removed": (MINOR, PATCH)},
    # What the server does without it: nobody who reads can tell.
    "default-value": dict.fromkeys(("added", "changed", "removed"), (MINOR, PATCH)),
}

_KINDS: Final[dict[str, tuple[str, str]]] = {
    # of a request, of a response
    **{f"{what}-{how}": levels for what, row in _BOUNDS.items() for how, levels in row.items()},
    "type-changed": (MAJOR, MAJOR),
    "type-generalized": (MINOR, MAJOR),
    "list-of-types-widened": (MINOR, MAJOR),
    "list-of-types-narrowed": (MAJOR, MINOR),
    "became-nullable": (MINOR, MAJOR),
    "became-not-nullable": (MAJOR, MINOR),
    "became-enum": (MAJOR, MINOR),  # where a str becomes a class, the Python surface says so
    "became-not-enum": (MAJOR, MAJOR),  # raised: the class of the enum is gone
    "enum-value-added": (MINOR, MINOR),  # response lowered: enums here are open
    "enum-value-removed": (MAJOR, MAJOR),  # response raised: the constant is gone
    "content-encoding-changed": (MAJOR, MAJOR),
    "content-media-type-changed": (MAJOR, MAJOR),
    "one-of-added": (MINOR, MAJOR),
    "one-of-removed": (MAJOR, MAJOR),  # response raised: a class of the union is gone
    "any-of-added": (MINOR, MAJOR),  # response raised: one more class to expect
    "any-of-removed": (MAJOR, MAJOR),  # response raised: a class of the union is gone
    "all-of-added": (MAJOR, MINOR),
    "all-of-removed": (MAJOR, MAJOR),  # response raised: its attributes are gone
    "all-of-added-annotation-only": (PATCH, PATCH),
    "all-of-removed-annotation-only": (PATCH, PATCH),
    "prefix-items-added": (MINOR, MAJOR),
    "prefix-items-removed": (MAJOR, MINOR),
    "pattern-property-added": (MAJOR, MINOR),
    "pattern-property-removed": (MINOR, MAJOR),
    "additional-properties-allowed": (MINOR, MINOR),
    "additional-properties-forbidden": (MAJOR, PATCH),
    "discriminator-added": (MINOR, MINOR),
    "discriminator-removed": (MAJOR, MAJOR),  # raised: classes may be told apart no more
    "discriminator-property-name-changed": (MAJOR, MAJOR),  # raised: the same
    "discriminator-mapping-added": (MINOR, MINOR),
    "discriminator-mapping-deleted": (MAJOR, MAJOR),  # raised: the same
    "discriminator-mapping-changed": (MAJOR, MAJOR),  # raised: a value means another class
    "deprecated": (MINOR, MINOR),
    "reactivated": (MINOR, MINOR),
    "title-changed": (MAJOR, MAJOR),  # raised: an inline class takes its name from it
}

_OASDIFF_SAYS: Final = {
    "response-body-enum-value-removed": "response-mediatype-enum-value-removed",
}
"""Ids of oasdiff's that are not of its own pattern."""

_NARROWER: Final = {
    # In other requests a narrower type is a changed one.
    "request-parameter-property-type-specialized": MAJOR,
    "response-body-type-specialized": MAJOR,  # raised: an attribute has another type
    "response-property-type-specialized": MAJOR,  # raised
    "response-header-type-specialized": MAJOR,  # raised
    "response-body-type-compatible": PATCH,  # the same type in Python
    "response-property-type-compatible": PATCH,
    "response-header-type-compatible": PATCH,
}

_OF_PROPERTIES: Final = {
    "new-required-request-property": MAJOR,
    "new-required-request-property-with-default": MAJOR,
    "new-optional-request-property": MINOR,
    "request-property-removed": MAJOR,  # the argument is gone
    "request-property-became-required": MAJOR,
    "request-property-became-required-with-default": MAJOR,
    "request-property-became-optional": MINOR,
    "request-read-only-property-added": PATCH,  # nobody sends it
    "request-read-only-property-removed": PATCH,
    "request-read-only-property-changed": PATCH,
    "response-required-property-added": MINOR,
    "response-optional-property-added": MINOR,
    "response-required-property-removed": MAJOR,
    "response-optional-property-removed": MAJOR,  # the attribute is gone
    "response-property-became-required": MINOR,
    "response-property-became-optional": MAJOR,
    "response-required-write-only-property-added": PATCH,  # nobody receives it
    "response-optional-write-only-property-added": PATCH,
    "response-required-write-only-property-removed": PATCH,
    "response-optional-write-only-property-removed": PATCH,
    "response-write-only-property-became-required": PATCH,
    "response-write-only-property-became-optional": PATCH,
    "response-write-only-property-changed": PATCH,
    # Raised: it leaves the arguments, or the attributes.
    "request-optional-property-became-read-only": MAJOR,
    "request-required-property-became-read-only": MAJOR,
    "response-optional-property-became-write-only": MAJOR,
    "response-required-property-became-write-only": MAJOR,
    # It enters them.
    "request-optional-property-became-not-read-only": MINOR,
    "request-required-property-became-not-read-only": MAJOR,  # raised: an argument to give
    "response-optional-property-became-not-write-only": MINOR,
    "response-required-property-became-not-write-only": MAJOR,
    # Of the other direction.
    "request-optional-property-became-write-only": PATCH,
    "request-required-property-became-write-only": PATCH,
    "request-optional-property-became-not-write-only": PATCH,
    "request-required-property-became-not-write-only": PATCH,
    "response-optional-property-became-read-only": PATCH,
    "response-required-property-became-read-only": PATCH,
    "response-optional-property-became-not-read-only": PATCH,
    "response-required-property-became-not-read-only": PATCH,
}


def rule_of(direction: Direction, place: Place, what: str) -> str:
    """The id of a change of a value: `request-property-type-changed`."""
    if what == "type-specialized" and direction == "request" and place != "parameter-property":
        what = "type-changed"
    rule = f"{direction}-{place}-{what}"
    return _OASDIFF_SAYS.get(rule, rule)


def _all() -> dict[str, str]:
    rules = _NARROWER | _OF_PROPERTIES
    for what, levels in _KINDS.items():
        for direction, level in zip(PLACES, levels, strict=True):
            for place in PLACES[direction]:
                rules[rule_of(direction, place, what)] = level
    for how in ("added", "changed", "removed"):  # callers who leave it out get another call
        rules[f"request-parameter-default-value-{how}"] = MAJOR
    return rules


RULES_OF_VALUES: Final = _all()
