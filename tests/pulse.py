"""Lateness of the threads of this process: a busy machine adds it to any end."""

import threading
import time


class Pulse:
    """A sleeper that tells how late threads of this process wake: the machine may be busy."""

    def __init__(self, every: float = 0.01) -> None:
        self._every = every
        self._over = threading.Event()
        self._lags: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def _beat(self) -> None:
        last = time.monotonic()
        while not self._over.wait(self._every):
            now = time.monotonic()
            if (lag := now - last - self._every) > 0:
                self._lags.append((now, lag))
            last = now

    def lag(self, since: float, until: float) -> float:
        """Return by how many seconds it woke late between two moments."""
        return sum(lag for at, lag in self._lags if since <= at <= until + 0.5)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
