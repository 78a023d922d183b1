"""One read after the other on a connection that is kept: wall and processor time of a call."""

import functools
from typing import Final

from ..clients import DIRECT, GENERATOR_SKIPPED, OURS, Call, readers
from ..figures import Findings, skipped
from ..interleaving import Contender, interleave, per_call
from ..loopback import loopback
from ..setting import Setting

NAME: Final = "sync-read"


def measure(setting: Setting) -> Findings:
    """Ours against everybody."""
    calls = setting.of(60, 40)
    with loopback() as server, readers(server.url) as reading:
        work = {name: functools.partial(repeat, call, calls) for name, call in reading.items()}
        for name, each in work.items():
            each()
            server.check(name, each, calls, fresh=False)
        contenders = [Contender(name, each) for name, each in work.items()]
        times = interleave(contenders, setting.of(61, 15), warm_up=2)
    figures = per_call(NAME, times, OURS, calls)
    figures += per_call(NAME, times, DIRECT, calls, ", DirectTransport")
    if GENERATOR_SKIPPED:
        key = (NAME, "wall", "openapi-generator")
        figures.append(skipped(key, GENERATOR_SKIPPED))
    return Findings(figures)


def repeat(call: Call, count: int) -> None:
    """Make this call so many times."""
    for _ in range(count):
        call()
