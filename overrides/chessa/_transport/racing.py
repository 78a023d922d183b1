"""Happy Eyeballs (RFC 8305): connection attempts to the addresses of a host, staggered by 250 ms.

The schedule only; sockets are opened by those who follow it.
"""

import collections
import ipaddress
import itertools
import time
from collections.abc import Iterable, Sequence
from typing import Final

DELAY: Final = 0.25
"""Seconds until the next address is tried while one has not connected (section 5)."""
CONNECT_TIMEOUT: Final = 5.0
"""Seconds for one address, and again for TLS: a host that has not connected by then is down."""


def in_order(addresses: Sequence[str], remembered: str | None) -> list[str]:
    """Interleave address families, beginning with the first (section 4); a remembered one leads."""
    if len(addresses) < 2:
        return list(addresses)
    families = itertools.groupby(sorted(addresses, key=_version), key=_version)
    queues = [list(group) for _, group in families]
    queues.sort(key=lambda queue: _version(queue[0]) != _version(addresses[0]))
    mixed = [each for row in itertools.zip_longest(*queues) for each in row if each is not None]
    if remembered in mixed:
        mixed.remove(remembered)
        mixed.insert(0, remembered)
    return mixed


def _version(address: str) -> int:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).version
    except ValueError:
        return 0


class Race:
    """The schedule of one connect: the next address, and the wait for those being tried."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self._waiting = collections.deque(addresses)
        self._ends: dict[str, float] = {}
        self._next_start = 0.0

    def start(self) -> str | None:
        """Return the address to try now, if any."""
        now = time.monotonic()
        if not self._waiting or (self._ends and now < self._next_start):
            return None
        address = self._waiting.popleft()
        self._ends[address] = now + CONNECT_TIMEOUT
        self._next_start = now + DELAY
        return address

    def failed(self, address: str) -> None:
        """Note that an address did not connect: the next one does not wait."""
        self._ends.pop(address, None)
        self._next_start = 0.0

    def expired(self) -> list[str]:
        """Return the addresses that have had their time."""
        now = time.monotonic()
        return [address for address, end in self._ends.items() if end <= now]

    @property
    def is_over(self) -> bool:
        """True if there is nothing left to try or to wait for."""
        return not self._waiting and not self._ends

    def wait(self) -> float:
        """Return the seconds until something is due."""
        due = min(self._ends.values())
        if self._waiting:
            due = min(due, self._next_start)
        return max(0.0, due - time.monotonic())
