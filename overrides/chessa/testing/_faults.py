"""Commands of a sandbox that let requests go wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from ._http.backend import Backend
from ._http.drifting import Drifting
from ._http.faults import Chaos, PlannedFault


class FaultCommands:
    """The faults of a sandbox. Each waits for a request to `operation` ("orders.request_refund"),
    or to any, and happens to `times` of them.
    """

    backend: Backend

    @property
    def waiting_faults(self) -> tuple[PlannedFault, ...]:
        """The faults that wait for a request, in their order."""
        return tuple(self.backend.faults.waiting)

    def clear_faults(self) -> None:
        """Let nothing more go wrong: no fault waits, and none happens by chance."""
        with self.backend.state.lock:
            self.backend.faults.waiting.clear()
            self.backend.chaos = None
            self.backend.state.note("state", "no fault waits")

    def set_chaos(self, *, rate: float, seed: int = 0, operation: str | None = None) -> None:
        """Let faults happen by chance, to requests that no other fault waits for.

        The faults are a lost or truncated response, a refused connection, 429, 502 and 503, some
        after the operation was performed. The same seed and requests have the same faults.

        Args:
            rate: The share of requests, from 0, which ends it, to 1.
            seed: Of the chance.
            operation: The only one that they happen to.

        Raises `ValueError` for another rate and for an unknown operation.
        """
        if not 0 <= rate <= 1:
            raise ValueError("rate must be from 0 to 1")
        if operation is not None:
            self.backend.spec.find(operation)
        with self.backend.state.lock:
            self.backend.chaos = Chaos(rate, seed, operation) if rate else None
            self.backend.state.note("state", f"faults by chance: rate {rate}, seed {seed}")

    def lose_next_answer(self, *, operation: str | None = None, times: int = 1) -> None:
        """Let the sandbox act, then lose the connection before it responds."""
        self._add(PlannedFault("lose", operation), times)

    def refuse_next_connection(self, *, operation: str | None = None, times: int = 1) -> None:
        """Let there be no server: nothing is sent, nothing happens.

        In the process only. Over HTTP the connection stands before the request is known; there it
        is closed without a response, and without acting.
        """
        self._add(PlannedFault("refuse", operation, acts=False), times)

    def truncate_next_answer(self, *, operation: str | None = None, times: int = 1) -> None:
        """Let the sandbox act, and lose the connection after half of the body of its response."""
        self._add(PlannedFault("truncate", operation), times)

    def delay_next(self, seconds: float, *, operation: str | None = None, times: int = 1) -> None:
        """Let the sandbox act, and delay its response.

        A call whose timeout is shorter ends before; it has acted all the same.

        Args:
            seconds: Of real time, up to an hour.
            operation: The only one that it may happen to.
            times: To how many requests.

        Raises `ValueError` for a negative or a longer time.
        """
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
            headers: Added to the response, such as `{"retry-after": "1"}`; not those of its length.
            operation: The only one that it may happen to.
            times: To how many requests.

        Raises `ValueError` for another status, and for what is not a header.
        """
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
        with self.backend.state.lock:
            self.backend.drifting.pop(operation, None)
            if put or drop or status is not None:
                self.backend.drifting[operation] = drifting
            self.backend.state.note("state", f"responses of {operation} drift from the spec")

    def _add(self, fault: PlannedFault, times: int) -> None:
        if fault.operation is not None:
            self.backend.spec.find(fault.operation)  # a misspelt name would never match
        with self.backend.state.lock:
            self.backend.faults.add(fault, times)
            self.backend.state.note("state", f"fault waiting: {describe(fault)}, {times} x")


def describe(fault: PlannedFault) -> str:
    """Describe a fault: `fail 503, acts, for orders.create`."""
    detail = {"fail": f" {fault.status}", "delay": f" {fault.seconds:g} s"}.get(fault.kind, "")
    acts = "acts" if fault.acts else "does not act"
    return f"{fault.kind}{detail}, {acts}, for {fault.operation or 'any operation'}"
