"""The sandbox as a test uses it: its state, its faults, and clients that call it."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from ._domain import fixtures as reference
from ._domain.amounts import multiply
from ._domain.clock import Clock
from ._domain.life_cycle import SandboxOrder
from ._domain.records import Movement, SandboxRecipient, SandboxRefund, SandboxRequest
from ._domain.state import State
from ._errors import SandboxError
from ._http.backend import Backend
from ._http.drifting import Drifting
from ._http.faults import PlannedFault
from ._spec.document import Spec

if TYPE_CHECKING:
    from chessa import AsyncChessa, Chessa

BASE_URL: Final = "https://sandbox.invalid"
"""No host of this name can exist (RFC 2606): nothing leaves the process, even by mistake."""


class Sandbox:
    """A stand-in for the Chessa API. Made by `sandbox()`; use it as a context manager.

    Leaving the context closes the sync clients that it made, and raises `SandboxError` if a
    response of the sandbox broke the spec.
    """

    client_id: Final = reference.CLIENT_ID
    """The only credentials that it accepts, with `client_secret`. They are valid nowhere else."""
    client_secret: Final = reference.CLIENT_SECRET
    user_id: Final = reference.USER_ID
    """The user of the credentials."""

    def __init__(
        self, *, spec: Mapping[str, Any] | None = None, clock: Clock | None = None
    ) -> None:
        self._state = State(clock or Clock())
        self.backend = Backend(self._state, Spec(spec))
        """Performs requests; for the transports and the server, not for tests."""
        self._clients: list[Chessa] = []
        self._async_clients: list[AsyncChessa] = []

    # ---- Clients --------------------------------------------------------------------------------

    def client(self, **options: Any) -> "Chessa":
        """Return a `Chessa` that calls this sandbox, in the process.

        Args:
            options: Any argument of `Chessa`: `timeout`, `max_retries`, `hooks`, other credentials.
        """
        from chessa import Chessa

        from ._http.transport import InProcessTransport

        made = Chessa(**self._options(lambda: InProcessTransport(self.backend), options))
        self._clients.append(made)
        return made

    def async_client(self, **options: Any) -> "AsyncChessa":
        """Return an `AsyncChessa` that calls this sandbox, in the process.

        Args:
            options: Any argument of `AsyncChessa`.
        """
        from chessa import AsyncChessa

        from ._http.transport import AsyncInProcessTransport

        made = AsyncChessa(**self._options(lambda: AsyncInProcessTransport(self.backend), options))
        self._async_clients.append(made)
        return made

    def _options(self, transport: object, options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "base_url": BASE_URL,
            "transport": transport,
            **options,
        }

    # ---- State ----------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """The sandbox's time, which stands still until `clock.advance(seconds=62)`."""
        return self._state.clock

    @property
    def orders(self) -> Mapping[str, SandboxOrder]:
        """The orders by id, each with commands: `api.orders[order.id].fail()`."""
        return MappingProxyType(self._state.orders)

    @property
    def recipients(self) -> Mapping[str, SandboxRecipient]:
        """The recipients by id."""
        return MappingProxyType(self._state.recipients)

    @property
    def refunds(self) -> Sequence[SandboxRefund]:
        """The refunds that were made: `assert len(api.refunds) == 1`."""
        return tuple(self._state.refunds)

    @property
    def movements(self) -> Sequence[Movement]:
        """Every movement of money, oldest first: deposits, payouts, refunds."""
        return tuple(self._state.movements)

    @property
    def requests(self) -> Sequence[SandboxRequest]:
        """Every request that arrived, oldest first, without credentials."""
        return tuple(self.backend.requests)

    @property
    def spec(self) -> Mapping[str, Any]:
        """The effective spec of this sandbox."""
        return self.backend.spec.document

    # ---- Commands of a test ---------------------------------------------------------------------

    def add_recipient(
        self, *, account_number: str = "0123456789", code: str = "ng_9psb"
    ) -> SandboxRecipient:
        """Put in a recipient without a request.

        Args:
            account_number: Who owns it follows from the number.
            code: Of an institution that `configurations.retrieve` lists.

        Raises `ValueError` for an unknown code.
        """
        known = reference.institution(code)
        if known is None:
            raise ValueError(f"there is no institution {code!r} in the sandbox")
        with self._state.lock:
            return self._state.add_recipient(
                account_name=reference.holder(account_number),
                account_number=account_number,
                code=code,
                country=known[0].country,
                currency=known[0].currency,
                type=known[1].type,
            )

    def add_order(
        self,
        *,
        recipient: SandboxRecipient | None = None,
        origin_amount: Decimal | int = Decimal(10),
        origin_asset: str = "USDC",
        chain: str = "Solana",
    ) -> SandboxOrder:
        """Put in an order without a request, its quote open: `api.add_order().fail()`.

        Args:
            recipient: Default: a new one.
            origin_amount: What the payer sends, in units of the asset.
            origin_asset: USDC, USDT, BTC or ETH.
            chain: Where the payer sends it.

        Raises `ValueError` for an asset without a rate and for an amount that is not above zero,
        `TypeError` for a float.
        """
        if isinstance(origin_amount, float):
            raise TypeError("a float cannot hold an amount exactly: pass a decimal.Decimal or int")
        amount = Decimal(origin_amount)
        if not (amount.is_finite() and amount > 0):
            raise ValueError("origin_amount must be more than zero")
        with self._state.lock:
            recipient = recipient or self.add_recipient()
            rate = reference.rate(origin_asset, recipient.currency)
            if rate is None:
                raise ValueError(f"there is no rate from {origin_asset!r} in the sandbox")
            return self._state.add_order(
                recipient,
                origin_asset=origin_asset,
                origin_amount=amount,
                destination_amount=multiply(amount, rate),
                rate=rate,
                chain=chain,
            )

    def forget_account(self, account_number: str) -> None:
        """Let no institution know this account: `recipients.validate` returns `valid: false`."""
        with self._state.lock:
            self._state.unknown_accounts.add(account_number.removeprefix("+"))

    def show_refunds_late(self, *, reads: int) -> None:
        """Let refunds from now on appear on their order only after it was read this often.

        The refund itself is made at once. The vendor does not say when a refund becomes visible.
        """
        with self._state.lock:
            self._state.reads_until_refunds_show = reads

    # ---- Faults ---------------------------------------------------------------------------------
    # Each fault waits for a request to `operation` ("orders.request_refund"), or to any, and
    # happens to `times` of them.

    def lose_next_answer(self, *, operation: str | None = None, times: int = 1) -> None:
        """Let the sandbox act, then lose the connection before it responds."""
        self._add(PlannedFault("lose", operation), times)

    def refuse_next_connection(self, *, operation: str | None = None, times: int = 1) -> None:
        """Let there be no server: nothing is sent, nothing happens.

        In the process only. Over HTTP the connection stands before the request is known; there it
        is closed without a response, and without acting.
        """
        self._add(PlannedFault("refuse", operation, acts=False), times)

    def delay_next(self, seconds: float, *, operation: str | None = None, times: int = 1) -> None:
        """Let the sandbox act, and delay its response by so many seconds of real time.

        A call whose timeout is shorter ends before; it has acted all the same. Raises `ValueError`
        for a negative time.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError("seconds must be zero or more")
        self._add(PlannedFault("delay", operation, seconds=seconds), times)

    def fail_next(
        self,
        status: int = 500,
        *,
        error: str = "sandbox_fault",
        message: str = "A fault that the test asked for",
        html: bool = False,
        acts: bool = False,
        headers: Mapping[str, str] | None = None,
        operation: str | None = None,
        times: int = 1,
    ) -> None:
        """Respond with this status.

        Args:
            status: Of the response, from 400 to 599; with `html` from 200.
            error: The code in the vendor's envelope.
            message: The text in it.
            html: Whether a page of HTML comes in place of the envelope, as from a proxy.
            acts: Whether the operation is performed before: proxies fail after passing it on, too.
            headers: Added to the response, such as `{"retry-after": "1"}`.
            operation: The only one that it may happen to.
            times: To how many requests.

        Raises `ValueError` for another status.
        """
        least = 200 if html else 400
        if not least <= status <= 599:
            raise ValueError(f"status must be from {least} to 599")
        fault = PlannedFault(
            "fail",
            operation,
            acts=acts,
            status=status,
            error=error,
            message=message,
            html=html,
            headers=dict(headers or {}),
        )
        self._add(fault, times)

    def drift(
        self,
        operation: str,
        *,
        put: Mapping[str, Any] | None = None,
        drop: Sequence[str] = (),
        status: int | None = None,
    ) -> None:
        """Let the successes of an operation be other than the spec says, from now on.

        Replaces what an earlier call has set for the operation; without changes it ends the drift.

        Args:
            operation: `orders.retrieve`.
            put: JSON values by JSON pointer, such as `{"/order/status": "on_hold"}`: a new key, a
                new value of an enum, a value of another type. `*` is every item: `/orders/*/id`.
            drop: Pointers to what is left out.
            status: Of the response, from 200 to 299.

        Raises `ValueError` for what is not a pointer, for another status and for an operation that
        does not exist; `EncodeError` for what is not JSON.
        """
        self.backend.spec.find(operation)
        drifting = Drifting.of(put or {}, tuple(drop), status)
        with self._state.lock:
            self.backend.drifting[operation] = drifting

    def _add(self, fault: PlannedFault, times: int) -> None:
        if fault.operation is not None:
            self.backend.spec.find(fault.operation)  # a misspelt name would never match
        with self._state.lock:
            self.backend.faults.add(fault, times)

    # ---- The context ----------------------------------------------------------------------------

    def check(self) -> None:
        """Raise `SandboxError` if a response broke the spec since the last check."""
        bugs, self.backend.bugs = self.backend.bugs, []
        if bugs:
            raise SandboxError(str(bugs[0]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self.check()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._async_clients:
            await client.aclose()
        self.__exit__()

    def __repr__(self) -> str:
        orders, requests = len(self._state.orders), len(self.backend.requests)
        return f"<Sandbox: {orders} orders, {requests} requests>"


def sandbox(*, spec: Mapping[str, Any] | None = None, clock: Clock | None = None) -> Sandbox:
    """Return a new sandbox: `with sandbox() as api: chessa = api.client()`.

    Args:
        spec: An effective OpenAPI document to follow. Default: that of the installed client. What
            it documents beyond the sandbox's behaviours gets examples of its schemas as responses.
        clock: Default: one that stands still until the test moves it.

    Raises `ValueError` if `spec` is not an OpenAPI 3.0, 3.1 or 3.2 document.
    """
    return Sandbox(spec=spec, clock=clock)
