"""YAML 1.2 and JSON as a plain tree, under rules stricter than any YAML library's.

The tree has dicts with string keys, lists, strings, finite numbers, booleans and None. Aliases and
merge keys are written out, up to a bound. Tags, duplicate keys and control characters are refused.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field

from chessa_codegen.document import json, yaml_events
from chessa_codegen.document.json import CONTROLS, MAX_DIGITS, MAX_LEVELS
from chessa_codegen.document.yaml_events import Event
from chessa_codegen.errors import SpecError


def parse(content: bytes, name: str) -> Any:
    """Read the one document in a file; the name is for the error messages."""
    text = _text(content, name)
    plain = json.parse(text)  # as the events would give it, at a tenth of their cost
    return _read(text, name) if plain is None else plain


def _read(text: str, name: str) -> Any:
    """Read YAML the fast way; a refusal is the exact reader's, who may also accept the text."""
    if yaml_events.is_for_both(text):
        try:
            return _compose(yaml_events.fast(text, name), name)
        except SpecError:
            pass
    return _compose(yaml_events.exact(text, name), name)


# ---- characters -------------------------------------------------------------------------------

_CONTROL = re.compile(f"[{CONTROLS}]")
_C1 = re.compile("[\x80-\x84\x86-\x9f]")  # left over from another encoding; YAML has none of them
_CONTROL_OR_BREAK = re.compile(f"[{CONTROLS}\u2028\u2029]")


def _text(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecError(
            f"Byte {error.start} (0x{content[error.start]:02x}) is not UTF-8.",
            f"{name}:{line}",
            "Save the file as UTF-8.",
        ) from None
    text = _C1.sub("\ufffd", text)
    if found := _CONTROL_OR_BREAK.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _refused_character(found.group(), f"{name}:{line}")
    return text


def _refused_character(character: str, where: str) -> SpecError:
    return SpecError(
        f"The character U+{ord(character):04X} is not allowed.",
        where,
        "Delete it; in a regular expression write its escape with two backslashes.",
    )


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


# ---- structure --------------------------------------------------------------------------------


_MOST_ALIASED = 500_000


@define
class _Open:
    """A mapping or sequence whose end has not come yet."""

    value: dict[str, Any] | list[Any]
    key: str | None = None  # of a mapping: the key that waits for its value
    lines: dict[str, int] = field(factory=dict[str, int])  # of a mapping: where each key stands
    anchor: str | None = None
    is_merging: bool = False  # of a mapping: whether its key is the merge key
    merged: list[Any] = field(factory=list[Any])


def _compose(events: Iterable[Event], name: str) -> Any:
    """Build the one document from its events, refusing what is not a plain tree."""
    documents: list[Any] = []
    stack = [_Open(documents)]
    anchors = _Anchors()
    for event in events:
        if (reader := _READERS.get(event.kind)) is not None:
            value = reader(event)
            _place(value, event, stack[-1])
            if event.kind != "ScalarEvent":
                stack.append(_Open(value, anchor=event.anchor))
            elif event.anchor:
                anchors.known[event.anchor] = value
            if len(stack) - 1 > MAX_LEVELS:
                raise _too_deep(event.where)
        elif event.kind in ("MappingEndEvent", "SequenceEndEvent"):
            ended = stack.pop()
            if ended.merged:
                _merge(ended, event.where)
            if ended.anchor:
                anchors.known[ended.anchor] = ended.value
        elif event.kind == "AliasEvent":
            is_open = any(one.anchor == event.anchor for one in stack)
            value = anchors.written_out(event, len(stack) - 1, is_open=is_open)
            _place(value, event, stack[-1])
        elif event.kind == "DocumentStartEvent":
            _check_document_start(event, bool(documents))
    if not documents:
        raise SpecError("The file is empty.", name, "Put an OpenAPI or overlay document in it.")
    return documents[0]


def _too_deep(where: str) -> SpecError:
    return SpecError(
        f"Mappings and sequences are nested more than {MAX_LEVELS} levels deep.",
        where,
        "Move inner schemas to components and refer to them with $ref.",
    )


def _check_document_start(event: Event, is_second: bool) -> None:
    if is_second:
        raise SpecError(
            "The file holds more than one YAML document.",
            event.where,
            "Keep one document, and delete the '---' lines between them.",
        )
    if event.version not in (None, (1, 2)):
        raise SpecError(
            "The %YAML directive asks for another version than 1.2.",
            event.where,
            "Delete the directive, and quote what is text: yes, no, on, off.",
        )


@define
class _Anchors:
    """The values that have an anchor, and how much their aliases may still bring."""

    known: dict[str, Any] = field(factory=dict[str, Any])
    left: int = field(factory=lambda: _MOST_ALIASED)

    def written_out(self, event: Event, level: int, *, is_open: bool) -> Any:
        """Return a copy of what an alias stands for."""
        name = _cut(event.anchor or "")
        if is_open or event.anchor not in self.known:
            what = "is a part of what it stands for" if is_open else "has no anchor before it"
            raise SpecError(
                f"The alias '{name}' {what}.", event.where, "Use components and $ref instead."
            )
        value, size, deepest = _measured(self.known[event.anchor])
        self.left -= size
        if self.left < 0:
            raise SpecError(
                f"The aliases up to '{name}' stand for more than {_MOST_ALIASED:,} values and "
                "characters.",
                event.where,
                "Use components and $ref instead.",
            )
        if level + deepest > MAX_LEVELS:
            raise _too_deep(event.where)
        return value


def _measured(value: Any) -> tuple[Any, int, int]:
    """Return a copy of a value, its size, and the number of its levels."""
    if isinstance(value, dict):
        members = {key: _measured(item) for key, item in value.items()}
        size = sum(len(key) + item[1] for key, item in members.items())
        deepest = max((item[2] for item in members.values()), default=0)
        return {key: item[0] for key, item in members.items()}, size + 1, deepest + 1
    if isinstance(value, list):
        items = [_measured(item) for item in value]
        size, deepest = sum(item[1] for item in items), max((item[2] for item in items), default=0)
        return [item[0] for item in items], size + 1, deepest + 1
    return value, len(value) + 1 if isinstance(value, str) else 1, 0


def _merge(ended: _Open, where: str) -> None:
    """Add what the merge key of a mapping brings: its own keys stay as they are."""
    for brought in ended.merged:
        sources = brought if isinstance(brought, list) else [brought]
        if not isinstance(ended.value, dict) or not all(isinstance(one, dict) for one in sources):
            raise SpecError(
                "The merge key '<<' does not hold a mapping, or a list of them.",
                where,
                "Write the keys out.",
            )
        own = dict(ended.value)
        ended.value.clear()
        for source in reversed(sources):
            ended.value.update(source)
        ended.value.update(own)


def _place(value: Any, event: Event, parent: _Open) -> None:
    """Add a node to the collection that is open: as item, as key or as the value of its key."""
    if isinstance(parent.value, list):
        parent.value.append(value)
    elif parent.key is None:
        parent.key = _key(value, event, parent.lines)
        parent.lines[parent.key] = event.line
        parent.is_merging = parent.key == "<<" and event.is_plain
    else:
        if parent.is_merging:
            parent.merged.append(value)
        else:
            parent.value[parent.key] = value
        parent.key = None


def _key(value: Any, event: Event, seen: dict[str, int]) -> str:
    if event.kind != "ScalarEvent":
        raise SpecError(
            "A mapping or sequence is used as a key.", event.where, "Use a string as key."
        )
    # `200:` among the responses: names are text, here as in JSON.
    name = value if isinstance(value, str) else event.text
    if not name and event.is_plain:
        raise SpecError("A key is missing.", event.where, "Write a name before the colon.")
    if name in seen:
        raise SpecError(
            f"The key '{_cut(name)}' is there twice; it is already on line {seen[name]}.",
            event.where,
            "Delete one of the two.",
        )
    return name


# ---- scalars: the core schema of YAML 1.2.2, section 10.3, which holds no dates ---------------

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?(\.inf|\.Inf|\.INF|Infinity)|\.nan|\.NaN|\.NAN|NaN")
_STARTS_OF_NUMBERS = frozenset("-+.0123456789IN")
_LITERALS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TAG = "tag:yaml.org,2002:"
_TYPES_OF_TAG: dict[str, tuple[type, ...]] = {
    _TAG + "int": (int,),
    _TAG + "float": (float, int),
    _TAG + "bool": (bool,),
    _TAG + "null": (type(None),),
}


def _scalar(event: Event) -> Any:
    if event.is_plain:
        return _resolved(event.text, event.where)
    if event.tag in ("", "!", _TAG + "str"):
        return _string(event.text, event.where)
    types = _TYPES_OF_TAG.get(event.tag, ())
    value: Any = _resolved(event.text, event.where) if types else None
    if type(value) not in types:
        raise _refused_tag(event)
    return float(value) if event.tag == _TAG + "float" else value


def _mapping(event: Event) -> dict[str, Any]:
    if event.tag not in ("", "!", _TAG + "map"):
        raise _refused_tag(event)
    return {}


def _sequence(event: Event) -> list[Any]:
    if event.tag not in ("", "!", _TAG + "seq"):
        raise _refused_tag(event)
    return []


def _resolved(text: str, where: str) -> Any:
    """Read a plain scalar; all but null, booleans and numbers is text."""
    if text in _LITERALS:
        return _LITERALS[text]
    if text[0] not in _STARTS_OF_NUMBERS:
        return _string(text, where)
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise SpecError(
                f"An integer has more than {MAX_DIGITS} digits.", where, "Put it in quotes."
            )
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    is_float = _FLOAT.fullmatch(text) is not None
    if _NOT_FINITE.fullmatch(text) or (is_float and abs(float(text)) == float("inf")):
        raise SpecError(
            f"The number {_cut(text)} is not finite; JSON has no such value.",
            where,
            "Put it in quotes if it is text.",
        )
    return float(text) if is_float else _string(text, where)


def _string(text: str, where: str) -> str:
    """Join the surrogate pairs of JSON escapes, and refuse characters that an escape hides."""
    if not text.isascii():
        try:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            raise SpecError(
                "An escape gives half of a surrogate pair.", where, "Write both halves, or neither."
            ) from None
        text = _C1.sub("\ufffd", text)
    if found := _CONTROL.search(text):
        raise _refused_character(found.group(), where)
    return text.replace("\r\n", "\n")


def _refused_tag(event: Event) -> SpecError:
    return SpecError(
        f"The YAML tag '{_cut(event.tag)}' is not allowed, or does not fit its value.",
        event.where,
        "Delete the tag; quote the value if it is text.",
    )


_READERS: dict[str, Callable[[Event], Any]] = {
    "ScalarEvent": _scalar,
    "MappingStartEvent": _mapping,
    "SequenceStartEvent": _sequence,
}
