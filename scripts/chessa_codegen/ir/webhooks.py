"""Requests that the API sends: the webhooks of a document, and the callbacks of its operations.

Each has a name in Python and the shape of its JSON body. A body of another media type has none.
"""

import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import attrs

from chessa_codegen.document.loader import METHODS
from chessa_codegen.document.refs import Where, resolved
from chessa_codegen.ir import naming
from chessa_codegen.ir.keywords import prose
from chessa_codegen.ir.media_types import received
from chessa_codegen.ir.names import Names, operation_key
from chessa_codegen.ir.plan import WebhookPlan
from chessa_codegen.ir.schemas import Schemas
from chessa_codegen.validate.repair import operations

_TABLE: Final = "WEBHOOKS"
"""The name of the table of all of them, which none of them may have."""


@attrs.frozen
class _Sent:
    """A request that the document describes."""

    key: str
    name: str
    suffix: str
    """What tells its name from that of another request."""
    raw: Mapping[str, Any]
    where: Where


def webhooks_of(
    document: Mapping[str, Any], schemas: Schemas, names: Names
) -> tuple[WebhookPlan, ...]:
    """Return what the API sends as JSON, by the order of their names in the document."""
    found: dict[str, tuple[_Sent, tuple[Any, Where]]] = {}
    for sent in (*_webhooks(document), *_callbacks(document)):
        if body := _body(document, sent):
            found[_free(sent.key, found)] = sent, body
    if not found:
        return ()
    given = names.distinct(
        "constants",
        "webhooks",
        {key: _constant(sent) for key, (sent, _) in found.items()},
        {key for key, (sent, _) in found.items() if _pinned(sent) is not None},
        {key: sent.suffix for key, (sent, _) in found.items()},
    )
    return tuple(
        WebhookPlan(
            key=key,
            name=given[key],
            shape=schemas.shape(*body, naming.pascal(f"{given[key].title()} webhook")),
            summary=str(sent.raw.get("summary") or "").strip(),
            description=prose(sent.raw),
        )
        for key, (sent, body) in found.items()
    )


def _free(key: str, taken: Collection[str]) -> str:
    """Return a key that is not taken: `a post` may be a name, and the POST of an item `a`."""
    keys = (key if number == 1 else f"{key} {number}" for number in itertools.count(1))
    return next(each for each in keys if each not in taken)


def _pinned(sent: _Sent) -> str | None:
    pinned = sent.raw.get("x-python-name")
    return pinned if isinstance(pinned, str) else None


def _constant(sent: _Sent) -> str:
    name = naming.constant(_pinned(sent) or sent.name)
    return f"{name}_" if name == _TABLE else name


def _body(document: Mapping[str, Any], sent: _Sent) -> tuple[Any, Where] | None:
    raw, at = resolved(document, sent.raw.get("requestBody"), (*sent.where, "requestBody"))
    forms = received(raw, at, refuse_others=False) if isinstance(raw, Mapping) else []
    return next(((each.schema, each.where) for each in forms if each.kind == "json"), None)


def _webhooks(document: Mapping[str, Any]) -> Iterator[_Sent]:
    for name, item in (document.get("webhooks") or {}).items():
        yield from _of_item(document, name, name, "", item, ("webhooks", name))


def _callbacks(document: Mapping[str, Any]) -> Iterator[_Sent]:
    for where, operation in operations(document):
        key = operation_key(str(where[1]), str(where[2]))
        suffix = f"_{naming.constant(operation.get('operationId') or key)}"
        for name, raw in (operation.get("callbacks") or {}).items():
            callback, at = resolved(document, raw, (*where, "callbacks", name))
            for expression, item in callback.items():
                if not expression.startswith("x-"):
                    held = f"{key} {name} {expression}"
                    yield from _of_item(document, held, name, suffix, item, (*at, expression))


def _of_item(
    document: Mapping[str, Any], key: str, name: str, suffix: str, raw: Any, where: Where
) -> Iterator[_Sent]:
    """Yield the operations of a path item; the only one has the name of the item."""
    item, at = resolved(document, raw, where)
    methods = [method for method in METHODS if method in item]
    for method in methods:
        is_one = len(methods) == 1
        yield _Sent(
            key if is_one else f"{key} {method}",
            name if is_one else f"{name}_{method}",
            suffix,
            item[method],
            (*at, method),
        )
