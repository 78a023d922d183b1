"""The condition that ends a wait: statuses in any spelling, or a function of the caller's."""

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from .._errors import InvalidRequestError
from .._spelling import word

if TYPE_CHECKING:
    from ..models import Order

ENDS: Final = frozenset({"completed", "failed"})
"""The statuses, as `word` gives them, that the life-cycle guide has no transition from."""
UNPAID: Final = frozenset({"created", "waitingforfunding"})
_ON_THE_WAY: Final = UNPAID | {
    "waitingforconfirmations",
    "fundsreceived",
    "processingpayout",
    "processing",
}

Predicate: TypeAlias = "Callable[[Order], tuple[bool, bool]]"
"""Returns whether an order reached the condition, and whether it never can."""


def read_until(until: object) -> Predicate:
    """Return the predicate for statuses, or for a function. Raises `InvalidRequestError`."""
    if callable(until):
        return lambda order: (_is_true(until, order), False)
    several = (until,) if isinstance(until, str) else until
    awaited = {
        word(text)
        for text in (cast("Iterable[object]", several) if isinstance(several, Iterable) else ())
        if isinstance(text, str) and word(text)
    }
    if not awaited:
        raise InvalidRequestError("until must be a status, several of them, or a function.")

    def predicate(order: "Order") -> tuple[bool, bool]:
        status = word(order.status)
        return status in awaited, status in ENDS and awaited <= ENDS | _ON_THE_WAY

    return predicate


def _is_true(function: Callable[..., object], order: "Order") -> bool:
    result = function(order)
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise InvalidRequestError("until must not be a coroutine function.")
    return bool(result)


def normalize(text: str) -> str:
    """Return an address or a chain without blanks around it, in lower case."""
    return text.strip().lower()
