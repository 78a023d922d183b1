"""The catalogue: every fault that the matrix plays, joined from the rows of each kind.

`FAULTS` has them by name, `DRAWN` those that a random run draws from.
"""

from collections.abc import Mapping
from typing import Final

from . import bodies, connecting, exchange, heads, proxies, statuses
from .fault import Fault
from .places import plain

_KINDS: Final = (connecting, exchange, heads, statuses, bodies, proxies)

ALL: Final[tuple[Fault, ...]] = tuple(fault for kind in _KINDS for fault in kind.ROWS)
FAULTS: Final[Mapping[str, Fault]] = {fault.name: fault for fault in ALL}
DRAWN: Final[tuple[Fault, ...]] = tuple(
    fault
    for fault in ALL
    if fault.place is plain and not (fault.warmed or fault.padding or fault.costly)
)
"""They need nothing but a connection, whichever request they meet on it, and little time."""
