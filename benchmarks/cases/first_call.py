"""Import and first call in a fresh process, from its start to its end, on plain loopback.

`httpx.Client()` makes a TLS context at once, which such a call does not need; ours makes one when a
connection asks for it. The second peer is told not to, for the record.
"""

from typing import Final

from ..figures import Findings, ratio
from ..loopback import loopback
from ..payload import CREDENTIALS, ORDER_ID
from ..processes import interleave_programs
from ..setting import Setting

NAME: Final = "first-call"
_OURS: Final = f"""
import sys
from chessa import Chessa
with Chessa(
    client_id={CREDENTIALS["x-client-id"]!r},
    client_secret={CREDENTIALS["x-client-secret"]!r},
    base_url=sys.argv[1],
) as chessa:
    order = chessa.orders.retrieve({ORDER_ID!r})
    assert order.status == "completed" and order.destination_amount
"""
_THEIRS: Final = f"""
import sys
import httpx
with httpx.Client(base_url=sys.argv[1], headers={CREDENTIALS!r}{{}}) as client:
    response = client.get("/v1/orders/{ORDER_ID}")
    response.raise_for_status()
    order = response.json()["order"]
    assert order["status"] == "completed" and order["destinationAmount"]
"""


def measure(setting: Setting) -> Findings:
    """Ours against hand-written httpx."""
    programs = {
        "chessa": _OURS,
        "httpx": _THEIRS.replace("{}", ""),
        "httpx without TLS context": _THEIRS.replace("{}", ", verify=False"),
    }
    with loopback() as server:
        found = interleave_programs(programs, setting.of(31, 9), [server.url])
    return Findings(
        [
            ratio((NAME, "whole process", peer), "ms", found["chessa"], theirs)
            for peer, theirs in found.items()
            if peer != "chessa"
        ]
    )
