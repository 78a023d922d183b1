"""Names: from the spec's to Python's. Pure functions; every result is a safe ASCII identifier."""

import keyword
import re
from collections.abc import Collection, Iterable
from typing import Final

_WORD_STARTS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST: Final = 140
"""Characters of a class or a method: each has a file of its name."""
_CONTROLLER: Final = re.compile(r"([A-Za-z0-9]+)Controller_([A-Za-z0-9_]+)")
_DTO: Final = re.compile(r"(?<=[a-z0-9])(Dto|DTO)$")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9]+")

# What the text of a generated class or method refers to by a bare name.
_USED_IN_CLASSES: Final = frozenset({"attrs", "datetime", "models"})
_BUILTINS_IN_HINTS: Final = frozenset({"bool", "dict", "int", "list", "str", "tuple"})
_MODEL_MEMBERS: Final = frozenset(
    {"additional_properties", "from_dict", "from_json", "misfits", "replace", "to_dict", "to_json"}
    | {"details", "rows"}
)
FIELD_NAMES_TAKEN: Final = _USED_IN_CLASSES | _BUILTINS_IN_HINTS | _MODEL_MEMBERS | {"self"}
ARGUMENT_NAMES_TAKEN: Final = frozenset({"self"})
# The constant of `unset` would be `UNSET`; `list` is written `builtins.list` in hints.
_METHOD_NAMES_TAKEN: Final = (_BUILTINS_IN_HINTS - {"list"}) | {
    *("self", "unset", "with_raw_response"),
}
# What the package of a resource refers to, and where the module of each operation is put too.
_MODULES_TAKEN: Final = frozenset(
    {"builtins", "datetime", "models", "returns_raw", "returns_raw_async"}
)
RESOURCE_NAMES_TAKEN: Final = frozenset(
    {"with_raw_response", "with_options", "close", "aclose", "base_url", "models", "self"}
    | {"cached_property", "lazy_resource"}
)
CLASS_NAMES_TAKEN: Final = frozenset(
    {"Any", "AsyncResource", "Decimal", "ListModel", "Mapping", "Model", "OpenEnum", "OpenIntEnum"}
    | {"Known", "Operation", "Resource", "Sequence", "Unset", "UNSET", "TYPE_CHECKING"}
)


_RESOURCE_CLASSES_TAKEN: Final = frozenset(
    {"Resources", "AsyncResources", "Performer", "AsyncPerformer", "RawPerformer"}
    | {"AsyncRawPerformer"}
)


def words(name: str) -> list[str]:
    """Split a name of any convention into its parts."""
    return [word for part in _NOT_IN_NAMES.split(name) for word in _WORD_STARTS.split(part) if word]


def snake(name: str, taken: Collection[str] = frozenset()) -> str:
    """`orderId` → `order_id`; a keyword or a name in `taken` gets a trailing underscore."""
    text = "_".join(words(name)).lower() or "field"
    if text[0].isdigit():
        text = f"field_{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in taken else text


def pascal(name: str) -> str:
    """`order_status` → `OrderStatus`; what a generated file refers to gets the suffix `Model`."""
    text = "".join(word[0].upper() + word[1:] for word in words(name))[:_LONGEST] or "Model"
    if text[0].isdigit():
        text = f"Model{text}"
    return f"{text}Model" if keyword.iskeyword(text) or text in CLASS_NAMES_TAKEN else text


def method(name: str, resource: str) -> str:
    """`createOrder` → `create_order`; a name that its resource uses gets a suffix."""
    text = snake(name, _METHOD_NAMES_TAKEN)[:_LONGEST].rstrip("_")
    if text in _MODULES_TAKEN:
        return f"{text}_operation"
    return f"{text}_" if text.upper() == resource_class(resource) else text


def short(name: str) -> str:
    """Return the name of a class that a file can have: of a long one both ends."""
    return name if len(name) <= _LONGEST else f"{name[:90]}{name[-50:]}"


def without_controller(operation_id: str) -> tuple[str, str]:
    """`OrdersController_create` → `Orders`, `create`, as NestJS writes both in one."""
    found = _CONTROLLER.fullmatch(operation_id)
    return (found[1], found[2]) if found else ("", operation_id)


def without_suffix(name: str) -> str:
    """`OrderDto` → `Order`: a suffix of frameworks that says nothing to callers."""
    return _DTO.sub("", name) or name


def resource_class(name: str) -> str:
    """`orders` → `Orders`; what a generated client refers to gets the suffix `Resource`."""
    text = pascal(name)
    return f"{text}Resource" if text in _RESOURCE_CLASSES_TAKEN else text


def constant(value: str | int) -> str:
    """`waiting_for_funding` → `WAITING_FOR_FUNDING`; a number gets the prefix `VALUE_`."""
    if isinstance(value, int):
        return f"VALUE_{value}" if value >= 0 else f"VALUE_NEGATIVE_{-value}"
    text = "_".join(words(value)).upper() or "EMPTY"
    return f"VALUE_{text}" if text[0].isdigit() else text


def distinct(names: Iterable[str]) -> list[str]:
    """Keep names apart: the second `note` becomes `note_2`."""
    seen: set[str] = set()
    result: list[str] = []
    for name in names:
        candidate, count = name, 1
        while candidate in seen:
            count += 1
            candidate = f"{name}_{count}"
        seen.add(candidate)
        result.append(candidate)
    return result


def path_words(path: str) -> str:
    """Name a path: `/v1/orders/{orderId}` → `OrdersByOrderId`."""
    parts: list[str] = []
    for segment in path.strip("/").split("/"):
        if re.fullmatch(r"v[0-9]+", segment):
            continue
        by = "By" if segment.startswith("{") else ""
        parts.append(by + "".join(word[0].upper() + word[1:] for word in words(segment)))
    return "".join(parts) or "Root"
