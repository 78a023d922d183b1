"""A user's program: both clients, against a server of its own on loopback that responds as Chessa.

Standard library and chessa only. Prints what it has seen; anything unexpected ends it.
"""

import asyncio
import json
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chessa import AsyncChessa, BadRequestError, Chessa, ErrorCode, Outcome
from chessa.models import Refund, RefundStatus, User

REQUESTS: list[tuple[str, str, object]] = []
REFUNDED: set[str] = set()


class Vendor(BaseHTTPRequestHandler):
    """A server of two operations, which refunds an order once."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Who am I?"""
        self.seen(None)
        self.answer(200, {"user": {"email": "ada@example.com", "fullName": "Ada", "level": 3}})

    def do_POST(self) -> None:
        """Refund, or say that it was done before."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen(body)
        if body["orderId"] in REFUNDED:
            message = "Cannot refund an order that is already completed or refunded"
            error = {"error": "invalid_refund_request", "message": message, "statusCode": 400}
            self.answer(400, error)
            return
        REFUNDED.add(body["orderId"])
        refund = {"refundId": "ref_1", "status": "pending", "cryptoAmount": "0.050"}
        self.answer(200, refund)

    def seen(self, body: object) -> None:
        """Keep the request, if it is the user's."""
        assert self.headers["x-client-id"] == "id"
        assert self.headers["x-client-secret"] == "invented-secret"
        REQUESTS.append((self.command, self.path, body))

    def answer(self, status: int, value: object) -> None:
        """Send JSON."""
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def check_user(user: User) -> None:
    """The model is typed, and keeps undocumented fields."""
    assert user.email == "ada@example.com"
    assert user.additional_properties == {"level": 3}
    assert "createdAt" not in user.to_dict()


def check_refund(refund: Refund) -> None:
    """Amounts are exact, statuses are enums."""
    assert refund.crypto_amount == Decimal("0.050")
    assert str(refund.crypto_amount) == "0.050"
    assert refund.status is RefundStatus.PENDING


def check_refusal(error: BadRequestError) -> None:
    """The error says what the server said, and that nothing was done."""
    assert error.outcome is Outcome.REJECTED
    assert error.code == ErrorCode.INVALID_REFUND_REQUEST
    assert error.status_code == 400
    assert "invented-secret" not in f"{error!r} {error}"


def in_turn(url: str) -> None:
    """The sync client."""
    with Chessa(client_id="id", client_secret="invented-secret", base_url=url) as chessa:
        check_user(chessa.users.me())
        check_refund(chessa.orders.request_refund(order_id="sync", address="bc1qexample"))
        try:
            chessa.orders.request_refund(order_id="sync", address="bc1qexample")
        except BadRequestError as error:
            check_refusal(error)
        else:
            raise AssertionError("refunded twice")


async def awaited(url: str) -> None:
    """The async client."""
    async with AsyncChessa(client_id="id", client_secret="invented-secret", base_url=url) as chessa:
        check_user(await chessa.users.me())
        check_refund(await chessa.orders.request_refund(order_id="async", address="bc1qexample"))
        try:
            await chessa.orders.request_refund(order_id="async", address="bc1qexample")
        except BadRequestError as error:
            check_refusal(error)
        else:
            raise AssertionError("refunded twice")


def main() -> None:
    """Serve, call, print."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Vendor) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            in_turn(url)
            asyncio.run(awaited(url))
        finally:
            server.shutdown()
            thread.join()
    for order in ("sync", "async"):
        body = {"orderId": order, "address": "bc1qexample"}
        assert REQUESTS.count(("POST", "/v1/orders/refund", body)) == 2
    assert REQUESTS.count(("GET", "/v1/users/me", None)) == 2
    print(len(REQUESTS), "requests")  # noqa: T201  # what the test reads


if __name__ == "__main__":
    main()
