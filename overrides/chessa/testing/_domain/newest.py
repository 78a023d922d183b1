"""The newest of many records: a sandbox that runs for weeks keeps no more than it can hold."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Records, oldest first. The oldest is dropped for a new one once there are too many.

    Args:
        most: The number that is kept.
    """

    def __init__(self, most: int) -> None:
        self._kept: deque[T] = deque(maxlen=most)
        self.total = 0
        """The number of all, those that were dropped included."""

    @property
    def last(self) -> T:
        """The newest. Raises `IndexError` if there is none."""
        return self._kept[-1]

    @property
    def dropped(self) -> int:
        """The number of those that are not kept."""
        return self.total - len(self._kept)

    def append(self, record: T) -> None:
        """Add the newest."""
        self._kept.append(record)
        self.total += 1

    def clear(self) -> None:
        """Forget all."""
        self.put_back((), 0)

    def put_back(self, records: Iterable[T], dropped: int) -> None:
        """Replace all of them.

        Args:
            records: Oldest first.
            dropped: The number of those before them.
        """
        self._kept.clear()
        self.total = dropped
        for record in records:
            self.append(record)

    def __iter__(self) -> Iterator[T]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __reversed__(self) -> Iterator[T]:
        return reversed(self._kept)
