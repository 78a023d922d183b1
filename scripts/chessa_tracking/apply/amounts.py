"""Changes of the form of an amount on the wire: it is a `Decimal` before and after.

The overlay, or a `format`, says that a property is an amount; the vendor may then write it as a
number, as text, or as either with the pattern of a number, as pydantic and .NET do.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from chessa_codegen.document.refs import Where, at, locate
from chessa_tracking.diff.changes import Change

_FORM: Final = re.compile(r"(?P<schema>.*?)(/(anyOf|oneOf)/[0-9]+)?(/(type|format|pattern))?")
_NUMBERS: Final = ("0", "-1", "12.50", f"-{'9' * 30}.{'9' * 18}")


def is_of_amount(change: Change, effective: Mapping[str, Any]) -> bool:
    """Return whether a change is one of the form of an amount, in the corrected new document."""
    found = _FORM.fullmatch(change.pointer)
    schema = found["schema"] if found else change.pointer
    where = locate(effective, f"#{change.pointer}")
    holder = at(effective, where[: schema.count("/")])
    if schema == change.pointer or not is_amount(holder):
        return False
    return not change.pointer.endswith("/pattern") or _takes_numbers(effective, where)


def is_amount(schema: Any) -> bool:
    """Return whether a schema is that of a decimal number, whatever its form on the wire."""
    return isinstance(schema, dict) and schema.get("format") == "decimal"


def _takes_numbers(effective: Mapping[str, Any], where: Where) -> bool:
    """Return whether the pattern at a place is that of any number."""
    pattern = at(effective, where)
    try:
        return isinstance(pattern, str) and all(re.search(pattern, each) for each in _NUMBERS)
    except re.error:
        return False
