"""The form of an overlay document (OpenAPI Overlay Specification 1.0.0)."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import frozen
from jsonpath_rfc9535 import JSONPathError
from jsonpath_rfc9535 import compile as compile_query

from chessa_codegen.document.loader import MAX_LEVELS, SpecError, is_mapping, is_too_deep

OBSOLETE: Final = "x-obsolete"
"""The extension of an action that says that others of its target are not needed any more."""
OBSOLETE_WHEN: Final = "x-obsolete-when"


class OverlayError(SpecError):
    """An overlay that is malformed, cannot be applied, or (strictly) has become stale."""


@frozen
class Action:
    """One correction: what it targets, and what it does to each match."""

    index: int
    target: str
    description: str = ""
    has_update: bool = False
    update: Any = None
    remove: bool = False
    obsolete_when: str | None = None
    """A query: where it matches, the vendor says it itself, and the action is left out."""

    @property
    def where(self) -> str:
        """Name the action in an error message."""
        return f"actions[{self.index}], target {self.target}"


@frozen
class Overlay:
    """An overlay document whose form is known to be right."""

    title: str
    version: str
    actions: tuple[Action, ...]
    extends: str | None = None


_TYPE_NAMES: Mapping[type, str] = {
    str: "a string",
    bool: "a boolean",
    dict: "an object",
    list: "an array",
}
# Field, its type (object: any value), and whether it is required.
_OVERLAY_FIELDS = (
    ("overlay", str, True),
    ("info", dict, True),
    ("extends", str, False),
    ("actions", list, True),
)
_INFO_FIELDS = (("title", str, True), ("version", str, True))
_ACTION_FIELDS = (
    ("target", str, True),
    ("description", str, False),
    ("update", object, False),
    ("remove", bool, False),
    (OBSOLETE, bool, False),
    (OBSOLETE_WHEN, str, False),
)


def parse(document: object) -> Overlay:
    """Check the form of an overlay document and return its actions."""
    if is_too_deep(document):
        raise too_deep("the overlay")
    overlay = _fields(document, "", _OVERLAY_FIELDS)
    if not re.fullmatch(r"1\.0\.[0-9]+", overlay["overlay"]):
        raise OverlayError(
            f"The overlay is written for version '{overlay['overlay']}'; 1.0.x is applied here.",
            "overlay",
            "Write 'overlay: 1.0.0', and use only what that version knows.",
        )
    info = _fields(overlay["info"], "info", _INFO_FIELDS)
    if not overlay["actions"]:
        raise OverlayError(
            "The overlay has no action.", "actions", "Add an action, or do without the overlay."
        )
    _check_no_repetition(overlay["actions"])
    read = [(item, _action(item, index)) for index, item in enumerate(overlay["actions"])]
    obsolete = {action.target for item, action in read if item.get(OBSOLETE)}
    actions = tuple(action for _, action in read if action.target not in obsolete)
    return Overlay(info["title"], info["version"], actions, overlay.get("extends"))


def _fields(
    value: object, where: str, fields: tuple[tuple[str, type, bool], ...]
) -> dict[str, Any]:
    """Check that a value is an object with the fields of a table, and otherwise only x- fields."""
    here = where or "the top level of the overlay"
    if not is_mapping(value):
        raise OverlayError(
            f"{kind(value).capitalize()} stands where an object is needed.",
            here,
            f"Write an object with {_listed(name for name, _, _ in fields)}.",
        )
    known = [name for name, _, _ in fields]
    for name in value:
        if name not in known and not name.startswith("x-"):
            raise OverlayError(
                f"Overlay 1.0.0 knows no field '{name}' here.",
                here,
                f"Use {_listed(known)}, or a name that starts with 'x-'.",
            )
    for name, type_, is_required in fields:
        place = f"{where}.{name}" if where else name
        if name not in value:
            if is_required:
                raise OverlayError(f"The field '{name}' is missing.", here, f"Add '{name}:'.")
        elif not isinstance(value[name], type_):
            raise OverlayError(
                f"'{name}' is {kind(value[name])}, not {_TYPE_NAMES[type_]}.",
                place,
                f"Write {_TYPE_NAMES[type_]}{', in quotes' if type_ is str else ''}.",
            )
    return value


def _action(value: object, index: int) -> Action:
    action = _fields(value, f"actions[{index}]", _ACTION_FIELDS)
    for key in ("target", OBSOLETE_WHEN):
        if key in action:
            _check_query(action[key], f"actions[{index}].{key}")
    return Action(
        index,
        action["target"],
        action.get("description", ""),
        "update" in action,
        action.get("update"),
        action.get("remove", False),
        action.get(OBSOLETE_WHEN),
    )


def _check_query(target: str, where: str) -> None:
    try:
        compile_query(target)
    except (JSONPathError, ArithmeticError, RecursionError) as error:  # ?@.a==1e999 overflows
        what = "target" if where.endswith("target") else "query"
        raise OverlayError(
            f"The {what} is not an RFC 9535 JSONPath query: {error}.",
            where,
            "Start with '$', and write names that hold '-' or '/' like $.paths['/orders'].",
        ) from None


def _check_no_repetition(actions: list[Any]) -> None:
    """Refuse equal actions, as the published JSON Schema of Overlay 1.0 does (uniqueItems)."""
    seen: dict[str, int] = {}
    for index, action in enumerate(actions):
        first = seen.setdefault(json.dumps(action, sort_keys=True), index)
        if first != index:
            raise OverlayError(
                f"The action equals actions[{first}].", f"actions[{index}]", "Delete one of them."
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def kind(value: object) -> str:
    """Return the name of the JSON type of a value."""
    for type_, name in _TYPE_NAMES.items():
        if isinstance(value, type_):
            return name
    return "null" if value is None else "a number"


def too_deep(where: str) -> OverlayError:
    """Return the error of an overlay, or of its result, that is nested too deep."""
    return OverlayError(
        f"Objects and arrays nest more than {MAX_LEVELS} levels deep.",
        where,
        "Move what lies deep into components and refer to it with $ref.",
    )
