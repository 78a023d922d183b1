"""Sockets without blocking: every wait is ours, ends with the call, and lets interruptions through.

Only the system calls are mapped to httpcore's exceptions. What a signal handler raises while we
wait, whatever its type, passes as it is.
"""

import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Final

from .._interruptions import SLICE, is_from_signal_handler
from .evidence import LATE, Watch
from .library import httpcore
from .racing import Race, in_order
from .resolver import resolve

PIECE: Final = 16 * 1024
"""Bytes that are written at once."""


def mapped(error: OSError, to: type[Exception]) -> Exception:
    """Return the exception of httpcore for one of a system call; one from elsewhere as it is.

    A system call's has an error number. TLS has its own kind.
    """
    is_ours = error.errno is not None or isinstance(error, ssl.SSLError)
    return to(error) if is_ours and not is_from_signal_handler(error) else error


def readiness(sock: socket.socket) -> Callable[[], bool]:
    """Return a function that returns whether something waits in a socket: data, or its end."""
    wait = _waiter(sock, for_reading=True)
    return lambda: sock.fileno() < 0 or wait(0)


def _waiter(sock: socket.socket, *, for_reading: bool) -> Callable[[float], bool]:
    """Return a function that waits so many seconds, and returns whether the socket is ready.

    `select.poll` is looked up when it is called: gevent puts its own there.
    """
    if not hasattr(select, "poll"):  # Windows

        def wait(seconds: float) -> bool:
            reading, writing = ([sock], []) if for_reading else ([], [sock])
            ready = select.select(reading, writing, (), seconds)
            return bool(ready[0] or ready[1])

        return wait
    poll = select.poll()
    poll.register(sock, select.POLLIN if for_reading else select.POLLOUT)
    return lambda seconds: bool(poll.poll(seconds * 1000))


class SocketStream(httpcore.NetworkStream):
    """A TCP connection of which every wait ends with the call."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        self._socket = sock
        self._watch = watch
        self._wait_to_read = _waiter(sock, for_reading=True)
        self._wait_to_write: Callable[[float], bool] | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        end = time.monotonic() + self._watch.bounded(timeout, httpcore.ReadTimeout)
        while (left := end - time.monotonic()) > 0:
            if self._wait_to_read(min(left, SLICE)):
                try:
                    return self._socket.recv(max_bytes)
                except BlockingIOError:
                    pass
                except OSError as error:
                    failure = mapped(error, httpcore.ReadError)
                    raise failure from None
        raise httpcore.ReadTimeout(LATE)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        end = time.monotonic() + self._watch.bounded(timeout, httpcore.WriteTimeout)
        while rest:
            if (left := end - time.monotonic()) <= 0:
                raise httpcore.WriteTimeout(LATE)
            try:
                rest = rest[self._socket.send(rest[:PIECE]) :]
            except BlockingIOError:
                if self._wait_to_write is None:
                    self._wait_to_write = _waiter(self._socket, for_reading=False)
                self._wait_to_write(min(left, SLICE))
            except OSError as error:
                failure = mapped(error, httpcore.WriteError)
                raise failure from None

    def peek(self) -> bytes | None:
        """Take what has come in already, without waiting; None where there is nothing."""
        if not self._wait_to_read(0):
            return None
        try:
            return self._socket.recv(PIECE)
        except BlockingIOError:
            return None
        except OSError as error:
            failure = mapped(error, httpcore.ConnectError)
            raise failure from None

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._socket.fileno() < 0 or self._wait_to_read(0)
        if info == "client_addr":
            return self._socket.getsockname()
        if info == "server_addr":
            return self._socket.getpeername()
        return self._socket if info == "socket" else None


def connect(host: str, port: int, watch: Watch, addresses: dict[str, str]) -> SocketStream:
    """Connect to the address of a host that takes the connection first.

    Raises httpcore's `ConnectError` or `ConnectTimeout`, for the last address that failed.
    """
    race = Race(in_order(resolve(host, port, watch), addresses.get(host)))
    failure: Exception = httpcore.ConnectError("the name has no address")
    begun: dict[str, socket.socket] = {}
    try:
        while not race.is_over:
            watch.bounded(None, httpcore.ConnectTimeout)
            if (address := race.start()) is not None:
                try:
                    begun[address] = _begin(address, port)
                except OSError as error:
                    failure = mapped(error, httpcore.ConnectError)
                    if failure is error:
                        raise
                    race.failed(address)
                continue
            left = watch.bounded(race.wait(), httpcore.ConnectTimeout)
            for address in _decided(begun, min(left, SLICE)):
                if not (number := begun[address].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                    addresses[host] = address
                    return SocketStream(begun.pop(address), watch)
                failure = httpcore.ConnectError(OSError(number, os.strerror(number)))
                begun.pop(address).close()
                race.failed(address)
            for address in race.expired():
                begun.pop(address).close()
                failure = httpcore.ConnectTimeout("no connection in time")
                race.failed(address)
    finally:
        for sock in begun.values():
            sock.close()
    raise failure


def _decided(begun: dict[str, socket.socket], seconds: float) -> list[str]:
    """Wait so many seconds; return the addresses that have connected or failed."""
    if not hasattr(select, "poll"):  # Windows, which reports a failure as an exception
        socks = list(begun.values())
        _, connected, failed = select.select((), socks, socks, seconds)
        return [address for address, sock in begun.items() if sock in connected or sock in failed]
    poll = select.poll()
    for sock in begun.values():
        poll.register(sock, select.POLLOUT)
    ready = {number for number, _ in poll.poll(seconds * 1000)}
    return [address for address, sock in begun.items() if sock.fileno() in ready]


_BEGUN: Final = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EINTR})


def _begin(address: str, port: int) -> socket.socket:
    """Begin to connect, without waiting for it."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = sock.connect_ex((address, port))
        if number not in _BEGUN:
            raise OSError(number, os.strerror(number))
    except BaseException:
        sock.close()
        raise
    return sock
