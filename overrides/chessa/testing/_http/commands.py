"""The table of commands: everything that can be asked of a sandbox over HTTP.

The options of a command are the keyword arguments of the Python method in its row, so that both
take the same. `control` performs a command, `openapi` describes them.
"""

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import attrs

from .._domain.clock import Clock
from .._domain.life_cycle import SandboxOrder
from .._domain.records import SandboxRecipient, SandboxRequest
from .._sandbox import Sandbox
from . import views

GET: Final = "GET"
POST: Final = "POST"


@attrs.frozen
class Option:
    """An option of a command."""

    name: str
    kind: Any
    """Its type in Python."""
    is_required: bool
    default: Any


def _options(call: Callable[..., Any]) -> dict[str, Option]:
    parameters = list(inspect.signature(call).parameters.values())[1:]  # without self
    hints = typing.get_type_hints(call)
    return {
        each.name: Option(
            each.name,
            hints[each.name],
            each.default is inspect.Parameter.empty,
            None if each.default is inspect.Parameter.empty else each.default,
        )
        for each in parameters
        if each.name not in ("recipient", "order_id")
    }


@attrs.frozen
class Command:
    """A row of the table."""

    method: str
    path: str
    """Below `/_sandbox/`; `{order_id}` stands for the id of an order."""
    call: Callable[..., Any]
    """The method in Python, or a view of the state."""
    shown: Callable[[Sandbox, Any], Any] | None = None
    """Returns the result as JSON. None: it is JSON already."""
    of: Literal["sandbox", "clock", "order"] = "sandbox"
    """The object that it is called on."""
    takes_body: bool = False
    """Whether the complete body is its one argument."""
    options: Mapping[str, Option] = attrs.field(
        default=attrs.Factory(
            lambda self: {} if self.takes_body else _options(self.call), takes_self=True
        )
    )

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        text = inspect.getdoc(self.call) or ""
        return text.partition("\n\n")[0].replace("\n", " ")


def _transcript(api: Sandbox) -> dict[str, Any]:
    """Requests, faults and movements, oldest first, drawn in text."""
    return {"transcript": api.transcript()}


def _seed(api: Sandbox) -> dict[str, Any]:
    """The seed that the ids follow from."""
    return {"seed": api.seed}


def _done(_: Sandbox, __: None) -> dict[str, Any]:
    return {"done": True}


def _time(api: Sandbox, _: None) -> dict[str, Any]:
    return views.clock(api.clock)


def _faults(api: Sandbox, _: None) -> dict[str, Any]:
    return views.faults(api)


def _rules(api: Sandbox, _: None) -> dict[str, Any]:
    return views.mistakes(api)


def _of_order(_: Sandbox, order: SandboxOrder) -> dict[str, Any]:
    return views.order_status(order)


def _of_request(_: Sandbox, request: SandboxRequest) -> dict[str, Any]:
    return views.request(request)


def _new_order(_: Sandbox, order: SandboxOrder) -> dict[str, Any]:
    return views.order(order)


def _new_recipient(_: Sandbox, recipient: SandboxRecipient) -> dict[str, Any]:
    return views.recipient(recipient)


_ORDER: Final = "orders/{order_id}"
COMMANDS: Final[tuple[Command, ...]] = (
    Command(GET, "state", views.state),
    Command(GET, "orders", views.orders),
    Command(GET, _ORDER, views.order, of="order"),
    Command(POST, f"{_ORDER}/fund", SandboxOrder.fund, _of_order, of="order"),
    Command(POST, f"{_ORDER}/pay", SandboxOrder.pay, _of_order, of="order"),
    Command(POST, f"{_ORDER}/advance", SandboxOrder.advance, _of_order, of="order"),
    Command(POST, f"{_ORDER}/complete", SandboxOrder.complete, _of_order, of="order"),
    Command(POST, f"{_ORDER}/fail", SandboxOrder.fail, _of_order, of="order"),
    Command(POST, f"{_ORDER}/force-status", SandboxOrder.force_status, _of_order, of="order"),
    Command(POST, f"{_ORDER}/request-refund", Sandbox.request_refund, _of_request),
    Command(GET, "recipients", views.recipients),
    Command(GET, "movements", views.movements),
    Command(GET, "refunds", views.refunds),
    Command(GET, "requests", views.requests),
    Command(GET, "mistakes", views.mistakes),
    Command(GET, "faults", views.faults),
    Command(GET, "transcript", _transcript),
    Command(GET, "clock", views.clock, of="clock"),
    Command(POST, "clock/advance", Clock.advance, _time, of="clock"),
    Command(POST, "clock/set", Clock.set, _time, of="clock"),
    Command(GET, "seed", _seed),
    Command(GET, "snapshot", Sandbox.snapshot),
    Command(POST, "restore", Sandbox.restore, _done, takes_body=True),
    Command(POST, "reset", Sandbox.reset, _done),
    Command(POST, "add-recipient", Sandbox.add_recipient, _new_recipient),
    Command(POST, "add-order", Sandbox.add_order, _new_order),
    Command(POST, "forget-account", Sandbox.forget_account, _done),
    Command(POST, "show-refunds-late", Sandbox.show_refunds_late, _done),
    Command(POST, "set-payment-rules", Sandbox.set_payment_rules, _rules),
    Command(POST, "lose-next-answer", Sandbox.lose_next_answer, _faults),
    Command(POST, "truncate-next-answer", Sandbox.truncate_next_answer, _faults),
    Command(POST, "refuse-next-connection", Sandbox.refuse_next_connection, _faults),
    Command(POST, "delay-next", Sandbox.delay_next, _faults),
    Command(POST, "fail-next", Sandbox.fail_next, _faults),
    Command(POST, "drift", Sandbox.drift, _done),
    Command(POST, "set-chaos", Sandbox.set_chaos, _faults),
    Command(POST, "clear-faults", Sandbox.clear_faults, _faults),
)
