"""What an order is waited for: statuses in any case of letters, or a function of the caller's.

In: what the caller names. Out: a function that says of an order whether this is it, or never will.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from .._errors import InvalidRequestError

if TYPE_CHECKING:
    from ..models import Order

ENDS: Final = frozenset({"completed", "failed"})
"""The statuses, in lower case, from which the life-cycle guide knows no way on."""
_ON_THE_WAY: Final = frozenset(
    {
        "created",
        "waiting_for_funding",
        "waiting_for_confirmations",
        "funds_received",
        "processing_payout",
        "processing",
    }
)

Verdict: TypeAlias = tuple[bool, bool]
"""Whether an order is where it is awaited, and whether it can never come there."""


def condition(until: object) -> "Callable[[Order], Verdict]":
    if callable(until):
        return lambda order: (_says(until, order), False)
    several = (until,) if isinstance(until, str) else until
    awaited = {
        plain(text)
        for text in (cast("Iterable[object]", several) if isinstance(several, Iterable) else ())
        if isinstance(text, str) and text.strip()
    }
    if not awaited:
        raise InvalidRequestError("until must be a status, several of them, or a function.")

    def verdict(order: "Order") -> Verdict:
        status = plain(order.status)
        return status in awaited, status in ENDS and awaited <= ENDS | _ON_THE_WAY

    return verdict


def _says(function: Callable[..., object], order: "Order") -> bool:
    answer = function(order)
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        raise InvalidRequestError("until must be a plain function: nobody waits for its answer.")
    return bool(answer)


def plain(status: str) -> str:
    return status.strip().lower()
