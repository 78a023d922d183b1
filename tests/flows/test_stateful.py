"""`refund_safely` against an API that loses responses, acts or not, fails, and shows refunds late.

Hypothesis draws the faults in any order: no request twice, no false `Confirmed`, no false
`NotApplied`; and a flow that gets one of these wrong is found.
"""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import chessa
from chessa import Hooks, Outcome, flows
from chessa.flows import Confirmed, NotApplied, StillUnknown, _steps
from chessa.flows._refund import RefundFlow
from chessa.flows._steps import Send
from chessa.testing import Sandbox, SandboxOrder, sandbox

from .runs import READ, REFUND, ManualTime, refund

Fate: TypeAlias = Callable[[Sandbox, str], None]
"""A fault of the next request to an operation."""


def respond(status: int, *, html: bool = False, acts: bool = False) -> Fate:
    """Respond so, after the API has acted or without."""
    return lambda api, operation: api.fail_next(status, html=html, acts=acts, operation=operation)


# An envelope with a plain 4xx says that the API did not act: those never do here.
FATES: dict[str, Fate] = {
    "fine": lambda api, operation: None,
    "lost": lambda api, operation: api.lose_next_answer(operation=operation),
    "refused": lambda api, operation: api.refuse_next_connection(operation=operation),
    "late": lambda api, operation: api.delay_next(60, operation=operation),
    "200, unreadable": respond(200, html=True, acts=True),
    **{f"{status}": respond(status) for status in (400, 401, 404, 422, 429)},
    **{f"{status}, done": respond(status, acts=True) for status in (408, 409, 423, 425, 499)},
    **{f"{status}": respond(status) for status in (408, 409, 500, 502, 503)},
    **{f"{status}, done": respond(status, acts=True) for status in (500, 503, 504, 599)},
    **{f"{status} of a gateway": respond(status, html=True) for status in (401, 403, 502)},
    **{
        f"{status} of a gateway, done": respond(status, html=True, acts=True)
        for status in (403, 429, 502, 504)
    },
}
fates = st.sampled_from(sorted(FATES))


class Refunds(RuleBasedStateMachine):
    """Orders, and callers that refund them."""

    orders: Bundle[SandboxOrder] = Bundle("orders")
    flows: ClassVar = 0
    """Refunds requested in all machines."""

    def __init__(self) -> None:
        super().__init__()
        self.time = ManualTime()
        self.patch = pytest.MonkeyPatch()
        # Fitting its responses to another spec is half of the sandbox's time, and not needed here.
        self.patch.setattr("chessa.testing._spec.compat.Fitting.fit", lambda self, value, _: value)
        # No run depends on how quick the machine is: what comes too late is given up at once.
        self.patch.setattr("chessa.testing._http.transport._wait", lambda *_: 0.0)
        self.patch.setattr("chessa._call.retry._backoff", lambda _: 0.0)
        self.api = sandbox()

    def made(self, order: SandboxOrder) -> list[str]:
        """Return the addresses that an order was refunded to, of the sandbox's records."""
        return [refund.address for refund in self.api.refunds if refund.order_id == order.id]

    @initialize(target=orders)
    def failed_order(self) -> SandboxOrder:
        """One to begin with."""
        return self.api.add_order().fail()

    @rule(target=orders, failed=st.sampled_from([True, True, True, False]))
    def order(self, failed: bool) -> SandboxOrder:
        """A new order; most refunds are for one that failed."""
        order = self.api.add_order()
        return order.fail() if failed else order.complete()

    @rule(
        order=orders,
        address=st.sampled_from(["bc1qone", "bc1qtwo"]),
        fate=fates,
        reads=st.lists(fates, max_size=4),
        late=st.sampled_from([0, 0, 1, 3, 100]),
        timeout=st.sampled_from([1.0, 30.0, 120.0]),
        is_async=st.booleans(),
        retries=st.integers(0, 1),
    )
    def refund(
        self,
        order: SandboxOrder,
        address: str,
        fate: str,
        reads: list[str],
        late: int,
        timeout: float,
        is_async: bool,
        retries: int,
    ) -> None:
        """Refund an order: the result must be true."""
        Refunds.flows += 1
        before = self.made(order)
        arrived = len(self.api.requests)
        self.api.show_refunds_late(reads=late)

        def then(record: chessa.ResponseInfo) -> None:
            if record.operation == REFUND:
                for each in reads:
                    FATES[each](self.api, READ)

        FATES[fate](self.api, REFUND)
        options = {"max_retries": retries, "timeout": 30.0, "hooks": Hooks(response=then)}
        result = self._run(refund(order.id, address, timeout=timeout), is_async, options)
        self.api.backend.faults = type(self.api.backend.faults)()  # none is left for the next
        sent = [r for r in self.api.requests[arrived:] if r.operation == REFUND]
        new = self.made(order)[len(before) :]
        assert not sent or order.status != "completed", "a refund of an order that did not fail"
        assert len(sent) <= 1, "the refund reached the API more than once"
        match result:
            case Confirmed():
                # By this call, or by one of before that did not show until now.
                assert address in (new if result.refund else self.made(order)), "it was not made"
            case NotApplied():
                assert new == [], "NotApplied, and it was made"
                assert result.error.outcome in (Outcome.NOT_SENT, Outcome.REJECTED)
            case StillUnknown():
                assert len(sent) == 1
                assert result.error.outcome in (Outcome.UNKNOWN, Outcome.DONE)
                # A success that is not the API's response may also follow an earlier refund.
                assert result.error.outcome is Outcome.UNKNOWN or new or before, "not DONE"
            case flows.AlreadyRefundedError():
                assert (bool(before), sent) == (True, [])
            case flows.NotRefundableError():
                assert (order.status, sent) == ("completed", [])
            case error:
                assert isinstance(error, chessa.ChessaError)
                assert sent == [], f"{error!r} came out after the refund was sent"

    def _run(self, flow: RefundFlow, is_async: bool, options: dict[str, Any]) -> Any:
        try:
            if not is_async:
                return _steps.run(self.api.client(**options), flow, self.time)

            async def main() -> Any:
                async with self.api.async_client(**options) as client:
                    running: Any = _steps.run(client, flow, self.time)
                    return await running

            return asyncio.run(main())
        except chessa.ChessaError as error:
            return error

    @invariant()
    def no_response_broke_the_spec(self) -> None:
        """The sandbox itself is sound."""
        self.api.check()

    def teardown(self) -> None:
        self.patch.undo()


def drive(runs: int, *phases: Phase) -> None:
    """So many runs, each of its own rules."""
    run_state_machine_as_test(
        Refunds,
        settings=settings(
            max_examples=runs,
            stateful_step_count=6,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate, *phases],
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_no_refund_is_made_twice_or_reported_wrong() -> None:
    """Over some runs."""
    drive(settings().max_examples // 2, Phase.shrink)


def send_again(flow: RefundFlow, order: Any, *_: Any) -> Any:
    """Send again after an unknown outcome, as a careless flow does."""
    sent = yield Send(flow.order_id, flow.address, None, flow.order_id, 1.0)
    return NotApplied(order_id=flow.order_id, error=sent, order=order)


CARELESS: dict[str, Any] = {
    "sends again": ("chessa.flows._refund.RefundFlow._confirm", send_again),
    "confirms a refund that is not shown": (
        "chessa.flows._refund.shows_refund_to",
        lambda *_: True,
    ),
    "takes 409 for a rejection": pytest.param(
        ("chessa._call.outcomes.INCONCLUSIVE", frozenset()), marks=pytest.mark.ci
    ),
    "checks nothing beforehand": pytest.param(
        ("chessa.flows._refund.check_refundable", lambda *_: None), marks=pytest.mark.ci
    ),
}


@pytest.mark.parametrize("careless", CARELESS.values(), ids=CARELESS)
def test_a_careless_flow_is_found(
    monkeypatch: pytest.MonkeyPatch, careless: tuple[str, Any]
) -> None:
    """Each of these breaks a rule."""
    monkeypatch.setattr(*careless)
    with pytest.raises(AssertionError):
        drive(300)


@pytest.mark.nightly
def test_no_refund_is_made_twice_or_reported_wrong_in_thousands_of_runs() -> None:
    """Over more than ten thousand refunds."""
    Refunds.flows = 0
    drive(4_000, Phase.shrink)
    assert Refunds.flows >= 10_000
