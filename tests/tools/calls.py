"""Two calls and two modes, which the tests of this folder share."""

import functools
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import attrs
import httpx
import httpx2

import chessa
from chessa import models
from tests import modes
from tests.unit.calls import CLIENT_ID, CLIENT_SECRET, CREDENTIALS
from tests.unit.raw_server import Connection

ORDER_ID: Final = "ord_7"
ADDRESS: Final = "bc1qexample"
ORDER: Final[dict[str, Any]] = {"order": {"id": ORDER_ID, "status": "created"}}
REFUND: Final[dict[str, Any]] = {"refundId": "ref_7", "status": "pending", "orderId": ORDER_ID}
NOT_FOUND: Final[dict[str, Any]] = {
    "error": "order_not_found",
    "message": "No such order",
    "statusCode": 404,
}


@attrs.frozen
class Call:
    """A call of the public interface, and the response that it expects."""

    name: str
    method: str
    path: str
    begin: Callable[[Any], Any] = attrs.field(repr=False)
    response: dict[str, Any] = attrs.field(repr=False)
    model: Any = attrs.field(repr=False)

    @property
    def is_read(self) -> bool:
        """Return whether it changes nothing."""
        return self.method == "GET"

    def check(self, result: Any) -> None:
        """Check that a result is typed, and that of this call."""
        assert type(result) is self.model
        assert (result.id if self.is_read else result.order_id) == ORDER_ID


READ: Final = Call(
    name="read",
    method="GET",
    path=f"/v1/orders/{ORDER_ID}",
    begin=lambda client: client.orders.retrieve(ORDER_ID),
    response=ORDER,
    model=models.Order,
)
WRITE: Final = Call(
    name="write",
    method="POST",
    path="/v1/orders/refund",
    begin=lambda client: client.orders.request_refund(order_id=ORDER_ID, address=ADDRESS),
    response=REFUND,
    model=models.Refund,
)


@functools.cache
def _context() -> ssl.SSLContext:
    """Return one context for all: each client would read the authorities again."""
    return ssl.create_default_context()


class Mode(modes.Mode):
    """A mode with the clients and transports of libraries, and calls of `Call`."""

    def chessa(self, **settings: Any) -> AbstractAsyncContextManager[Any]:
        """Open a client of ours."""
        return self.opened(self.client(**{**CREDENTIALS, **settings}))

    def http_client(self, library: Any = httpx, **settings: Any) -> Any:
        """Make a client of httpx or of its successor."""
        made = library.AsyncClient if self.is_async else library.Client
        return made(**{"verify": _context(), **settings})

    def transport(self, library: Any = httpx) -> Any:
        """Make a transport of httpx or of its successor."""
        made = library.AsyncHTTPTransport if self.is_async else library.HTTPTransport
        return made(verify=_context())

    async def result_of(self, client: Any, call: Call) -> Any:
        """Make a call; its error is raised."""
        return await self.done(call.begin(client))

    async def end_of(self, client: Any, call: Call) -> Any:
        """Make a call; return its result or its error. Errors that are not ours are raised."""
        try:
            return await self.result_of(client, call)
        except chessa.ChessaError as error:
            return error

    def perform(self, call: Call, **settings: Any) -> Any:
        """Make a call with a client of its own; return its result or its error."""

        async def body() -> Any:
            async with self.chessa(**settings) as client:
                return await self.end_of(client, call)

        return self.run(body())

    def perform_over(self, made: Callable[[], Any], call: Call, **settings: Any) -> Any:
        """Do the same over an `http_client` that is made, and closed, where the call runs."""

        async def body() -> Any:
            async with (
                self.opened(made()) as http_client,
                self.chessa(http_client=http_client, **settings) as client,
            ):
                return await self.end_of(client, call)

        return self.run(body())


MODES: Final = (Mode("sync", chessa.Chessa), Mode("async", chessa.AsyncChessa))
CALLS: Final = (READ, WRITE)
LIBRARIES: Final = (httpx, httpx2)


def holds_credentials(recorded: object) -> bool:
    """Return whether the text of something holds the client's id or secret."""
    text = recorded if isinstance(recorded, str) else repr(recorded)
    return CLIENT_ID in text or CLIENT_SECRET in text


def check_authorized(request: bytes) -> None:
    """Check that a request which the server received has the credentials, each once."""
    for value in (CLIENT_ID, CLIENT_SECRET):
        assert request.count(value.encode("ascii")) == 1


def hook(mode: Mode, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function as an event hook of a mode."""
    if not mode.is_async:
        return function

    async def awaited(value: Any) -> None:
        function(value)

    return awaited


def lose(connection: Connection) -> None:
    """Play a server that receives a request, and resets the connection."""
    connection.read_request()
    connection.reset()
