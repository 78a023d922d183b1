"""Calls of the sandbox in both modes, which the tests of this folder share."""

from collections.abc import Callable
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan

import chessa
from chessa.testing import Sandbox
from tests.modes import Mode

TEMPLATE: Final = "/v1/orders/{orderId}"


def client_of(api: Sandbox, mode: Mode, **settings: Any) -> Any:
    """Return a client of the sandbox."""
    return api.async_client(**settings) if mode.is_async else api.client(**settings)


def called(mode: Mode, made: Any, act: Callable[[Any], Any]) -> Any:
    """Call with a client, and close it; return the result, or the error of ours."""

    async def body() -> Any:
        async with mode.opened(made) as client:
            try:
                return await mode.done(act(client))
            except chessa.ChessaError as error:
                return error

    return mode.run(body())


def retrieve(client: Any) -> Any:
    """Read an order."""
    return client.orders.retrieve("ord_7")


def refund(client: Any) -> Any:
    """Ask for a refund."""
    return client.orders.request_refund(order_id="ord_7", address="bc1qexample")


def parent(span: ReadableSpan) -> str:
    """Return the `traceparent` that names a span."""
    context = span.context
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
