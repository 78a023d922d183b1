"""OpenAPI Links: another operation that shows whether this one was carried out."""

import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from .arguments import BoundArguments
from .types import UNSET

_INDEX: Final = re.compile("0|[1-9][0-9]{0,9}")
_EXPRESSION: Final = re.compile(
    r"\$(?:request\.(?:(path|query|header)\.(.+)|body(?:#(.*))?)|response\.body(?:#(.*))?)"
)


@attrs.frozen
class Link:
    """Another operation that shows whether this one was carried out (an OpenAPI Link)."""

    operation: str
    """The method that callers use: `orders.retrieve`."""
    arguments: Mapping[str, str]
    """Runtime expressions of OpenAPI, or constants, by the names of its arguments."""
    evidence: str | None = None
    """JSON pointer into its response body: a value there means that the call was carried out."""

    def resolve(self, bound: BoundArguments, response: Any = UNSET) -> dict[str, Any] | None:
        """Return the arguments of the call to make; `response` is the JSON of this call's body.

        None where an expression has no value: it needs a response that was lost.
        """
        found = {name: _value(text, bound, response) for name, text in self.arguments.items()}
        return None if any(map(_is_no_argument, found.values())) else found

    def is_shown(self, body: Any) -> bool:
        """Return whether the other operation's JSON body shows that the call was carried out.

        An absent or empty value is not evidence, nor is null.
        """
        found = UNSET if self.evidence is None else _pointed(body, self.evidence)
        return found is not UNSET and found is not None and found not in ({}, [], "")


def _value(expression: str, bound: BoundArguments, response: Any) -> Any:
    if not expression.startswith("$"):
        return expression
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        return UNSET
    location, name, sent, received = match.groups()
    if location == "path":
        return bound.path.get(name, UNSET)
    if location == "query":
        return next((text for key, text in bound.query if key == name), UNSET)
    if location == "header":
        texts = (text for key, text in bound.headers if key.lower() == name.lower())
        return next(texts, UNSET)
    if expression.startswith("$request"):
        return _pointed(bound.body, sent or "")
    return _pointed(response, received or "")


def _is_no_argument(value: Any) -> bool:
    return value is UNSET or value is None or isinstance(value, (dict, list))


def _pointed(value: Any, pointer: str) -> Any:
    """Return what a JSON pointer (RFC 6901) points at, `UNSET` where there is nothing."""
    for raw in pointer.split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(part, UNSET)
        elif isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return UNSET
    return value
