"""Commands over HTTP for a sandbox in another process: `POST /_sandbox/orders/{id}/fail`.

These paths are the sandbox's own; only its loopback server has them.
"""

import urllib.parse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from chessa_api.exact_json import dumps

from .._domain.life_cycle import SandboxOrder
from .._errors import METHOD_NOT_ALLOWED, LifeCycleError, Problem, invalid, not_found
from .backend import Delivery, refused

if TYPE_CHECKING:
    from .._sandbox import Sandbox

PREFIX: Final = "/_sandbox/"
ORDER_COMMANDS: Final[Mapping[str, Callable[[SandboxOrder], SandboxOrder]]] = {
    "fund": SandboxOrder.fund,
    "advance": SandboxOrder.advance,
    "complete": SandboxOrder.complete,
    "fail": SandboxOrder.fail,
}


def control(api: "Sandbox", method: str, target: str) -> Delivery:
    """Perform a command."""
    try:
        if method != "POST":
            message = f"{method} is not allowed: POST"
            raise Problem(405, METHOD_NOT_ALLOWED, message, allow="POST")
        body = dumps(_perform(api, target))
    except Problem as problem:
        return refused(problem)
    return Delivery(200, (("content-type", "application/json"),), body)


def _perform(api: "Sandbox", target: str) -> dict[str, Any]:
    parts = [urllib.parse.unquote(part) for part in target.partition("?")[0].split("/")[2:]]
    match parts:
        case ["orders", order_id, command] if command in ORDER_COMMANDS:
            return _command(api, order_id, command)
        case ["lose-next-answer"]:
            api.lose_next_answer()
            return {"faults": "the next response will be lost"}
        case _:
            raise not_found("Command")


def _command(api: "Sandbox", order_id: str, command: str) -> dict[str, Any]:
    api.backend.state.catch_up()
    order = api.orders.get(order_id)
    if order is None:
        raise not_found("Order")
    try:
        ORDER_COMMANDS[command](order)
    except LifeCycleError as error:
        raise invalid(str(error)) from None
    return {"id": order.id, "status": order.status}
