"""What an entry holds, and what a replay gives where the response is not kept."""

import datetime
import decimal
from decimal import Decimal
from typing import Any, Final

import pytest

import chessa
from chessa import Outcome
from chessa.testing import Sandbox
from chessa_api.index import OPERATIONS
from tests.modes import Mode

from .calls import ADDRESS, REFERENCE, client_of, posts, refund
from .databases import KEY, Database

CANARY: Final = "Kanarienvogel"
RECIPIENT: Final[dict[str, Any]] = {
    "country": "NG",
    "currency": "NGN",
    "institution": {"type": "bank", "code": "ng_9psb"},
}


def _again(mode: Mode, api: Sandbox, journal: Any, call: Any, **options: Any) -> list[Any]:
    """Make a call twice under one reference; return results or errors."""

    async def main() -> list[Any]:
        found: list[Any] = []
        async with client_of(mode, api, journal, **options) as client:
            for _ in range(2):
                try:
                    found.append(await mode.done(call(client.once(REFERENCE))))
                except chessa.ChessaError as error:
                    found.append(error)
        return found

    return mode.run(main())


def _writes() -> list[str]:
    return [name for name, operation in OPERATIONS.items() if not operation.is_read]


def _call(api: Sandbox, name: str, client: Any) -> Any:
    """Call a write by its name, with arguments that its resources need."""
    recipient = next(iter(api.recipients.values()), None) or api.add_recipient()
    order = next(iter(api.orders.values()), None) or api.add_order(recipient=recipient)
    if name == "orders.request_refund" and str(order.status) != "failed":
        order.fail()
    arguments: dict[str, dict[str, Any]] = {
        "orders.create": {
            "recipient_id": recipient.id,
            "origin_asset": "USDC",
            "chain": "Solana",
            "origin_amount": Decimal("12.50"),
        },
        "orders.prepare_funding": {"order_id": order.id},
        "orders.request_refund": {"order_id": order.id, "address": ADDRESS},
        "recipients.create": {
            "account_number": "0123456789",
            "code": "ng_9psb",
        },
        "recipients.deactivate": {"recipient_id": recipient.id},
        "users.submit_feedback": {"subject": CANARY, "message": CANARY},
    }
    resource, method = name.split(".")
    return getattr(getattr(client, resource), method)(**arguments[name])


@pytest.mark.parametrize("keep", [True, False], ids=["kept", "not kept"])
@pytest.mark.parametrize("name", _writes())
def test_every_write_is_replayed(
    name: str, keep: bool, mode: Mode, api: Sandbox, database: Database
) -> None:
    """A replay has the type and the value of the first, or says DONE where nothing can bring it."""
    journal = database.journal(keep_results=keep)
    first, second = _again(mode, api, journal, lambda client: _call(api, name, client))
    assert not isinstance(first, Exception), first
    operation = OPERATIONS[name]
    if keep and not operation.is_personal:
        assert (type(second), second) == (type(first), first)
    elif isinstance(second, chessa.OutcomeUnknownError):
        assert second.outcome is Outcome.DONE
        assert second.record is not None
        links = [link.operation for link in operation.links]
        assert name in ("orders.request_refund", "users.submit_feedback"), links
    else:
        assert type(second) is type(first)
        assert second.id == first.id
        assert [row for (row,) in database.execute("SELECT result FROM chessa_journal")] == [None]
    assert posts(api, name) == 1
