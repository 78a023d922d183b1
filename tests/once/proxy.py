"""A proxy in front of a PostgreSQL that cuts a connection once a COMMIT has been carried out."""

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from .databases import Database


class Proxy:
    """Passes bytes on; cuts the first connection that commits after a statement."""

    def __init__(self, listening: socket.socket, target: str) -> None:
        self.statement = b""
        """The beginning of the statement."""
        self.cuts = 0
        self._listening = listening
        self._target = target
        self._ends: list[socket.socket] = []

    def accept(self) -> None:
        """Serve until the socket is closed."""
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._ends += [client, server]
            threading.Thread(target=self._pass, args=(client, server), daemon=True).start()

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        lost = threading.Event()
        is_armed = False
        back = threading.Thread(target=self._pass_back, args=(server, client, lost), daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            while data := client.recv(65_536):
                is_armed = is_armed or bool(self.statement and self.statement in data)
                if is_armed and b"COMMIT" in data:
                    self.cuts, self.statement, is_armed = self.cuts + 1, b"", False
                    lost.set()
                server.sendall(data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        back.join()

    def _pass_back(
        self, server: socket.socket, client: socket.socket, lost: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65_536):
                if lost.is_set():  # the server has carried it out; its response is lost
                    break
                client.sendall(data)
        for end in (server, client):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close every socket."""
        for end in (self._listening, *self._ends):
            end.close()


@contextlib.contextmanager
def proxied(database: Database) -> Iterator[tuple[Database, Proxy]]:
    """Run a proxy in front of a PostgreSQL that listens on a socket of the file system."""
    url = make_url(database.url)
    with tempfile.TemporaryDirectory() as folder:
        listening = socket.socket(socket.AF_UNIX)
        name = f".s.PGSQL.{url.port or 5432}"
        listening.bind(str(Path(folder, name)))
        listening.listen()
        proxy = Proxy(listening, str(Path(str(url.query["host"]), name)))
        thread = threading.Thread(target=proxy.accept, daemon=True)
        thread.start()
        through = url.update_query_dict({"host": folder})
        try:
            yield Database("postgresql", through.render_as_string(hide_password=False)), proxy
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            proxy.close()
            thread.join(10)
