"""Wrong use of the sandbox. Each marked line is refused, by both checkers, for what it names."""

from chessa.testing import Sandbox, sandbox

with sandbox() as api:
    api.add_order().funded()  # refused: attr-defined reportAttributeAccessIssue
    api.lose_next_answer("orders.create")  # refused: call-arg reportCallIssue
    api.delay_next("1")  # refused: arg-type reportArgumentType
    api.clock.advance(62)  # refused: call-arg reportCallIssue
    api.movements[0].amount = 1  # refused: misc reportAttributeAccessIssue
    api.movements.append(1)  # refused: attr-defined reportAttributeAccessIssue
    api.async_client().close()  # refused: attr-defined reportAttributeAccessIssue


def test_forgets_to_enter(chessa_sandbox: Sandbox) -> None:
    chessa_sandbox.orders.retrieve("o")  # refused: attr-defined reportAttributeAccessIssue
    chessa_sandbox.client().orders.retrieve(1)  # refused: arg-type reportArgumentType
