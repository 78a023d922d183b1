"""The sandbox as a test uses it: its state, and clients that call it. `_faults` has its faults."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, get_args

from chessa_api import CREDENTIAL_HEADERS
from chessa_api.exact_json import dumps

from ._domain import fixtures as reference
from ._domain.amounts import multiply
from ._domain.clock import Clock
from ._domain.life_cycle import SandboxOrder
from ._domain.records import (
    Mistakes,
    Movement,
    Overpaid,
    PaymentRules,
    RequestCounts,
    SandboxRecipient,
    SandboxRefund,
    SandboxRequest,
    Underpaid,
)
from ._domain.state import State
from ._domain.transcript import draw
from ._errors import SandboxError
from ._faults import FaultCommands
from ._http.backend import Backend
from ._snapshots import restore, take
from ._spec.document import Spec

if TYPE_CHECKING:
    from chessa import AsyncChessa, Chessa

BASE_URL: Final = "https://sandbox.invalid"
"""No host of this name can exist (RFC 2606): nothing leaves the process, even by mistake."""

_CURRENCY: Final = "NGN"
"""Of `add_recipient` without arguments."""


class Sandbox(FaultCommands):
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
        self,
        *,
        spec: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
        seed: int | str | None = None,
    ) -> None:
        self._state = State(clock or Clock())
        if seed is not None:
            self._state.seed = str(seed)
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
    def seed(self) -> str:
        """The seed that the ids follow from: a sandbox with the same one has the same ids."""
        return self._state.seed

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
        """The requests that arrived, oldest first, without credentials: the newest 10,000.

        `request_counts` counts all of them.
        """
        return tuple(self.backend.requests)

    @property
    def request_counts(self) -> RequestCounts:
        """The numbers of requests that arrived, acted, and whose response was lost."""
        return self.backend.counts

    @property
    def mistakes(self) -> Mistakes:
        """The numbers of orders that were paid twice, underpaid, overpaid."""
        with self._state.lock:
            return self._state.mistakes()

    @property
    def payment_rules(self) -> PaymentRules:
        """The life of an order that was not paid exactly."""
        return self._state.rules

    def transcript(self) -> str:
        """Return requests, faults and movements, oldest first, drawn as a sequence of messages.

        They are the newest 30,000 events.
        """
        with self._state.lock:
            return draw(self._state.events, seed=self.seed)

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
            currency = _CURRENCY if recipient is None else recipient.currency
            rate = reference.rate(origin_asset, currency)
            if rate is None:
                raise ValueError(f"there is no rate from {origin_asset!r} in the sandbox")
            return self._state.add_order(
                recipient or self.add_recipient(),
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
            self._state.note("state", "an account is forgotten")

    def show_refunds_late(self, *, reads: int) -> None:
        """Let refunds from now on appear on their order only after it was read this often.

        The refund itself is made at once. The vendor does not say when a refund becomes visible.
        Raises `ValueError` for fewer than zero reads.
        """
        if reads < 0:
            raise ValueError("reads must be zero or more")
        with self._state.lock:
            self._state.reads_until_refunds_show = reads
            self._state.note("state", f"refunds show after {reads} reads")

    def set_payment_rules(
        self, *, underpaid: Underpaid = "wait", overpaid: Overpaid = "accept"
    ) -> None:
        """Choose the life of orders that were not paid exactly. The vendor does not say it.

        Args:
            underpaid: `wait` for the rest, let the payout `fail`, or `accept` it as it is.
            overpaid: `accept` it, paying out the quote, or let the payout `fail`. Also of orders
                that are paid twice before they come to their end.

        Raises `ValueError` for another word.
        """
        for value, known in ((underpaid, Underpaid), (overpaid, Overpaid)):
            if value not in get_args(known):
                raise ValueError(f"{value!r} is not one of {', '.join(get_args(known))}")
        with self._state.lock:
            self._state.rules = PaymentRules(underpaid, overpaid)
            self._state.note("state", f"underpaid orders: {underpaid}, overpaid: {overpaid}")

    def request_refund(
        self, order_id: str, *, address: str = "sandbox-refund-address", tag: str | None = None
    ) -> SandboxRequest:
        """Send the API's refund request, as a program would; faults may happen to it.

        Args:
            order_id: Of the order.
            address: That the crypto goes back to.
            tag: Of the address.

        Returns the request, with its outcome.
        """
        body = {"orderId": order_id, "address": address, **({} if tag is None else {"tag": tag})}
        headers = {"content-type": "application/json"} | {
            CREDENTIAL_HEADERS["client_id"]: self.client_id,
            CREDENTIAL_HEADERS["client_secret"]: self.client_secret,
        }
        with self._state.lock:
            self.backend.answer("POST", "/v1/orders/refund", [*headers.items()], dumps(body))
            return self.backend.requests.last

    def snapshot(self) -> dict[str, Any]:
        """Return the complete state as values of JSON, for `restore`; without credentials."""
        with self._state.lock:
            return take(self.backend)

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Put the state of a snapshot in place of this one.

        Raises `ValueError` for what is not a snapshot, and changes nothing.
        """
        with self._state.lock:
            restore(self.backend, snapshot)

    def reset(self, *, seed: str | None = None) -> None:
        """Return to the beginning: no orders, requests or faults.

        Args:
            seed: That the ids follow from. Default: a random one.
        """
        with self._state.lock:
            self._state.clear(seed)
            self.backend.requests.clear()
            self.backend.counts = RequestCounts()
            self.backend.drifting.clear()
            self.clear_faults()

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
        orders, requests = len(self._state.orders), self.backend.counts.arrived
        return f"<Sandbox: {orders} orders, {requests} requests>"


def sandbox(
    *,
    spec: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    seed: int | str | None = None,
) -> Sandbox:
    """Return a new sandbox: `with sandbox() as api: chessa = api.client()`.

    Args:
        spec: An effective OpenAPI document to follow. Default: that of the installed client. What
            it documents beyond the sandbox's behaviours gets examples of its schemas as responses.
        clock: Default: one that begins now, and stands still until the test moves it.
        seed: The ids follow from it. Default: a random one.

    Raises `ValueError` if `spec` is not an OpenAPI 3.0, 3.1 or 3.2 document.
    """
    return Sandbox(spec=spec, clock=clock, seed=seed)
