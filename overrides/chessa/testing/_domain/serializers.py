"""Responses of the API: the shapes of the vendor's pages, filled from the records.

`LEFT_OUT` marks a property that the vendor omits in this case; `Echoed` an object of the caller's.
"""

from typing import Any, Final

import attrs

from . import fixtures as reference
from . import ids as identity
from .amounts import padded, plain
from .clock import stamp
from .life_cycle import DESCRIPTIONS, FUNDS_RECEIVED, SandboxOrder
from .records import SandboxRecipient, SandboxRefund

Json = dict[str, Any]
PAGE_SIZE: Final = 10


@attrs.frozen
class LeftOut:
    """A documented property that this response does not have."""

    value: Any
    """What it is where the spec requires it."""


LEFT_OUT: Final = LeftOut(attrs.NOTHING)
"""Where the spec requires it, it is an example."""


class Echoed(dict[str, Any]):
    """An object that comes back as the caller sent it: nothing is added to it."""


def order(record: SandboxOrder) -> Json:
    """The order of create and funding: amounts as given at first, with eight decimals after."""
    amount = padded if record.is_accepted else plain
    deposit_address = record.deposit_address
    is_paid = _shows_deposit(record)
    return {
        "createdAt": stamp(record.created_at),
        "cryptoAddress": deposit_address.address if deposit_address else None,
        "cryptoAddressChain": deposit_address.chain if deposit_address else _chain(record),
        "cryptoAddressId": deposit_address.id if deposit_address else None,
        "cryptoAddressTag": "" if deposit_address else None,
        "cryptoDepositId": record.deposit.id if record.deposit and is_paid else None,
        "destinationAmount": amount(record.destination_amount),
        "destinationAsset": record.destination_asset,
        "destinationCountry": record.recipient.country,
        "expiresAt": stamp(record.expires_at),
        "feeAmount": "0.00000000",
        "feeCurrency": record.origin_asset,
        "feeUsd": "0.00000000",
        "id": record.id,
        "note": None,  # stays null even when funding was given `notes`, as in the vendor's example
        "originAmount": amount(record.origin_amount),
        "originAsset": record.origin_asset,
        "partnerId": reference.PARTNER_ID,
        "recipientId": record.recipient.id,
        "refundAddress": None,
        "senderConfirmedAt": None,
        "shortId": record.short_id,
        "status": record.status,
        "updatedAt": stamp(record.updated_at),
        "userId": record.user_id,
    }


def full_order(record: SandboxOrder) -> Json:
    """The order as it is read: with deposit, recipient and refund."""
    refund = record.shown_refund()
    return {
        **order(record),
        "cryptoDeposit": _deposit(record),
        "cryptoPayout": None,
        "recipient": _recipient_of_order(record.recipient),
        "refund": None if refund is None else refund_of(refund),
        "refundAddress": None if refund is None else refund.address,
    }


def _chain(record: SandboxOrder) -> str | LeftOut:
    return LEFT_OUT if record.chain is None else record.chain


def _shows_deposit(record: SandboxOrder) -> bool:
    # In the vendor's example the deposit is complete 43 ms after it was detected: shown once sure.
    return any(step.status == FUNDS_RECEIVED for step in record.history)


def _deposit(record: SandboxOrder) -> Json | None:
    deposit, deposit_address = record.deposit, record.deposit_address
    if deposit is None or deposit_address is None or not _shows_deposit(record):
        return None
    return {
        "amount": padded(deposit.amount),
        "asset": record.origin_asset,
        "chain": deposit_address.chain,
        "createdAt": stamp(deposit.paid_at),
        "explorerUrl": identity.explorer_url(deposit_address.chain, deposit.hash),
        "hash": deposit.hash,
        "id": deposit.id,
        "orderId": record.id,
        "status": "completed",
        "tag": "",
        "updatedAt": stamp(deposit.paid_at),
    }


def _recipient_of_order(record: SandboxRecipient) -> Json:
    return {
        "accountName": record.account_name,
        "accountNumber": record.account_number,
        "additional": None,
        "city": "",
        "code": record.code,
        "country": record.country,
        "createdAt": stamp(record.created_at),
        "cryptoAddress": None,
        "cryptoTag": None,
        "currency": record.currency,
        "email": None,
        "id": record.id,
        "institutionName": institution_name(record.code),
        "isActive": record.is_active,
        "phoneNumber": None,
        "postalCode": "",
        "region": None,
        "routingNumber": None,
        "street": "",
        "type": "bank" if record.type == "bank_account" else record.type,
        "updatedAt": stamp(record.updated_at),
        "userId": record.user_id,
    }


def order_list(records: list[SandboxOrder]) -> Json:
    """The first page of the orders; no way to ask for another one is documented."""
    pages = -(-len(records) // PAGE_SIZE)
    return {
        "orders": [_row(record) for record in records[:PAGE_SIZE]],
        "pagination": {
            "page": 1,
            "pageSize": PAGE_SIZE,
            "pages": pages,
            "total": len(records),
        },
    }


def _row(record: SandboxOrder) -> Json:
    completed = record.completed_at
    return {
        "completedAt": None if completed is None else stamp(completed),
        "createdAt": stamp(record.created_at),
        "cryptoAmount": plain(record.origin_amount),
        "cryptoAsset": record.origin_asset,
        "exchangeRate": plain(record.rate),
        "fiatAmount": plain(record.destination_amount),
        "fiatCurrency": record.destination_asset,
        "id": record.id,
        "recipientId": record.recipient.id,
        "status": record.status,
        "updatedAt": stamp(record.updated_at),
        "userId": record.user_id,
    }


def status_history(record: SandboxOrder) -> Json:
    """The steps that were reached; entries that are not `checked` were never seen."""
    return {
        "currentStatus": record.status,
        "history": [
            {
                "checked": True,
                "description": DESCRIPTIONS.get(step.status, "A test gave it this status."),
                "status": step.status,
                "timestamp": stamp(step.at),
            }
            for step in record.history
        ],
    }


def refund_of(record: SandboxRefund) -> Json:
    """The refund, as the refund operation returns it."""
    created = stamp(record.created_at)
    return {
        "createdAt": created,
        "cryptoAmount": plain(record.amount),
        "cryptoAsset": record.asset,
        "estimatedCompletionTime": stamp(record.estimated_at),
        "orderId": record.order_id,
        "reason": "Payout failed",
        "refundAddress": record.address,
        "refundId": record.id,
        "status": "pending",
        "updatedAt": created,
    }


def recipient(record: SandboxRecipient) -> Json:
    """A recipient: a bank account carries bankCode and bankName, anything else carries code."""
    is_bank = record.type == "bank_account"
    return {
        "active": LeftOut(record.is_active),
        "accountName": record.account_name,
        "accountNumber": record.account_number,
        "bankCode": record.code if is_bank else LEFT_OUT,
        "bankName": institution_name(record.code) if is_bank else LEFT_OUT,
        "code": LEFT_OUT if is_bank else record.code,
        "country": record.country,
        "createdAt": stamp(record.created_at),
        "currency": record.currency,
        "id": record.id,
        "type": record.type,
        "updatedAt": stamp(record.updated_at),
    }


def new_recipient(record: SandboxRecipient) -> Json:
    """A recipient as create returns it: always with code."""
    return {
        **recipient(record),
        "bankCode": LEFT_OUT,
        "bankName": LEFT_OUT,
        "code": record.code,
    }


def institution_name(code: str) -> str:
    """The name of an institution; an unknown one goes by its code."""
    known = reference.institution(code)
    return code if known is None else known[1].name


def configurations() -> Json:
    """The countries, the payout methods, and what each needs."""
    return {
        "payouts": [
            {
                "country": {"code": each.country, "name": each.name},
                "currency": {"code": each.currency},
                "limits": {"min": each.least, "max": each.most},
                "methods": [
                    {
                        "id": institution.code,
                        "code": institution.code,
                        "type": institution.type,
                        "fields": [
                            {
                                "id": reference.FIELD_OF[institution.type],
                                "options": [{"id": institution.code}],
                            }
                        ],
                    }
                    for institution in each.institutions
                ],
            }
            for each in reference.DESTINATIONS
        ]
    }
