"""Texts for a terminal and for files: JSON values as JSON, as rows, as CSV.

What the API sent is not trusted: no control character, escape sequence or direction mark of it is
written as it is.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, cast

from chessa_api.exact_json import dumps, number_text

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_FORMULA: Final = ("=", "+", "-", "@", "'")
"""The first characters of a cell that a spreadsheet would compute; and of those guarded here."""


def printable(text: str) -> str:
    r"""Return a text with an escape, such as `\x1b`, for each character that does not print."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def to_json(value: Any, indent: str | None = "\n") -> str:
    """Return a JSON value as JSON, every number exact, and nothing in it unprintable.

    It is indented; with an `indent` of None it is one line.
    """
    if isinstance(value, Mapping) and value:
        members = cast("Mapping[str, Any]", value).items()
        deeper = None if indent is None else f"{indent}  "
        lines = [f"{_quoted(name)}: {to_json(member, deeper)}" for name, member in members]
        return f"{{{_joined(lines, indent)}}}"
    if isinstance(value, list | tuple) and value:
        deeper = None if indent is None else f"{indent}  "
        items = [to_json(item, deeper) for item in cast("Sequence[Any]", value)]
        return f"[{_joined(items, indent)}]"
    return _quoted(value) if isinstance(value, str) else dumps(value).decode("ascii")


def _joined(parts: Iterable[str], indent: str | None) -> str:
    if indent is None:
        return ", ".join(parts)
    return f"{indent}  {f',{indent}  '.join(parts)}{indent}"


def _quoted(text: str) -> str:
    written = json.dumps(str(text), ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in written)


def cell(value: Any) -> str:
    """Return a JSON value as the text of one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list | tuple | Mapping):
        return printable(dumps(value).decode("ascii"))
    return str(value)


def flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the members of an object, those of objects in it under dotted names."""
    for name, member in value.items():
        if isinstance(member, Mapping) and member:
            yield from flat(cast("Mapping[str, Any]", member), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", member


Row = dict[str, Any]


def split(value: Any) -> tuple[dict[str, list[Row]], Row]:
    """Return the lists of objects in a result, by name, and the rest of it as one row.

    The name of a result that is a list itself is "".
    """
    if _is_rows(value):
        return {"": [dict(flat(item)) for item in value]}, {}
    if not isinstance(value, Mapping):
        return {}, {} if value is None else {"": value}
    members = cast("Mapping[str, Any]", value)
    lists = {name: item for name, item in members.items() if _is_rows(item)}
    rest = {name: item for name, item in members.items() if name not in lists}
    rows = {name: [dict(flat(each)) for each in items] for name, items in lists.items()}
    return rows, dict(flat(rest))


def _is_rows(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return all(isinstance(item, Mapping) for item in cast("list[object]", value))


def columns(rows: Iterable[Row]) -> list[str]:
    """Return the names of all columns: ids and statuses first, the rest in the API's order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return sorted(names, key=lambda name: {"id": 0, "status": 1}.get(name, 2))


def fitting(names: Sequence[str], rows: Sequence[Row], width: int | None) -> list[str]:
    """Return the columns that fit next to each other: a cut id would be of no use."""
    if width is None:
        return list(names)
    shown: list[str] = []
    left = width
    for name in names:
        widest = max(
            len(text) for text in [printable(name), *(cell(row.get(name)) for row in rows)]
        )
        if widest > left and shown:
            continue
        shown.append(name)
        left -= widest + 2
    return shown


def to_csv(value: Any) -> str:
    """Return a result as CSV: a line for each object of its list, else one for the result.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    lists, rest = split(value)
    rows = next(iter(lists.values()), [rest] if rest else [])
    names = columns(rows)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    if names:
        writer.writerow([guarded(printable(name)) for name in names])
    for row in rows:
        writer.writerow([guarded(cell(row.get(name))) for name in names])
    return written.getvalue()


def guarded(text: str) -> str:
    """Return the text of a cell that no spreadsheet computes."""
    if not text.lstrip().startswith(_FORMULA) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"
