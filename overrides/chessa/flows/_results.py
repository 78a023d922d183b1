"""How the flows end: their results, each with its evidence, and their errors.

In: what `flows` found out. Out: plain records and errors that pickle. Public as names of `flows`.
"""

from typing import TYPE_CHECKING, TypeAlias, Unpack, final

import attrs

from .._errors import (
    ApiError,
    ChessaError,
    Circumstances,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
)
from .._outcome import Outcome

if TYPE_CHECKING:
    from ..models import Order, Refund


@final
@attrs.frozen(kw_only=True)
class Confirmed:
    """The refund was made: the API said so, or the order shows it.

    Where the answer was lost, what the order shows may also be the refund of an earlier call, which
    did not show until now. Where the journal has an earlier call, this one sent nothing.
    """

    order_id: str
    refund: "Refund | None" = attrs.field(repr=False)
    """The API's answer; None where it was lost, or nothing was sent."""
    order: "Order" = attrs.field(repr=False)
    """As last read. Where `refund` is None, it shows the refund: `order.refund`."""
    error: OutcomeUnknownError | None
    """How the answer was lost; or what the journal has of an earlier call, its `attempts` then 0:
    nothing was sent. None where the API answered."""
    reads: int
    """How often the order was read after the request, or after that of the earlier call."""


@final
@attrs.frozen(kw_only=True)
class NotApplied:
    """This call made no refund: it was not sent, or the API said no.

    An `error.code` of `invalid_refund_request` may mean that an earlier call made one, which the
    order does not show yet: see `order.refund`, and ask before paying in another way.
    """

    order_id: str
    error: NotSentError | ApiError
    """Its outcome is NOT_SENT or REJECTED."""
    order: "Order" = attrs.field(repr=False)
    """As last read."""


@final
@attrs.frozen(kw_only=True)
class StillUnknown:
    """The refund may have been made, and the order did not show it in time.

    That proves nothing: the vendor does not say when a refund becomes visible. Do not send it
    again; look at the order later, and ask the vendor.
    """

    order_id: str
    error: OutcomeUnknownError
    """How the answer was lost; or what the journal has of an earlier call, its `attempts` then 0:
    nothing was sent. With the outcome DONE the API answered a success."""
    order: "Order" = attrs.field(repr=False)
    """As last read."""
    read_error: ChessaError | None
    """How the last look failed, if it did."""
    reads: int
    """How often the order was read after the request, or after that of the earlier call."""


RefundResult: TypeAlias = Confirmed | NotApplied | StillUnknown


class _OrderError(InvalidRequestError):
    """The order is not one to refund, so nothing was sent."""

    __module__ = "chessa.flows"

    order_id: str
    status: str
    """The order's status, as the API spells it."""

    def __init__(
        self,
        text: str = "",
        /,
        *,
        order_id: str = "",
        status: str = "",
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(text, **circumstances)
        self.order_id = order_id
        self.status = status

    _shown = ("order_id", "status", "outcome")


class AlreadyRefundedError(_OrderError):
    """The order shows a refund already. Nothing was sent."""

    __module__ = "chessa.flows"


class NotRefundableError(_OrderError):
    """Refunds are for orders that failed, and this one has not. Nothing was sent."""

    __module__ = "chessa.flows"


class OrderWaitError(ChessaError):
    """The order did not come to the awaited status: time ran out, or it has come to another end."""

    __module__ = "chessa.flows"

    order_id: str
    last_status: str | None
    """The status that was last seen, as the API spells it; None if it was never read."""
    last_error: ChessaError | None
    """How the last look failed, if it did."""
    reads: int
    """How often the order was read."""

    def __init__(
        self,
        text: str = "",
        /,
        *,
        order_id: str = "",
        last_status: str | None = None,
        last_error: ChessaError | None = None,
        reads: int = 0,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        circumstances.setdefault("outcome", Outcome.UNKNOWN)
        super().__init__(text, **circumstances)
        self.order_id = order_id
        self.last_status = last_status
        self.last_error = last_error
        self.reads = reads

    _shown = ("order_id", "last_status", "timed_out")
