"""The server's end of a case: starts it, asks it for its counts, and sees it end.

In: nothing. Out: its URL, and how many connections and requests it has seen.
"""

import contextlib
import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .payload import ROOT


@dataclass(frozen=True)
class Loopback:
    """A server that runs."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def counts(self) -> tuple[int, int]:
        """Connections and requests so far, without the one that asks."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asking.request("GET", "/counts")
            found = json.loads(asking.getresponse().read())
        finally:
            asking.close()
        return found["connections"], found["requests"]

    def check(self, name: str, work: Callable[[], object], requests: int, *, fresh: bool) -> None:
        """Do a contender's work, and see that it is what it should be: so many requests, each on
        a connection of its own, or all on connections that are kept."""
        before = self.counts()
        work()
        after = self.counts()
        check_connections(name, before, after, requests, fresh=fresh)


def check_connections(
    name: str, before: tuple[int, int], after: tuple[int, int], requests: int, *, fresh: bool
) -> None:
    """Raise where what the server saw is not what is measured."""
    opened = after[0] - before[0] - 1  # asking takes one
    sent = after[1] - before[1]
    if sent != requests or (opened != requests if fresh else opened > 1):
        raise RuntimeError(f"{name}: {sent} requests on {opened} connections, of {requests}")


@contextlib.contextmanager
def loopback() -> Iterator[Loopback]:
    """A server for as long as the block lasts."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None  # noqa: S101  # for the types
    assert server.stdout is not None  # noqa: S101
    try:
        yield Loopback(int(server.stdout.readline()))
    finally:
        server.stdin.close()
        server.stdout.close()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
