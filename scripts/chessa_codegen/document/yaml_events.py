"""The parsing events of a YAML text, from either of two parsers.

`exact` is that of ruamel.yaml: YAML 1.2 in Python. `fast` is libyaml, some twenty times as fast,
which PyYAML brings. It reads YAML 1.1, but the two differ in what plain scalars mean, and no event
says that. A text in which they may differ otherwise is not for both.
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any, Final

from attrs import define
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from chessa_codegen.errors import SpecError

try:
    libyaml: Any = importlib.import_module("yaml.cyaml").CParser
    _Refused: type[Exception] = importlib.import_module("yaml.error").YAMLError
except ImportError:  # PyYAML is not there, or was built without libyaml
    libyaml, _Refused = None, ValueError

_EXACT_ONLY: Final = re.compile(r"\t|\ufeff|^%|[|>][-+0-9]{0,2}#", re.MULTILINE)


@define
class Event:
    """One parsing event, typed, with the fields that are needed here."""

    kind: str  # the name of its class, which is the same in both libraries
    line: int
    name: str
    text: str = ""
    tag: str = ""
    anchor: str | None = None
    is_plain: bool = False  # a scalar without quotes, block indicator or tag
    version: tuple[int, int] | None = None

    @property
    def where(self) -> str:
        """The file and line, for a message."""
        return f"{self.name}:{self.line}"


class SyntaxSpecError(SpecError):
    """A text that cannot be parsed as YAML: it is cut off or mistyped."""


def is_for_both(text: str) -> bool:
    """Return whether the fast parser is there, and reads this text as the exact one does."""
    return libyaml is not None and not _EXACT_ONLY.search(text)


def exact(text: str, name: str) -> Iterator[Event]:
    """Yield the events: no recursion, and no tag or alias acted on yet."""
    reader: Any = YAML(typ="safe", pure=True)
    try:
        for event in reader.parse(text):
            yield _event(event, name, getattr(event, "ctag", None))
    except (YAMLError, ValueError, OverflowError) as error:  # "\UFFFFFFFF" overflows chr()
        raise _syntax_error(error, name) from None


def fast(text: str, name: str) -> Iterator[Event]:
    """Yield the events of a text that is for both."""
    reader = libyaml(text)
    try:
        while event := reader.get_event():
            yield _event(event, name, getattr(event, "tag", None))
    except (_Refused, ValueError) as error:
        raise _syntax_error(error, name) from None
    finally:
        reader.dispose()


def _event(event: Any, name: str, tag: Any) -> Event:
    kind, line = type(event).__name__, event.start_mark.line + 1
    said = "" if tag is None else str(tag)
    if kind == "ScalarEvent":  # two of three events
        is_plain = tag is None and not event.style
        return Event(kind, line, name, event.value, said, event.anchor, is_plain)
    return Event(
        kind,
        line,
        name,
        tag=said,
        anchor=getattr(event, "anchor", None),
        version=getattr(event, "version", None),
    )


def _syntax_error(error: Any, name: str) -> SpecError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "context", None) or error
    return SyntaxSpecError(
        f"The file is neither YAML 1.2 nor JSON: {problem}.",
        f"{name}:{mark.line + 1}" if mark else name,
        "Correct the syntax there or on the lines before.",
    )
