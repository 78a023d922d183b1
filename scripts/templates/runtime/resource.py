"""The base classes of the resources, and performers that return raw responses."""

from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from .deprecation import warn_of_arguments
from .operation import AsyncPerformer, Operation, Performer, RawResponse

if TYPE_CHECKING:  # named in strings
    from .events import AsyncEventStream, EventStream

P = ParamSpec("P")
T = TypeVar("T")

if TYPE_CHECKING:
    lazy_resource = cached_property
else:

    class LazyResource(cached_property):
        """An attribute of a client that is made when it is first read.

        Read on the class it is the class of the resource: `create_autospec` finds its methods.
        """

        def __get__(self, instance, owner=None):
            if instance is None:
                return type(self.func(_Unused()))
            return super().__get__(instance, owner)

    lazy_resource = LazyResource


class _Unused:
    """In place of a client, to find out what class its resource has."""

    _performer = None


class Resource:
    """Methods that perform operations."""

    __slots__ = ("_performer",)

    def __init__(self, performer: Performer) -> None:
        self._performer = performer

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._performer!r}>"

    def _call(self, operation: Operation[T], /, **arguments: object) -> T:
        if operation.deprecated_arguments:
            warn_of_arguments(operation.name, operation.deprecated_arguments, arguments)
        return self._performer.perform(operation, arguments)

    def _stream(self, operation: Operation[T], /, **arguments: object) -> "EventStream[T]":
        if operation.deprecated_arguments:
            warn_of_arguments(operation.name, operation.deprecated_arguments, arguments)
        streams = cast("Operation[EventStream[T]]", operation)
        return self._performer.perform(streams, arguments)


class AsyncResource:
    """Methods that perform operations on asyncio."""

    __slots__ = ("_performer",)

    def __init__(self, performer: AsyncPerformer) -> None:
        self._performer = performer

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._performer!r}>"

    async def _call(self, operation: Operation[T], /, **arguments: object) -> T:
        if operation.deprecated_arguments:
            warn_of_arguments(operation.name, operation.deprecated_arguments, arguments)
        return await self._performer.perform(operation, arguments)

    async def _stream(
        self, operation: Operation[T], /, **arguments: object
    ) -> "AsyncEventStream[T]":
        if operation.deprecated_arguments:
            warn_of_arguments(operation.name, operation.deprecated_arguments, arguments)
        streams = cast("Operation[AsyncEventStream[T]]", operation)
        return await self._performer.perform(streams, arguments)


class RawPerformer:
    """A performer that returns a `RawResponse` in place of each result.

    Typed as a `Performer`: `returns_raw` restores the actual return type.
    """

    def __init__(self, performer: Performer) -> None:
        self._performer = performer

    def perform(self, operation: Operation[T], arguments: Mapping[str, object], /) -> T:
        return cast("T", self._performer.perform_raw(operation, arguments))

    def perform_raw(
        self, operation: Operation[T], arguments: Mapping[str, object], /
    ) -> RawResponse[T]:
        return self._performer.perform_raw(operation, arguments)


class AsyncRawPerformer:
    """`RawPerformer` for asyncio."""

    def __init__(self, performer: AsyncPerformer) -> None:
        self._performer = performer

    async def perform(self, operation: Operation[T], arguments: Mapping[str, object], /) -> T:
        return cast("T", await self._performer.perform_raw(operation, arguments))

    async def perform_raw(
        self, operation: Operation[T], arguments: Mapping[str, object], /
    ) -> RawResponse[T]:
        return await self._performer.perform_raw(operation, arguments)


def returns_raw(method: Callable[P, T]) -> Callable[P, RawResponse[T]]:
    """Return a method of a resource on a `RawPerformer`, with its actual return type."""
    return cast("Callable[P, RawResponse[T]]", method)


def returns_raw_async(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, RawResponse[T]]]:
    """`returns_raw` for asyncio."""
    return cast("Callable[P, Coroutine[Any, Any, RawResponse[T]]]", method)
