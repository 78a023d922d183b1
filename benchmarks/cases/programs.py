"""Fresh processes, from start to end, with the same flags and packages; bytecode is compiled."""

import functools
import operator
import os
import sys
from collections.abc import Mapping
from typing import Final

from ..loopback import loopback
from ..payload import CREDENTIALS, ORDER_ID, ROOT
from ..run import OURS, Run, Times, command, convert, interleave

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


def importing(run: Run) -> None:
    """Measure `import chessa`, which is lazy, in milliseconds over a bare interpreter; and the
    import of the client over that of httpx, both less the start of a bare interpreter."""
    bare, lazy, client, httpx = (
        "bare interpreter",
        "import chessa",
        "from chessa import Chessa",
        "import httpx",
    )
    programs = {bare: "pass", **{line: line for line in (lazy, client, httpx)}}
    times = _milliseconds(programs, run.of(41, 11))
    ours, theirs = (list(map(operator.sub, times[line], times[bare])) for line in (client, httpx))
    run.compare(lazy, bare, "ms", times[lazy], times[bare], kind="difference")
    run.compare(client, httpx, "ms", ours, theirs)
    run.compare(f"{client}, whole process", httpx, "ms", times[client], times[httpx])


def first_call(run: Run) -> None:
    """Measure import and first call, on plain loopback.

    `httpx.Client()` makes a TLS context at once, which such a call does not need; ours makes one
    when a connection needs it. The second peer is told not to, for the record.
    """
    programs = {
        OURS: _OURS,
        "httpx": _THEIRS.replace("{}", ""),
        "httpx without TLS context": _THEIRS.replace("{}", ", verify=False"),
    }
    with loopback() as server:
        times = _milliseconds(programs, run.of(31, 9), server.url)
    run.against("whole process", "ms", times)


def _milliseconds(programs: Mapping[str, str], rounds: int, *arguments: str) -> Times:
    packages = os.pathsep.join([str(ROOT / "generated"), str(ROOT / "overrides")])
    python = (sys.executable, "-P", "-s", "-c")
    work = {
        name: functools.partial(command, *python, program, *arguments, PYTHONPATH=packages)
        for name, program in programs.items()
    }
    wall, _ = interleave(work, rounds, warm_up=2)
    return convert(wall, lambda seconds: seconds * 1e3)
