"""One read after the other over `httpx.MockTransport`: without the network, the cost of a call is
all the client's own."""

import functools
from typing import Final

import httpx

from ..clients import OURS, chessa_read, httpx_read, our_client, stock_read
from ..figures import Findings
from ..interleaving import Contender, interleave, per_call
from ..payload import CREDENTIALS, order_body
from ..setting import Setting
from .sync_read import repeat

NAME: Final = "in-memory"
_URL: Final = "https://api.example.com"
_HEADERS: Final = {"content-type": "application/json; charset=utf-8"}


def measure(setting: Setting) -> Findings:
    """Ours against hand-written httpx and the stock generated client, all on the same handler."""
    body = order_body()

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=_HEADERS, content=body)

    calls = setting.of(200, 100)
    with (
        our_client(_URL, handler) as ours,
        httpx.Client(
            base_url=_URL, headers=CREDENTIALS, transport=httpx.MockTransport(handler)
        ) as theirs,
    ):
        reading = {
            OURS: chessa_read(ours),
            "httpx": httpx_read(theirs),
            "openapi-python-client": stock_read(_URL, httpx.MockTransport(handler)),
        }
        contenders = [
            Contender(name, functools.partial(repeat, call, calls))
            for name, call in reading.items()
        ]
        times = interleave(contenders, setting.of(61, 15), warm_up=2)
    return Findings(per_call(NAME, times, OURS, calls))
