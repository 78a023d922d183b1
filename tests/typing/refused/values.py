"""Wrong use of results. Each marked line is refused, by both checkers, for what it names."""

from chessa import Chessa, models
from chessa.models import Order, OrderStatus

client = Chessa()
order = client.orders.retrieve("o")
refund = client.orders.request_refund(order_id="o", address="a")

# Names that no model, enum or module has.
print(refund.crypto_amout)  # refused: attr-defined reportAttributeAccessIssue
print(refund.refundId)  # refused: attr-defined reportAttributeAccessIssue
print(order.get("status"))  # refused: attr-defined reportAttributeAccessIssue
print(order["status"])  # refused: index reportIndexIssue
print(OrderStatus.FINISHED)  # refused: attr-defined reportAttributeAccessIssue
print(models.Invoice)  # refused: attr-defined reportAttributeAccessIssue
print(order.refund["refundAddress"])  # refused: index reportOptionalSubscript
print(order.to_dict(names="json"))  # refused: arg-type reportArgumentType
print(order.rows())  # refused: attr-defined reportAttributeAccessIssue
print(client.orders.list()["orders"])  # refused: call-overload reportCallIssue
print(client.orders.list().total)  # refused: attr-defined reportAttributeAccessIssue

# Amounts are Decimal: no float comes near them.
print(refund.crypto_amount * 1.5)  # refused: operator reportOperatorIssue
as_float: float = refund.crypto_amount  # refused: assignment reportAssignmentType
as_text: str = refund.crypto_amount  # refused: assignment reportAssignmentType
print(refund.crypto_asset * refund.crypto_amount)  # refused: operator reportOperatorIssue

# What may be None has to be checked first.
print(order.crypto_address.lower())  # refused: union-attr reportOptionalMemberAccess
print(order.crypto_deposit.id)  # refused: union-attr reportOptionalMemberAccess
address: str = order.crypto_address  # refused: assignment reportAssignmentType
client.orders.retrieve(order.crypto_deposit_id)  # refused: arg-type reportArgumentType

# Wrong types, in both directions.
order.status = "completed"  # refused: assignment reportAttributeAccessIssue
order.origin_amount = 0.1  # refused: assignment reportAttributeAccessIssue
status: OrderStatus = "completed"  # refused: assignment reportAssignmentType
wrong: Order = refund  # refused: assignment reportAssignmentType
when: str = refund.created_at  # refused: assignment reportAssignmentType
[first] = client.orders.list().orders
whole: Order = first  # refused: assignment reportAssignmentType
order.misfits["status"] = 1  # refused: index reportIndexIssue

# A model does not change.
order.status = OrderStatus.COMPLETED  # refused: misc reportAttributeAccessIssue
order.additional_properties["note"] = 1  # refused: index reportIndexIssue
