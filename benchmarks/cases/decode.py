"""Decoding 10,000 orders of 25 fields: from what a JSON reader has made, and from the bytes.

chessa and pydantic make datetimes, Decimals and members of an enum; the stock generated models make
datetimes, and leave amounts and the status as strings.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..figures import Figure, Findings, ratio
from ..interleaving import Contender, interleave
from ..payload import orders, orders_body
from ..rivals import OURS, from_bytes, from_values
from ..setting import Setting

NAME: Final = "decode"
COUNT: Final = 10_000


def measure(setting: Setting) -> Findings:
    """Ours against pydantic and the stock generated models."""
    setting.say("from values")
    figures = _compared(setting, "from values", from_values(), orders(COUNT))
    setting.say("from bytes")
    return Findings(figures + _compared(setting, "from bytes", from_bytes(), orders_body(COUNT)))


def _compared(
    setting: Setting, name: str, rivals: Mapping[str, Callable[[Any], list[Any]]], given: Any
) -> list[Figure]:
    for rival, decode in rivals.items():
        first = decode(given)[0]
        if not (first.short_id == "CB000000" and first.created_at.year == 2025):
            raise RuntimeError(f"{rival} decodes something else")
    contenders = [
        Contender(rival, functools.partial(decode, given)) for rival, decode in rivals.items()
    ]
    times = interleave(contenders, setting.of(15, 5))
    milliseconds = {rival: [wall * 1e3 for wall in each.wall] for rival, each in times.items()}
    return [
        ratio((NAME, name, rival), "ms", milliseconds[OURS], theirs)
        for rival, theirs in milliseconds.items()
        if rival != OURS
    ]
