"""Results of the flows, each with its evidence, and their errors. Public as names of `flows`."""

from typing import TYPE_CHECKING, TypeAlias, Unpack, final

import attrs

from chessa_api.errors import Outcome

from .._errors import (
    ApiError,
    ChessaError,
    Circumstances,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
    ReferenceConflictError,
)

if TYPE_CHECKING:
    from ..models import Order, Refund


@final
@attrs.frozen(kw_only=True)
class Confirmed:
    """The refund was made: the API said so, or the order shows it.

    If the response was lost, the order may show the refund of an earlier call, which it did not
    show until now. If the journal has an earlier call, this one sent nothing.
    """

    order_id: str
    refund: "Refund | None" = attrs.field(repr=False)
    """The API's response, of this call or as the journal kept it of an earlier one; None if it was
    lost, or nothing was sent."""
    order: "Order" = attrs.field(repr=False)
    """As last read. If `refund` is None, it shows the refund: `order.refund`."""
    error: OutcomeUnknownError | ReferenceConflictError | None
    """The loss of the response; or the journal's record of an earlier call, then with `attempts` of
    0: nothing was sent. A `ReferenceConflictError` if that one had another reference or other
    arguments. None if the API responded."""
    reads: int
    """The number of reads after the request, or after that of the earlier call."""


@final
@attrs.frozen(kw_only=True)
class NotApplied:
    """This call made no refund: it was not sent, or the API rejected it.

    An `error.code` of `invalid_refund_request` may mean that an earlier call made one, which the
    order does not show yet: see `order.refund`, and ask the vendor before paying in another way.
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
    again; read the order later, and ask the vendor.
    """

    order_id: str
    error: OutcomeUnknownError | ReferenceConflictError
    """The loss of the response; or the journal's record of an earlier call, then with `attempts` of
    0: nothing was sent. A `ReferenceConflictError` if that one had another reference or other
    arguments. With the outcome DONE the API responded with a success."""
    order: "Order" = attrs.field(repr=False)
    """As last read."""
    read_error: ChessaError | None
    """The error of the last read, if it failed."""
    reads: int
    """The number of reads after the request, or after that of the earlier call."""


RefundResult: TypeAlias = Confirmed | NotApplied | StillUnknown


class _OrderError(InvalidRequestError):
    """An order that cannot be refunded. Nothing was sent."""

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
    """The order has not failed, and only failed orders are refunded. Nothing was sent."""

    __module__ = "chessa.flows"


class OrderWaitError(ChessaError):
    """The order did not reach the awaited status: time ran out, or it reached another end."""

    __module__ = "chessa.flows"

    order_id: str
    last_status: str | None
    """The status as last read, as the API spells it; None if it was never read."""
    last_error: ChessaError | None
    """The error of the last read, if it failed."""
    reads: int
    """The number of reads."""

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
