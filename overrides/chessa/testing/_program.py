"""The sandbox as a program: served until Ctrl-C, with a state that can outlive it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

from chessa_api.errors import DecodeError
from chessa_api.exact_json import dumps, loads

from ._domain.clock import Clock
from ._http.server import HOST, serve_until
from ._sandbox import Sandbox
from ._spec.document import is_object

Say = Callable[[str], None]
CHAOS: Final = "rate=0.05,seed=7"
_CHAOS_OPTIONS: Final[dict[str, Callable[[str], Any]]] = {
    "rate": float,
    "seed": int,
    "operation": str,
}


def run(
    *,
    host: str = HOST,
    port: int = 0,
    seed: str | None = None,
    state: str | Path | None = None,
    chaos: str | None = None,
    allow_hosts: Collection[str] = (),
    say: Say = print,
) -> int:
    """Serve a new sandbox until Ctrl-C or SIGTERM, in real time.

    Args:
        host: The address to listen on.
        port: 0 takes any that is free.
        seed: That the ids follow from. Default: a random one.
        state: A file: its snapshot is restored at the start if it exists, and written at the end.
        chaos: Faults by chance, as `rate=0.05,seed=7`; `operation=orders.create` for one operation.
        allow_hosts: Further names that requests may call it by.
        say: Takes the lines to print.

    Returns the exit status: 0 after a clean stop, 2 if it cannot start, with the reason on stderr.
    """
    file = None if state is None else Path(state)
    try:
        api = _made(seed, file, chaos)
        with contextlib.suppress(KeyboardInterrupt):  # where no signal handler could be set
            asyncio.run(_serve(api, host, port, allow_hosts, say))
        if file is not None:
            _write(file, api)
    except _UnusableError as error:
        print(f"{error}.", file=sys.stderr)  # noqa: T201  # a command: it prints
        return 2
    return 0


class _UnusableError(Exception):
    """The reason that it cannot start."""


def _made(seed: str | None, file: Path | None, chaos: str | None) -> Sandbox:
    if file is not None and not file.parent.is_dir():
        raise _UnusableError(f"Cannot write the state to {file}: its folder does not exist")
    api = Sandbox(clock=Clock(running=True), seed=seed)
    if file is not None and file.exists():
        try:
            api.restore(_object(loads(file.read_bytes())))
        except (OSError, DecodeError, ValueError) as error:
            raise _UnusableError(f"Cannot restore the state in {file}: {error}") from None
    if chaos is not None:
        try:
            api.set_chaos(**_chaos_options(chaos))
        except (TypeError, ValueError) as error:
            raise _UnusableError(f"--chaos must be as {CHAOS}: {error}") from None
    return api


def _object(value: Any) -> Mapping[str, Any]:
    if not is_object(value):
        raise ValueError("it is not a JSON object")
    return value


def _chaos_options(text: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        if name not in _CHAOS_OPTIONS or name in options:
            known = ", ".join(_CHAOS_OPTIONS)
            raise ValueError(f"{name!r} is not one of {known}, each at most once")
        options[name] = _CHAOS_OPTIONS[name](value)
    if "rate" not in options:
        raise ValueError("rate is missing")
    return options


async def _serve(
    api: Sandbox, host: str, port: int, allow_hosts: Collection[str], say: Say
) -> None:
    try:
        await serve_until(
            _interruption(),
            api,
            port,
            lambda url: _announce(api, url, say),
            host=host,
            allow_hosts=allow_hosts,
        )
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise _UnusableError(f"Cannot listen on {host}, port {port}: {reason}") from None


def _interruption() -> asyncio.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stopping.set)
    return stopping


def _write(file: Path, api: Sandbox) -> None:
    """Replace the file by the snapshot, or leave it as it is."""
    beside = file.with_name(f"{file.name}.new")
    try:
        beside.touch(mode=0o600)  # names and account numbers
        beside.write_bytes(dumps(api.snapshot()))
        beside.replace(file)
    except OSError as error:
        raise _UnusableError(f"Cannot write the state to {file}: {error}") from None


def _announce(api: Sandbox, url: str, say: Say) -> None:
    say(f"Chessa sandbox on {url}, stop it with Ctrl-C.")
    say("")
    say(f"  export CHESSA_BASE_URL={url}")
    say(f"  export CHESSA_CLIENT_ID={api.client_id}")
    say(f"  export CHESSA_CLIENT_SECRET={api.client_secret}")
    say("")
    say(f"Orders, requests and faults are on its page: {url}/_sandbox/")
    say("An order moves along on command: fund, advance, complete or fail.")
    say("The next response is lost, after the sandbox has acted, by lose-next-answer.")
    say("")
    say(f"  curl -X POST {url}/_sandbox/orders/ORDER_ID/fail")
    say(f"  curl -X POST {url}/_sandbox/lose-next-answer")
    sys.stdout.flush()
