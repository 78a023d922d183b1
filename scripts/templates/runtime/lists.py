"""Models that hold a list, and can be used as one: `orders[0]`, `orders[-3:]`, `len(orders)`."""

from collections.abc import Iterator
from typing import Any, ClassVar, Generic, SupportsIndex, TypeVar, overload

from .model import Model

T = TypeVar("T")


class ListModel(Model, Generic[T]):
    """A model that is iterated over, indexed and sliced as the list that it holds.

    Where the API allows null for the list, it counts as empty: some servers write an empty list so.
    """

    __slots__ = ()
    _listed: ClassVar[str]
    """The field that holds the list."""

    def _items(self) -> list[Any] | None:
        return self._slot(self._listed) if self._is_set(self._listed) else None

    def _list(self) -> list[T]:
        items: list[T] | None = getattr(self, self._listed)
        return [] if items is None else items

    def __iter__(self) -> Iterator[T]:
        return iter(self._list())

    def __len__(self) -> int:
        return len(self._list())

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, index: slice, /) -> list[T]: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> T | list[T]:
        return self._list()[index]

    def __contains__(self, item: object) -> bool:
        """Return whether this is one of the items, or the name of a field that the server sent."""
        return super().__contains__(item) if isinstance(item, str) else item in self._list()

    def rows(self) -> list[dict[str, Any]]:
        """Return a flat dict for each item, for `pandas.DataFrame` and `polars.DataFrame`.

        All have the same keys in the same order: the names of the attributes, those of models
        within joined by a dot (`recipient.currency`). What is absent, or does not fit its type, is
        None. Amounts are Decimal, timestamps aware and in UTC, statuses str; lists within are lists
        of dicts. Undocumented members are not in it: they are in `additional_properties`.
        """
        from .tables import rows

        return rows(self._listed, self._list())
