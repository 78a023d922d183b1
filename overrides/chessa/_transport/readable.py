"""Whether something waits in a socket: the connection's end, or bytes that nobody asked for."""

import select
import socket
from collections.abc import Callable


def look_at(sock: socket.socket) -> Callable[[], bool]:
    """What looks, as often as it is called, until the socket is closed. Nothing is taken out."""
    if not hasattr(select, "poll"):  # Windows
        return lambda: bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return lambda: bool(poll.poll(0))
