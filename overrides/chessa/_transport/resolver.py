"""Names to addresses, within the deadline: `getaddrinfo` cannot be interrupted, so it has a thread.

A look-up that hangs is left behind on a daemon thread, which holds up neither the call nor the end
of the process or event loop.
"""

import errno
import functools
import ipaddress
import queue
import socket
import threading
from collections.abc import Callable

from .._interruptions import starting_a_thread, take
from .evidence import Watch
from .library import httpcore

Found = list[str] | OSError


def resolve(host: str, port: int, watch: Watch) -> list[str]:
    """Return the addresses of a host in the system's order, or none.

    Raises httpcore's `ConnectError` or `ConnectTimeout`.
    """
    if _is_address(host):
        return [host]
    answers: queue.SimpleQueue[Found] = queue.SimpleQueue()
    timeout = watch.bounded(None, httpcore.ConnectTimeout)
    _look_up_aside(host, port, answers.put)
    if (found := take(answers, timeout)) is None:
        raise httpcore.ConnectTimeout("the name was not resolved in time")
    return _checked(found)


async def resolve_async(host: str, port: int, watch: Watch) -> list[str]:
    """Do what `resolve` does, on asyncio."""
    import asyncio  # not for blocking calls

    if _is_address(host):
        return [host]
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def deliver(found: Found) -> None:
        if not answer.done():
            answer.set_result(found)

    def pass_on(found: Found) -> None:
        try:
            loop.call_soon_threadsafe(deliver, found)
        except RuntimeError:
            pass  # the loop was closed, with the call in it

    timeout = watch.bounded(None, httpcore.ConnectTimeout)
    _look_up_aside(host, port, pass_on)
    timer = asyncio.timeout(timeout)
    try:
        async with timer:
            found = await answer
    except TimeoutError:
        if not timer.expired():
            raise
        raise httpcore.ConnectTimeout("the name was not resolved in time") from None
    return _checked(found)


def _look_up_aside(host: str, port: int, deliver: Callable[[Found], None]) -> None:
    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found: Found = list(dict.fromkeys(str(address[0]) for *_, address in entries))
        except OSError as error:
            found = error
        except UnicodeError:  # a label longer than DNS allows
            found = socket.gaierror(socket.EAI_NONAME, "no such name")
        deliver(found)

    try:
        with starting_a_thread():
            threading.Thread(target=look_up, name="chessa-resolver", daemon=True).start()
    except RuntimeError:  # no more threads can be started
        deliver(OSError(errno.EAGAIN, "no thread for the look-up"))


def _checked(found: Found) -> list[str]:
    if isinstance(found, OSError):
        raise httpcore.ConnectError(found)
    return found


@functools.lru_cache(maxsize=64)
def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
