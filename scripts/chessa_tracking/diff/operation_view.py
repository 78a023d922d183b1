"""An operation of a document, and the keys of any node that no rule of their own names.

In: nodes of two documents. Out: the parameters of an operation, those of its path among them; and
changes of unnamed keys, in the ledger.
"""

import re
from collections.abc import Set
from typing import Final

import attrs

from chessa_codegen.document.loader import is_mapping
from chessa_tracking.diff.change_set import Ledger
from chessa_tracking.diff.extensions import rule_of_key
from chessa_tracking.diff.node import ABSENT, PROSE, Side, quoted, same

NAMES: Final = re.compile(r"\{([^{}]*)\}")


@attrs.frozen(eq=False)
class Operation:
    """An operation, and where it stands."""

    method: str
    path: str
    side: Side
    item: Side

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def parameters(self) -> dict[tuple[str, str], Side]:
        """Its parameters, or references to them, those of its path too; by place and name."""
        sides = [*self.item.sequence("parameters"), *self.side.sequence("parameters")]
        found: dict[tuple[str, str], Side] = {}
        for side in sides:
            name, place = (side.followed().get(key) for key in ("name", "in"))
            if isinstance(name, str) and isinstance(place, str):
                found[name.lower() if place == "header" else name, place] = side
        return found


def unnamed(ledger: Ledger, old: Side, new: Side, known: Set[str], name: str) -> None:
    """Compare the keys that nobody else does."""
    keys = dict.fromkeys((*_keys(old), *_keys(new)))
    for key in keys:
        if key in known or (same(old.get(key), new.get(key)) and not _may_refer(key)):
            continue
        both = key in old.value and key in new.value and _may_refer(key)
        if both and ledger.likeness.same(old.into(key), new.into(key)):
            continue
        ledger.report(rule_of_key(key), (*new.where, key), f"{quoted(key)} of {name} changed")


def beside(ledger: Ledger, old: Side, new: Side, name: str) -> None:
    """Compare what stands beside references, where it says little."""
    one, other = (
        {key: each for key, each in side.value.items() if key != "$ref"} if side.refers() else {}
        for side in (old, new)
    )
    for key in dict.fromkeys((*one, *other)):
        if not same(one.get(key, ABSENT), other.get(key, ABSENT)):
            rule = "documentation-changed" if key in PROSE else "equivalent-change"
            text = f"{quoted(key)} beside the reference of {name} changed"
            ledger.report(rule, (*new.where, key), text)


def _may_refer(key: str) -> bool:
    return not key.startswith("x-") and key not in ("example", "description", "summary")


def _keys(side: Side) -> list[str]:
    return list(side.value) if is_mapping(side.value) else []
