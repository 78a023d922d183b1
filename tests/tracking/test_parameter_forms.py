"""A parameter that is written in another form on the wire: never silent."""

from typing import Any, Final

from chessa_tracking.diff.changes import Level
from chessa_tracking.diff.openapi import compare
from tests.marks import table
from tests.tracking.base import GET, edited, put

Json = dict[str, Any]
TEXT: Final[Json] = {"type": "string"}
QUERY: Final[Json] = {"name": "of", "in": "query"}
PLAIN: Final[Json] = {**QUERY, "schema": {"type": "array", "items": TEXT}}
SCALAR: Final[Json] = {**QUERY, "schema": TEXT}
DEEP: Final[Json] = {**QUERY, "style": "deepObject", "schema": {"type": "object"}}
AS_JSON: Final[Json] = {**QUERY, "content": {"application/json": {"schema": TEXT}}}
AS_TEXT: Final[Json] = {**QUERY, "content": {"text/plain": {"schema": TEXT}}}
COOKIE: Final[Json] = {"name": "of", "in": "cookie", "schema": TEXT}
MAJOR, MINOR, PATCH = Level.MAJOR, Level.MINOR, Level.PATCH

# The parameter before and after, the level, and a part of the sentence.
CHANGES: Final[list[tuple[Json, Json, Level, str]]] = [
    (PLAIN, {**PLAIN, "style": "pipeDelimited"}, MAJOR,
     'style of the query parameter \'of\' was "form" and is "pipeDelimited"'),
    (PLAIN, {**PLAIN, "explode": False}, MAJOR, 'and is "form, not exploded"'),
    (PLAIN, {**PLAIN, "explode": True}, PATCH, "means the same"),
    (SCALAR, {**SCALAR, "explode": False}, PATCH, "means the same"),
    (SCALAR, {**SCALAR, "style": "pipeDelimited"}, MAJOR, 'and is "pipeDelimited"'),
    (DEEP, {**DEEP, "explode": True}, PATCH, "means the same"),
    (PLAIN, {**PLAIN, "style": "deepObject"}, MAJOR, 'and is "deepObject"'),
    (PLAIN, {**PLAIN, "allowReserved": True}, MAJOR, "keeps reserved characters and %XX now"),
    ({**PLAIN, "allowReserved": True}, PLAIN, MAJOR, "does not keep reserved characters"),
    (PLAIN, {**PLAIN, "allowReserved": False}, PATCH, "means the same"),
    (PLAIN, {**PLAIN, "allowEmptyValue": True}, MINOR, "may be empty now"),
    ({**PLAIN, "allowEmptyValue": True}, PLAIN, MAJOR, "may not be empty any longer"),
    (PLAIN, AS_JSON, MAJOR, 'was "form" and is "content"'),
    (AS_JSON, SCALAR, MAJOR, 'was "content" and is "form"'),
    (AS_JSON, AS_TEXT, MAJOR, "may now be 'text/plain'"),
    (COOKIE, {**COOKIE, "style": "cookie"}, MAJOR, 'and is "cookie"'),
    (COOKIE, {**COOKIE, "style": "form", "explode": True}, PATCH, "means the same"),
]  # fmt: skip


@table(("before", "after", "level", "words"), CHANGES)
def test_another_form_is_told(before: Json, after: Json, level: Level, words: str) -> None:
    """Every change of the wire is major but what more values allow; a default changes nothing."""
    old, new = (edited(put(each, *GET, "parameters", 1)) for each in (before, after))
    changes = compare(old, new)
    assert max(change.level for change in changes) is level
    assert any(words in change.text for change in changes), changes
