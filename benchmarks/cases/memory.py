"""What 10,000 decoded orders keep: the models with all that they refer to, strings included.

By tracemalloc, in one process, one side after the other: each reads the document, decodes it and
drops everything but the models; then garbage is collected, and what is allocated more than before
is what they keep. The first round is not counted: it fills caches.
"""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

from ..figures import Findings, ratio
from ..payload import orders_body
from ..rivals import OURS, from_bytes
from ..setting import Setting

NAME: Final = "memory"
COUNT: Final = 10_000
_MIB: Final = 1024 * 1024


def measure(setting: Setting) -> Findings:
    """Ours against the stock generated models, and pydantic's."""
    rivals = from_bytes()
    kept: dict[str, list[float]] = {rival: [] for rival in rivals}
    for number in range(1 + setting.of(3, 2)):
        for rival, decode in rivals.items():
            found = _kept(decode)
            if number:
                kept[rival].append(found / _MIB)
    figures = [
        ratio((NAME, "kept", rival), "MiB", kept[OURS], theirs)
        for rival, theirs in kept.items()
        if rival != OURS
    ]
    return Findings(figures)


def _kept(decode: Callable[[bytes], list[Any]]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        models = decode(orders_body(COUNT))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        if len(models) != COUNT:
            raise RuntimeError("it decodes something else")
    finally:
        tracemalloc.stop()
    return after - before
