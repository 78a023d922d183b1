"""One write after the other on plain loopback: what a fresh connection for each of them costs."""

import functools
from typing import Final

import httpx

from ..clients import OURS, chessa_write, http_client_write, httpx_write, our_client
from ..figures import Findings
from ..interleaving import Contender, interleave, per_call
from ..loopback import loopback
from ..payload import CREDENTIALS
from ..setting import Setting
from .sync_read import repeat

NAME: Final = "one-write"
_POOLED: Final = "httpx, pooled"


def measure(setting: Setting) -> Findings:
    """Ours against httpx on a kept connection, and `http.client` on fresh ones."""
    calls = setting.of(40, 25)
    with (
        loopback() as server,
        our_client(server.url, None) as ours,
        httpx.Client(base_url=server.url, headers=CREDENTIALS) as theirs,
    ):
        writing = {
            OURS: chessa_write(ours),
            _POOLED: httpx_write(theirs),
            "http.client, new connection": http_client_write(server.url),
        }
        work = {name: functools.partial(repeat, call, calls) for name, call in writing.items()}
        for name, each in work.items():
            server.check(name, each, calls, fresh=name != _POOLED)
        contenders = [Contender(name, each) for name, each in work.items()]
        times = interleave(contenders, setting.of(61, 15), warm_up=2)
    return Findings(per_call(NAME, times, OURS, calls))
