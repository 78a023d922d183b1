"""The loopback server of a case, in a process of its own, and its counts."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from .payload import ROOT


@dataclass(frozen=True)
class Loopback:
    """A running server."""

    url: str
    _input: IO[str]
    _output: IO[str]

    def counts(self) -> tuple[int, int]:
        """Return the number of connections and of requests so far."""
        self._input.write("\n")
        connections, requests = map(int, self._output.readline().split())
        return connections, requests

    def check(self, name: str, work: Callable[[], object], requests: int, *, fresh: bool) -> None:
        """Do the work of a contender. Raise unless it sends so many requests, each on a connection
        of its own if `fresh`, and else all on connections that are kept."""
        connections, before = self.counts()
        work()
        opened, sent = self.counts()
        opened, sent = opened - connections, sent - before
        if sent != requests or (opened != requests if fresh else opened > 1):
            raise RuntimeError(f"{name}: {sent} requests on {opened} connections, of {requests}")


@contextlib.contextmanager
def loopback() -> Iterator[Loopback]:
    """Run a server until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"],
        bufsize=1,  # lines
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None  # noqa: S101  # for the types
        assert server.stdout is not None  # noqa: S101
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        yield Loopback(url, server.stdin, server.stdout)
