"""`python -m chessa.testing --port N`: the sandbox over HTTP, until Ctrl-C.

Prints its address and what to set in the environment, so that any program can talk to it.
"""

import argparse
import asyncio
import contextlib
import datetime
import os
import signal
import sys
from typing import TYPE_CHECKING

from ._extra import explain_missing_extra

if TYPE_CHECKING:
    from . import Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve. Return the exit status: 0 after a clean stop, 2 if it cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m chessa.testing",
        description="Serves a stand-in for the Chessa API on 127.0.0.1. Its clock is the real one:"
        " an order that is paid moves along by itself.",
    )
    parser.add_argument("--port", type=_port, default=0, help="0, the default, takes any free one")
    port: int = parser.parse_args(arguments).port
    try:
        from ._domain.clock import Clock
        from ._http.server import serve_until
        from ._sandbox import sandbox
    except ModuleNotFoundError as error:
        print(explain_missing_extra(error), file=sys.stderr)
        return 2
    api = sandbox(clock=Clock(datetime.datetime.now(datetime.UTC), running=True))

    async def run() -> None:
        await serve_until(_interruption(), api, port, lambda url: _announce(api, url))

    try:
        with contextlib.suppress(KeyboardInterrupt):  # where no signal handler could be set
            asyncio.run(run())
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        print(f"Cannot listen on 127.0.0.1, port {port}: {reason}.", file=sys.stderr)
        return 2
    return 0


def _interruption() -> asyncio.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stopping.set)
    return stopping


def _announce(api: "Sandbox", url: str) -> None:
    print(f"Chessa sandbox on {url}, stop it with Ctrl-C.")
    print()
    print(f"  export CHESSA_BASE_URL={url}")
    print(f"  export CHESSA_CLIENT_ID={api.client_id}")
    print(f"  export CHESSA_CLIENT_SECRET={api.client_secret}")
    print()
    print("An order moves along on command: fund, advance, complete or fail.")
    print("The next response is lost, after the sandbox has acted, by lose-next-answer.")
    print()
    print(f"  curl -X POST {url}/_sandbox/orders/ORDER_ID/fail")
    print(f"  curl -X POST {url}/_sandbox/lose-next-answer", flush=True)


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
