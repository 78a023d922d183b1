"""Writes of the tests: a refund, through a client in either mode with a ledger."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeAlias

import chessa
from chessa.testing import Sandbox
from tests.modes import Mode

from .databases import Database

ADDRESS: Final = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
OTHER_ADDRESS: Final = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
REFUND: Final = "orders.request_refund"
REFERENCE: Final = "invoice 17"
Call: TypeAlias = Callable[..., Awaitable[Any]]


@contextlib.asynccontextmanager
async def client_of(
    mode: Mode,
    api: Sandbox,
    journal: Any,
    **options: Any,
) -> AsyncIterator[Any]:
    """Return a client of the sandbox with a journal, and close both at the end."""
    make = api.async_client if mode.is_async else api.client
    async with mode.opened(make(**{"max_retries": 0, "journal": journal, **options})) as client:
        if journal is None:
            yield client
        else:
            async with mode.opened(journal):
                yield client


def refund(
    mode: Mode,
    api: Sandbox,
    database: Database,
    order_id: str,
    reference: str = REFERENCE,
    *,
    address: str = ADDRESS,
    retry_rejected: bool = False,
    journal: Any = None,
    **options: Any,
) -> Any:
    """Refund an order once; return the result, or the error."""

    async def main() -> Any:
        made = journal or database.journal()
        async with client_of(mode, api, made, **options) as client:
            once = client.once(reference, retry_rejected=retry_rejected)
            try:
                return await mode.done(
                    once.orders.request_refund(order_id=order_id, address=address)
                )
            except chessa.ChessaError as error:
                return error

    return mode.run(main())


def posts(api: Sandbox, operation: str = REFUND) -> int:
    """Return how many requests for an operation the API received."""
    return [request.operation for request in api.requests].count(operation)
