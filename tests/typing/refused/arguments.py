"""Calls with wrong arguments. Each marked line is refused, by both checkers, for what it names."""

from chessa import Chessa
from chessa.models import FeedbackMetadata

client = Chessa()

# Names.
client.orders.request_refund(orderid="o", address="a")  # refused: call-arg reportCallIssue
client.orders.request_refund(order_id="o")  # refused: call-arg reportCallIssue
client.orders.request_refund("o", "a")  # refused: call-arg reportCallIssue
client.orders.retrieve()  # refused: call-arg reportCallIssue
client.orders.retrieve("o", "p")  # refused: call-arg reportCallIssue
client.orders.list(orderid="o")  # refused: call-arg reportCallIssue
client.rates.retrieve("USDC")  # refused: call-arg reportCallIssue
client.users.me("u")  # refused: call-arg reportCallIssue

# Amounts: exact, or nothing.
client.orders.create(recipient_id="r", origin_amount=9.5)  # refused: arg-type reportArgumentType
client.orders.create(recipient_id="r", origin_amount="9.5")  # refused: arg-type reportArgumentType

# None is JSON's null, not an argument that was left out.
client.orders.create(recipient_id="r", origin_amount=None)  # refused: arg-type reportArgumentType
client.orders.create(recipient_id="r", chain=None)  # refused: arg-type reportArgumentType
client.orders.retrieve(None)  # refused: arg-type reportArgumentType

# Other types.
client.orders.retrieve(123)  # refused: arg-type reportArgumentType
client.recipients.list(currency=b"NGN")  # refused: arg-type reportArgumentType
client.users.submit_feedback(comment="", metadata={})  # refused: arg-type reportArgumentType
FeedbackMetadata(orderId="o")  # refused: call-arg reportCallIssue
FeedbackMetadata("o")  # refused: call-arg reportCallIssue

# The result of one call is not an argument of another.
order = client.orders.retrieve("o")
client.orders.retrieve(order)  # refused: arg-type reportArgumentType
