"""Models as text: short for logs and notebooks, in full on request, and names that do not exist."""

import datetime
import textwrap
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from .exact_json import number_text

_MOST_ITEMS: Final = 3


def brief(
    name: str,
    fields: Iterable[tuple[str, Any]],
    unknown: int,
    misfits: list[str],
    items: list[Any] | None,
) -> str:
    """Return a model in one line: these fields, and what else there is without its values.

    Of `items`, those of a model that is used as a list, it shows the number and the first few.
    """
    parts = [name, *(f"{field}={_short(value)}" for field, value in fields)]
    if items is not None:
        parts.insert(1, f"of {len(items)}")
    if unknown:
        parts.append(f"additional_properties={unknown}")
    if misfits:
        parts.append(f"misfits={misfits!r}")
    models = [repr(item) for item in (items or [])[:_MOST_ITEMS] if hasattr(item, "details")]
    if not models or items is None:
        return f"<{' '.join(parts)}>"
    more = ["…"] if len(items) > _MOST_ITEMS else []
    return f"<{' '.join(parts)}: {', '.join([*models, *more])}>"


def _short(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, (str, int)):
        return repr(getattr(value, "value", value))  # of an enum
    return repr(value)


def details(name: str, fields: Iterable[tuple[str, Any]]) -> str:
    """Return a model with all of its fields, one to a line."""
    return _block(f"{name}(", [f"{field}={_full(value)}" for field, value in fields], ")")


def _full(value: Any) -> str:
    if isinstance(value, list) and any(hasattr(item, "details") for item in value):
        return _block("[", [_full(item) for item in value], "]")
    if isinstance(value, dict) and any(hasattr(item, "details") for item in value.values()):
        return _block("{", [f"{key!r}: {_full(item)}" for key, item in value.items()], "}")
    full = getattr(value, "details", None)
    return repr(value) if full is None else str(full())


def _block(start: str, lines: list[str], end: str) -> str:
    inner = "".join([f"{textwrap.indent(line, '    ')},\n" for line in lines])
    return f"{start}\n{inner}{end}" if lines else start + end


def no_field(cls: str, name: str, names: Mapping[str, str], unknown: Mapping[str, Any]) -> str:
    """Return what to say about a field that does not exist.

    `names` are the fields of the class, by their keys on the wire; `unknown` the members that the
    server sent and the spec does not document.
    """
    import difflib  # imported here: mistakes are rare

    problem = f"{cls} has no field {name!r}"
    if name in names:
        return f"{problem}: it is {names[name]!r} in Python."
    for key in unknown:
        if _letters(key) == _letters(name):
            return (
                f"{problem}, for the spec does not document it. "
                f"The server sent it: read .additional_properties[{key!r}]."
            )
    close = difflib.get_close_matches(name, names.values(), n=1)
    return f"{problem}. Did you mean {close[0]!r}?" if close else f"{problem}."


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
